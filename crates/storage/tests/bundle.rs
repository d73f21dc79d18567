//! A song goes out as a bundle and comes back the same; a damaged bundle is refused by name. On S3
//! too, where the tests are given a server.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod fixture;

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use songwright_audio::tags;
use songwright_audio::wav::{self, WavFormat};
use songwright_storage::bundle::{
    BundleForm, ExportOptions, ExtraFormat, export, import, safe_file_name,
};
use songwright_storage::{BundleError, Error, Library, Lineage, Objects, Song, TakeWords};

const TITLE: &str = "AC/DC: 夜航 🚢";

struct Studio {
    dir: tempfile::TempDir,
    objects: Objects,
    library: Arc<Library>,
}

impl Studio {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            objects: fixture::store(dir.path()),
            library: Arc::new(Library::open(&dir.path().join("library.db")).unwrap()),
            dir,
        }
    }

    async fn song(&self) -> Song {
        let new = fixture::song(&self.objects, TITLE).await.unwrap();
        self.library.add_song(&new).unwrap()
    }

    async fn bundle(&self, form: BundleForm) -> PathBuf {
        let options = ExportOptions {
            form,
            extra: vec![
                ExtraFormat::Flac,
                #[cfg(feature = "mp3")]
                ExtraFormat::Mp3,
            ],
            ..ExportOptions::default()
        };
        let into = self.dir.path().join("out");
        export(&self.objects, &self.song().await, &options, &into)
            .await
            .unwrap()
    }
}

/// Everything in a folder with its content, by path with `/`.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                found.push((name.replace('\\', "/"), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn unzip(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut entry = archive.by_index(i).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().to_string(), content)
        })
        .collect()
}

fn zip_up(path: &Path, files: &[(String, Vec<u8>)]) {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    fs::write(path, archive.finish().unwrap().into_inner()).unwrap();
}

async fn pcm(objects: &Objects, song: &Song) -> Vec<wav::WavInfo> {
    let take = song.latest_take().unwrap();
    let files = take.recording.stems.iter().map(|stem| &stem.file);
    let mut all = Vec::new();
    for file in files.chain([&take.recording.audio]) {
        let content = objects.get(&file.key).await.unwrap();
        all.push(wav::info(&content[..]).unwrap());
    }
    all
}

