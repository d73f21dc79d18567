"""Operations: asynchronous requests, events, cancelling, limits of time and number."""

import json
import socket
import time
import uuid
from urllib.parse import urlparse

import pytest
import requests

import shapes
from program import Program
from songs import LONG, MUSIC, SHORT, WITH_DESCRIBED_LYRICS, WITH_LYRICS

STATES = {"waiting", "running", "succeeded", "failed", "cancelled", "interrupted"}


def operation(base, name) -> dict:
    return shapes.ok(requests.get(f"{base}/operations/{name}", timeout=30))


def until(base, name, states, seconds=60.0) -> dict:
    deadline = time.monotonic() + seconds
    while True:
        now = operation(base, name)
        assert now["state"] in STATES, now
        if now["state"] in states:
            return now
        assert time.monotonic() < deadline, f"after {seconds} s it is still {now['state']}: {now['message']}"
        time.sleep(0.05)


def submit(base, body=LONG, endpoint="generate_from_description") -> str:
    answer = requests.post(f"{base}/{endpoint}", json=body, params={"async": "true"}, timeout=30)
    assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
    return shapes.operation_id(answer.json()["operation_id"])


def cancel(base, name):
    return requests.delete(f"{base}/operations/{name}", timeout=30)


def events(base, name, last_id=None):
    """The events of an operation as (id, name, data), until the server ends them."""
    headers = {"accept": "text/event-stream"}
    if last_id is not None:
        headers["last-event-id"] = str(last_id)
    with requests.get(f"{base}/operations/{name}/events", headers=headers, stream=True, timeout=60) as answer:
        if answer.status_code == 204 and last_id is not None:
            return  # nothing follows: a browser's EventSource does not come again
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields = {}
        for line in answer.iter_lines(decode_unicode=True):
            if not line:
                if "data" in fields:
                    yield fields.get("id"), fields.get("event"), json.loads(fields["data"])
                fields = {}
            elif not line.startswith(":"):
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                fields[field] = f"{fields[field]}\n{value}" if field == "data" and "data" in fields else value


ASYNC = [
    ("integrated", "generate_from_description", SHORT),
    ("integrated", "generate_with_lyrics", WITH_LYRICS),
    ("integrated", "generate_with_described_lyrics", WITH_DESCRIBED_LYRICS),
    ("integrated", "generate_music", SHORT),
    ("lyrics", "generate_lyrics", {"description": "a song of the sea"}),
    ("lyrics", "generate_prompt", {"description": "a song of the sea"}),
    ("lyrics", "generate_categories", {"description": "a song of the sea"}),
    ("music", "generate_music", MUSIC),
    ("music", "generate_music_to_storage", MUSIC),
    ("image", "generate_cover_image", {"prompt": "a lighthouse", "width": 256, "height": 256}),
]


@pytest.mark.parametrize("how", ["header", "query"])
@pytest.mark.parametrize(("service", "endpoint", "body"), ASYNC)
def test_every_endpoint_can_answer_at_once(studio, service, endpoint, body, how):
    base = studio.of(service)
    root = base.removesuffix(f"/{service}")
    asked = {"headers": {"prefer": "respond-async"}} if how == "header" else {"params": {"async": "true"}}
    answer = requests.post(f"{base}/{endpoint}", json=body, timeout=30, **asked)
    assert answer.status_code == 202, answer.text
    name = shapes.operation_id(answer.json()["operation_id"])
    ended = until(root, name, STATES - {"waiting", "running"})
    assert ended["state"] == "succeeded", ended
    assert ended["operation_id"] == name
    assert ended["service"] == shapes.SERVICE_NAMES[service]
    assert ended["progress"] == 1
    assert ended["result"], ended


def test_an_operation_that_is_refused_is_refused_at_once(studio):
    for asked in ({"headers": {"prefer": "respond-async"}}, {"params": {"async": "true"}}):
        answer = requests.post(
            f"{studio.integrated}/generate_from_description", json={"full_described_song": "four"}, timeout=30, **asked
        )
        shapes.error(answer, 400, names="full_described_song")


