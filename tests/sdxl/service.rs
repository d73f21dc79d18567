//! The same through the program: a card, the command line, HTTP.

use std::{fs, io::Cursor, path::Path, process::Command};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use songwright_tests::{Server, program, sdxl::sdxl_files};

use crate::{card, small};

/// A card of the small model, whose licence has to be accepted.
pub(crate) fn write_card(data_dir: &Path) {
    let licence = "id = \"LicenseRef-test\"\nmust_accept = true\nsummary = \"Not for sale.\"";
    let name = ("small-sdxl", "Small SDXL");
    card::write(data_dir, name, (licence, ""), &sdxl_files());
}

fn import(data_dir: &Path, accept: bool) -> std::process::Output {
    import_from(small(), data_dir, accept)
}

pub(crate) fn import_from(folder: &Path, data_dir: &Path, accept: bool) -> std::process::Output {
    let mut command = Command::new(program());
    command
        .args(["models", "import", "small-sdxl"])
        .arg(folder)
        .arg("--data-dir")
        .arg(data_dir);
    if accept {
        command.arg("--accept-licence");
    }
    command.output().unwrap()
}

#[test]
fn covers_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir_all(&data_dir).unwrap();
    write_card(&data_dir);

    let refused = import(&data_dir, false);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("accept"), "{said}");

    // By its name before it is there: 503, with what to do.
    let by_name = [("SONGWRIGHT_IMAGE_MODEL", "small-sdxl")];
    let server = Server::start(&data_dir, &by_name);
    let body = json!({"prompt": "a quiet harbour", "seed": 5, "num_inference_steps": 2,
        "width": 256, "height": 320, "style": "vintage + electronic"});
    let absent = server.post("/image/generate_cover_image", &body);
    assert_eq!(absent.status, 503, "{}", absent.json());
    let detail = absent.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("songwright models install small-sdxl"),
        "{detail}"
    );
    // Over HTTP a licence that nobody accepted is a 403.
    let install = server.post("/models/small-sdxl/install", &json!({}));
    assert_eq!(install.status, 403, "{}", install.json());

    // What comes meanwhile is used by the next request.
    let imported = import(&data_dir, true);
    let said = String::from_utf8_lossy(&imported.stderr).into_owned();
    assert!(imported.status.success(), "{said}");
    let answer = server.post("/image/generate_cover_image", &body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let made = answer.json();
    assert_eq!(made["image_dimensions"], json!([256, 320]));
    assert_eq!(made["metadata"]["model_info"], "small-sdxl");
    assert_eq!(made["label"], "Small SDXL, 2 steps");
    let notes = made["notes"].to_string();
    assert!(notes.contains("Not for sale."), "{notes}");
    let file = |made: &serde_json::Value| {
        let key = made["file_path"].as_str().unwrap().to_owned();
        let answer = server.get(&format!("/image/download_image?file_key={key}"));
        BASE64_STANDARD
            .decode(answer.json()["image_data"].as_str().unwrap())
            .unwrap()
    };
    let first = file(&made);
    // A file that told when it was made would be another one in another second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let again = server.post("/image/generate_cover_image", &body).json();
    assert!(first == file(&again), "one seed, one picture");
    let png = image::load_from_memory(&first).unwrap();
    assert_eq!((png.width(), png.height()), (256, 320));
    assert!(first.windows(4).any(|part| part == b"iCCP"));
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(text.contains("Small SDXL") && text.contains("LicenseRef-test"));

    let several = json!({"prompt": "a quiet harbour", "seed": 8, "num_images": 2,
        "num_inference_steps": 1, "width": 256, "height": 256,
        "redraw_key": made["file_path"], "strength": 0.5});
    let several = server.post("/image/generate_cover_image", &several).json();
    let seeds: Vec<u64> = several["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds, [8, 9], "{several}");

    // A picture from elsewhere is drawn over once it is in the store.
    let uploaded = server.send("/image/upload_image", "image/png", &first);
    assert_eq!(uploaded.status, 201, "{}", uploaded.json());
    let uploaded = uploaded.json();
    assert_eq!(uploaded["image_dimensions"], json!([256, 320]));
    let over = json!({"prompt": "a quiet harbour", "seed": 8, "num_inference_steps": 1, "width": 256,
        "height": 256, "redraw_key": uploaded["file_path"], "strength": 0.5});
    let over = server.post("/image/generate_cover_image", &over);
    assert_eq!(over.status, 200, "{}", over.json());
    let (over, here) = (file(&over.json()), file(&several));
    assert!(over == here, "the same picture, the same drawing over it");
    let none = server.send("/image/upload_image", "image/png", &first[..100]);
    assert_eq!(none.status, 400, "{}", none.json());

    for (wrong, field) in [
        (json!({"width": 255}), "width"),
        (json!({"width": 1025}), "width"),
        (json!({"num_inference_steps": 0}), "num_inference_steps"),
        (json!({"num_inference_steps": 11}), "num_inference_steps"),
        (json!({"seed": -1}), "seed"),
        (json!({"seed": 4_294_967_296_u64}), "seed"),
        (json!({"prompt": "word ".repeat(2000)}), "prompt"),
        (json!({"num_images": 9}), "num_images"),
        (json!({"guidance_scale": -1}), "guidance_scale"),
    ] {
        let mut body = body.clone();
        for (key, value) in wrong.as_object().unwrap() {
            body[key] = value.clone();
        }
        let answer = server.post("/image/generate_cover_image", &body);
        assert_eq!(answer.status, 400, "{field}: {}", answer.json());
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(field), "{detail}");
    }
    let mut odd = body.clone();
    odd["width"] = json!(513);
    let odd = server.post("/image/generate_cover_image", &odd).json();
    assert_eq!(odd["image_dimensions"], json!([512, 320]));
    let gone = json!({"prompt": "a quiet harbour", "redraw_key": "none.png"});
    assert_eq!(
        server.post("/image/generate_cover_image", &gone).status,
        404
    );
    assert!(server.stop().success());
}

