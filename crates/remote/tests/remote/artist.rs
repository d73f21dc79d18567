use std::{io::Cursor, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;
use songwright_base::{EngineError, Seed, Silent};
use songwright_cover::{CoverArtist as _, CoverParams, Detail, Redraw};

use crate::{
    server::{Reply, Server, metadata},
    targets::{artist, cover_params},
};

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]))
}

fn png(picture: &RgbImage) -> String {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    BASE64_STANDARD.encode(file.into_inner())
}

#[test]
fn a_stored_cover_is_downloaded() {
    let data = png(&picture(256, 256));
    let server = Server::start(move |asked, _| {
        Reply::Json(
            200,
            if asked.method == "GET" {
                json!({"image_data": data, "file_size": 5, "filename": "a.png", "format": "PNG"})
            } else {
                json!({
                    "file_path": "covers/a&b c.png",
                    "image_dimensions": [256, 256],
                    "file_size_mb": 0.1,
                    "metadata": metadata(),
                    "label": "rendered scene",
                })
            },
        )
    });
    let cover = artist(&format!("{}/image", server.url()))
        .draw(&cover_params(), &Silent)
        .unwrap();
    assert!(cover.image == picture(256, 256));
    assert_eq!(cover.label, "rendered scene");
    assert_eq!(cover.engine.device, "L40S");
    let asked = server.asked();
    assert_eq!(
        asked[0].body,
        json!({
            "prompt": "a train at night",
            "style": "vintage",
            "width": 256,
            "height": 256,
            "num_inference_steps": 4,
            "seed": 7,
            "title": "Night Train",
        })
    );
    assert_eq!(
        asked[1].path,
        "/image/download_image?file_key=covers%2Fa%26b+c.png"
    );
}

#[test]
fn a_cover_in_the_answer_is_taken_and_brought_to_size() {
    let server = Server::saying(
        200,
        json!({"file_path": null, "file_data": png(&picture(128, 64)), "metadata": metadata()}),
    );
    let cover = artist(&server.url())
        .draw(&cover_params(), &Silent)
        .unwrap();
    assert_eq!(cover.image.dimensions(), (256, 256));
    assert_eq!(cover.label, "Qwen/Qwen2-7B-Instruct");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_is_no_picture_is_refused_with_the_reason() {
    for (body, reason) in [
        (json!({"file_data": "%%%"}), "file_data is not base64"),
        (
            json!({"file_data": BASE64_STANDARD.encode("GIF89a")}),
            "picture cannot be read",
        ),
        (
            json!({"file_data": png(&picture(4097, 1))}),
            "picture cannot be read",
        ),
        (json!({}), "neither file_path nor file_data"),
        (json!({"file_path": ["a"]}), "file_path"),
    ] {
        let server = Server::saying(200, body);
        match artist(&server.url()).draw(&cover_params(), &Silent) {
            Err(EngineError::Remote { problem, .. }) => {
                assert!(problem.contains(reason), "{problem}");
            }
            other => panic!("{reason}: {:?}", other.map(|c| c.label)),
        }
    }
}

/// What is drawn over, sent at so low a strength that little of it goes.
fn over() -> CoverParams {
    CoverParams {
        redraw: Some(Redraw {
            image: Arc::new(picture(256, 256)),
            strength: 0.05,
        }),
        ..cover_params()
    }
}

#[test]
fn a_picture_that_is_drawn_over_goes_along() {
    let own = "a train at night, vintage\nSteps: 8, Denoising strength: 0.05, Steps taken: 1";
    let facts = [("parameters", own.to_owned())];
    let data = BASE64_STANDARD.encode(songwright_cover::png(&picture(256, 256), &facts).unwrap());
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        "/image/upload_image" => Reply::Json(201, json!({"file_path": "there.png"})),
        _ => Reply::Json(
            200,
            json!({"file_data": data, "metadata": metadata(), "notes": ["Not for sale."]}),
        ),
    });
    let seeds = [7, 8].map(Seed);
    let mut artist = artist(&format!("{}/image", server.url()));
    let covers = artist.draw_each(&over(), &seeds, &Silent).unwrap();
    assert_eq!(covers.len(), 2);
    for cover in covers {
        assert_eq!(cover.notes, ["Not for sale."]);
        // What the service says of its own picture is what is known of it.
        assert_eq!(cover.parameters, own);
    }
    let asked = server.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    let drawing = "/image/generate_cover_image";
    let upload = "/image/upload_image";
    // Whether it is there is asked first.
    assert_eq!(paths, [upload, upload, drawing, drawing]);
    let sent = image::load_from_memory(&asked[1].bytes)
        .unwrap()
        .into_rgb8();
    assert_eq!(sent, picture(256, 256));
    for (asked, seed) in asked[2..].iter().zip(seeds) {
        assert_eq!(asked.body["redraw_key"], "there.png");
        assert_eq!(asked.body["strength"], 0.05);
        assert_eq!(asked.body["seed"], seed.0);
    }
}

#[test]
fn a_service_that_draws_over_nothing_draws_nothing_new_instead() {
    for status in [404, 405] {
        let server = Server::saying(status, json!({"detail": "Not Found"}));
        let refused = artist(&server.url()).draw(&over(), &Silent);
        let Err(EngineError::Unsupported { what }) = refused else {
            panic!("{status}: {:?}", refused.map(|cover| cover.label));
        };
        assert!(what.contains("Leave strength away"), "{what}");
        let asked = server.asked();
        assert!(asked.iter().all(|asked| asked.path == "/upload_image"));
    }
    // One that is ill is another matter.
    let server = Server::saying(500, json!({"detail": "The disk is full."}));
    let failed = artist(&server.url()).draw(&over(), &Silent);
    assert!(matches!(failed, Err(EngineError::Remote { .. })));
}

#[test]
fn strength_is_told_of_no_picture_that_is_new() {
    let server = Server::saying(
        200,
        json!({"file_data": png(&picture(256, 256)), "metadata": metadata()}),
    );
    let mut artist = artist(&server.url());
    let cover = artist.draw(&cover_params(), &Silent).unwrap();
    assert!(
        cover.parameters.contains("Steps: 4"),
        "{}",
        cover.parameters
    );
    assert!(
        !cover.parameters.contains("strength"),
        "{}",
        cover.parameters
    );
}

#[test]
fn a_song_is_told_of_as_far_as_the_contract_goes() {
    let server = Server::saying(
        200,
        json!({"file_data": png(&picture(256, 256)), "metadata": metadata()}),
    );
    let mut artist = artist(&server.url());
    // "a train at night, " are 18 characters.
    for (end, is_whole) in [("xx", true), ("xxx", false)] {
        let params = CoverParams {
            also: vec![Detail::About(format!("{}{end}", "words ".repeat(80)))],
            ..cover_params()
        };
        let cover = artist.draw(&params, &Silent).unwrap();
        assert_eq!(cover.notes.is_empty(), is_whole, "{:?}", cover.notes);
    }
    let asked = server.asked();
    let sent = |at: usize| asked[at].body["prompt"].as_str().unwrap().to_owned();
    assert_eq!(sent(0).chars().count(), 500);
    assert!(sent(1).ends_with(" words"), "{}", sent(1));
    // The contract takes no fewer than five.
    let params = CoverParams {
        prompt: "Rain".to_owned(),
        ..cover_params()
    };
    artist.draw(&params, &Silent).unwrap();
    assert_eq!(server.asked()[2].body["prompt"], "Rain, cover");
}
