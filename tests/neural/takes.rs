use serde_json::{Value, json};
use songwright_tests::Server;

use crate::home::{Home, SMALL, answered, song};

/// A song, and what it takes to ask for takes of it.
struct Song<'a> {
    server: &'a Server,
    id: String,
}

impl<'a> Song<'a> {
    fn made(server: &'a Server, more: &Value) -> Self {
        let made = answered(&server.post("/generate_with_lyrics", &song(more)));
        let id = made["song_id"].as_str().unwrap().to_owned();
        Self { server, id }
    }

    /// The newest take after asking for one.
    fn take(&self, kind: &str, wish: &Value) -> Value {
        let song = answered(
            &self
                .server
                .post(&format!("/songs/{}/{kind}", self.id), wish),
        );
        song["takes"].as_array().unwrap().last().unwrap().clone()
    }

    fn audio(&self, take: &Value) -> Vec<u8> {
        let answer = self.server.get(take["links"]["audio"].as_str().unwrap());
        assert_eq!(answer.status, 200);
        answer.bytes
    }

    fn seconds(take: &Value) -> f64 {
        take["audio_duration"].as_f64().unwrap()
    }
}

#[test]
fn every_kind_of_take_is_added_to_its_song() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({}));
    let first = answered(&server.get(&format!("/songs/{}", song.id)))["takes"][0].clone();

    let same = song.take("retake", &json!({"retake_variance": 0, "retake_seed": 3}));
    assert_eq!(same["number"], 2);
    assert_eq!(same["parent_take_id"], first["take_id"]);
    assert_eq!(same["engine"]["model_id"], SMALL);
    assert_eq!(same["seed"], first["seed"]);
    let of = |take: &Value| json!({"take_id": take["take_id"]});
    let other = song.take(
        "retake",
        &json!({"take_id": first["take_id"], "retake_variance": 0.5, "retake_seed": 3}),
    );
    assert_eq!(other["parent_take_id"], first["take_id"]);
    assert_eq!(song.audio(&first), song.audio(&same));
    assert_ne!(song.audio(&first), song.audio(&other));

    let mut part = of(&first);
    part["repaint_start"] = json!(2);
    part["repaint_end"] = json!(4.5);
    let part = song.take("repaint", &part);
    assert_eq!(Song::seconds(&part), 10.0);

    let longer = song.take(
        "extend",
        &json!({"left_extend_length": 2, "right_extend_length": 3}),
    );
    assert_eq!(Song::seconds(&longer), 15.0);
    assert_eq!(longer["parent_take_id"], part["take_id"]);

    let mut rest = of(&first);
    rest["repaint_start"] = json!(8);
    rest["repaint_end"] = json!(60);
    let rest = song.take("repaint", &rest);
    assert_eq!(Song::seconds(&rest), 10.0);

    let mut words = of(&first);
    words["lyrics"] = json!("[verse]\nThe lamp is out, the day is short");
    words["edit_n_min"] = json!(0.2);
    let words = song.take("edit", &words);
    assert_eq!(Song::seconds(&words), 10.0);
    assert_ne!(song.audio(&words), song.audio(&first));

    let whole = answered(&server.get(&format!("/songs/{}", song.id)));
    assert_eq!(whole["takes"].as_array().unwrap().len(), 7);
}

#[test]
fn a_draft_is_promoted_to_the_song_with_all_its_steps() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let steps = json!({"draft": true, "infer_step": 14});
    let song = Song::made(&server, &steps);
    let whole = song.take("promote", &json!({}));
    // The draft had twelve of the fourteen steps.
    let asked = Song::made(&server, &json!({"infer_step": 14}));
    let asked_for = answered(&server.get(&format!("/songs/{}", asked.id)))["takes"][0].clone();
    assert_eq!(song.audio(&whole), asked.audio(&asked_for));
    let again = server.post(&format!("/songs/{}/promote", song.id), &json!({}));
    assert_eq!(again.status, 409, "{}", again.json());
    let detail = again.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("no draft"), "{detail}");
}

