//! What goes out, and comes back.

use std::{fs, path::Path};

use songwright_audio::{
    tags,
    wav::{self, WavFormat},
};
use songwright_storage::{
    Lineage, Objects, TakeWords,
    bundle::{BundleForm, ExportOptions, export, import, safe_file_name},
};

use crate::{
    fixture,
    studio::{Studio, TITLE, contents, pcm, unzip},
};

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