def test_the_result_is_the_package(studio):
    name = submit(studio.integrated, SHORT)
    ended = until(studio.integrated, name, {"succeeded"})
    package = shapes.package(ended["result"])
    assert package["operation_id"] == name
    assert ended["song_id"] == package["song_id"]


def test_operations_are_listed_newest_first(studio):
    base = studio.integrated
    first, second = submit(base, SHORT), submit(base, SHORT)
    listed = shapes.ok(requests.get(f"{base}/operations", timeout=30))["operations"]
    names = [one["operation_id"] for one in listed]
    assert names.index(second) < names.index(first)
    for one in listed:
        assert one["state"] in STATES
        assert one["service"] in shapes.SERVICE_NAMES.values()
        shapes.number(one["progress"], 0, 1)
        shapes.text(one["message"])
    for name in (first, second):
        until(base, name, {"succeeded"})


def test_blocking_requests_are_operations_too(one_process, package):
    ended = operation(one_process.integrated, package["operation_id"])
    assert ended["state"] == "succeeded"
    assert ended["song_id"] == package["song_id"]


def test_workflow_status_is_real(studio):
    base = studio.integrated
    name = submit(base, SHORT)
    seen = []
    while True:
        status = shapes.ok(requests.get(f"{base}/workflow_status", params={"operation_id": name}, timeout=30))
        assert status["operation_id"] == name
        shapes.number(status["progress"], 0, 1)
        shapes.text(status["message"])
        assert "stage" in status
        seen.append((status["status"], status["progress"]))
        if status["status"] not in ("waiting", "running"):
            break
        time.sleep(0.02)
    assert seen[-1] == ("succeeded", 1), seen[-1]
    assert [p for _, p in seen] == sorted(p for _, p in seen), "progress went back"


@pytest.mark.parametrize("name", [str(uuid.uuid4()), "none", "%20", "../health_check"])
def test_unknown_operations_are_not_found(studio, name):
    base = studio.integrated
    if "/" not in name:
        shapes.error(requests.get(f"{base}/operations/{name}", timeout=30), 404)
        shapes.error(requests.get(f"{base}/operations/{name}/events", timeout=30), 404)
        shapes.error(cancel(base, name), 404)
    shapes.error(requests.get(f"{base}/workflow_status", params={"operation_id": name}, timeout=30), 404)


def test_workflow_status_needs_an_operation(studio):
    shapes.error(requests.get(f"{studio.integrated}/workflow_status", timeout=30), 400, names="operation_id")


def test_cancelled_once_and_not_twice(studio):
    base = studio.integrated
    name = submit(base)
    until(base, name, {"running"})
    assert cancel(base, name).status_code in (200, 202, 204)
    until(base, name, {"cancelled"}, seconds=30)
    shapes.error(cancel(base, name), 409)
    health = shapes.ok(requests.get(f"{base}/health_check", timeout=30))
    assert health["status"] == "healthy", health


def test_a_finished_operation_cannot_be_cancelled(one_process, package):
    shapes.error(cancel(one_process.integrated, package["operation_id"]), 409)


def test_events_tell_the_whole_story(studio):
    base = studio.integrated
    name = submit(base, SHORT)
    story = list(events(base, name))
    assert len(story) >= 2
    ids = [event_id for event_id, _, _ in story]
    assert all(ids) and len(set(ids)) == len(ids), ids
    progress = [data["progress"] for _, _, data in story]
    assert progress == sorted(progress), progress
    assert all(data["operation_id"] == name for _, _, data in story)
    last = story[-1][2]
    assert last["state"] == "succeeded"
    shapes.package(last["result"])


def test_events_go_on_where_they_were_left(studio):
    base = studio.integrated
    name = submit(base, SHORT | {"audio_duration": 60})
    first = []
    for event in events(base, name):
        first.append(event)
        if len(first) == 2:
            break
    rest = list(events(base, name, last_id=first[-1][0]))
    assert not {event_id for event_id, _, _ in first} & {event_id for event_id, _, _ in rest}
    assert rest[-1][2]["state"] == "succeeded"
    assert rest[0][2]["progress"] >= first[-1][2]["progress"]


