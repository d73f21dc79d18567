//! Several forms of one model, whose files share a folder.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use songwright_cover::sdxl::Checkpoint;
use songwright_tests::{Server, program, sdxl::sdxl_files};

use crate::{
    card,
    checkpoints::{UNET, copied},
};

const STEPS: [usize; 3] = [4, 2, 8];

fn unet(steps: usize) -> String {
    format!("sdxl_lightning_{steps}step_unet.safetensors")
}

/// A folder with a UNet for each number of steps, and no other.
fn forms() -> tempfile::TempDir {
    let folder = copied();
    for steps in STEPS {
        fs::copy(folder.path().join(UNET), folder.path().join(unet(steps))).unwrap();
    }
    fs::remove_file(folder.path().join(UNET)).unwrap();
    folder
}

fn write_card(data_dir: &Path) {
    let mut variants = String::new();
    for steps in STEPS {
        let head = format!("name = \"{steps}-step\"\ntitle = \"{steps} steps\"");
        let file = format!("[[variant.file]]\npath = \"{}\"", unet(steps));
        write!(variants, "\n[[variant]]\n{head}\n{file}\n").unwrap();
    }
    let mut files = sdxl_files();
    files.retain(|file| *file != UNET);
    let name = ("small-lightning", "Small Lightning");
    card::write(data_dir, name, ("id = \"Apache-2.0\"", &variants), &files);
}

fn import(forms: &Path, data_dir: &Path, variant: &str) {
    let mut command = Command::new(program());
    command.args(["models", "import", "small-lightning", "--variant", variant]);
    let output = command.arg(forms).arg("--data-dir").arg(data_dir).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_form_s_own_file_goes_before_others_in_its_folder() {
    let forms = forms();
    let folders = [forms.path().to_owned()];
    for steps in STEPS {
        let own: [PathBuf; 1] = [forms.path().join(unet(steps))];
        let checkpoint = Checkpoint::open_own(&folders, &own).unwrap();
        assert_eq!(checkpoint.steps(), Some(steps));
    }
}

#[test]
fn each_form_is_named_and_draws_with_its_own_steps() {
    let forms = forms();
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir_all(&data_dir).unwrap();
    write_card(&data_dir);
    for variant in ["4-step", "2-step"] {
        import(forms.path(), &data_dir, variant);
    }
    let drawn_by = |name: &str| {
        let server = Server::start(&data_dir, &[("SONGWRIGHT_IMAGE_MODEL", name)]);
        let asked = json!({"prompt": "a quiet harbour", "seed": 5, "width": 256, "height": 256});
        let answer = server.post("/image/generate_cover_image", &asked);
        assert!(server.stop().success());
        (answer.status, answer.json())
    };
    for (name, steps) in [
        ("small-lightning:2-step", 2),
        ("small-lightning:4-step", 4),
        ("songs/small-lightning:2-step", 2),
        // The card's first, where it is here.
        ("small-lightning", 4),
        ("auto", 4),
    ] {
        let (status, made) = drawn_by(name);
        assert_eq!(status, 200, "{name}: {made}");
        let label = format!("Small Lightning, {steps} steps");
        assert_eq!(made["label"], label, "{name}");
    }
    let (status, refused) = drawn_by("small-lightning:3-step");
    assert_eq!(status, 503, "{refused}");
    assert_eq!(
        refused["detail"],
        "Small Lightning has no variant 3-step. These are installed: 4-step, 2-step; these are not: 8-step."
    );
    let (status, refused) = drawn_by("small-lightning:8-step");
    assert_eq!(status, 503, "{refused}");
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("songwright models install small-lightning --variant 8-step"),
        "{detail}"
    );
}
