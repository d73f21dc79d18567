"""Schemathesis: whatever the server's own description allows, and much that it does not.

The same for each service alone, by the description that it gives of itself.
"""

import json
import re
import subprocess
from collections import Counter

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from program import Program, binary, clean_env

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# Songs are really made: valid bodies are cut down to the shortest song and the smallest cover.
SMALLEST = {"audio_duration": 10, "width": 256, "height": 256, "cover_size": 256}

# No body, so no short song: each of these makes a minute of music.
FIXED_SONGS = ("/generate", "/music/generate_demo_music", "/generate_demo_music")


# Only what an earlier run of the program left behind can be resumed (test_operations.py does it), only a cover that a
# model is drawing has a preview (tests/sdxl does it), and only a model makes takes, of which an estimate says so at once
# (tests/neural has one).
TAKES = ("retake", "repaint", "extend", "edit", "promote")
NEVER_WELL = ("/operations/{id}/preview", "/operations/{id}/resume", *(f"/songs/{{id}}/{take}/estimate" for take in TAKES))


# What two fields mean together, the description cannot say.
VALID_WORDS = {
    "install": {},
    "retake": {},
    "extend": {"right_extend_length": 5},
    "repaint": {"repaint_start": 1, "repaint_end": 4},
    "edit": {"prompt": "metal, fast, loud", "edit_n_min": 0.2, "edit_n_max": 0.9},
    "promote": {},
}


