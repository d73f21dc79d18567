use std::fs;

use serde_json::{Value, json};
use songwright_audio::tags;
use songwright_tests::Server;

use crate::home::{Home, answered, audio, music, newest, refused, said, song};

fn made(server: &Server, more: &Value) -> String {
    let made = answered(&server.post("/generate_with_lyrics", &song(more)));
    made["song_id"].as_str().unwrap().to_owned()
}

/// The song after asking for a take of it.
fn after(server: &Server, song: &str, kind: &str, wish: &Value) -> Value {
    answered(&server.post(&format!("/songs/{song}/{kind}"), wish))
}

const OTHER: &str = "[verse]\nThe lamp is out, the day is short\n";

#[test]
fn a_take_with_other_words_is_shown_and_exported_with_them() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let id = made(&server, &json!({}));
    let wish = json!({"prompt": "jazz, piano", "lyrics": OTHER, "edit_n_min": 0.2});
    let song = after(&server, &id, "edit", &wish);
    let (first, edited) = (&song["takes"][0], &song["takes"][1]);
    assert_eq!(
        first["lyrics"],
        "[verse]\nThe lamp is low, the night is long\n"
    );
    assert_eq!(first["prompt"], "folk, female voice, guitar");
    assert_eq!(
        (&first["relation"], &first["parent_take_id"]),
        (&Value::Null, &Value::Null)
    );
    // The song is what its newest take is, and so is the request that makes it again.
    let request = &song["request"];
    for told in [&song, edited, request] {
        assert_eq!(
            (&told["lyrics"], &told["prompt"]),
            (&json!(OTHER), &json!("jazz, piano")),
            "{told}"
        );
    }
    assert_eq!(edited["relation"], "edit");
    assert_eq!(edited["parent_take_id"], first["take_id"]);
    assert_eq!(song["engines"]["lyrics"], Value::Null);

    // A new cover is of what is sung now.
    let drawn = answered(&server.post(&format!("/songs/{id}/cover"), &json!({"seed": 3})));
    let key = drawn["covers"][0]["file_path"].as_str().unwrap();
    let cover = server.get(&format!("/files/{key}")).bytes;
    let told = String::from_utf8_lossy(&cover).into_owned();
    assert!(told.contains("jazz, piano"), "{key}");

    let out = home.beside("out");
    let words = ["export", &id, "--all-takes", "--flac", "--json", "--out"];
    let written = home.printed(&[&words[..], &[out.to_str().unwrap()]].concat());
    let written = written["takes"].as_array().unwrap();
    assert_eq!(written.len(), 2);
    for (package, take) in written.iter().zip([first, edited]) {
        let folder = std::path::Path::new(package["path"].as_str().unwrap());
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(
            name.ends_with(&format!("take {}", take["number"])),
            "{name}"
        );
        let lyrics = take["lyrics"].as_str().unwrap();
        let text = fs::read_to_string(folder.join("lyrics.txt")).unwrap();
        assert_eq!(text, lyrics);
        for ending in ["wav", "flac"] {
            let file = fs::read(folder.join(format!("{name}.{ending}"))).unwrap();
            assert_eq!(tags::read(&file).unwrap().lyrics, lyrics, "{ending}");
        }
        let story: Value =
            serde_json::from_slice(&fs::read(folder.join("song.json")).unwrap()).unwrap();
        assert_eq!(story["song"]["lyrics"], take["lyrics"]);
        assert_eq!(story["song"]["prompt"], take["prompt"]);
        assert_eq!(story["take"]["number"], take["number"]);
        let lineage = &story["take"]["lineage"];
        assert_eq!(lineage["relation"], take["relation"]);
        assert_eq!(lineage["parent_take_id"], take["parent_take_id"]);
    }
}

#[test]
fn an_instrumental_that_is_given_words_is_none_any_more() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let id = made(&server, &json!({"instrumental": true, "draft": true}));
    let before = answered(&server.get(&format!("/songs/{id}")));
    assert_eq!(
        (&before["instrumental"], &before["takes"][0]["draft"]),
        (&json!(true), &json!(true))
    );
    let song = after(
        &server,
        &id,
        "edit",
        &json!({"lyrics": OTHER, "edit_n_min": 0.2}),
    );
    for told in [&song, newest(&song)] {
        assert_eq!(
            (&told["instrumental"], &told["lyrics"]),
            (&json!(false), &json!(OTHER))
        );
    }
    assert_eq!(song["request"]["instrumental"], false);
    // It has few steps, as the take it is made from.
    assert_eq!(newest(&song)["draft"], true);
    let back = after(
        &server,
        &id,
        "edit",
        &json!({"lyrics": "[instrumental]", "edit_n_min": 0.2}),
    );
    assert_eq!(
        (&back["instrumental"], &back["lyrics"]),
        (&json!(true), &json!("[instrumental]"))
    );
    // The server is another process: the library is asked by the command line too.
    let shown = home.run(&["library", "show", &id]);
    assert!(said(&shown).contains(", edit, draft, "), "{}", said(&shown));
}

