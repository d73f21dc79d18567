use serde_json::json;
use songwright_base::{
    EngineError, EngineKind, Progress, Seed, Service, Silent, Stage, config::ModalToken,
};
use songwright_lyrics::{
    CategoriesParams, Lyricist as _, ReviseParams, Revision, RhymesParams, Tongue,
};
use songwright_remote::{RemoteLyricist, RemoteTarget};

use crate::{
    server::{Reply, Server, metadata},
    targets::{Watching, lyricist, lyrics_params, prompt_params, target, title_params},
};

#[test]
fn lyrics_come_as_a_sheet_and_the_engine_is_named() {
    let server = Server::saying(
        200,
        json!({
            "lyrics": "[verse]\nThe train is \"leaving\"\n\n[chorus]\nGone",
            "word_count": 5,
            "structure_tags": ["[verse]", "[chorus]"],
            "metadata": metadata(),
        }),
    );
    let mut lyricist = lyricist(&server.url());
    let before = lyricist.info();
    assert_eq!(
        (before.kind, before.name.as_str()),
        (EngineKind::Remote, "Remote lyrics service")
    );
    assert!(server.url().ends_with(&before.model_id), "{before:?}");
    let watching = Watching::default();
    let sheet = lyricist.lyrics(&lyrics_params(), &watching).unwrap();
    assert_eq!(sheet.structure_tags(), ["[verse]", "[chorus]"]);
    assert_eq!(
        sheet.lines().collect::<Vec<_>>(),
        ["The train is \"leaving\"", "Gone"]
    );
    let after = lyricist.info();
    assert_eq!(after.name, "Qwen/Qwen2-7B-Instruct");
    assert_eq!(
        (after.model_id.as_str(), after.device.as_str()),
        ("Qwen/Qwen2-7B-Instruct", "L40S")
    );
    assert_eq!(
        *watching.0.lock().unwrap(),
        [
            Progress::new(Stage::Lyrics, 0, 1),
            Progress::new(Stage::Lyrics, 1, 1)
        ]
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("POST", "/generate_lyrics")
    );
    assert_eq!(asked[0].authorization, None);
    assert_eq!(
        asked[0].body,
        json!({
            "description": "a train leaving at night",
            "style": "folk",
            "audio_duration": 60.0,
            "seed": 7,
        })
    );
}

#[test]
fn an_answer_with_nothing_but_what_is_needed_is_taken() {
    let server = Server::start(|asked, _| {
        Reply::Json(
            200,
            match asked.path.as_str() {
                "/generate_lyrics" => json!({"lyrics": "[verse]\nla", "word_count": null,
                    "structure_tags": null, "metadata": null}),
                "/generate_prompt" => json!({"prompt": "Blues,  slow ,blues, Harmonica"}),
                "/generate_categories" => json!({"categories": ["Blues", "Folk", "Blues"],
                    "confidence_scores": {"Folk": "high"}, "metadata": {"model_info": 5}}),
                _ => json!({"title": " \"Night Train\"\n(a song)"}),
            },
        )
    });
    let mut lyricist = lyricist(&server.url());
    let unknown = lyricist.info();
    assert_eq!(
        lyricist
            .lyrics(&lyrics_params(), &Silent)
            .unwrap()
            .lines()
            .count(),
        1
    );
    let prompt = lyricist.prompt(&prompt_params(), &Silent).unwrap();
    assert_eq!(prompt.tags, ["blues", "slow", "harmonica"]);
    assert_eq!(prompt.genre, None);
    let params = CategoriesParams {
        description: "slow blues".to_owned(),
        max_categories: 5,
        include_subgenres: false,
    };
    let names = |c: songwright_lyrics::Categories| {
        c.categories
            .into_iter()
            .map(|c| (c.name, c.confidence))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(lyricist.categories(&params, &Silent).unwrap()),
        [("Blues".to_owned(), 0.5), ("Folk".to_owned(), 0.5)]
    );
    assert_eq!(
        lyricist.title(&title_params(None), &Silent).unwrap(),
        "Night Train"
    );
    assert_eq!(lyricist.info(), unknown);
    let asked = server.asked();
    assert_eq!(asked[1].body["instrumental"], true);
    assert_eq!(
        asked[2].body,
        json!({"description": "slow blues", "max_categories": 5, "include_subgenres": false})
    );
}

