use std::io::Cursor;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;
use songwright_base::{EngineError, Silent};
use songwright_cover::CoverArtist as _;

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
