"""What is refused, with the exact sentence that is said."""

import uuid

import pytest
import requests

import shapes
from songs import MUSIC, SHORT, WITH_DESCRIBED_LYRICS, WITH_LYRICS

JSON = {"content-type": "application/json"}
COVER = {"prompt": "a lighthouse", "width": 256, "height": 256}
LYRICS = {"description": "a song of the sea"}

# One endpoint of each service, with a body that it takes and its first text.
MAIN = {
    "lyrics": ("generate_lyrics", LYRICS, "description", 1000),
    "music": ("generate_music", MUSIC, "prompt", 500),
    "image": ("generate_cover_image", COVER, "prompt", 500),
    "integrated": ("generate_from_description", SHORT, "full_described_song", 1000),
}
SERVICES = list(MAIN)


def said(service, answer, status) -> str:
    # It begins with the field's name where there is one.
    begin = answer.json()["detail"].split()[0]
    return shapes.error(answer, status, service=service, names=begin)["detail"]


def refusal(studio, service, endpoint, body) -> str:
    answer = requests.post(f"{studio.of(service)}/{endpoint}", json=body, timeout=30)
    return said(service, answer, 400)


def raw(studio, service, data, headers=JSON):
    endpoint = MAIN[service][0]
    return requests.post(f"{studio.of(service)}/{endpoint}", data=data, headers=headers, timeout=60)


@pytest.mark.parametrize("service", SERVICES)
def test_texts(studio, service):
    endpoint, body, field, most = MAIN[service]
    for value, sentence in [
        ("", f"{field} is empty: write 5 to {most} characters."),
        (" \n\u0000\u0007 ", f"{field} is empty: write 5 to {most} characters."),
        ("four", f"{field} must have 5 to {most} characters, not 4."),
        ("x" * 10_001, f"{field} must have 5 to {most} characters, not 10001."),
        (5, f"{field} must be a text, not 5."),
        (["a"], f"{field} must be a text, not a list."),
        ({}, f"{field} must be a text, not an object."),
        (True, f"{field} must be a text, not true."),
        (None, f"{field} is missing."),
    ]:
        assert refusal(studio, service, endpoint, body | {field: value}) == sentence


SEED = "seed must be -1 (random) or a whole number from 0 to 2147483647"
NUMBERS = [
    ("music", "generate_music", MUSIC),
    ("music", "generate_music_to_storage", MUSIC),
    ("integrated", "generate_from_description", SHORT),
    ("integrated", "generate_with_lyrics", WITH_LYRICS),
    ("integrated", "generate_with_described_lyrics", WITH_DESCRIBED_LYRICS),
]


@pytest.mark.parametrize(("service", "endpoint", "body"), NUMBERS)
def test_numbers(studio, service, endpoint, body):
    for field, value, sentence in [
        ("audio_duration", -5, "audio_duration must be 10 to 600, not -5."),
        ("audio_duration", 9.99, "audio_duration must be 10 to 600, not 9.99."),
        ("audio_duration", 600.5, "audio_duration must be 10 to 600, not 600.5."),
        ("audio_duration", "long", 'audio_duration must be a number, not the text "long".'),
        ("audio_duration", [10], "audio_duration must be a number, not a list."),
        ("seed", -2, f"{SEED}, not -2."),
        ("seed", 2**31, f"{SEED}, not 2147483648."),
        ("seed", 1.5, "seed must be a whole number, not 1.5."),
        ("guidance_scale", 0.5, "guidance_scale must be 1 to 30, not 0.5."),
        ("infer_step", 0, "infer_step must be 1 to 200, not 0."),
        ("infer_step", 201, "infer_step must be 1 to 200, not 201."),
        ("instrumental", "no", 'instrumental must be true or false, not the text "no".'),
        ("instrumental", 1, "instrumental must be true or false, not 1."),
    ]:
        assert refusal(studio, service, endpoint, body | {field: value}) == sentence


@pytest.mark.parametrize(("service", "endpoint", "body"), NUMBERS)
def test_two_names_of_one_field(studio, service, endpoint, body):
    without = {name: value for name, value in body.items() if name != "seed"}
    for both, sentence in [
        ({"infer_step": 20, "inference_steps": 30}, "infer_step and inference_steps are two names of one field, but say 20 and 30."),
        ({"seed": 1, "manual_seeds": 2}, "seed and manual_seeds are two names of one field, but say 1 and 2."),
        ({"inferStep": 20, "infer_step": 21}, "infer_step is given twice with different values."),
    ]:
        assert refusal(studio, service, endpoint, without | both) == sentence