/// A data folder with the small model, whose licence was accepted.
fn home() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir_all(&data_dir).unwrap();
    write_card(&data_dir);
    assert!(import(&data_dir, true).status.success());
    (folder, data_dir)
}

#[test]
fn a_song_gets_another_cover() {
    let (_folder, data_dir) = home();
    let by_name = [("SONGWRIGHT_IMAGE_MODEL", "small-sdxl")];
    let server = Server::start(&data_dir, &by_name);
    let asked = json!({"full_described_song": "a folk song about a harbour", "audio_duration": 10,
        "cover_size": 256, "seed": 4});
    let made = server.post("/generate_from_description", &asked);
    assert_eq!(made.status, 200, "{}", made.json());
    let made = made.json();
    // What the licence asks to be said is said of the song.
    assert!(
        made["notes"].to_string().contains("Not for sale."),
        "{made}"
    );
    let id = made["song_id"].as_str().unwrap();
    let path = format!("/songs/{id}/cover");
    let cover = || server.get(&path).bytes;
    let first = cover();
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(text.contains("parameters") && text.contains("Seed: 4"));
    // PNG's plain texts are Latin-1.
    assert!(first.windows(9).any(|part| part == b"256 \xd7 256"));

    // Drawn over with nearly nothing gone it stays what it was; anew it does not.
    let over = json!({"strength": 0.5, "seed": 9, "num_inference_steps": 2});
    let song = server.post(&path, &over);
    assert_eq!(song.status, 200, "{}", song.json());
    assert_eq!(song.json()["cover_label"], "Small SDXL, 1 step");
    assert!(song.json()["notes"].to_string().contains("Not for sale."));
    let second = cover();
    assert_ne!(first, second);
    let text = String::from_utf8_lossy(&second).into_owned();
    assert!(text.contains("Denoising strength: 0.5") && text.contains("Seed: 9"));
    for (pixels, format) in [(1400, "jpeg"), (3000, "png")] {
        let path = format!("/songs/{id}/release-art?pixels={pixels}&format={format}");
        let shop = server.get(&path);
        assert_eq!(shop.status, 200, "{path}");
        let file = image::ImageReader::new(Cursor::new(&shop.bytes));
        let size = file.with_guessed_format().unwrap().into_dimensions();
        assert_eq!(size.unwrap(), (pixels, pixels));
        let text = String::from_utf8_lossy(&shop.bytes).into_owned();
        assert!(
            text.contains("Not for sale.") && text.contains("Seed: 9"),
            "{path}"
        );
    }

    // Several at once are all kept; the first of them is shown.
    let several =
        json!({"prompt": "a red kite", "seed": 20, "num_images": 3, "num_inference_steps": 1});
    let song = server.post(&path, &several).json();
    let seeds_of = |song: &serde_json::Value| -> Vec<u64> {
        let covers = song["covers"].as_array().unwrap();
        covers
            .iter()
            .map(|cover| cover["seed"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seeds_of(&song), [20, 21, 22, 9, 4]);
    let shown = cover();
    assert!(String::from_utf8_lossy(&shown).contains("Seed: 20"));
    let files = song["covers"].as_array().unwrap().iter().map(|cover| {
        let key = cover["file_path"].as_str().unwrap();
        let answer = server.get(&format!("/image/download_image?file_key={key}"));
        BASE64_STANDARD
            .decode(answer.json()["image_data"].as_str().unwrap())
            .unwrap()
    });
    let files: Vec<Vec<u8>> = files.collect();
    assert_eq!(files[0], shown);
    assert_eq!(files[4], first);
    // Each is the one that its seed draws alone.
    let alone = json!({"prompt": "a red kite", "seed": 21, "num_inference_steps": 1});
    assert_eq!(server.post(&path, &alone).status, 200);
    assert_eq!(cover(), files[1]);

    let anew = json!({"prompt": "a red kite", "style": "grunge", "cover_size": 320, "seed": 9,
        "num_inference_steps": 1, "typography": true});
    assert_eq!(server.post(&path, &anew).status, 200);
    let third = image::load_from_memory(&cover()).unwrap();
    assert_eq!((third.width(), third.height()), (320, 320));
    // It has letters now, which nothing is drawn over.
    let refused = server.post(&path, &over);
    assert_eq!(refused.status, 409, "{}", refused.json());
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Leave strength away"), "{detail}");
    // A long prompt is read as far as the model reads, and that is said.
    let long = json!({"prompt": "a kite ".repeat(1428), "seed": 9, "num_inference_steps": 1});
    let song = server.post(&path, &long);
    assert_eq!(song.status, 200, "{}", song.json());
    let notes = song.json()["notes"].to_string();
    assert!(
        notes.contains("77 tokens") && notes.contains("of the prompt"),
        "{notes}"
    );
    let nobody = "/songs/00000000-0000-4000-8000-000000000000/cover";
    assert_eq!(server.post(nobody, &anew).status, 404);
    for (wrong, field) in [
        (json!({"strength": 0.04}), "strength"),
        (json!({"cover_size": 1025}), "cover_size"),
        (json!({"cover_size": 255}), "cover_size"),
        (json!({"num_inference_steps": 11}), "num_inference_steps"),
        (json!({"prompt": "kite"}), "prompt"),
        (json!({"prompt": "k".repeat(10_001)}), "prompt"),
        (json!({"num_images": 0}), "num_images"),
        (json!({"num_images": 9}), "num_images"),
    ] {
        let answer = server.post(&path, &wrong);
        assert_eq!(answer.status, 400, "{field}: {}", answer.json());
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(field), "{detail}");
    }
    assert!(server.stop().success());

    // The same from the command line.
    let run = |arguments: &[&str]| {
        let output = Command::new(program())
            .args(["cover", id, "--json", "--data-dir"])
            .arg(&data_dir)
            .args(arguments)
            .envs(by_name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output, said)
    };
    let (output, said) = run(&[
        "--seed",
        "3",
        "--steps",
        "2",
        "--guidance",
        "2",
        "--negative",
        "boats",
        "--images",
        "2",
    ]);
    assert!(output.status.success(), "{said}");
    let song: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(song["cover_label"], "Small SDXL, 2 steps");
    assert_eq!(seeds_of(&song)[..2], [3, 4]);
    let (output, said) = run(&["--steps", "11"]);
    assert!(
        !output.status.success() && said.contains("num_inference_steps"),
        "{said}"
    );
}