#[test]
fn categories_are_sorted_and_cut() {
    let server = Server::saying(
        200,
        json!({
            "categories": ["Rock", "Jazz", "Pop"],
            "primary_genre": "Jazz",
            "confidence_scores": {"Rock": "low", "Jazz": 1.7, "Pop": 0.6},
            "metadata": metadata(),
        }),
    );
    let params = CategoriesParams {
        description: "a song".to_owned(),
        max_categories: 2,
        include_subgenres: true,
    };
    let found = lyricist(&server.url())
        .categories(&params, &Silent)
        .unwrap();
    let found: Vec<_> = found
        .categories
        .iter()
        .map(|c| (c.name.as_str(), c.confidence))
        .collect();
    assert_eq!(found, [("Jazz", 1.0), ("Pop", 0.6)]);
}

#[test]
fn a_service_without_titles_is_helped_out() {
    for status in [404, 405] {
        let server = Server::saying(status, json!({"detail": "Not Found"}));
        let mut lyricist = lyricist(&server.url());
        let lyrics = "[verse]\nrain\n[chorus]\nTake me home\nTake me home";
        assert_eq!(
            lyricist
                .title(&title_params(Some(lyrics)), &Silent)
                .unwrap(),
            "Take me home"
        );
        assert_eq!(
            lyricist.title(&title_params(None), &Silent).unwrap(),
            "Slow blues about a train"
        );
    }
    // Any other failure is the service's own.
    let server = Server::saying(500, json!({"detail": "boom"}));
    assert!(
        lyricist(&server.url())
            .title(&title_params(Some("la")), &Silent)
            .is_err()
    );
}

#[test]
fn a_prefix_and_a_key_go_with_every_request() {
    let server = Server::saying(200, json!({"lyrics": "la"}));
    let with_credentials = server
        .url()
        .replace("http://", "http://me:secret@")
        .to_owned()
        + "/lyrics/";
    let mut keyed = target(Service::Lyrics, &with_credentials);
    keyed.key = Some("sixteen-letters!".to_owned());
    RemoteLyricist::new(keyed)
        .unwrap()
        .lyrics(&lyrics_params(), &Silent)
        .unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].path, "/lyrics/generate_lyrics");
    assert_eq!(
        asked[0].authorization.as_deref(),
        Some("Bearer sixteen-letters!")
    );
}

fn with_token(url: &str) -> RemoteTarget {
    let mut target = target(Service::Lyrics, url);
    target.modal = Some(ModalToken {
        key: "wk-1".to_owned(),
        secret: "ws-2".to_owned(),
    });
    target
}

#[test]
fn a_token_of_modal_goes_with_every_request_and_beside_the_key() {
    let server = Server::saying(200, json!({"lyrics": "la"}));
    let mut both = with_token(&server.url());
    both.key = Some("k".to_owned());
    for target in [with_token(&server.url()), both] {
        RemoteLyricist::new(target)
            .unwrap()
            .lyrics(&lyrics_params(), &Silent)
            .unwrap();
    }
    let asked = server.asked();
    for one in &asked {
        let sent = one.modal.each_ref().map(Option::as_deref);
        assert_eq!(sent, [Some("wk-1"), Some("ws-2")]);
    }
    assert_eq!(asked[0].authorization, None);
    assert_eq!(asked[1].authorization.as_deref(), Some("Bearer k"));
}

#[test]
fn a_token_of_modal_goes_to_no_other_host() {
    let other = Server::saying(200, json!({"lyrics": "la"}));
    // Another name of this machine.
    let elsewhere = other.url().replace("127.0.0.1", "localhost");
    let server = Server::start(move |_, _| Reply::Redirect(elsewhere.clone()));
    let refused = RemoteLyricist::new(with_token(&server.url()))
        .unwrap()
        .lyrics(&lyrics_params(), &Silent);
    assert!(
        matches!(refused, Err(EngineError::Remote { .. })),
        "{refused:?}"
    );
    assert!(
        other.asked().is_empty(),
        "the token was shown to a stranger"
    );

    let server = Server::start(|_, nth| match nth {
        0 => Reply::Redirect("/generate_lyrics?call=1".to_owned()),
        _ => Reply::Json(200, json!({"lyrics": "la"})),
    });
    RemoteLyricist::new(with_token(&server.url()))
        .unwrap()
        .lyrics(&lyrics_params(), &Silent)
        .unwrap();
    assert_eq!(server.asked()[1].modal[1].as_deref(), Some("ws-2"));
}