def test_events_of_what_has_ended_end(one_process, package):
    story = list(events(one_process.integrated, package["operation_id"]))
    assert story[-1][2]["state"] == "succeeded"
    for odd in ("1", str(2**62), "nonsense", "-1"):
        again = list(events(one_process.integrated, package["operation_id"], last_id=odd))
        assert [data["state"] for _, _, data in again] == ["succeeded"], odd
    assert list(events(one_process.integrated, package["operation_id"], last_id=story[-1][0])) == []


def test_operations_and_their_events_go_on_after_a_restart(tmp_path):
    one_at_a_time = {"SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS": "1"}
    with Program("serve", tmp_path, env=one_at_a_time) as program:
        cut_off, waiting = submit(program.url, LONG), submit(program.url, SHORT)
        until(program.url, cut_off, {"running"})
        seen = {name: next(events(program.url, name))[0] for name in (cut_off, waiting)}
    with Program("serve", tmp_path, env=one_at_a_time) as program:
        url = program.url
        (end,) = events(url, cut_off, last_id=seen[cut_off])
        assert end[2]["state"] == "interrupted", end
        # Opened before it goes on, by a client that saw the earlier run.
        story = events(url, waiting, last_id=seen[waiting])
        assert next(story)[2]["state"] == "waiting"
        answer = requests.post(f"{url}/operations/{waiting}/resume", timeout=30)
        assert answer.status_code == 202, answer.text
        assert answer.json()["operation_id"] == waiting
        assert answer.headers["location"] == f"/operations/{waiting}"
        shapes.error(requests.post(f"{url}/operations/{waiting}/resume", timeout=30), 409)
        rest = list(story)
        assert rest[-1][2]["state"] == "succeeded", rest[-1]
        shapes.package(rest[-1][2]["result"])
        shapes.error(requests.post(f"{url}/operations/{waiting}/resume", timeout=30), 409)
        shapes.error(requests.post(f"{url}/operations/{uuid.uuid4()}/resume", timeout=30), 404)
        # What was interrupted is forgotten when it is no longer wanted.
        assert cancel(url, cut_off).json()["state"] == "cancelled"
        shapes.error(requests.post(f"{url}/operations/{cut_off}/resume", timeout=30), 409)
        shapes.error(cancel(url, cut_off), 409)


@pytest.mark.parametrize(
    ("service", "endpoint", "body"),
    [("integrated", "generate_from_description", LONG), ("music", "generate_music", MUSIC | {"audio_duration": 600.0})],
)
def test_a_client_that_goes_away_cancels_its_operation(studio, service, endpoint, body):
    base = studio.of(service)
    root = base.removesuffix(f"/{service}")
    url = urlparse(f"{base}/{endpoint}")
    raw = json.dumps(body | {"seed": 424242}).encode()
    with socket.create_connection((url.hostname, url.port)) as client:
        client.sendall(
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(raw)}\r\n\r\n".encode()
            + raw
        )
        deadline = time.monotonic() + 30
        while True:
            listed = shapes.ok(requests.get(f"{root}/operations", timeout=30))["operations"]
            ours = [
                one
                for one in listed
                if one["state"] == "running"
                and one["request"].get("seed") == 424242
                and one["service"] == shapes.SERVICE_NAMES[service]
            ]
            if ours:
                break
            assert time.monotonic() < deadline, "the operation does not appear"
            time.sleep(0.05)
    until(root, ours[0]["operation_id"], {"cancelled"}, seconds=30)


def test_cancelling_reaches_the_other_services(four_processes):
    name = submit(four_processes.integrated)
    deadline = time.monotonic() + 60
    while not active(four_processes.music):
        assert time.monotonic() < deadline, "the music service never began"
        time.sleep(0.05)
    cancel(four_processes.integrated, name)
    deadline = time.monotonic() + 10
    while active(four_processes.music):
        assert time.monotonic() < deadline, "the music service still works on a cancelled song"
        time.sleep(0.05)


