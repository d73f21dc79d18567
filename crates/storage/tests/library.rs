//! Songs, search, lineage, the queue and timings in a library file.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod fixture;

use songwright_storage::{Error, Library, Lineage, NewSong, Objects, SongFilter};
use uuid::Uuid;

fn library(dir: &std::path::Path) -> Library {
    Library::open(&dir.join("library.db")).unwrap()
}

fn titles(library: &Library, query: &str) -> Vec<String> {
    let filter = SongFilter {
        query: query.to_owned(),
        limit: 50,
        ..SongFilter::default()
    };
    let page = library.songs(&filter).unwrap();
    assert_eq!(page.total, page.songs.len() as u64);
    page.songs.into_iter().map(|song| song.title).collect()
}

/// Gives a song and its takes other lyrics.
fn sing(song: &mut NewSong, lyrics: &str) {
    song.text.lyrics = lyrics.to_owned();
    for recording in &mut song.recordings {
        recording.words.lyrics = lyrics.to_owned();
    }
}

#[tokio::test]
async fn a_song_is_read_as_it_was_added_also_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let new = fixture::song(&objects, "Night Ferry").await.unwrap();
    let added = library(dir.path()).add_song(&new).unwrap();
    let library = library(dir.path());
    let song = library.song(new.id).unwrap();
    assert_eq!(song, added);
    assert_eq!(song.text, new.text);
    assert_eq!(song.created_at_ms, 1_700_000_000_123);
    let take = song.latest_take().unwrap();
    assert_eq!((take.number, &take.recording), (1, &new.recordings[0]));
    assert_eq!(song.latest_cover().unwrap().artwork, new.artworks[0]);
    library.check().unwrap();

    let again = library.add_song(&new).unwrap_err();
    assert!(matches!(again, Error::SongExists { .. }), "{again}");
    let mut thief = new.clone();
    thief.id = Uuid::new_v4();
    let stolen = library.add_song(&thief).unwrap_err();
    assert!(matches!(stolen, Error::KeyInUse { .. }), "{stolen}");
    let gone = library.song(thief.id).unwrap_err();
    assert_eq!(gone.code().http_status(), 404, "all of it is rolled back");
}

#[tokio::test]
async fn search_finds_words_parts_accents_and_chinese() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let library = library(dir.path());
    let mut new = fixture::song(&objects, "夜航船").await.unwrap();
    sing(&mut new, "[verse]\n我们在夜里航行\n");
    library.add_song(&new).unwrap();
    let ferry = fixture::song(&objects, "Night Ferry").await.unwrap();
    library.add_song(&ferry).unwrap();
    let mut quiet = fixture::song(&objects, "Don't \"Stop\"").await.unwrap();
    sing(&mut quiet, "");
    quiet.text.description = "100% rain_fall".to_owned();
    library.add_song(&quiet).unwrap();

    assert_eq!(
        titles(&library, ""),
        ["Don't \"Stop\"", "Night Ferry", "夜航船"]
    );
    assert_eq!(titles(&library, "夜航"), ["Night Ferry", "夜航船"]);
    assert_eq!(titles(&library, "航行"), ["夜航船"]);
    assert_eq!(titles(&library, "夜里航行"), ["夜航船"]);
    assert_eq!(
        titles(&library, "NIGHT ferr"),
        ["Night Ferry", "夜航船"],
        "in descriptions too"
    );
    assert_eq!(
        titles(&library, "ferry 夜航船的"),
        ["Night Ferry"],
        "all words"
    );
    assert_eq!(titles(&library, "ight").len(), 2);
    assert_eq!(titles(&library, "cafe").len(), 3);
    assert_eq!(titles(&library, "rain_fa"), ["Don't \"Stop\""]);
    assert_eq!(titles(&library, "\"Stop\""), ["Don't \"Stop\""]);
    assert_eq!(titles(&library, "don't"), ["Don't \"Stop\""]);
    for odd in [
        "\"",
        "*",
        "NEAR(",
        "a AND",
        "title:x",
        "-",
        "%",
        "\0",
        "'; DROP TABLE songs",
    ] {
        titles(&library, odd);
    }
    assert!(titles(&library, "submarine").is_empty());

    library.rename(ferry.id, "Submarine").unwrap();
    assert_eq!(titles(&library, "submarine"), ["Submarine"]);
    assert_eq!(
        titles(&library, "ferry night").len(),
        2,
        "the description still says so"
    );
    library.delete_song(ferry.id).unwrap();
    assert!(titles(&library, "submarine").is_empty());
    library.check().unwrap();
}

