"""What all four services have in common."""

import io
import json
import re
import time
import zipfile

import pytest
import requests

import shapes
from program import Program
from songs import DESCRIPTION, SHORT

SERVICES = list(shapes.SERVICE_NAMES)


@pytest.mark.parametrize("service", SERVICES)
def test_health_has_every_field(studio, service):
    health = shapes.ok(requests.get(f"{studio.of(service)}/health_check", timeout=30))
    assert health["status"] == "healthy", health
    assert isinstance(health["model_loaded"], bool)
    assert health["service_name"] == health["service"] == shapes.SERVICE_NAMES[service]
    shapes.text(health["gpu_type"])
    shapes.number(health["uptime"])
    shapes.whole(health["active_operations"])
    shapes.whole(health["total_operations"])
    assert health["scaledown_window"] == 300
    assert health["max_runtime"] == (300 if service == "image" else 1800)
    assert "timestamp" in health
    if isinstance(health["timestamp"], (int, float)):
        assert abs(health["timestamp"] - time.time()) < 60
    if service == "integrated":
        for name in ("lyrics", "music", "image"):
            dependent = health["dependent_services"][name]
            assert dependent["configured"] is True
            assert dependent["healthy"] is True
            assert "url" in dependent


def test_health_knows_the_other_services_urls(four_processes, one_process):
    health = shapes.ok(requests.get(f"{four_processes.integrated}/health_check", timeout=30))
    for name in ("lyrics", "music", "image"):
        assert health["dependent_services"][name]["url"] == four_processes.of(name)
    alone = shapes.ok(requests.get(f"{one_process.integrated}/health_check", timeout=30))
    assert alone["dependent_services"]["music"]["url"] is None


def test_health_counts_operations(one_process):
    def total():
        return shapes.ok(requests.get(f"{one_process.lyrics}/health_check", timeout=30))["total_operations"]

    before = total()
    shapes.ok(requests.post(f"{one_process.lyrics}/generate_prompt", json={"description": DESCRIPTION}, timeout=30))
    assert total() == before + 1


@pytest.mark.parametrize("service", SERVICES)
def test_service_info_has_every_field(studio, service):
    info = shapes.ok(requests.get(f"{studio.of(service)}/service_info", timeout=30))
    assert info["service_name"] == shapes.SERVICE_NAMES[service]
    shapes.text(info["gpu_type"])
    shapes.text(info["model_id"])
    assert info["supported_operations"] and all(isinstance(name, str) for name in info["supported_operations"])
    assert info["scaledown_window"] == 300
    assert info["max_runtime"] == (300 if service == "image" else 1800)
    assert info["storage_mode"] == "local"
    if service == "image":
        assert set(info["supported_styles"]) == shapes.STYLES
        assert "PNG" in info["supported_formats"]
        assert "1024" in str(info["image_resolution"])
    if service == "integrated":
        assert info["service_type"] == "orchestration"
        assert set(info["dependent_services"]) == {"lyrics", "music", "image"} or len(info["dependent_services"]) == 3
        assert {"generate_from_description", "generate_with_lyrics", "generate_with_described_lyrics"} <= {
            name.lstrip("/") for name in info["supported_workflows"]
        }
        assert set(info["service_urls"]) == {"lyrics", "music", "image"}


SEED = [-1, 2**31 - 1]
SHARED = {"audio_duration": [10, 600], "infer_step": [1, 200], "guidance_scale": [1, 30], "seed": SEED}
LIMITS = {
    "lyrics": {"description": [5, 1000], "style": [0, 100], "language": [0, 50], "mood": [0, 100], "max_categories": [1, 10]},
    "music": {"prompt": [5, 500], "lyrics": [1, 5000]} | SHARED,
    "image": {"prompt": [5, 500], "width": [256, 1024], "height": [256, 1024], "num_inference_steps": [1, 10], "seed": [0, 2**32 - 1]},
    "integrated": {"full_described_song": [5, 1000], "prompt": [5, 500], "lyrics": [10, 5000], "described_lyrics": [5, 1000]} | SHARED,
}


@pytest.mark.parametrize("service", SERVICES)
def test_service_info_names_the_limits(studio, service):
    limits = shapes.ok(requests.get(f"{studio.of(service)}/service_info", timeout=30))["limits"]
    assert limits == limits | LIMITS[service]


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_path_is_an_error_of_our_shape(studio, service):
    shapes.error(requests.get(f"{studio.of(service)}/no_such_endpoint", timeout=30), 404)
    shapes.error(requests.post(f"{studio.of(service)}/no_such_endpoint", json={}, timeout=30), 404)


ENDPOINTS = [
    ("lyrics", "generate_lyrics"),
    ("lyrics", "generate_prompt"),
    ("lyrics", "generate_categories"),
    ("lyrics", "revise_lyrics"),
    ("lyrics", "suggest_rhymes"),
    ("lyrics", "improve_prompt"),
    ("music", "generate_music"),
    ("music", "generate_music_to_storage"),
    ("image", "generate_cover_image"),
    ("integrated", "generate_from_description"),
    ("integrated", "generate_with_lyrics"),
    ("integrated", "generate_with_described_lyrics"),
    ("integrated", "generate_music"),
]


