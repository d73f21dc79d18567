use std::{fs, io::Cursor};

use image::ImageReader;

use crate::home::{Home, said};

fn song(home: &Home) -> String {
    let words = ["song", "rain on tin", "--duration", "10", "--seed", "3"];
    let made = home.json(&[&words[..], &["--cover-size", "256"]].concat());
    made["song_id"].as_str().unwrap().to_owned()
}

/// Width and height.
fn size_of(file: &[u8]) -> (u32, u32) {
    let reader = ImageReader::new(Cursor::new(file));
    let size = reader.with_guessed_format().unwrap().into_dimensions();
    size.unwrap()
}

#[test]
fn a_cover_for_shops_is_written_where_the_command_says() {
    let home = Home::new();
    let id = song(&home);
    for (options, ending, pixels) in [
        (&[][..], "jpg", 3000),
        (&["--pixels", "1400", "--format", "png"], "png", 1400),
    ] {
        let words = ["library", "art", id.as_str(), "--out", "art"];
        let said = home.printed(&[&words, options].concat());
        let path = said.trim().strip_prefix("The cover is in ").unwrap();
        assert!(path.ends_with(&format!(" {pixels}.{ending}")), "{path}");
        let file = fs::read(home.path().join(path)).unwrap();
        assert_eq!(size_of(&file), (pixels, pixels), "{path}");
        let profile = if ending == "png" {
            "iCCP"
        } else {
            "ICC_PROFILE"
        };
        let has_profile = file
            .windows(profile.len())
            .any(|part| part == profile.as_bytes());
        assert!(has_profile, "{path}");
    }
    for (options, sentence) in [
        (
            &["--pixels", "2000"][..],
            "invalid value '2000' for '--pixels <PIXELS>'",
        ),
        (
            &["--format", "gif"],
            "invalid value 'gif' for '--format <FORM>'",
        ),
    ] {
        let words = ["library", "art", id.as_str()];
        let output = home.call(&[&words, options].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(sentence), "{}", said(&output));
    }
    // The built-in artist has set them.
    let output = home.call(&["library", "art", &id, "--typography"]).output();
    let output = output.unwrap();
    assert!(!output.status.success());
    assert!(
        said(&output).contains("carries its title already"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_cover_s_limits_are_said_before_anything_is_opened() {
    let home = Home::new();
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (option, sentence) in [
        ("--steps=0", "num_inference_steps must be 1 to 10, not 0."),
        ("--steps=11", "num_inference_steps must be 1 to 10, not 11."),
        (
            "--cover-size=255",
            "cover_size must be 256 to 1024, not 255.",
        ),
        (
            "--cover-size=1025",
            "cover_size must be 256 to 1024, not 1025.",
        ),
        ("--seed=-1", "seed must be 0 to 4294967295, not -1."),
        (
            "--seed=4294967296",
            "seed must be 0 to 4294967295, not 4294967296.",
        ),
    ] {
        let output = home.call(&["cover", nobody, option]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{option}: {}", said(&output));
        assert!(
            said(&output).contains(sentence),
            "{option}: {}",
            said(&output)
        );
    }
    assert!(!home.data_dir().exists());
}

#[test]
fn a_cover_of_an_odd_size_is_the_nearest_that_can_be_drawn() {
    let home = Home::new();
    let id = song(&home);
    for (options, size) in [
        (["--cover-size=513", "--seed=4294967295"], 512),
        (["--cover-size=256", "--steps=1"], 256),
    ] {
        let words = ["cover", id.as_str()];
        let song = home.json(&[&words[..], &options].concat());
        let key = song["covers"][0]["file_path"].as_str().unwrap();
        let file = fs::read(home.data_dir().join("files").join(key)).unwrap();
        assert_eq!(size_of(&file), (size, size), "{options:?}");
    }
}