#[tokio::test]
async fn a_song_is_found_by_the_words_of_each_of_its_takes() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let library = library(dir.path());
    let ferry = fixture::song(&objects, "Night Ferry").await.unwrap();
    library.add_song(&ferry).unwrap();
    let other = fixture::song(&objects, "Other").await.unwrap();
    library.add_song(&other).unwrap();
    let mut edited = fixture::recording(&objects, 330.0).await.unwrap();
    edited.words.prompt = "Klezmer, clarinet".to_owned();
    edited.words.lyrics = "[verse]\nThe lighthouse hums 灯塔\n".to_owned();
    library.add_take(ferry.id, &edited).unwrap();
    for query in ["LIGHTHOUSE", "klezmer", "灯塔", "ferry lighthouse"] {
        assert_eq!(titles(&library, query), ["Night Ferry"], "{query}");
    }
    assert!(titles(&library, "lighthouse tuba").is_empty());
}

#[tokio::test]
async fn pages_follow_each_other_and_favourites_are_a_filter() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let library = library(dir.path());
    let mut ids = Vec::new();
    for i in 0..5 {
        let mut new = fixture::song(&objects, &format!("Song {i}")).await.unwrap();
        new.artworks.clear();
        ids.push(library.add_song(&new).unwrap().id);
    }
    let mut seen = Vec::new();
    let mut filter = SongFilter {
        limit: 2,
        ..SongFilter::default()
    };
    loop {
        let page = library.songs(&filter).unwrap();
        assert_eq!(page.total, 5);
        seen.extend(page.songs.iter().map(|song| song.id));
        match page.next {
            Some(_) => filter.after = page.next,
            None => break,
        }
    }
    ids.reverse();
    assert_eq!(seen, ids);

    library.set_favourite(ids[3], true).unwrap();
    let marked = SongFilter {
        favourites_only: true,
        limit: 10,
        ..SongFilter::default()
    };
    let page = library.songs(&marked).unwrap();
    assert_eq!(page.songs.len(), 1);
    assert_eq!(page.songs[0].id, ids[3]);
    assert_eq!(
        (page.songs[0].takes, page.songs[0].cover_key.clone()),
        (1, None)
    );
    assert_eq!(page.songs[0].duration_s, Some(0.5));
    let nobody = library.set_favourite(Uuid::new_v4(), true).unwrap_err();
    assert!(matches!(nobody, Error::NoSuchSong { .. }));
}

#[tokio::test]
async fn takes_know_where_they_come_from_and_leave_no_file_behind() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let library = library(dir.path());
    let new = fixture::song(&objects, "Night Ferry").await.unwrap();
    let first = new.recordings[0].id;
    library.add_song(&new).unwrap();

    let mut retake = fixture::recording(&objects, 330.0).await.unwrap();
    retake.lineage = Some(Lineage {
        parent_take_id: Some(first),
        relation: "retake".to_owned(),
    });
    // A part of the first take is kept in the second.
    retake.stems[0] = new.recordings[0].stems[0].clone();
    let take = library.add_take(new.id, &retake).unwrap();
    assert_eq!((take.number, &take.recording), (2, &retake));
    let line: Vec<Uuid> = library
        .ancestry(retake.id)
        .unwrap()
        .iter()
        .map(|take| take.recording.id)
        .collect();
    assert_eq!(line, [retake.id, first]);
    assert_eq!(library.takes_made_from(first).unwrap(), [take]);

    let mut lost = fixture::recording(&objects, 440.0).await.unwrap();
    lost.lineage = Some(Lineage {
        parent_take_id: Some(Uuid::new_v4()),
        relation: "retake".to_owned(),
    });
    let error = library.add_take(new.id, &lost).unwrap_err();
    assert!(matches!(error, Error::NoSuchTake { .. }), "{error}");

    let keys = library.delete_take(first).unwrap();
    assert_eq!(
        keys.len(),
        3,
        "mix, MIDI and one stem; the other is in use: {keys:?}"
    );
    let left = library.take(retake.id).unwrap().recording;
    let lineage = left.lineage.unwrap();
    assert_eq!(
        (lineage.parent_take_id, lineage.relation.as_str()),
        (None, "retake")
    );
    let keys = library.delete_song(new.id).unwrap();
    assert_eq!(keys.len(), 5, "mix, MIDI, two stems, cover: {keys:?}");
    assert!(library.files().unwrap().is_empty());
    library.check().unwrap();
}