#[tokio::test]
async fn a_song_comes_back_as_it_went() {
    for form in [BundleForm::Folder, BundleForm::Zip] {
        let studio = Studio::new();
        let path = studio.bundle(form).await;
        let name = safe_file_name(TITLE);
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), name);
        let out: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(out.len(), 1, "no temporary file is left");

        // It is moved elsewhere and opened by somebody who has neither library nor files.
        let elsewhere = tempfile::tempdir().unwrap();
        let moved = elsewhere.path().join("moved");
        fs::rename(&path, &moved).unwrap();
        let page = studio.library.songs(&songwright_storage::SongFilter {
            limit: 1,
            ..Default::default()
        });
        let song = studio.library.song(page.unwrap().songs[0].id).unwrap();
        let other = Studio::new();
        let bundle = import(&moved).unwrap();
        assert_eq!(bundle.text().title, TITLE);
        let back = bundle
            .import_into(&other.library, &other.objects)
            .await
            .unwrap();
        assert_eq!(back, other.library.song(song.id).unwrap());
        assert_eq!((back.id, &back.text), (song.id, &song.text));
        assert_eq!(back.created_at_ms, song.created_at_ms);
        let (was, is) = (&song.takes[0].recording, &back.takes[0].recording);
        assert_eq!(
            (is.id, &is.params, &is.engine),
            (was.id, &was.params, &was.engine)
        );
        assert_eq!((is.seed, is.duration_s), (was.seed, was.duration_s));
        assert_eq!((&is.facts, &is.timed_lines), (&was.facts, &was.timed_lines));
        assert_eq!(is.peaks, was.peaks);
        assert_eq!(
            pcm(&other.objects, &back).await,
            pcm(&studio.objects, &song).await
        );
        let audio = |objects: &Objects, key| {
            let (objects, key) = (objects.clone(), key);
            async move { wav::read(&objects.get(&key).await.unwrap()[..]).unwrap() }
        };
        assert!(
            audio(&other.objects, is.audio.key.clone()).await
                == audio(&studio.objects, was.audio.key.clone()).await
        );
        assert_eq!(is.stems.len(), 2);
        for (a, b) in is.stems.iter().zip(&was.stems) {
            assert_eq!((&a.name, &a.file.sha256), (&b.name, &b.file.sha256));
        }
        let midi = other.objects.get(&is.midi.as_ref().unwrap().key).await;
        assert_eq!(midi.unwrap(), fixture::MIDI);
        let (was, is) = (&song.covers[0].artwork, &back.covers[0].artwork);
        assert_eq!(
            (&is.image.sha256, &is.style),
            (&was.image.sha256, &was.style)
        );
        assert_eq!(
            (is.seed, &is.engine, &is.label),
            (was.seed, &was.engine, &was.label)
        );

        // A second time it is a copy, not a replacement.
        let copy = bundle
            .import_into(&other.library, &other.objects)
            .await
            .unwrap();
        assert_ne!(copy.id, back.id);
        other.library.check().unwrap();
        let claim = other
            .library
            .claim_queue(&[songwright_base::Service::Integrated])
            .unwrap();
        let left = other.library.unkept_files(&claim, i64::MAX).unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn the_files_are_for_people() {
    let studio = Studio::new();
    let path = studio.bundle(BundleForm::Folder).await;
    let name = "AC_DC_ 夜航 🚢";
    let names: Vec<String> = contents(&path).into_iter().map(|(name, _)| name).collect();
    let mut want: Vec<String> = ["wav", "flac", "png", "mid"]
        .map(|extension| format!("{name}.{extension}"))
        .to_vec();
    if cfg!(feature = "mp3") {
        want.push(format!("{name}.mp3"));
    }
    want.extend(["lyrics.lrc", "lyrics.txt", "song.json"].map(str::to_owned));
    want.extend(["bass", "drums"].map(|stem| format!("stems/{name} - {stem}.wav")));
    want.sort();
    assert_eq!(names, want);
    for extension in ["wav", "flac", "mp3"] {
        let Ok(file) = fs::read(path.join(format!("{name}.{extension}"))) else {
            continue;
        };
        let found = tags::read(&file).unwrap();
        assert_eq!(found.title, TITLE, "{extension}");
        assert!(found.comment.contains("seed 2147483647"), "{found:?}");
        assert!(found.lyrics.contains("夜航船的灯"));
        assert_eq!(found.genres, ["Dream Pop", "Café del Mar"]);
        assert_eq!(found.cover_png, Some(fixture::png(64)));
    }
    let lrc = fs::read_to_string(path.join("lyrics.lrc")).unwrap();
    assert!(lrc.contains("[00:00.10]The ferry leaves at ten\n[00:00.30]夜航船的灯\n"));
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("song.json")).unwrap()).unwrap();
    assert_eq!(json["take"]["engine"]["licence"], "MIT");
    assert_eq!(json["song"]["lyricist"]["version"], "1.2.0");
    assert_eq!(json["files"].as_array().unwrap().len(), want.len() - 1);

    // The same title again gets a number; other formats are made where they are asked for.
    let again = studio.bundle(BundleForm::Folder).await;
    assert_eq!(
        again.file_name().unwrap().to_str().unwrap(),
        format!("{name} (2)")
    );
    let options = ExportOptions {
        wav: WavFormat::Float32,
        stems: false,
        form: BundleForm::Zip,
        ..ExportOptions::default()
    };
    let song = studio.song().await;
    let zip = export(&studio.objects, &song, &options, studio.dir.path()).await;
    let files = unzip(&zip.unwrap());
    assert!(files.iter().all(|(name, _)| !name.starts_with("stems/")));
    let (_, mix) = files.iter().find(|(n, _)| n.ends_with(".wav")).unwrap();
    assert_eq!(
        wav::info(mix.as_slice()).unwrap().format(),
        Some(WavFormat::Float32)
    );
}

