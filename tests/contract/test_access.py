"""Who may come in: keys, hosts, origins."""

import subprocess

import pytest
import requests

import shapes
from program import Program, binary, clean_env
from songs import DESCRIPTION

KEY = "correct horse battery staple"
BODY = {"description": DESCRIPTION}


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    env = {"SONGWRIGHT_API_KEY": KEY}
    with Program("serve", tmp_path_factory.mktemp("locked"), env=env) as program:
        yield program.url


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong key of some length"},
        {"authorization": f"Basic {KEY}"},
        {"authorization": "Bearer"},
        {"Modal-Key": KEY},
        {"Modal-Key": "wk-1", "Modal-Secret": "ws-wrong"},
        {"Modal-Secret": ""},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/lyrics/generate_prompt"),
        ("POST", "/generate_prompt"),
        ("POST", "/generate_from_description"),
        ("GET", "/operations"),
        ("GET", "/songs"),
        ("GET", "/files/none"),
    ],
)
def test_without_the_key_nothing_is_done(locked, method, path, headers):
    answer = requests.request(method, locked + path, json=BODY if method == "POST" else None, headers=headers, timeout=30)
    assert answer.status_code in (401, 403)
    shapes.error(answer, answer.status_code)
    assert KEY not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"Modal-Key": "wk-anything", "Modal-Secret": KEY},
    ],
)
def test_with_the_key_everything_is(locked, headers):
    shapes.ok(requests.post(f"{locked}/lyrics/generate_prompt", json=BODY, headers=headers, timeout=30))
    shapes.ok(requests.get(f"{locked}/operations", headers=headers, timeout=30))


def test_where_it_is_off_keys_are_ignored(one_process):
    headers = {"authorization": "Bearer whatever", "Modal-Key": "a", "Modal-Secret": "b"}
    shapes.ok(requests.post(f"{one_process.lyrics}/generate_prompt", json=BODY, headers=headers, timeout=30))


def test_a_public_address_without_a_key_is_refused(tmp_path):
    started = subprocess.run(
        [binary(), "serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path)],
        env=clean_env(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert started.returncode != 0
    assert "SONGWRIGHT_API_KEY" in started.stderr, started.stderr


def test_the_key_is_not_logged(tmp_path):
    with Program("serve", tmp_path, env={"SONGWRIGHT_API_KEY": KEY}) as program:
        requests.get(f"{program.url}/songs", headers={"authorization": f"Bearer {KEY}"}, timeout=30)
        requests.get(f"{program.url}/songs", params={"token": KEY, "media_token": KEY}, timeout=30)
        program.stop()
        assert KEY not in program.log()


def test_four_processes_can_share_keys(tmp_path):
    key = {"SONGWRIGHT_API_KEY": KEY}
    with Program("lyrics", tmp_path / "lyrics", env=key) as lyrics:
        for sent, healthy in ((KEY, True), ("a wrong key of some length", False)):
            env = {"LYRICS_SERVICE_URL": lyrics.url, "SONGWRIGHT_LYRICS_KEY": sent}
            with Program("integrated", tmp_path / str(healthy), env=env) as integrated:
                body = {"full_described_song": DESCRIPTION, "audio_duration": 10, "cover_size": 256}
                package = shapes.ok(
                    requests.post(f"{integrated.url}/generate_from_description", json=body, timeout=60)
                )
                assert package["service_status"]["lyrics"] is healthy, package["errors"]
                assert (package["errors"] is None) is healthy


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]"])
def test_another_host_is_refused(one_process, host):
    answer = requests.get(f"{one_process.integrated}/songs", headers={"host": host}, timeout=30)
    shapes.error(answer, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1.evil.example", "https://127.0.0.1"])
def test_another_origin_changes_nothing(one_process, origin):
    answer = requests.post(
        f"{one_process.lyrics}/generate_prompt", json=BODY, headers={"origin": origin}, timeout=30
    )
    shapes.error(answer, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_our_own_origin_may(one_process):
    answer = requests.post(
        f"{one_process.lyrics}/generate_prompt", json=BODY, headers={"origin": one_process.integrated}, timeout=30
    )
    shapes.ok(answer)


def test_preflights_of_strangers_get_nothing(one_process):
    answer = requests.options(
        f"{one_process.lyrics}/generate_prompt",
        headers={"origin": "http://evil.example", "access-control-request-method": "POST"},
        timeout=30,
    )
    assert "access-control-allow-origin" not in answer.headers


def test_an_origin_that_is_allowed_may(tmp_path):
    env = {"SONGWRIGHT_CORS_ORIGINS": "http://studio.example"}
    with Program("serve", tmp_path, env=env) as program:
        headers = {"origin": "http://studio.example"}
        answer = requests.post(f"{program.url}/lyrics/generate_prompt", json=BODY, headers=headers, timeout=30)
        shapes.ok(answer)
        assert answer.headers["access-control-allow-origin"] == "http://studio.example"
