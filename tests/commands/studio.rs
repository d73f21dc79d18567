use serde_json::{Value, json};

use crate::home::{Home, NO_BUCKET, NOWHERE, printed};

/// What it prints with `--json` where the bucket that is configured must not be touched.
fn without_bucket(home: &Home, words: &[&str]) -> Value {
    let mut call = home.call(words);
    let printed = printed(call.arg("--json").envs(NO_BUCKET));
    serde_json::from_str(&printed).unwrap()
}

/// It has a library of its own, which goes again.
fn assert_nothing_left(home: &Home) {
    let data_dir = home.data_dir();
    assert!(!data_dir.join("library.db").exists());
    let left = std::fs::read_dir(data_dir.join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_check_calls_every_endpoint_and_leaves_the_bucket_alone() {
    let home = Home::new();
    let reports = without_bucket(&home, &["check"]);
    let reports = reports.as_array().unwrap();
    assert_eq!(reports.len(), 4);
    for report in reports {
        assert_eq!(report["ok"], true, "{report}");
        assert!(report["benchmark"]["seconds"].as_f64().unwrap() > 0.0);
    }
    assert_nothing_left(&home);
}

#[test]
fn a_bench_times_every_stage_and_leaves_the_bucket_alone() {
    let home = Home::new();
    let report = without_bucket(&home, &["bench", "--duration", "10", "--runs", "2"]);
    let stages = report["stages"].as_array().unwrap();
    let names: Vec<_> = stages
        .iter()
        .map(|s| s["stage"].as_str().unwrap())
        .collect();
    for stage in ["prompt", "lyrics", "render", "cover", "save"] {
        assert!(names.contains(&stage), "{names:?}");
    }
    let whole = report["whole"]["seconds"].as_f64().unwrap();
    let factor = report["whole"]["real_time_factor"].as_f64().unwrap();
    assert!((whole * factor - 10.0).abs() < 1e-6, "{report}");
    assert_nothing_left(&home);
}

#[test]
fn a_doctor_looks_at_this_machine_and_changes_nothing() {
    let home = Home::new();
    let report = home.json(&["doctor", "--port", "0"]);
    assert_eq!(report["ok"], true, "{report}");
    let checks = report["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|c| c["name"].as_str().unwrap()).collect();
    for name in [
        "device",
        "memory",
        "disk",
        "models",
        "audio output",
        "library",
        "port",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let settings = report["settings"].as_array().unwrap();
    let port = settings.iter().find(|s| s["key"] == "port").unwrap();
    assert_eq!(
        (&port["value"], &port["source"]),
        (&"0".into(), &"flag".into())
    );
    assert!(!home.data_dir().exists());
    let words = home.printed(&["doctor", "--port", "0"]);
    assert!(
        words.contains("\nSettings in force (no file):\n"),
        "{words}"
    );
}

#[test]
fn what_waited_when_the_program_ended_is_resumed_in_order() {
    let home = Home::new();
    let server = home.serve(&[("SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS", "1")]);
    let song = |n: u32| {
        let body = json!({
            "full_described_song": format!("a slow blues about the lights going out, number {n}"),
            "audio_duration": 30,
            "cover_size": 256,
            "seed": n,
        });
        server.submit("/generate_from_description", &body)
    };
    let ids = [song(1), song(2), song(3)];
    let done = server.operation(&ids[0])["state"] == "succeeded";
    server.kill();
    assert!(!done, "it was quicker than a kill");
    let ended = home.json(&["resume"]);
    let ended = ended.as_array().unwrap();
    assert_eq!(ended.len(), 3);
    for (operation, id) in ended.iter().zip(&ids) {
        assert_eq!(operation["operation_id"], id.as_str());
        assert_eq!(operation["state"], "succeeded", "{operation}");
    }
    let listed = home.json(&["library", "list"]);
    assert_eq!(listed["songs"].as_array().unwrap().len(), 3);
    let nothing = home.printed(&["resume"]);
    assert_eq!(nothing.trim(), "Nothing of an earlier run waits.");
}

#[test]
fn bundles_go_out_and_come_in_with_nothing_but_the_data_folder() {
    let home = Home::new();
    let server = home.serve(&[("TMPDIR", NOWHERE)]);
    let body = json!({
        "full_described_song": "a march of tin soldiers", "audio_duration": 10, "cover_size": 256,
    });
    let made = server.post("/generate_from_description", &body).json();
    let bundle = format!("{}?stems=true", made["links"]["bundle"].as_str().unwrap());
    let zip = server.get(&bundle);
    assert_eq!(zip.status, 200, "{}", zip.json());
    // The parts were played by an operation, and have gone again.
    let operations = server.get("/operations").json();
    assert_eq!(
        operations["operations"][0]["kind"], "play_stems",
        "{operations}"
    );
    assert_eq!(
        operations["operations"][0]["state"], "succeeded",
        "{operations}"
    );
    let files = std::fs::read_dir(home.data_dir().join("files")).unwrap();
    assert_eq!(files.count(), 3, "mix, MIDI and cover");
    let back = server.send("/songs/import", "application/zip", &zip.bytes);
    assert_eq!(back.status, 201, "{}", back.json());
    let left = std::fs::read_dir(home.data_dir().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}
