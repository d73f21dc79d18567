"""The integrated service: descriptions and lyrics become packages."""

import pytest
import requests

import shapes
from songs import DESCRIPTION, LYRICS, SHORT, WITH_DESCRIBED_LYRICS, WITH_LYRICS


def post(studio, endpoint, body=None, **options):
    return requests.post(f"{studio.integrated}/{endpoint}", json=body, timeout=180, **options)


def assert_files(studio, package, seconds=10.0):
    """Everything that the package names can be had."""
    base = studio.integrated
    for key in (package["s3_key"], package["audio_file_path"]):
        file = requests.get(f"{base}/files/{key}", timeout=30)
        assert file.status_code == 200, file.text[:300]
        shapes.wav(file.content, seconds)
    cover = requests.get(f"{base}/files/{package['cover_image_s3_key']}", timeout=30)
    assert cover.headers["content-type"] == "image/png"
    shapes.png(cover.content)
    links = package["links"]
    assert requests.get(shapes.at(base, links["audio"]), timeout=30).content == file.content
    assert requests.get(shapes.at(base, links["cover"]), timeout=30).content == cover.content
    song = shapes.ok(requests.get(shapes.at(base, links["song"]), timeout=30))
    assert song["song_id"] == package["song_id"]
    bundle = requests.get(shapes.at(base, links["bundle"]), timeout=60)
    assert bundle.content[:4] == b"PK\x03\x04", bundle.headers


def test_a_description_becomes_a_package(studio):
    package = shapes.package(shapes.ok(post(studio, "generate_from_description", SHORT)))
    assert package["errors"] is None, package["errors"]
    assert all(package["service_status"].values())
    assert package["seed"] == 11
    assert package["audio_duration"] == pytest.approx(10.0, abs=1 / 48_000)
    shapes.lyrics(package["lyrics"])
    shapes.tags_prompt(package["prompt"])
    assert all(package["engines"][part] for part in ("lyrics", "prompt", "categories", "music", "cover"))
    assert_files(studio, package)


def test_lyrics_are_sung_as_they_are(studio):
    package = shapes.package(shapes.ok(post(studio, "generate_with_lyrics", WITH_LYRICS)))
    assert package["errors"] is None, package["errors"]
    assert package["lyrics"].strip() == LYRICS.strip()
    assert "don't" in package["lyrics"]
    assert package["prompt"] == WITH_LYRICS["prompt"]
    assert all(package["service_status"].values())
    assert_files(studio, package)


def test_described_lyrics_are_written(studio):
    package = shapes.package(shapes.ok(post(studio, "generate_with_described_lyrics", WITH_DESCRIBED_LYRICS)))
    assert package["errors"] is None, package["errors"]
    shapes.lyrics(package["lyrics"])
    assert package["prompt"] == WITH_DESCRIBED_LYRICS["prompt"]
    assert_files(studio, package)


def test_an_instrumental_has_no_lyrics(studio):
    package = shapes.package(
        shapes.ok(post(studio, "generate_from_description", SHORT | {"instrumental": True}))
    )
    assert package["lyrics"] == "[instrumental]"
    assert package["errors"] is None, package["errors"]


@pytest.mark.parametrize("body", [SHORT, WITH_LYRICS, WITH_DESCRIBED_LYRICS])
def test_generate_music_tells_the_bodies_apart(studio, body):
    package = shapes.package(shapes.ok(post(studio, "generate_music", body)))
    if "lyrics" in body:
        assert package["lyrics"].strip() == LYRICS.strip()
    if "prompt" in body:
        assert package["prompt"] == body["prompt"]


def test_blank_lyrics_do_not_count(studio):
    body = WITH_DESCRIBED_LYRICS | {"lyrics": "  \n "}
    package = shapes.package(shapes.ok(post(studio, "generate_music", body)))
    shapes.lyrics(package["lyrics"])


@pytest.mark.parametrize("body", [{}, {"prompt": "folk, guitar"}, {"prompt": "folk, guitar", "lyrics": " "}])
def test_generate_music_needs_one_of_the_three(studio, body):
    shapes.error(post(studio, "generate_music", body), 400, service="integrated")


def test_lyrics_sent_as_described_lyrics_are_sung_and_said(studio):
    body = {name: WITH_LYRICS[name] for name in WITH_LYRICS}
    package = shapes.package(shapes.ok(post(studio, "generate_with_described_lyrics", body)))
    assert package["lyrics"].strip() == LYRICS.strip()
    assert package["errors"], "it is not said"
    assert any("lyrics" in error for error in package["errors"]), package["errors"]


def test_files_can_come_inline(studio):
    package = shapes.ok(post(studio, "generate_from_description", SHORT, params={"inline": "base64"}))
    shapes.package(package, mode="base64")
    shapes.wav(shapes.unbase64(package["audio_data"]), 10.0)
    assert shapes.png(shapes.unbase64(package["cover_image_data"])) == (256, 256)


def test_files_are_not_inline_unasked(package):
    assert package.get("audio_data") is None
    assert package.get("cover_image_data") is None


