"""The music service."""

import pytest
import requests

import shapes
from songs import MUSIC


def post(studio, endpoint="generate_music", **body):
    return requests.post(f"{studio.music}/{endpoint}", json=body, timeout=120)


def test_music_has_every_field(studio):
    body = shapes.ok(post(studio, **MUSIC))
    shapes.wav(shapes.unbase64(body["audio_data"]), 10.0)
    shapes.number(body["generation_time"], 0.001)
    assert body["audio_duration"] == pytest.approx(10.0, abs=1 / 48_000)
    shapes.metadata(body["metadata"])


def test_one_seed_gives_one_song(studio):
    one, same, other = (
        shapes.ok(post(studio, **MUSIC | {"seed": seed}))["audio_data"] for seed in (3, 3, 4)
    )
    assert one == same
    assert one != other


def test_a_random_seed_is_reported_and_makes_the_song_again(studio):
    first = shapes.ok(post(studio, **MUSIC | {"seed": -1}))
    seed = shapes.whole(first["seed"], 0, 2**31 - 1)
    again = shapes.ok(post(studio, **MUSIC | {"seed": seed}))
    assert again["audio_data"] == first["audio_data"]


@pytest.mark.parametrize(
    "lyrics", [{"lyrics": ""}, {"lyrics": "[instrumental]"}, {"lyrics": None}, {"instrumental": True}, {}]
)
def test_without_lyrics_it_is_an_instrumental(studio, lyrics):
    body = {"prompt": MUSIC["prompt"], "audio_duration": 10.0, "seed": 5} | lyrics
    made = shapes.ok(post(studio, **body))
    shapes.wav(shapes.unbase64(made["audio_data"]), 10.0)


def test_music_to_storage_has_every_field(studio):
    body = shapes.ok(post(studio, "generate_music_to_storage", **MUSIC))
    shapes.number(body["generation_time"], 0.001)
    assert body["audio_duration"] == pytest.approx(10.0, abs=1 / 48_000)
    shapes.metadata(body["metadata"])
    root = studio.music.removesuffix("/music")
    file = requests.get(f"{root}/files/{shapes.text(body['file_path'])}", timeout=30)
    assert file.status_code == 200, file.text[:300]
    assert file.headers["content-type"] in ("audio/wav", "audio/x-wav", "audio/vnd.wave")
    shapes.wav(file.content, 10.0)
    assert body["file_size_mb"] == pytest.approx(len(file.content) / 1e6, rel=0.06)


@pytest.mark.parametrize("body", [None, {}])
def test_demo_music_needs_no_body(studio, body):
    answer = requests.post(f"{studio.music}/generate_demo_music", json=body, timeout=240)
    made = shapes.ok(answer)
    shapes.wav(shapes.unbase64(made["audio_data"]), made["audio_duration"])
    shapes.number(made["generation_time"], 0.001)
    shapes.metadata(made["metadata"])


@pytest.mark.parametrize(
    ("names", "equal"),
    [
        ({"inferStep": 20, "guidanceScale": 7.5, "audioDuration": 10, "manualSeeds": 14}, True),
        ({"inference_steps": 20, "audio_duration": 10.0, "manual_seeds": 14}, True),
        ({"inferenceSteps": 20, "infer_step": 20, "audio_duration": 10, "seed": 14}, True),
        ({"seed": 14, "audio_duration": 10, "no_such_field": {"a": [1]}, "guidance_scale": None}, True),
        ({"seed": 15, "audio_duration": 10}, False),
    ],
)
def test_every_spelling_of_a_field_is_taken(one_process, names, equal):
    want = shapes.ok(post(one_process, **MUSIC))["audio_data"]
    body = {"prompt": MUSIC["prompt"], "lyrics": MUSIC["lyrics"]} | names
    got = shapes.ok(post(one_process, **body))
    assert got["audio_duration"] == pytest.approx(10.0, abs=1 / 48_000)
    assert (got["audio_data"] == want) == equal


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("audio_duration", [10, 10.5], [9.99, 0, -1, 601, 1e9]),
        ("seed", [-1, 0, 2**31 - 1], [-2, 2**31, 10**30]),
        ("guidance_scale", [1, 30, 7.5], [0.99, 30.01, -3]),
        ("infer_step", [1, 10, 100, 200], [0, 201, -1]),
        ("prompt", ["fives", "p" * 500], ["four", "", "   a   ", "p" * 501]),
        ("lyrics", ["x", "l" * 2000], ["l" * 5001]),
    ],
)
def test_both_sides_of_every_limit(one_process, field, inside, outside):
    body = MUSIC | {"audio_duration": 10.0}
    for value in inside:
        assert shapes.ok(post(one_process, **body | {field: value}))
    for value in outside:
        shapes.error(post(one_process, **body | {field: value}), 400, names=field, service="music")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("prompt", 5),
        ("prompt", ["a", "b"]),
        ("lyrics", {"verse": 1}),
        ("audio_duration", "long"),
        ("audio_duration", True),
        ("audio_duration", [10]),
        ("seed", 1.5),
        ("seed", "random"),
        ("guidance_scale", "high"),
        ("infer_step", 10.5),
        ("instrumental", "yes"),
        ("instrumental", 1),
    ],
)
def test_wrong_types_are_named(studio, field, wrong):
    shapes.error(post(studio, **MUSIC | {field: wrong}), 400, names=field, service="music")


def test_two_names_of_one_field_must_agree(studio):
    shapes.error(post(studio, **MUSIC, infer_step=20, inference_steps=30), 400, names="infer_step")
    shapes.error(post(studio, **MUSIC | {"seed": 1, "manual_seeds": 2}), 400, names="seed")
    shapes.error(post(studio, **MUSIC, inferStep=20, infer_step=21), 400, names="infer_step")


def test_the_prompt_is_needed(studio):
    shapes.error(post(studio, audio_duration=10), 400, names="prompt")