#[test]
fn a_retake_of_what_others_made_follows_its_sound_and_says_so() {
    let home = Home::empty();
    let server = home.serve(&[]);
    let id = made(&server, &json!({}));
    let sketched = answered(&server.get(&format!("/songs/{id}")))["takes"][0].clone();
    home.install(crate::home::SMALL, 1);
    let wish = json!({"retake_variance": 0.4, "retake_seed": 9});
    let song = after(&server, &id, "retake", &wish);
    let notes = song["notes"].to_string();
    assert!(
        notes.contains("Take 1 was made by") && notes.contains("follows the sound of take 1"),
        "{notes}"
    );
    // What the same words make of its sound, and not what they make of the seed.
    let key = server.send("/files", "audio/wav", &audio(&server, &sketched));
    let like =
        json!({"ref_audio_input": key.json()["file_path"], "ref_audio_strength": 0.6, "seed": 9});
    let like = answered(&server.post("/music/generate_music_to_storage", &music(&like)));
    let path = format!("/files/{}", like["file_path"].as_str().unwrap());
    assert!(audio(&server, newest(&song)) == server.get(&path).bytes);

    // By the same model its seed makes it again, by other weights it does not.
    let ours = newest(&song)["take_id"].clone();
    let other = made(&server, &json!({}));
    let same = after(&server, &other, "retake", &json!({"retake_variance": 0}));
    assert_eq!(same["notes"], json!([]));
    assert!(audio(&server, &same["takes"][0]) == audio(&server, &same["takes"][1]));
    home.install(crate::home::SMALL, 2);
    let changed = after(&server, &other, "retake", &json!({"retake_variance": 0.4}));
    let notes = changed["notes"].to_string();
    assert!(notes.contains("follows the sound of take 2"), "{notes}");
    let again = after(&server, &id, "retake", &json!({"take_id": ours}));
    let notes = again["notes"].to_string();
    assert!(notes.contains("follows the sound of take 2"), "{notes}");
}

#[test]
fn what_a_take_is_asked_for_is_what_it_is() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let id = made(
        &server,
        &json!({"draft": true, "infer_step": 14, "vocal_language": "en"}),
    );
    let draft = answered(&server.get(&format!("/songs/{id}")))["takes"][0].clone();
    let of = |more: &Value| {
        let mut wish = json!({"take_id": draft["take_id"], "retake_seed": 3});
        for (name, value) in more.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    // As few steps as the draft, or those that are asked for.
    let few = after(&server, &id, "retake", &of(&json!({})));
    assert_eq!(newest(&few)["draft"], true);
    let all = after(&server, &id, "retake", &of(&json!({"infer_step": 14})));
    assert_eq!(newest(&all)["draft"], false);
    assert_eq!(all["request"]["infer_step"], 14);
    assert!(audio(&server, newest(&few)) != audio(&server, newest(&all)));
    let promoted = after(
        &server,
        &id,
        "promote",
        &json!({"take_id": newest(&few)["take_id"]}),
    );
    assert!(audio(&server, newest(&promoted)) == audio(&server, newest(&all)));
    let seconds = |wish: &Value| {
        let path = format!("/songs/{id}/retake/estimate");
        answered(&server.post(&path, &of(wish)))["seconds"]
            .as_f64()
            .unwrap()
    };
    assert!(seconds(&json!({"infer_step": 120})) > 2.0 * seconds(&json!({})));

    // The language of other lyrics, and adapters.
    let german = json!({"lyrics": "[verse]\nIch zähle 1 2 3 Schiffe", "edit_n_min": 0.2});
    let mut said_so = german.clone();
    said_so["vocal_language"] = json!("de");
    let kept = after(&server, &id, "edit", &of(&german));
    assert_eq!(kept["request"]["vocal_language"], "en");
    let said = after(&server, &id, "edit", &of(&said_so));
    assert_eq!(said["request"]["vocal_language"], "de");
    assert!(audio(&server, newest(&kept)) != audio(&server, newest(&said)));
    let guessed = after(&server, &id, "retake", &of(&json!({"vocal_language": ""})));
    assert_eq!(guessed["request"]["vocal_language"], Value::Null);
    for kind in ["retake", "edit", "extend"] {
        let wrong = |wish: &Value| {
            let mut wish = of(wish);
            wish["lyrics"] = json!(OTHER);
            refused(&server.post(&format!("/songs/{id}/{kind}"), &wish))
        };
        let unknown = wrong(&json!({"vocal_language": "tlh"}));
        assert!(unknown.contains("does not sing in \"tlh\""), "{unknown}");
        let nobody = wrong(&json!({"loras": [{"name": "rap"}]}));
        assert!(nobody.contains("There is no adapter \"rap\""), "{nobody}");
    }
}
