"""The lyrics service."""

import re

import pytest
import requests

import shapes
from songs import DESCRIPTION


def post(studio, endpoint, **body):
    return requests.post(f"{studio.lyrics}/{endpoint}", json=body, timeout=60)


def test_lyrics_have_every_field(studio):
    body = shapes.ok(post(studio, "generate_lyrics", description=DESCRIPTION))
    assert body["structure_tags"] == shapes.lyrics(body["lyrics"])
    sung = [line for line in body["lyrics"].splitlines() if line.strip() and not line.strip().startswith("[")]
    assert len(sung) >= 4
    words = sum(len(line.split()) for line in sung)
    assert shapes.whole(body["word_count"], 1) == pytest.approx(words, rel=0.1)
    shapes.metadata(body["metadata"])


def test_lyrics_take_style_language_mood_and_duration(studio):
    short = shapes.ok(
        post(studio, "generate_lyrics", description=DESCRIPTION, style="folk", mood="wistful", audio_duration=15)
    )
    long = shapes.ok(post(studio, "generate_lyrics", description=DESCRIPTION, audio_duration=240))
    assert long["word_count"] > 1.5 * short["word_count"]
    chinese = shapes.ok(post(studio, "generate_lyrics", description=DESCRIPTION, language="chinese"))
    assert re.search(r"[\u4e00-\u9fff]", chinese["lyrics"]), chinese["lyrics"]


def test_lyrics_follow_the_description_s_language(studio):
    body = shapes.ok(post(studio, "generate_lyrics", description="一首关于夏天海边的民谣,木吉他"))
    assert re.search(r"[\u4e00-\u9fff]", body["lyrics"]), body["lyrics"]
    english = shapes.ok(
        post(studio, "generate_lyrics", description="一首关于夏天海边的民谣,木吉他", language="english")
    )
    assert not re.search(r"[\u4e00-\u9fff]", english["lyrics"]), english["lyrics"]


def test_lyrics_differ_each_time(studio):
    several = {
        shapes.ok(post(studio, "generate_lyrics", description=DESCRIPTION))["lyrics"] for _ in range(3)
    }
    assert len(several) == 3


def test_prompt_has_every_field(studio):
    body = shapes.ok(post(studio, "generate_prompt", description=DESCRIPTION))
    tags = shapes.tags_prompt(body["prompt"])
    assert body["tag_count"] == len(tags)
    assert "folk" in shapes.text(body["detected_genre"]).lower()
    assert any("96" in tag for tag in tags), tags
    assert any("guitar" in tag for tag in tags), tags
    shapes.metadata(body["metadata"])


def test_prompt_takes_genre_instruments_and_tempo(studio):
    body = shapes.ok(
        post(
            studio,
            "generate_prompt",
            description="a song for a long drive at night",
            genre="jazz",
            instruments=["double bass", "trumpet"],
            tempo="120 BPM",
        )
    )
    prompt = body["prompt"].lower()
    for wanted in ["jazz", "bass", "trumpet", "120"]:
        assert wanted in prompt, prompt


def test_a_chinese_description_gives_english_tags(studio):
    body = shapes.ok(post(studio, "generate_prompt", description="一首欢快的民谣,木吉他,女声"))
    assert body["prompt"].isascii(), body["prompt"]


@pytest.mark.parametrize("of", ["lyrics", "integrated"])
def test_what_is_heard_in_a_description(four_processes, one_process, of):
    for base in (one_process.integrated, four_processes.of(of)):
        heard = shapes.ok(requests.get(f"{base}/hear", params={"description": DESCRIPTION}, timeout=30))
        assert (heard["genre"], heard["bpm"]) == ("folk", 96)
        assert {"acoustic guitar", "fiddle"} <= set(heard["instruments"]), heard
        for words in ("moods", "themes", "not_understood"):
            assert isinstance(heard[words], list)
        assert set(heard) >= {"key", "voice"}
        shapes.error(requests.get(f"{base}/hear", timeout=30), 400, names="description", service="lyrics")
        long = {"description": "x" * 1001}
        shapes.error(requests.get(f"{base}/hear", params=long, timeout=30), 400, names="description")


def test_categories_have_every_field(studio):
    body = shapes.ok(post(studio, "generate_categories", description=DESCRIPTION))
    assert 1 <= len(body["categories"]) <= 5
    assert body["primary_genre"] == body["categories"][0]
    scores = body["confidence_scores"]
    assert set(body["categories"]) <= set(scores), body
    for score in scores.values():
        shapes.number(score, 0, 1)
    shapes.metadata(body["metadata"])


@pytest.mark.parametrize("most", [1, 3, 10])
def test_categories_are_at_most_as_many_as_asked(studio, most):
    body = shapes.ok(post(studio, "generate_categories", description=DESCRIPTION, max_categories=most))
    assert 1 <= len(body["categories"]) <= most


def test_categories_without_subgenres(studio):
    shapes.ok(post(studio, "generate_categories", description=DESCRIPTION, include_subgenres=False))


@pytest.mark.parametrize("endpoint", ["generate_lyrics", "generate_prompt", "generate_categories"])
def test_every_endpoint_has_limits(studio, endpoint):
    shapes.error(post(studio, endpoint), 400, names="description", service="lyrics")
    shapes.error(post(studio, endpoint, description=""), 400, names="description", service="lyrics")
    shapes.error(post(studio, endpoint, description="four"), 400, names="description")
    shapes.error(post(studio, endpoint, description="x" * 1001), 400, names="description")
    shapes.error(post(studio, endpoint, description=["a", "b"]), 400, names="description")
    shapes.ok(post(studio, endpoint, description="  fives "))
    shapes.ok(post(studio, endpoint, description="x" * 1000))


@pytest.mark.parametrize(
    ("endpoint", "field", "most"),
    [
        ("generate_lyrics", "style", 100),
        ("generate_lyrics", "language", 50),
        ("generate_lyrics", "mood", 100),
        ("generate_prompt", "genre", 100),
        ("generate_prompt", "tempo", 50),
    ],
)
def test_optional_texts_have_limits(studio, endpoint, field, most):
    body = {"description": DESCRIPTION}
    shapes.error(post(studio, endpoint, **body, **{field: "y" * (most + 1)}), 400, names=field)
    shapes.error(post(studio, endpoint, **body, **{field: 7}), 400, names=field)
    shapes.ok(post(studio, endpoint, **body, **{field: None}))


def test_instruments_are_at_most_ten_texts(studio):
    body = {"description": DESCRIPTION}
    shapes.ok(post(studio, "generate_prompt", **body, instruments=["piano"] * 10))
    shapes.error(post(studio, "generate_prompt", **body, instruments=["piano"] * 11), 400, names="instruments")
    shapes.error(post(studio, "generate_prompt", **body, instruments="piano"), 400, names="instruments")
    shapes.error(post(studio, "generate_prompt", **body, instruments=[1]), 400, names="instruments")


@pytest.mark.parametrize("wrong", [0, 11, "three", 2.5])
def test_max_categories_is_one_to_ten(studio, wrong):
    answer = post(studio, "generate_categories", description=DESCRIPTION, max_categories=wrong)
    shapes.error(answer, 400, names="max_categories")