#[test]
fn a_draft_of_chosen_steps_has_few_of_them() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let all: Vec<u32> = (1..=14).collect();
    let song = Song::made(&server, &json!({"draft": true, "oss_steps": all}));
    let draft = answered(&server.get(&format!("/songs/{}", song.id)))["takes"][0].clone();
    let whole = song.take("promote", &json!({}));
    assert_ne!(song.audio(&whole), song.audio(&draft));
    let asked = Song::made(&server, &json!({"oss_steps": all}));
    let asked_for = answered(&server.get(&format!("/songs/{}", asked.id)))["takes"][0].clone();
    assert_eq!(song.audio(&whole), asked.audio(&asked_for));
}

#[test]
fn a_retake_of_a_retake_is_a_variation_of_that() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({}));
    let retake = |of: &Value, variance: f64, seed: u64| {
        song.take(
            "retake",
            &json!({"take_id": of["take_id"], "retake_variance": variance, "retake_seed": seed}),
        )
    };
    let first = answered(&server.get(&format!("/songs/{}", song.id)))["takes"][0].clone();
    let other = retake(&first, 0.5, 3);
    // 0 is the take itself, not the song's first one.
    assert_eq!(song.audio(&retake(&other, 0.0, 9)), song.audio(&other));
    let third = retake(&other, 0.3, 4);
    assert_ne!(song.audio(&third), song.audio(&retake(&first, 0.3, 4)));
    assert_eq!(song.audio(&retake(&third, 0.0, 1)), song.audio(&third));
}

#[test]
fn a_retake_of_what_was_made_from_audio_follows_that_audio() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({}));
    let first = answered(&server.get(&format!("/songs/{}", song.id)))["takes"][0].clone();
    let longer = song.take("extend", &json!({"right_extend_length": 3}));
    let wish = json!({"take_id": longer["take_id"], "retake_variance": 0.5, "retake_seed": 7,
        "batch_size": 2});
    song.take("retake", &wish);
    let whole = answered(&server.get(&format!("/songs/{}", song.id)));
    let takes = whole["takes"].as_array().unwrap();
    for take in &takes[2..] {
        let apart = Song::seconds(take) - Song::seconds(&longer);
        assert!(apart.abs() < 0.1, "as long as what is varied: {apart}");
        assert_eq!(take["seed"], first["seed"]);
    }
    assert_ne!(
        song.audio(&takes[2]),
        song.audio(&takes[3]),
        "each of its own seed"
    );
    assert_eq!(takes[3]["retake_seed"], 8);
}

#[test]
fn a_draft_of_a_retake_is_promoted_to_that_retake() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({"draft": true, "infer_step": 14}));
    let draft = answered(&server.get(&format!("/songs/{}", song.id)))["takes"][0].clone();
    let wish =
        |of: &Value| json!({"take_id": of["take_id"], "retake_variance": 0.5, "retake_seed": 3});
    let varied = song.take("retake", &wish(&draft));
    let of = |take: &Value| json!({"take_id": take["take_id"]});
    let whole = song.take("promote", &of(&draft));
    let promoted = song.take("promote", &of(&varied));
    assert_eq!(promoted["retake_seed"], 3);
    let retaken = song.take("retake", &wish(&whole));
    assert_eq!(song.audio(&promoted), song.audio(&retaken));
    assert_ne!(song.audio(&promoted), song.audio(&whole));

    // What was made from a draft's audio has that audio in it.
    let mut part = of(&draft);
    part["repaint_start"] = json!(2);
    part["repaint_end"] = json!(4);
    let part = song.take("repaint", &part);
    let refused = server.post(&format!("/songs/{}/promote", song.id), &of(&part));
    assert_eq!(refused.status, 409, "{}", refused.json());
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("take 1") && detail.contains("Promote that one"),
        "{detail}"
    );
}