def test_the_demo_needs_no_body(studio):
    body = shapes.ok(post(studio, "generate"))
    shapes.Wav(shapes.unbase64(body["audio_data"]))


@pytest.mark.parametrize(
    "spelling",
    [
        {"fullDescribedSong": DESCRIPTION, "audioDuration": 10, "manualSeeds": 11, "inferenceSteps": 60},
        {"full_described_song": f"  {DESCRIPTION}\n", "audio_duration": 10, "seed": 11, "unknown": 1},
    ],
)
def test_every_spelling_makes_the_same_song(one_process, package, spelling):
    again = shapes.package(shapes.ok(post(one_process, "generate_from_description", spelling)))
    assert again["seed"] == package["seed"]
    assert again["lyrics"] == package["lyrics"]
    audio = [requests.get(shapes.at(one_process.integrated, p["links"]["audio"]), timeout=30) for p in (package, again)]
    assert shapes.Wav(audio[0].content).data == shapes.Wav(audio[1].content).data


def test_the_defaults_are_the_contract_s(one_process):
    answer = post(one_process, "generate_from_description", {"full_described_song": DESCRIPTION}, params={"async": "true"})
    assert answer.status_code == 202, answer.text
    operation = answer.json()
    request = operation["request"]
    assert request["audio_duration"] == 180.0
    assert request["guidance_scale"] == 15.0
    assert request["infer_step"] == 60
    assert request["instrumental"] is False
    shapes.whole(request["seed"], 0, 2**31 - 1)
    requests.delete(f"{one_process.integrated}/operations/{operation['operation_id']}", timeout=30)


def test_the_endpoints_of_the_other_services_answer_at_the_root(one_process):
    root = one_process.integrated
    body = {"description": DESCRIPTION}
    for endpoint in ("generate_lyrics", "generate_prompt", "generate_categories"):
        shapes.ok(requests.post(f"{root}/{endpoint}", json=body, timeout=60))
    cover = {"prompt": "a lighthouse", "width": 256, "height": 256}
    made = shapes.ok(requests.post(f"{root}/generate_cover_image", json=cover, timeout=60))
    shapes.ok(requests.get(f"{root}/get_available_styles", timeout=60))
    shapes.ok(requests.get(f"{root}/download_image", params={"file_key": made["file_path"]}, timeout=60))


LIMITS = {
    "generate_from_description": [("full_described_song", 5, 1000, SHORT)],
    "generate_with_lyrics": [("prompt", 5, 500, WITH_LYRICS), ("lyrics", 10, 5000, WITH_LYRICS)],
    "generate_with_described_lyrics": [
        ("prompt", 5, 500, WITH_DESCRIBED_LYRICS),
        ("described_lyrics", 5, 1000, WITH_DESCRIBED_LYRICS),
    ],
}


@pytest.mark.parametrize(
    ("endpoint", "field", "least", "most", "body"),
    [(endpoint, *limit) for endpoint, limits in LIMITS.items() for limit in limits],
)
def test_texts_have_limits(studio, endpoint, field, least, most, body):
    def refused(value):
        shapes.error(post(studio, endpoint, body | {field: value}), 400, names=field, service="integrated")

    without = {name: value for name, value in body.items() if name != field}
    shapes.error(post(studio, endpoint, without), 400, names=field, service="integrated")
    for wrong in ["", " " * 20, "x" * (least - 1), f"  {'x' * (least - 1)}  ", "x" * (most + 1), "x" * 10_001, 5, ["a"], {}, True]:
        refused(wrong)


def test_exactly_the_limits_are_taken(one_process):
    for body in (SHORT | {"full_described_song": "piano"}, SHORT | {"full_described_song": "é" * 1000}):
        shapes.package(shapes.ok(post(one_process, "generate_from_description", body)))
    long_lyrics = "[verse]\n" + "la la la\n" * 550
    body = WITH_LYRICS | {"lyrics": long_lyrics[:5000]}
    shapes.package(shapes.ok(post(one_process, "generate_with_lyrics", body)))


@pytest.mark.parametrize("endpoint", list(LIMITS))
@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("audio_duration", -5),
        ("audio_duration", 9),
        ("audio_duration", 1e300),
        ("audio_duration", "long"),
        ("seed", -2),
        ("guidance_scale", 0),
        ("infer_step", 0),
        ("instrumental", "no"),
        ("cover_size", 0),
    ],
)
def test_shared_fields_are_checked_everywhere(one_process, endpoint, field, wrong):
    body = LIMITS[endpoint][0][3] | {field: wrong}
    shapes.error(post(one_process, endpoint, body), 400, names=field, service="integrated")


@pytest.mark.parametrize(("field", "most"), [("title", 200), ("artist", 200), ("cover_style", 100), ("language", 50)])
def test_texts_beside_the_description_have_their_limits(one_process, field, most):
    answer = post(one_process, "generate_from_description", SHORT | {field: "x" * (most + 1)})
    shapes.error(answer, 400, names=field, service="integrated")
