"""Files by their keys, and the library."""

import io
import re
import uuid
import zipfile
import zlib

import pytest
import requests

import shapes
from songs import SHORT

RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{p}{n}" for p in ("COM", "LPT") for n in range(10))}


@pytest.fixture
def base(studio):
    return studio.integrated


@pytest.fixture(scope="module")
def songs():
    """A finished song of each server, by its address."""
    return {}


@pytest.fixture
def package(base, songs):
    if base not in songs:
        songs[base] = shapes.ok(requests.post(f"{base}/generate_from_description", json=SHORT, timeout=120))
    return songs[base]


@pytest.fixture
def audio_url(base, package):
    return f"{base}/files/{package['s3_key']}"


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height, by the head of its frame."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])


def test_a_file_comes_whole_and_says_so(audio_url):
    answer = requests.get(audio_url, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"] in ("audio/wav", "audio/x-wav", "audio/vnd.wave")
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.content)
    head = requests.head(audio_url, timeout=30)
    assert head.status_code == 200
    assert head.headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    ("wanted", "cut"),
    [
        ("bytes=0-99", lambda d: d[:100]),
        ("bytes=100-", lambda d: d[100:]),
        ("bytes=-44", lambda d: d[-44:]),
        ("bytes=44-44", lambda d: d[44:45]),
        ("bytes=0-999999999", lambda d: d),
    ],
)
def test_a_part_of_a_file(base, package, audio_url, wanted, cut):
    whole = requests.get(audio_url, timeout=30).content
    for url in (audio_url, shapes.at(base, package["links"]["audio"])):
        answer = requests.get(url, headers={"range": wanted}, timeout=30)
        assert answer.status_code == 206, wanted
        assert answer.content == cut(whole)
        start, end, size = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers["content-range"]).groups())
        assert size == len(whole) and end - start + 1 == len(answer.content)


def test_a_part_beyond_the_end_is_416(audio_url):
    answer = requests.get(audio_url, headers={"range": "bytes=999999999-"}, timeout=30)
    assert answer.status_code == 416
    assert re.fullmatch(r"bytes \*/\d+", answer.headers["content-range"])


@pytest.mark.parametrize("nonsense", ["bytes=abc", "seconds=0-1", "bytes=5-1"])
def test_a_range_that_is_none_is_no_server_error(audio_url, nonsense):
    answer = requests.get(audio_url, headers={"range": nonsense}, timeout=30)
    assert answer.status_code in (200, 400, 416)


