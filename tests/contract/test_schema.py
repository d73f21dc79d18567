"""Schemathesis: whatever the server's own description allows, and much that it does not."""

import json
import re
import subprocess

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
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

# No body, so no short song; and an event stream of a running operation has no end of its own.
LEFT_OUT = re.compile(r"(/generate|/generate_demo_music|/events)$")


def described() -> dict:
    printed = subprocess.run([binary(), "openapi"], env=clean_env(), capture_output=True, check=True, timeout=60)
    return json.loads(printed.stdout)


OPERATIONS = [
    operation
    for operation in (result.ok() for result in schemathesis.openapi.from_dict(described()).get_all_operations())
    if not LEFT_OUT.search(operation.path)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Program("serve", tmp_path_factory.mktemp("schema")) as program:
        yield program


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_answers_are_as_described(server, operation):
    makes_songs = operation.method == "post" and "generate" in operation.path and "lyrics/" not in operation.path

    @given(case=operation.as_strategy())
    @settings(
        max_examples=6 if makes_songs else 20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        if makes_songs and isinstance(case.body, dict):
            case.body |= {field: least for field, least in SMALLEST.items() if makes_long(case.body.get(field))}
        answer = case.call(base_url=server.url, timeout=60)
        case.validate_response(answer, checks=CHECKS)

    check()


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