@schemathesis.serializer("application/zip", "audio/wav")
def as_they_are(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


def described() -> dict:
    printed = subprocess.run([binary(), "openapi"], env=clean_env(), capture_output=True, check=True, timeout=60)
    return json.loads(printed.stdout)


def operations(document: dict) -> list:
    return [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]


def can_be_wrong(operation) -> bool:
    """Any text may be an id, and any bytes a file: only JSON and what stands in the query have a form."""
    return bool(list(operation.query)) or "application/json" in operation.get_request_payload_content_types()


OPERATIONS = operations(described())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Program("serve", tmp_path_factory.mktemp("schema")) as program:
        yield program


@pytest.fixture(scope="module")
def song(server) -> dict:
    return a_song(server.url)


def a_song(url: str) -> dict:
    """Nothing that the description says leads to an id or a key that exists."""
    body = {"full_described_song": "a short hymn to the rain", "audio_duration": 10, "cover_size": 256}
    answer = requests.post(f"{url}/generate_from_description", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    song = answer.json()
    song["audio"] = requests.get(url + song["links"]["audio"], timeout=60).content
    song["picture"] = requests.get(url + song["links"]["cover"], timeout=60).content
    song["bundle"] = requests.get(url + song["links"]["bundle"], timeout=60).content
    return song


def a_running_operation(url: str) -> dict:
    body = {"full_described_song": "a long hymn to the rain", "audio_duration": 600}
    answer = requests.post(f"{url}/generate_from_description?async=true", json=body, timeout=60)
    assert answer.status_code == 202, answer.text
    return answer.json()


def make_real(case, song: dict, operation) -> None:
    """Puts what exists into the path and the query, so that not all is 404."""
    if operation.path == "/songs/import":
        case.body = song["bundle"]
    if operation.path == "/files":
        case.body = song["audio"]
    if operation.path.endswith("/upload_image"):
        case.body = song["picture"]
    words = VALID_WORDS.get(operation.path.removesuffix("/estimate").rpartition("/")[2])
    if words is not None and isinstance(case.body, dict):
        case.body |= words
    if words is not None and not operation.path.endswith("/estimate"):
        # No model is installed here: that it is taken up is as well as it goes.
        case.query = {**(case.query or {}), "async": "true"}
    whose = {"songs": song["song_id"], "models": "ace-step-v1-3.5b"}
    names = {
        "id": whose.get(operation.path.split("/")[1], song["operation_id"]),
        "operation_id": song["operation_id"],
        "key": song["s3_key"],
        "file_key": song["cover_image_s3_key"],
    }
    for place in (case.path_parameters, case.query):
        if place:
            place.update({name: names[name] for name in place if name in names})


def statuses(url: str, operation, mode: GenerationMode, examples: int, song: dict) -> Counter:
    """Calls it with data of the server's own description, or with data that it does not allow. How often each status was
    seen; `song` is empty where nothing is looked for."""
    seen = Counter()

    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case, real):
        if song and real and mode.is_positive:
            # What is deleted is made anew each time.
            fresh = a_running_operation if operation.path == "/operations/{id}" else a_song
            make_real(case, song | fresh(url) if operation.method == "delete" else song, operation)
        elif song and real and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = song["song_id"]
        if makes_songs(operation) and isinstance(case.body, dict):
            case.body |= {field: least for field, least in SMALLEST.items() if makes_long(case.body.get(field))}
        answer = case.call(base_url=url, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        seen[answer.status_code] += 1

    check()
    return seen


def makes_songs(operation) -> bool:
    return operation.method == "post" and "generate" in operation.path and "lyrics/" not in operation.path


def finds(operation) -> bool:
    """Whether it needs something that exists."""
    return bool(re.search(r"\{|/workflow_status|/download_image|/songs/import|/files$|/upload_image$", operation.path))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_answers_are_as_described(server, operation):
    fixed = operation.path in FIXED_SONGS
    examples = 2 if fixed else 25 if makes_songs(operation) else 40
    seen = statuses(server.url, operation, GenerationMode.POSITIVE, examples, a_song(server.url) if finds(operation) else {})
    assert any(status < 400 for status in seen) or operation.path in NEVER_WELL, f"nothing was answered well: {seen}"


@pytest.mark.parametrize("operation", list(filter(can_be_wrong, OPERATIONS)), ids=lambda operation: operation.label)
def test_what_is_not_described_is_refused_in_its_form(server, song, operation):
    examples = 3 if operation.path in FIXED_SONGS else 30
    seen = statuses(server.url, operation, GenerationMode.NEGATIVE, examples, song if finds(operation) else {})
    # An id that is none is a 404.
    refused = any(400 <= status < 500 for status in seen)
    assert refused or operation.path in FIXED_SONGS, f"nothing was refused: {seen}"


@pytest.mark.parametrize("service", ["lyrics", "music", "image", "integrated"])
def test_a_service_alone_is_as_it_describes_itself(tmp_path, service):
    with Program(service, tmp_path) as program:
        document = requests.get(f"{program.url}/openapi.json", timeout=30).json()
        for operation in operations(document):
            if operation.path.startswith("/songs") or operation.path in FIXED_SONGS:
                continue
            if not finds(operation):
                # What each of its tasks needs beside is not described, so that most of what is made up is refused.
                examples = 40 if operation.path.endswith("/revise_lyrics") else 6
                seen = statuses(program.url, operation, GenerationMode.POSITIVE, examples, {})
                assert any(status < 400 for status in seen), f"{operation.label}: {seen}"
            if can_be_wrong(operation):
                seen = statuses(program.url, operation, GenerationMode.NEGATIVE, 12, {})
                assert any(400 <= status < 500 for status in seen), f"{operation.label}: {seen}"


def makes_long(value) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and value > 10)


def test_the_description_is_openapi_3_1_and_complete(server):
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    assert document == described()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    for path in [
        "/generate_from_description",
        "/generate_with_lyrics",
        "/generate_with_described_lyrics",
        "/generate_music",
        "/generate",
        "/lyrics/generate_lyrics",
        "/lyrics/generate_prompt",
        "/lyrics/generate_categories",
        "/music/generate_music",
        "/music/generate_music_to_storage",
        "/music/generate_demo_music",
        "/image/generate_cover_image",
        "/image/get_available_styles",
        "/image/download_image",
        "/health_check",
        "/service_info",
        "/workflow_status",
        "/operations",
        "/songs",
    ]:
        assert path in paths, path
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                assert operation.get("summary") or operation.get("description"), f"{method} {path} says nothing"


def test_the_reference_page_loads_nothing_from_elsewhere(server):
    answer = requests.get(f"{server.url}/docs", timeout=30)
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    loads = re.findall(r"""(?:src|href)=["'](https?:)?//([^"']+)""", answer.text)
    assert not loads, loads