@pytest.mark.parametrize(
    "key",
    ["none.wav", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%2fetc%2fpasswd", "a%00b", "songs/", "x" * 3000],
)
def test_unknown_keys_are_not_found(base, key):
    shapes.error(requests.get(f"{base}/files/{key}", timeout=30), 404)


def test_the_library_lists_and_finds(base, package):
    listed = shapes.ok(requests.get(f"{base}/songs", params={"limit": 100}, timeout=30))
    assert listed["total"] >= len(listed["songs"]) >= 1
    times = [song["created_at"] for song in listed["songs"]]
    assert times == sorted(times, reverse=True), "newest first"
    song = shapes.ok(requests.get(f"{base}/songs/{package['song_id']}", timeout=30))
    for field in ("title", "prompt", "lyrics", "seed", "categories"):
        assert song[field] == package[field], field
    word = re.findall(r"\w{4,}", package["title"])
    if word:
        found = shapes.ok(requests.get(f"{base}/songs", params={"q": word[0]}, timeout=30))
        assert package["song_id"] in [one["song_id"] for one in found["songs"]]
    nothing = shapes.ok(requests.get(f"{base}/songs", params={"q": "zyxwvut no such words"}, timeout=30))
    assert nothing == nothing | {"songs": [], "total": 0}


@pytest.mark.parametrize("q", ['"', "'", "*", "AND", "a OR", "(", "title:", "-", "%", "\\", "NEAR(a b)", "^x"])
def test_a_search_is_words_and_never_syntax(base, q):
    shapes.ok(requests.get(f"{base}/songs", params={"q": q}, timeout=30))


def test_peaks(base, package):
    answer = requests.get(f"{base}/songs/{package['song_id']}/peaks", params={"buckets": 200}, timeout=30)
    peaks = shapes.ok(answer)
    assert len(peaks["min"]) == len(peaks["max"]) == 200
    assert all(-1 <= low <= high <= 1 for low, high in zip(peaks["min"], peaks["max"], strict=True))
    assert max(peaks["max"]) > 0.1
    shapes.error(requests.get(f"{base}/songs/{package['song_id']}/peaks", params={"buckets": "x"}, timeout=30), 400, names="buckets")


def test_a_song_can_be_renamed_liked_and_deleted(base):
    package = shapes.ok(requests.post(f"{base}/generate_from_description", json=SHORT, timeout=60))
    url = f"{base}/songs/{package['song_id']}"
    changed = shapes.ok(requests.patch(url, json={"title": "Salt", "favourite": True}, timeout=30))
    assert (changed["title"], changed["favourite"]) == ("Salt", True)
    assert shapes.ok(requests.get(url, timeout=30))["title"] == "Salt"
    shapes.error(requests.patch(url, json={"title": ""}, timeout=30), 400, names="title")
    shapes.error(requests.patch(url, json={"favourite": "yes"}, timeout=30), 400, names="favourite")
    assert requests.delete(url, timeout=30).status_code in (200, 204)
    shapes.error(requests.get(url, timeout=30), 404)
    for link in ("audio", "cover", "bundle"):
        shapes.error(requests.get(shapes.at(base, package["links"][link]), timeout=30), 404)


@pytest.mark.parametrize(
    ("query", "kind", "pixels"),
    [
        ("", "image/jpeg", 3000),
        ("?pixels=1400", "image/jpeg", 1400),
        ("?pixels=1400&format=png", "image/png", 1400),
        ("?pixels=3000&format=jpeg", "image/jpeg", 3000),
        ("?pixels=3000&format=png", "image/png", 3000),
    ],
)
def test_a_cover_comes_as_shops_take_it(base, package, query, kind, pixels):
    answer = requests.get(f"{base}/songs/{package['song_id']}/release-art{query}", timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith("attachment; ")
    size = shapes.png if kind == "image/png" else jpeg_size
    assert size(answer.content) == (pixels, pixels)
    if kind == "image/jpeg":
        assert b"ICC_PROFILE" in answer.content[:4096]
        return
    chunks = shapes.png_chunks(answer.content)
    name, profile = dict(chunks)["iCCP"].split(b"\0", 1)
    assert name and profile[:1] == b"\0", "zlib's is the only compression"
    profile = zlib.decompress(profile[1:])
    assert profile[36:40] == b"acsp" and profile[16:20] == b"RGB ", profile[:40]
    kinds = [kind for kind, _ in chunks]
    assert kinds.index("iCCP") < kinds.index("IDAT")
    texts = shapes.png_texts(chunks)
    assert texts["Title"] == package["title"]
    assert texts["Software"].startswith("Songwright ")
    assert texts["Comment"].startswith(f"{pixels} × {pixels} pixels.")
    assert texts["Source"] and texts["Copyright"].startswith("The model's licence: ")


def test_words_are_set_once(base):
    asked = {**SHORT, "cover_typography": False, "artist": "The Tides"}
    plain = shapes.ok(requests.post(f"{base}/generate_from_description", json=asked, timeout=120))
    art = f"{base}/songs/{plain['song_id']}/release-art"
    without = requests.get(art, params={"pixels": 1400}, timeout=60)
    lettered = requests.get(art, params={"pixels": 1400, "typography": "true"}, timeout=60)
    assert (without.status_code, lettered.status_code) == (200, 200), lettered.text
    assert without.content != lettered.content
    shapes.error(requests.get(art, params={"typography": "maybe"}, timeout=60), 400, names="typography")


def test_a_cover_with_its_title_gets_no_second_one(base, package):
    art = f"{base}/songs/{package['song_id']}/release-art"
    shapes.error(requests.get(art, params={"typography": "true"}, timeout=60), 409)


@pytest.mark.parametrize(
    ("name", "value"), [("pixels", "1399"), ("pixels", "3001"), ("pixels", "large"), ("format", "gif")]
)
def test_shops_take_no_other_cover(base, package, name, value):
    url = f"{base}/songs/{package['song_id']}/release-art"
    answer = requests.get(url, params={name: value}, timeout=60)
    shapes.error(answer, 400, names=name)


@pytest.mark.parametrize("name", [str(uuid.uuid4()), "none"])
@pytest.mark.parametrize("part", ["", "/audio", "/cover", "/peaks", "/bundle", "/release-art"])
def test_unknown_songs_are_not_found(base, name, part):
    shapes.error(requests.get(f"{base}/songs/{name}{part}", timeout=30), 404)


def test_a_bundle_has_its_parts_and_digests(base, package):
    import hashlib
    import json

    answer = requests.get(shapes.at(base, package["links"]["bundle"]), timeout=60)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        files = {name.rsplit("/", 1)[-1]: bundle.read(name) for name in bundle.namelist() if not name.endswith("/")}
    assert {"lyrics.txt", "lyrics.lrc", "song.json"} <= set(files), set(files)
    (wav,) = [data for name, data in files.items() if name.endswith(".wav")]
    shapes.wav(wav, 10.0)
    (png,) = [data for name, data in files.items() if name.endswith(".png")]
    shapes.png(png)
    assert files["lyrics.txt"].decode().strip() == package["lyrics"].strip()
    assert re.search(r"^\[\d\d:\d\d\.\d\d\]", files["lyrics.lrc"].decode(), re.M)
    story = files["song.json"].decode()
    assert json.loads(story)
    for name, data in files.items():
        if name != "song.json":
            assert hashlib.sha256(data).hexdigest() in story, f"no SHA-256 of {name}"


def test_an_mp3_is_refused_by_a_program_without_it(base, package):
    link = shapes.at(base, package["links"]["bundle"])
    shapes.error(requests.get(link, params={"mp3": "perhaps"}, timeout=60), 400, names="mp3")
    refused = shapes.error(requests.get(link, params={"mp3": "true"}, timeout=60), 400, names="mp3")
    assert "--features mp3" in refused["detail"]


@pytest.mark.parametrize(
    "title",
    ["שיר של ים", "أغنية البحر", "🎸🔥 Rock 🤘🏽", "CON", "a/b\\c:d*e?f\"g<h>i|j", "...", "  dots. ", "nul.txt", "é" * 200, "\u202eevil\u202c"],
)
def test_titles_make_safe_file_names(base, title):
    body = SHORT | {"title": title}
    package = shapes.package(shapes.ok(requests.post(f"{base}/generate_from_description", json=body, timeout=60)))
    assert package["title"] == title.strip()
    answer = requests.get(shapes.at(base, package["links"]["bundle"]), timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        names = [part for name in bundle.namelist() for part in name.split("/") if part]
    for name in names:
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f\u202a-\u202e]', name), name
        assert name.split(".")[0].upper() not in RESERVED, name
        assert not name.endswith((".", " ")) and name.strip("."), name
        assert len(name.encode()) <= 255, name