#[tokio::test]
async fn what_was_written_and_got_no_row_is_left_over() {
    let dir = tempfile::tempdir().unwrap();
    let objects = fixture::store(dir.path());
    let library = library(dir.path());
    let claim = library
        .claim_queue(&[songwright_base::Service::Integrated])
        .unwrap();
    let song = fixture::song(&objects, "Kept").await.unwrap();
    library.add_song(&song).unwrap();
    let demo = fixture::artwork(&objects).await.unwrap().image;
    library.add_loose_file(&demo).unwrap();
    let lost = fixture::artwork(&objects).await.unwrap().image;
    let left = |before_ms| library.unkept_files(&claim, before_ms).unwrap();
    assert!(left(0).is_empty(), "all are younger");
    assert_eq!(left(i64::MAX), std::slice::from_ref(&lost.key));
    objects.delete(&lost.key).await.unwrap();
    assert!(left(i64::MAX).is_empty());

    assert_eq!(library.loose_files(i64::MAX).unwrap()[0].file, demo);
    assert!(library.forget_loose_file(&demo.key).unwrap());
    assert!(!library.forget_loose_file(&demo.key).unwrap());
    assert_eq!(left(i64::MAX), [demo.key], "its object is still to go");
    let keys = library.delete_song(song.id).unwrap();
    assert_eq!(left(i64::MAX).len(), 1 + keys.len());
    for key in left(i64::MAX) {
        objects.delete(&key).await.unwrap();
        assert!(matches!(
            objects.head(&key).await,
            Err(Error::NoSuchObject { .. })
        ));
    }
    assert!(left(i64::MAX).is_empty());
}

#[tokio::test]
async fn what_another_library_keeps_in_the_same_store_is_never_left_over() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = fixture::place(dir.path());
    let open = |dir: &std::path::Path| {
        let library = fixture::library(dir);
        (Objects::open(&place, &library).unwrap(), library)
    };
    let (objects, library) = open(dir.path());
    let song = fixture::song(&objects, "Kept").await.unwrap();
    library.add_song(&song).unwrap();
    let writing = fixture::artwork(&objects).await.unwrap().image;

    let (others, second) = open(other.path());
    let lost = fixture::artwork(&others).await.unwrap().image;
    let claim = second
        .claim_queue(&[songwright_base::Service::Integrated])
        .unwrap();
    let left = second.unkept_files(&claim, i64::MAX).unwrap();
    assert_eq!(left, [lost.key], "its own and nothing else");
    for file in [&song.recordings[0].audio, &writing] {
        assert_eq!(objects.head(&file.key).await.unwrap().bytes, file.bytes);
    }
}

#[test]
fn the_mean_is_of_the_newest_twenty_runs() {
    let dir = tempfile::tempdir().unwrap();
    let library = library(dir.path());
    assert_eq!(library.seconds_per_unit("render", "sketch").unwrap(), None);
    for _ in 0..30 {
        library
            .record_timing("render", "sketch", 10.0, 1000.0)
            .unwrap();
    }
    for _ in 0..20 {
        library
            .record_timing("render", "sketch", 100.0, 25.0)
            .unwrap();
    }
    library.record_timing("render", "sketch", 0.0, 9.0).unwrap();
    library.record_timing("render", "neural", 1.0, 9.0).unwrap();
    assert_eq!(
        library.seconds_per_unit("render", "sketch").unwrap(),
        Some(0.25)
    );
}