def active(base) -> int:
    return shapes.ok(requests.get(f"{base}/health_check", timeout=30))["active_operations"]


def test_past_its_time_an_operation_is_408(tmp_path):
    env = {"SONGWRIGHT_INTEGRATED_MAX_RUNTIME_SECONDS": "1"}
    with Program("serve", tmp_path, env=env) as program:
        answer = requests.post(f"{program.url}/generate_from_description", json=LONG, timeout=60)
        body = shapes.error(answer, 408, service="integrated")
        assert operation(program.url, body["operation_id"])["state"] == "failed"


def test_past_its_time_music_is_408(tmp_path):
    env = {"SONGWRIGHT_MUSIC_MAX_RUNTIME_SECONDS": "1"}
    with Program("music", tmp_path, env=env) as program:
        body = MUSIC | {"audio_duration": 600.0}
        shapes.error(requests.post(f"{program.url}/generate_music", json=body, timeout=60), 408, service="music")


def test_a_full_queue_is_429_with_a_time_to_wait(tmp_path):
    env = {"SONGWRIGHT_QUEUE_LIMIT": "1", "SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS": "1"}
    with Program("serve", tmp_path, env=env) as program:
        running = submit(program.url)
        until(program.url, running, {"running"})
        waiting = submit(program.url, SHORT)
        for asked in ({}, {"async": "true"}):
            answer = requests.post(
                f"{program.url}/generate_from_description", json=SHORT, params=asked, timeout=30
            )
            shapes.error(answer, 429, service="integrated")
            assert int(answer.headers["retry-after"]) >= 1
        assert operation(program.url, waiting)["state"] == "waiting"
        assert cancel(program.url, waiting).status_code < 300
        until(program.url, waiting, {"cancelled"}, seconds=30)
        cancel(program.url, running)
        until(program.url, running, {"cancelled"}, seconds=30)
        shapes.ok(requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=60))


def test_stems_for_a_bundle_wait_in_the_line_and_are_cancelled_too(tmp_path):
    env = {"SONGWRIGHT_QUEUE_LIMIT": "1", "SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS": "1"}
    with Program("serve", tmp_path, env=env) as program:
        made = shapes.ok(requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=60))
        bundle = shapes.at(program.url, made["links"]["bundle"])
        running = submit(program.url)
        until(program.url, running, {"running"})
        with pytest.raises(requests.ReadTimeout):
            requests.get(bundle, params={"stems": "true"}, timeout=1)
        (ours,) = [
            one
            for one in shapes.ok(requests.get(f"{program.url}/operations", timeout=30))["operations"]
            if one["kind"] == "play_stems"
        ]
        until(program.url, ours["operation_id"], {"cancelled"}, seconds=30)
        waiting = submit(program.url, SHORT)
        answer = requests.get(bundle, params={"stems": "true"}, timeout=30)
        shapes.error(answer, 429, service="integrated")
        assert int(answer.headers["retry-after"]) >= 1
        cancel(program.url, waiting)
        cancel(program.url, running)
        until(program.url, running, {"cancelled"}, seconds=30)
        assert requests.get(bundle, params={"stems": "true"}, timeout=60).status_code == 200


@pytest.mark.parametrize("stage", ["render", "master", "save"])
def test_cancelled_in_any_stage_it_ends_soon_and_leaves_nothing(tmp_path, stage):
    with Program("serve", tmp_path) as program:
        name = submit(program.url, LONG | {"audio_duration": 240.0, "stems": True})
        deadline = time.monotonic() + 120
        while operation(program.url, name)["stage"] != stage:
            assert time.monotonic() < deadline, f"{stage} was not reached"
            time.sleep(0.02)
        time.sleep(0.3)
        asked = time.monotonic()
        cancel(program.url, name)
        until(program.url, name, ["cancelled"])
        assert time.monotonic() - asked < 5
        assert shapes.ok(requests.get(f"{program.url}/songs", timeout=30))["songs"] == []
        while left := [path.name for path in (program.data_dir / "files").glob("*")]:
            assert time.monotonic() - asked < 30, f"left behind: {left}"
            time.sleep(0.1)
