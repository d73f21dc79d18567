//! Bundles that are damaged or forged.

use std::{fs, path::Path};

use songwright_storage::{
    BundleError, Error,
    bundle::{BundleForm, import, safe_file_name},
};

use crate::studio::{Studio, TITLE, contents, unzip, zip_up};

fn refusal(path: &Path) -> BundleError {
    import(path).expect_err("a damaged bundle was opened")
}

#[tokio::test]
async fn a_damaged_file_is_refused_by_its_name() {
    let studio = Studio::new();
    let folder = studio.bundle(BundleForm::Folder).await;
    let zip = studio.dir.path().join("bundle.zip");
    let whole = contents(&folder);
    import(&folder).unwrap();
    for (name, content) in &whole {
        let mut flipped = content.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        let mut longer = content.clone();
        longer.push(b'\n');
        let shorter = content[..content.len() - 1].to_vec();
        for damaged in [flipped, longer, shorter, Vec::new()] {
            fs::write(folder.join(name), &damaged).unwrap();
            let error = refusal(&folder);
            assert!(
                matches!(&error, BundleError::Damaged { file, .. } if file == name),
                "{name}: {error}"
            );
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("{name} is damaged: "))
            );
            zip_up(&zip, &contents(&folder));
            let error = refusal(&zip);
            assert!(
                matches!(&error, BundleError::Damaged { file, .. } if file == name),
                "{name}: {error}"
            );
        }
        fs::remove_file(folder.join(name)).unwrap();
        zip_up(&zip, &contents(&folder));
        for path in [&folder, &zip] {
            let error = refusal(path);
            match &error {
                BundleError::NotABundle { .. } => assert_eq!(name, "song.json"),
                BundleError::Missing { file } => assert_eq!(file, name),
                other => panic!("{name}: {other}"),
            }
        }
        fs::write(folder.join(name), content).unwrap();
    }
    import(&folder).unwrap();
    zip_up(&zip, &whole);
    import(&zip).unwrap();
}