@pytest.mark.parametrize(
    ("service", "field"),
    [("music", "audio_duration"), ("integrated", "audio_duration"), ("image", "width"), ("lyrics", "audio_duration")],
)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(studio, service, field, number):
    text = f'{{"prompt": "folk, guitar", "description": "a song", "full_described_song": "a song", "{field}": {number}}}'
    detail = said(service, raw(studio, service, text), 400)
    column = text.index(number)
    if number == "1e999":
        assert detail == f"The body is not valid JSON: number out of range at line 1 column {column + len(number)}."
    else:
        at = column + 2 if number.startswith("-") else column + 1
        what = "invalid number" if number.startswith("-") else "expected value"
        assert detail == f"The body is not valid JSON: {what} at line 1 column {at}."


def test_sizes_of_covers(studio):
    for field in ("width", "height"):
        for value in (0, 255, 1025, 100_000, -512):
            sentence = f"{field} must be 256 to 1024, not {value}."
            assert refusal(studio, "image", "generate_cover_image", COVER | {field: value}) == sentence
        wrong = COVER | {field: "wide"}
        assert refusal(studio, "image", "generate_cover_image", wrong) == f'{field} must be a whole number, not the text "wide".'
    for seed in (-2, 2**32):
        sentence = f"seed must be 0 to 4294967295, not {seed}."
        assert refusal(studio, "image", "generate_cover_image", COVER | {"seed": seed}) == sentence
    for endpoint, body, field, _ in [MAIN["integrated"]]:
        for value in (0, 100_000):
            sentence = f"cover_size must be 256 to 1024, not {value}."
            assert refusal(studio, "integrated", endpoint, body | {"cover_size": value}) == sentence


@pytest.mark.parametrize("service", SERVICES)
def test_bodies(studio, service):
    shape = 'The body must be a JSON object such as {"prompt": "…"}.'
    for data, sentence in [
        (b"", "The body is empty: send a JSON object."),
        (b"{", "The body is not valid JSON: EOF while parsing an object at line 1 column 1."),
        (b"nonsense", "The body is not valid JSON: expected ident at line 1 column 2."),
        (b"[]", shape),
        (b'"text"', shape),
        (b"null", shape),
        (b'{"prompt": "\\ud800 lone"}', "The body is not valid JSON: unexpected end of hex escape at line 1 column 19."),
        (b'{"prompt": "\\udfff lone"}', "The body is not valid JSON: lone leading surrogate in hex escape at line 1 column 18."),
    ]:
        assert said(service, raw(studio, service, data), 400) == sentence
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        answer = raw(studio, service, b"{}", {"content-type": kind})
        sentence = "Send the body as JSON with the header Content-Type: application/json."
        assert said(service, answer, 415) == sentence
    answer = raw(studio, service, b'{"description": "' + b"x" * 50_000_000 + b'"}')
    sentence = "The body is larger than the 1048576 bytes that are taken. Shorten it."
    assert said(service, answer, 413) == sentence


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "/etc/passwd", "..\\..\\secret.png", "C:\\Windows\\win.ini", "covers/none.png", "none.png"]
)
def test_keys(studio, key):
    answer = requests.get(f"{studio.image}/download_image", params={"file_key": key}, timeout=30)
    sentence = "There is no file none.png." if key == "none.png" else f"There is no image {key}."
    assert said("image", answer, 404) == sentence
    quoted = requests.utils.quote(key, safe="")
    answer = requests.get(f"{studio.integrated}/files/{quoted}", timeout=30)
    path = 'There is no file of that name: a file\'s key has letters, digits, "-", "_" and "." only.'
    assert said("integrated", answer, 404) == ("There is no file none.png." if key == "none.png" else path)


def test_operations(studio):
    base = studio.integrated
    unknown = str(uuid.uuid4())
    forgotten = f"There is no operation {unknown}. It may be older than the history that is kept."
    for name, sentence in [(unknown, forgotten), ("none", 'There is no operation "none".')]:
        url = f"{base}/operations/{name}"
        for answer in [
            requests.get(url, timeout=30),
            requests.delete(url, timeout=30),
            requests.get(f"{url}/events", timeout=30),
            requests.post(f"{url}/resume", timeout=30),
            requests.get(f"{base}/workflow_status", params={"operation_id": name}, timeout=30),
        ]:
            assert said("integrated", answer, 404) == sentence
    made = shapes.ok(requests.post(f"{base}/generate_from_description", json=SHORT, timeout=120))
    name = made["operation_id"]
    again = requests.delete(f"{base}/operations/{name}", timeout=30)
    sentence = f"Operation {name} has already ended, so there is nothing to cancel."
    assert said("integrated", again, 409) == sentence
    again = requests.post(f"{base}/operations/{name}/resume", timeout=30)
    sentence = "Only an operation that was waiting or interrupted when the program ended can go on."
    assert said("integrated", again, 409) == sentence
