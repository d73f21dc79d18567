//! What fails while a cover is drawn, as clients hear of it; a model in blocks as one of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use songwright_tests::{Server, program};

use crate::{
    blocks::wide,
    checkpoints::{UNET, copied, spoil},
    service::{import_from, write_card},
    small,
};

const COVER: &str = "/image/generate_cover_image";

/// A data folder with the model of that folder.
fn home(model: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir_all(&data_dir).unwrap();
    write_card(&data_dir);
    let imported = import_from(model, &data_dir, true);
    let said = String::from_utf8_lossy(&imported.stderr).into_owned();
    assert!(imported.status.success(), "{said}");
    (folder, data_dir)
}

fn asked() -> Value {
    json!({"prompt": "a quiet harbour", "seed": 5, "num_inference_steps": 1, "width": 256,
        "height": 256})
}

#[test]
fn what_is_no_number_is_a_500_and_no_file() {
    let model = copied();
    spoil(&model.path().join(UNET), "conv_out.bias");
    let (_folder, data_dir) = home(model.path());
    let server = Server::start(&data_dir, &[("SONGWRIGHT_IMAGE_MODEL", "small-sdxl")]);
    let answer = server.post(COVER, &asked());
    assert_eq!(answer.status, 500, "{}", answer.json());
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("no picture") && detail.contains("songwright models verify"),
        "{detail}"
    );
    let files = fs::read_dir(data_dir.join("files")).into_iter().flatten();
    assert_eq!(files.count(), 0);
    // A song is made without it, and says so.
    let song = json!({"full_described_song": "a folk song about a harbour", "audio_duration": 10,
        "cover_size": 256, "seed": 4});
    let song = server.post("/generate_from_description", &song);
    assert_eq!(song.status, 200, "{}", song.json());
    let errors = song.json()["errors"].to_string();
    assert!(errors.contains("no picture"), "{errors}");
    assert!(server.stop().success());
}

#[test]
fn too_little_memory_is_a_507_with_what_helps() {
    let (_folder, data_dir) = home(small());
    let served = |budget_mib: &str| {
        let by_name = [
            ("SONGWRIGHT_IMAGE_MODEL", "small-sdxl"),
            ("SONGWRIGHT_MEMORY_BUDGET_MIB", budget_mib),
        ];
        Server::start(&data_dir, &by_name)
    };
    // The widest level of the smallest tile takes 768 MiB.
    let server = served("760");
    let answer = server.post(COVER, &asked());
    assert_eq!(answer.status, 507, "{}", answer.json());
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("a smaller picture") && detail.contains("a smaller model"),
        "{detail}"
    );
    assert!(server.stop().success());
    let server = served("800");
    let answer = server.post(COVER, &asked());
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(server.stop().success());
}

#[test]
fn a_quantised_model_is_one_of_its_own() {
    let (_folder, data_dir) = home(wide());
    let run = |arguments: &[&str]| {
        Command::new(program())
            .args(["models"])
            .args(arguments)
            .arg("--data-dir")
            .arg(&data_dir)
            .output()
            .unwrap()
    };
    let made = run(&["quantize", "small-sdxl", "--type", "q4_k", "--json"]);
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{said}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["id"], "small-sdxl-q4_k");
    let files = made["files"].to_string();
    assert!(
        files.contains("unet/diffusion_pytorch_model-q4_k.gguf") && !files.contains(UNET),
        "{files}"
    );
    // It needs nothing of the first one, nor of the folder that that was imported from.
    let removed = run(&["remove", "small-sdxl"]);
    assert!(removed.status.success());
    let server = Server::start(&data_dir, &[("SONGWRIGHT_IMAGE_MODEL", "small-sdxl-q4_k")]);
    let answer = server.post(COVER, &asked());
    assert_eq!(answer.status, 200, "{}", answer.json());
    let answer = answer.json();
    assert_eq!(answer["metadata"]["model_info"], "small-sdxl-q4_k");
    assert_eq!(answer["label"], "Small SDXL (q4_k), 1 step");
    // What has to be said of the first one's pictures is said of these.
    let notes = answer["notes"].to_string();
    assert!(notes.contains("Not for sale."), "{notes}");
    assert!(server.stop().success());
    let again = run(&["quantize", "small-sdxl-q4_k"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        !again.status.success() && said.contains("in blocks already"),
        "{said}"
    );
}