#[tokio::test]
async fn a_take_with_other_words_goes_out_with_those_and_says_where_it_comes_from() {
    let studio = Studio::new();
    let song = studio.song().await;
    let first = song.takes[0].recording.id;
    let mut edited = fixture::recording(&studio.objects, 330.0).await.unwrap();
    edited.words = TakeWords {
        prompt: "jazz, piano".to_owned(),
        lyrics: "[verse]\nThe lamp is low\n".to_owned(),
    };
    edited.lineage = Some(Lineage {
        parent_take_id: Some(first),
        relation: "edit".to_owned(),
    });
    edited.draft = true;
    studio.library.add_take(song.id, &edited).unwrap();
    let mut quiet = fixture::recording(&studio.objects, 110.0).await.unwrap();
    quiet.words.lyrics = String::new();
    quiet.timed_lines.clear();
    studio.library.add_take(song.id, &quiet).unwrap();
    let song = studio.library.song(song.id).unwrap();
    let out = |take: usize| {
        let options = ExportOptions {
            take_id: Some(song.takes[take].recording.id),
            stems: false,
            ..ExportOptions::default()
        };
        let (objects, song, dir) = (&studio.objects, &song, studio.dir.path());
        async move { export(objects, song, &options, dir).await.unwrap() }
    };
    let name = safe_file_name(TITLE);
    let story = |folder: &Path| -> serde_json::Value {
        serde_json::from_slice(&fs::read(folder.join("song.json")).unwrap()).unwrap()
    };

    let folder = out(1).await;
    let named = format!("{name} - take 2");
    assert_eq!(folder.file_name().unwrap().to_str().unwrap(), named);
    assert_eq!(
        fs::read_to_string(folder.join("lyrics.txt")).unwrap(),
        edited.words.lyrics
    );
    let tags = tags::read(&fs::read(folder.join(format!("{named}.wav"))).unwrap()).unwrap();
    assert_eq!(tags.lyrics, edited.words.lyrics);
    assert!(tags.comment.ends_with(", a draft"), "{}", tags.comment);
    let json = story(&folder);
    assert_eq!(json["song"]["lyrics"], edited.words.lyrics);
    assert_eq!(json["song"]["prompt"], "jazz, piano");
    assert_eq!(json["song"]["lyricist"], serde_json::Value::Null);
    assert_eq!(json["song"]["language"], serde_json::Value::Null);
    assert_eq!(json["take"]["lineage"]["relation"], "edit");
    assert_eq!(json["take"]["lineage"]["parent_take_id"], first.to_string());
    assert_eq!(
        (&json["take"]["number"], &json["take"]["draft"]),
        (&2.into(), &true.into())
    );

    let quiet = out(2).await;
    let json = story(&quiet);
    assert_eq!(
        (&json["song"]["instrumental"], &json["song"]["lyrics"]),
        (&true.into(), &"".into())
    );
    assert!(!quiet.join("lyrics.txt").exists());

    // The first one is as it was, and so is what comes back.
    let json = story(&out(0).await);
    assert_eq!(json["song"]["lyrics"], fixture::LYRICS);
    assert_eq!(json["song"]["lyricist"]["version"], "1.2.0");
    assert_eq!(json["take"]["lineage"], serde_json::Value::Null);
    let other = Studio::new();
    let bundle = import(&folder).unwrap();
    let back = bundle
        .import_into(&other.library, &other.objects)
        .await
        .unwrap();
    assert_eq!(back.text.lyrics, edited.words.lyrics);
    let take = &back.takes[0].recording;
    assert_eq!((&take.words, take.draft), (&edited.words, true));
    let lineage = take.lineage.as_ref().unwrap();
    assert_eq!(
        (lineage.parent_take_id, lineage.relation.as_str()),
        (None, "edit")
    );
}

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