#[test]
fn a_batch_is_takes_with_seeds_of_their_own() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({"batch_size": 3, "seed": 2147483646}));
    let whole = answered(&server.get(&format!("/songs/{}", song.id)));
    let takes = whole["takes"].as_array().unwrap();
    let seeds: Vec<_> = takes
        .iter()
        .map(|take| take["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds, [2_147_483_646, 2_147_483_647, 0]);
    let alone = Song::made(&server, &json!({"seed": 0}));
    let alone_take = answered(&server.get(&format!("/songs/{}", alone.id)))["takes"][0].clone();
    assert_eq!(song.audio(&takes[2]), alone.audio(&alone_take));
    let of_first = json!({"take_id": takes[0]["take_id"], "batch_size": 2, "retake_seed": 5});
    song.take("retake", &of_first);
    let whole = answered(&server.get(&format!("/songs/{}", song.id)));
    let takes = whole["takes"].as_array().unwrap();
    let of = |take: &Value| (take["parent_take_id"].clone(), take["retake_seed"].as_u64());
    assert_eq!(takes.len(), 5);
    assert_eq!(of(&takes[3]), (takes[0]["take_id"].clone(), Some(5)));
    assert_eq!(of(&takes[4]), (takes[0]["take_id"].clone(), Some(6)));
    assert_ne!(song.audio(&takes[3]), song.audio(&takes[4]));
}

#[test]
fn what_takes_would_take_is_known_before_they_are_made() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let song = Song::made(&server, &json!({"draft": true, "infer_step": 14}));
    let asked = |kind: &str, wish: &Value| {
        server.post(&format!("/songs/{}/{kind}/estimate", song.id), wish)
    };
    let seconds = |kind: &str, wish: &Value| {
        let estimate = answered(&asked(kind, wish));
        assert_eq!(estimate["engine"]["model_id"], SMALL);
        assert_eq!(estimate["fits_memory"], true);
        (
            estimate["audio_duration"].as_f64().unwrap(),
            estimate["seconds"].as_f64().unwrap(),
        )
    };
    let (length, one) = seconds("retake", &json!({"infer_step": 20}));
    assert_eq!(length, 10.0);
    let (_, three) = seconds("retake", &json!({"infer_step": 20, "batch_size": 3}));
    assert!(three > 2.0 * one, "{three} {one}");
    let (longer, _) = seconds("extend", &json!({"right_extend_length": 4.5}));
    assert_eq!(longer, 14.5);
    // Half of a repaint's steps, by its variance, and both sides of an edit's.
    let (_, repaint) = seconds(
        "repaint",
        &json!({"repaint_start": 1, "repaint_end": 2, "infer_step": 20}),
    );
    let (_, edit) = seconds(
        "edit",
        &json!({"prompt": "jazz, piano", "infer_step": 20, "edit_n_min": 0}),
    );
    assert!(repaint < one && one < edit, "{repaint} {one} {edit}");
    let (_, promote) = seconds("promote", &json!({"infer_step": 200}));
    assert!(promote > 2.0 * one, "{promote} {one}");
    // Words that cannot be sung in its time are told before it is made.
    let crowd = "[verse]\nThe lamp is low, the night is long\n".repeat(12);
    let edit = answered(&asked("edit", &json!({"lyrics": crowd})));
    assert_eq!(edit["lyrics"]["verdict"], "too_many", "{edit}");
    // What takes refuse, their estimates refuse, and nothing was made.
    for (kind, wish, status) in [
        ("retake", json!({"retake_variance": 2}), 400),
        (
            "repaint",
            json!({"repaint_start": 2, "repaint_end": 1}),
            400,
        ),
        ("edit", json!({}), 400),
        (
            "retake",
            json!({"take_id": "00000000-0000-0000-0000-000000000001"}),
            404,
        ),
    ] {
        let refused = asked(kind, &wish);
        assert_eq!(refused.status, status, "{kind} {wish}: {}", refused.json());
    }
    let known = answered(&server.get(&format!("/songs/{}", song.id)));
    assert_eq!(known["takes"].as_array().unwrap().len(), 1);
}