#[tokio::test]
async fn a_zip_file_with_flipped_bits_is_never_imported_as_something_else() {
    let studio = Studio::new();
    let path = studio.bundle(BundleForm::Zip).await;
    let whole = fs::read(&path).unwrap();
    let broken = studio.dir.path().join("broken.zip");
    let mut refused = 0;
    for step in 0..60 {
        let mut bytes = whole.clone();
        let at = step * (bytes.len() - 1) / 59;
        bytes[at] ^= 0x10;
        fs::write(&broken, bytes).unwrap();
        match import(&broken) {
            Ok(bundle) => assert_eq!(bundle.text().title, TITLE, "a byte that nothing reads"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 50, "{refused}");
    fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(refusal(&broken), BundleError::NotABundle { .. }));
}

#[tokio::test]
async fn names_that_lead_out_are_refused() {
    let studio = Studio::new();
    let files = unzip(&studio.bundle(BundleForm::Zip).await);
    let zip = studio.dir.path().join("evil.zip");
    for name in [
        "../evil.txt",
        "/etc/evil",
        "a/../../evil",
        "C:\\evil",
        "stems\\..\\evil",
        "./x",
    ] {
        let mut with = files.clone();
        with.push((name.to_owned(), b"x".to_vec()));
        zip_up(&zip, &with);
        let error = refusal(&zip);
        assert!(
            matches!(error, BundleError::Refused { .. }),
            "{name}: {error}"
        );
    }
    // Zipped by hand: everything in one folder, with what a system puts beside it.
    let mut inner: Vec<_> = files
        .iter()
        .map(|(name, content)| (format!("My song/{name}"), content.clone()))
        .collect();
    inner.push(("__MACOSX/._song.json".to_owned(), vec![0]));
    inner.push(("My song/.DS_Store".to_owned(), vec![0]));
    zip_up(&zip, &inner);
    import(&zip).unwrap();
}

#[tokio::test]
#[cfg(unix)]
async fn a_link_is_not_followed() {
    let studio = Studio::new();
    let folder = studio.bundle(BundleForm::Folder).await;
    let outside = studio.dir.path().join("secret");
    let lyrics = folder.join("lyrics.txt");
    fs::rename(&lyrics, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &lyrics).unwrap();
    let error = refusal(&folder);
    assert!(matches!(error, BundleError::Refused { .. }), "{error}");
}

/// A bundle whose `song.json` was written by somebody else, with its own sum right.
fn forge(folder: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    use sha2::Digest as _;
    let path = folder.join("song.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    json["song_json_sha256"] = "0".repeat(64).into();
    let text = serde_json::to_string_pretty(&json).unwrap();
    let sum: String = sha2::Sha256::digest(&text)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let at = text.rfind(&"0".repeat(64)).unwrap();
    fs::write(&path, format!("{}{sum}{}", &text[..at], &text[at + 64..])).unwrap();
}

#[tokio::test]
async fn covers_of_older_bundles_have_their_titles() {
    for kind in ["sketch", "neural"] {
        let studio = Studio::new();
        let folder = studio.bundle(BundleForm::Folder).await;
        forge(&folder, |json| {
            json["cover"].as_object_mut().unwrap().remove("lettered");
            json["cover"]["engine"]["kind"] = kind.into();
        });
        let other = Studio::new();
        let bundle = import(&folder).unwrap();
        let back = bundle.import_into(&other.library, &other.objects).await;
        let back = back.unwrap();
        let cover = back.latest_cover().unwrap();
        assert_eq!(cover.artwork.lettered, kind == "sketch");
    }
}

#[tokio::test]
async fn absurd_descriptions_are_refused() {
    type Change = Box<dyn FnOnce(&mut serde_json::Value)>;
    let changes: Vec<(&str, Change)> = vec![
        (
            "path",
            Box::new(|j| j["files"][0]["path"] = "../../x.wav".into()),
        ),
        (
            "size",
            Box::new(|j| j["files"][0]["bytes"] = (1_u64 << 60).into()),
        ),
        (
            "twice",
            Box::new(|j| {
                let first = j["files"][0].clone();
                j["files"].as_array_mut().unwrap().push(first);
            }),
        ),
        ("no files", Box::new(|j| j["files"] = serde_json::json!([]))),
        (
            "duration",
            Box::new(|j| j["take"]["duration_s"] = 1e300.into()),
        ),
        (
            "negative",
            Box::new(|j| j["take"]["timed_lines"][0]["start_s"] = (-1.0).into()),
        ),
        (
            "title",
            Box::new(|j| j["song"]["title"] = "x".repeat(200_000).into()),
        ),
    ];
    for (name, change) in changes {
        let studio = Studio::new();
        let folder = studio.bundle(BundleForm::Folder).await;
        forge(&folder, |_| {});
        import(&folder).unwrap();
        forge(&folder, change);
        let error = refusal(&folder);
        assert!(
            matches!(error, BundleError::Refused { .. }),
            "{name}: {error}"
        );
    }
    let studio = Studio::new();
    let folder = studio.bundle(BundleForm::Folder).await;
    forge(&folder, |j| j["format_version"] = 2.into());
    let error = refusal(&folder);
    assert!(
        matches!(error, BundleError::NewerFormat { found: 2, .. }),
        "{error}"
    );
    fs::write(folder.join("song.json"), "[".repeat(100_000)).unwrap();
    assert!(matches!(refusal(&folder), BundleError::Damaged { .. }));
    fs::write(folder.join("song.json"), vec![b' '; 9 << 20]).unwrap();
    assert!(matches!(refusal(&folder), BundleError::Refused { .. }));
}

#[tokio::test]
async fn an_import_that_fails_leaves_nothing_behind() {
    let studio = Studio::new();
    let folder = studio.bundle(BundleForm::Folder).await;
    let bundle = import(&folder).unwrap();
    // Damaged after it was checked.
    let png = folder.join(format!("{}.png", safe_file_name(TITLE)));
    fs::write(png, b"x").unwrap();
    let other = Studio::new();
    let error = bundle
        .import_into(&other.library, &other.objects)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Bundle(BundleError::Damaged { .. })),
        "{error}"
    );
    let claim = other
        .library
        .claim_queue(&[songwright_base::Service::Integrated])
        .unwrap();
    let left = other.library.unkept_files(&claim, i64::MAX).unwrap();
    assert!(left.is_empty(), "{left:?}");
    if let Ok(mut names) = fs::read_dir(other.dir.path().join("objects")) {
        assert!(names.next().is_none(), "a folder's files can be listed");
    }
    assert!(other.library.files().unwrap().is_empty());
}