@pytest.mark.parametrize(("service", "endpoint"), ENDPOINTS)
def test_bodies_that_are_none(studio, service, endpoint):
    url = f"{studio.of(service)}/{endpoint}"
    as_json = {"content-type": "application/json"}
    for raw in [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b'"text"',
        b"null",
        b"{} {}",
        b'{"description": "\xff\xfe"}',
        b'{"prompt": "\\ud800 lone", "description": "\\ud800 lone", "full_described_song": "\\udfff lone"}',
        b"[" * 100_000,
    ]:
        body = shapes.error(requests.post(url, data=raw, headers=as_json, timeout=30), 400)
        assert body["service"] == shapes.SERVICE_NAMES[service], (raw[:40], body)


@pytest.mark.parametrize(("service", "endpoint"), ENDPOINTS)
def test_another_content_type_is_415(studio, service, endpoint):
    url = f"{studio.of(service)}/{endpoint}"
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"]:
        answer = requests.post(url, data=b"{}", headers={"content-type": content_type}, timeout=30)
        shapes.error(answer, 415)


@pytest.mark.parametrize(("service", "endpoint"), ENDPOINTS)
def test_another_method_is_405(studio, service, endpoint):
    url = f"{studio.of(service)}/{endpoint}"
    for method in ["GET", "PUT", "DELETE"]:
        answer = requests.request(method, url, timeout=30)
        shapes.error(answer, 405)
        assert "POST" in answer.headers.get("allow", ""), answer.headers


def test_a_charset_is_no_other_content_type(studio):
    answer = requests.post(
        f"{studio.lyrics}/generate_prompt",
        data='{"description": "café au lait"}'.encode(),
        headers={"content-type": "application/json; charset=utf-8"},
        timeout=30,
    )
    shapes.ok(answer)


@pytest.mark.parametrize("service", SERVICES)
def test_fifty_megabytes_are_too_many(studio, service):
    endpoint = dict(reversed(ENDPOINTS))[service]
    body = b'{"description": "' + b"x" * 50_000_000 + b'"}'
    answer = requests.post(
        f"{studio.of(service)}/{endpoint}", data=body, headers={"content-type": "application/json"}, timeout=60
    )
    shapes.error(answer, 413)


def test_control_characters_are_removed(studio):
    body = {"prompt": "folk\u0000, \u0007guitar\u001b[31m, warm", "lyrics": "[verse]\nhel\u0000lo\u0008 there\r\nmy friend", "audio_duration": 10, "cover_size": 256}
    package = shapes.package(
        shapes.ok(requests.post(f"{studio.integrated}/generate_with_lyrics", json=body, timeout=120))
    )
    for field in ("prompt", "lyrics", "title"):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", package[field]), package[field]
    assert "hello there" in package["lyrics"]


def test_control_characters_do_not_reach_the_files(studio):
    odd = {"title": "Night\u0000 Ferry\u0007", "artist": " The\u001b Tides\u0008", "cover_style": "vin\u0001tage"}
    package = shapes.package(
        shapes.ok(requests.post(f"{studio.integrated}/generate_from_description", json=SHORT | odd, timeout=120))
    )
    assert package["title"] == "Night Ferry"
    base = studio.integrated
    song = shapes.ok(requests.get(shapes.at(base, package["links"]["song"]), timeout=30))
    assert (song["artist"], song["request"]["cover_style"]) == ("The Tides", "vintage")
    answer = requests.get(shapes.at(base, package["links"]["bundle"]), timeout=60)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        (lrc,) = [bundle.read(name).decode() for name in bundle.namelist() if name.endswith(".lrc")]
        story = json.loads(*[bundle.read(name) for name in bundle.namelist() if name.endswith("song.json")])
    assert "[ar:The Tides]" in lrc
    assert story["song"]["artist"] == "The Tides"


def test_nothing_but_control_characters_is_too_short(studio):
    body = {"description": "\u0000\u0001\u0002\u0003\u0004\u0005\u0006ab"}
    shapes.error(requests.post(f"{studio.lyrics}/generate_lyrics", json=body, timeout=30), 400, names="description")


def test_quotes_and_brackets_stay(studio):
    body = {"prompt": "rock, \"loud\" guitars, 5 > 4, it's fast", "lyrics": "[verse]\nI said \"don't\" <loudly>\nand left", "audio_duration": 10, "cover_size": 256}
    package = shapes.ok(requests.post(f"{studio.integrated}/generate_with_lyrics", json=body, timeout=120))
    assert package["prompt"] == body["prompt"]
    assert package["lyrics"].strip() == body["lyrics"]


def test_what_an_engine_logs_names_the_operation_too(tmp_path):
    with Program("lyrics", tmp_path) as program:
        answer = requests.post(f"{program.url}/generate_prompt", json={"description": DESCRIPTION}, timeout=60)
        name = shapes.ok(answer)["metadata"]["operation_id"]
        loaded = [line for line in program.log().splitlines() if "loaded" in line]
        assert len(loaded) == 1 and name in loaded[0], loaded


def test_log_lines_name_the_operation(one_process, package):
    lines = [line for line in one_process.log().splitlines() if f"[{package['operation_id']}]" in line]
    assert lines, "the operation is not in the log"
    assert any(re.search(rf"\[{package['operation_id']}\] [A-Z][\w ]*: \S", line) for line in lines), lines[:5]