#[test]
fn a_host_that_asks_to_come_back_is_followed_with_the_key() {
    let server = Server::start(|_, nth| match nth {
        0 => Reply::Redirect("/generate_lyrics?call=1".to_owned()),
        _ => Reply::Json(200, json!({"lyrics": "la"})),
    });
    let mut keyed = target(Service::Lyrics, &server.url());
    keyed.key = Some("k".to_owned());
    RemoteLyricist::new(keyed)
        .unwrap()
        .lyrics(&lyrics_params(), &Silent)
        .unwrap();
    let asked = server.asked();
    assert_eq!(
        (asked[1].method.as_str(), asked[1].path.as_str()),
        ("GET", "/generate_lyrics?call=1")
    );
    assert_eq!(asked[1].authorization.as_deref(), Some("Bearer k"));
}

fn revise(revision: Revision) -> ReviseParams {
    ReviseParams {
        lyrics: "[verse]\nla\n\n[chorus]\nlo".to_owned(),
        tongue: Tongue::named("italian").unwrap(),
        revision,
        description: Some("sadder".to_owned()),
        seed: Seed(7),
    }
}

#[test]
fn tools_are_forwarded_as_they_were_asked() {
    let text = "[verse]\nNew   words\n\n\n[chorus]\nlo";
    let server = Server::start(move |asked, _| {
        Reply::Json(
            200,
            match asked.path.as_str() {
                "/revise_lyrics" => json!({"lyrics": text, "metadata": metadata()}),
                _ => json!({"word": "x", "rhymes": ["light", " ", "light", "kite", "bite"]}),
            },
        )
    });
    let mut lyricist = lyricist(&server.url());
    let tongue = Tongue::named("chinese").unwrap();
    for (revision, field, value) in [
        (Revision::Continue { sections: 3 }, "sections", json!(3)),
        (Revision::Rewrite { section: 1 }, "section", json!("2")),
        (
            Revision::Continue { sections: 1 },
            "language",
            json!("Italian"),
        ),
        (
            Revision::Fit {
                duration_ms: 61_500,
            },
            "audio_duration",
            json!(61.5),
        ),
        (
            Revision::Translate {
                tongue: tongue.clone(),
            },
            "language",
            json!("中文"),
        ),
    ] {
        let made = lyricist.revise(&revise(revision), &Silent).unwrap();
        assert_eq!(made, text, "not byte for byte");
        let asked = server.asked().pop().unwrap();
        assert_eq!(asked.body[field], value, "{}", asked.body);
        assert_eq!(asked.body["description"], "sadder");
        assert_eq!(asked.body["seed"], 7);
        // What is sent reads back as what was asked for.
        let request = serde_json::from_value(asked.body).unwrap();
        assert!(ReviseParams::try_from(&request).is_ok());
    }
    assert_eq!(lyricist.info().name, "Qwen/Qwen2-7B-Instruct");
    let params = RhymesParams {
        word: "night".to_owned(),
        tongue,
        description: None,
        most: 2,
        seed: Seed(7),
    };
    assert_eq!(
        lyricist.rhymes(&params, &Silent).unwrap(),
        ["light", "kite"]
    );
}

#[test]
fn a_service_without_the_tools_is_named() {
    let server = Server::saying(404, json!({"detail": "Not Found"}));
    let params = revise(Revision::Continue { sections: 1 });
    let error = lyricist(&server.url())
        .revise(&params, &Silent)
        .unwrap_err();
    assert!(
        matches!(error, EngineError::Unsupported { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("has no revise_lyrics"),
        "{error}"
    );
}
