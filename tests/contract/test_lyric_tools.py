"""Tools for lyrics that are there: revise, rhymes, a better prompt, a name. These are additions of ours."""

import pytest
import requests

import shapes
from songs import DESCRIPTION

WORDS = """[verse]
You left your coat on my shoulders
I know your knock by heart now

[chorus]
Stay with me until the morning
Hold on tonight, hold on to me

[instrumental]"""


def post(studio, endpoint, **body):
    return requests.post(f"{studio.lyrics}/{endpoint}", json=body, timeout=60)


def revised(studio, task, **body):
    answer = shapes.ok(post(studio, "revise_lyrics", task=task, lyrics=body.pop("lyrics", WORDS), **body))
    assert answer["structure_tags"] == shapes.lyrics(answer["lyrics"])
    shapes.whole(answer["word_count"], 1)
    shapes.metadata(answer["metadata"])
    return answer["lyrics"]


def test_lyrics_are_continued(studio):
    text = revised(studio, "continue", sections=2)
    assert text.startswith(WORDS + "\n\n[verse]\n"), text
    assert text.count("Stay with me until the morning") == 2, "the chorus comes back"
    assert revised(studio, "continue", seed=7) == revised(studio, "continue", seed=7)


def test_a_section_is_rewritten_and_the_rest_is_not(studio):
    text = revised(studio, "rewrite", section="verse")
    before, after = WORDS.split("\n\n[chorus]", 1)
    assert text.endswith("\n\n[chorus]" + after), text
    assert text.startswith("[verse]\n") and not text.startswith(before), text
    assert len(text.splitlines()) == len(WORDS.splitlines())
    assert revised(studio, "rewrite", section="2").startswith(before)


@pytest.mark.parametrize("seconds", [10, 90, 600])
def test_lyrics_are_fitted_to_a_length(studio, seconds):
    text = revised(studio, "fit", audio_duration=seconds)
    sung = [line for line in text.splitlines() if line and not line.startswith("[")]
    # The part that is played takes its time, and a song of more than 76 lines plays on without words.
    assert min(seconds / 4.125, 76) - 10 <= len(sung) <= seconds / 4.125, text


def test_translating_needs_a_model_and_says_so(studio):
    answer = post(studio, "revise_lyrics", task="translate", lyrics=WORDS, language="german")
    body = answer.json()
    assert answer.status_code in (400, 502), body
    assert "songwright models install" in body["detail"], body


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("task", {}),
        ("task", {"task": "shout"}),
        ("lyrics", {"task": "continue", "lyrics": None}),
        ("lyrics", {"task": "continue", "lyrics": ""}),
        ("lyrics", {"task": "continue", "lyrics": "[verse]\n[chorus]"}),
        ("lyrics", {"task": "continue", "lyrics": "x" * 5001}),
        ("sections", {"task": "continue", "sections": 0}),
        ("sections", {"task": "continue", "sections": 9}),
        ("section", {"task": "rewrite"}),
        ("section", {"task": "rewrite", "section": "bridge"}),
        ("section", {"task": "rewrite", "section": "instrumental"}),
        ("section", {"task": "rewrite", "section": "4"}),
        ("audio_duration", {"task": "fit"}),
        ("audio_duration", {"task": "fit", "audio_duration": 9.9}),
        ("audio_duration", {"task": "fit", "audio_duration": 600.1}),
        ("language", {"task": "translate"}),
        ("language", {"task": "translate", "language": "Klingon"}),
        ("language", {"task": "translate", "language": "x" * 51}),
        ("description", {"task": "continue", "description": "x" * 1001}),
        ("seed", {"task": "continue", "seed": -2}),
    ],
)
def test_what_cannot_be_revised_names_the_field(studio, field, body):
    shapes.error(post(studio, "revise_lyrics", **({"lyrics": WORDS} | body)), 400, names=field, service="lyrics")


def test_limits_of_revising_hold_on_this_side_too(studio):
    for body in [
        {"task": "continue", "lyrics": "x" * 5000, "sections": 1},
        {"task": "continue", "sections": 8},
        {"task": "continue", "description": "x" * 1000},
        {"task": "rewrite", "section": "[Verse 1]".replace(" 1", "")},
    ]:
        shapes.ok(post(studio, "revise_lyrics", **({"lyrics": WORDS} | body)))


def test_rhymes_have_every_field(studio):
    body = shapes.ok(post(studio, "suggest_rhymes", word="deep into the night", max_rhymes=5))
    assert body["word"] == "deep into the night"
    assert 1 <= len(set(body["rhymes"])) == len(body["rhymes"]) <= 5, body
    assert all(word.endswith(("ight", "ite")) and word != "night" for word in body["rhymes"]), body
    shapes.metadata(body["metadata"])
    chinese = shapes.ok(post(studio, "suggest_rhymes", word="明天", language="chinese"))
    assert chinese["rhymes"]


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("word", {"word": None}),
        ("word", {"word": "  "}),
        ("word", {"word": "123"}),
        ("word", {"word": "two\nlines"}),
        ("word", {"word": "x" * 201}),
        ("language", {"language": "Klingon"}),
        ("max_rhymes", {"max_rhymes": 0}),
        ("max_rhymes", {"max_rhymes": 51}),
    ],
)
def test_what_cannot_be_rhymed_names_the_field(studio, field, body):
    shapes.error(post(studio, "suggest_rhymes", **({"word": "night"} | body)), 400, names=field, service="lyrics")


def test_a_word_without_a_known_rhyme_says_what_to_do(studio):
    answer = post(studio, "suggest_rhymes", word="orange", language="english")
    assert answer.status_code in (400, 502)
    assert "models install" in answer.json()["detail"]


def test_a_prompt_keeps_its_tags_and_gains_others(studio):
    body = shapes.ok(post(studio, "improve_prompt", prompt="Doom Metal, 61 BPM, sitar"))
    assert body["prompt"].startswith("Doom Metal, 61 BPM, sitar, "), body
    assert body["prompt"].count("BPM") == 1
    assert body["tag_count"] == len(body["prompt"].split(", ")) >= 5
    assert len(body["prompt"]) <= 500
    shapes.metadata(body["metadata"])
    silent = shapes.ok(post(studio, "improve_prompt", prompt="lo-fi, instrumental"))
    assert "voice" not in silent["prompt"], silent


@pytest.mark.parametrize("wrong", [None, "", "four", "x" * 501, 5])
def test_prompts_have_limits(studio, wrong):
    shapes.error(post(studio, "improve_prompt", prompt=wrong), 400, names="prompt", service="lyrics")
    shapes.ok(post(studio, "improve_prompt", prompt="x" * 500))


def test_a_song_is_named_by_its_lyrics_alone(studio):
    named = shapes.ok(post(studio, "generate_title", lyrics=WORDS))
    assert 1 <= len(shapes.text(named["title"]).split()) <= 6
    shapes.error(post(studio, "generate_title"), 400, names="description", service="lyrics")
    shapes.error(post(studio, "generate_title", description="four", lyrics=WORDS), 400, names="description")
    shapes.ok(post(studio, "generate_title", description=DESCRIPTION))


def test_the_tools_are_operations_like_the_others(one_process):
    answer = requests.post(
        f"{one_process.lyrics}/revise_lyrics?async=true", json={"task": "continue", "lyrics": WORDS}, timeout=30
    )
    assert answer.status_code == 202, answer.text
    operation = answer.json()
    assert operation["kind"] == "revise_lyrics", operation
    listed = shapes.ok(requests.get(f"{one_process.integrated}/operations", timeout=30))
    assert operation["operation_id"] in str(listed)
