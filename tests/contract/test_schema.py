"""Schemathesis: whatever the server's own description allows, and much that it does not."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from program import Program

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# Generation is real here, too: bodies are kept to the shortest song and the smallest cover where they are valid.
SMALLEST = {"audio_duration": 10, "width": 256, "height": 256, "cover_size": 256, "max_categories": 3}


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Program("serve", tmp_path_factory.mktemp("schema")) as program:
        yield program


@pytest.fixture(scope="session")
def description(server):
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("description")


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict):
        for field, smallest in SMALLEST.items():
            value = body.get(field)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value > smallest:
                body[field] = smallest
            elif field == "audio_duration" and value is None and field in str(context.operation.body):
                body[field] = smallest
    return body


@schemathesis.hook
def filter_case(context, case):
    # An event stream of a running operation has no end of its own.
    return not case.path.endswith("/events")


def slow(path: str) -> bool:
    return "generate" in path or "demo" in path


@schema.exclude(path_regex="(generate$|generate_demo_music$|/events$)").parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case):
    answer = case.call(timeout=60)
    case.validate_response(answer, checks=CHECKS)


def test_the_description_is_openapi_3_1_and_complete(server):
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
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
    import re

    loads = re.findall(r"""(?:src|href)=["'](https?:)?//([^"']+)""", answer.text)
    assert not loads, loads
