"""The integrated service in bad company: what fails, what goes on without, and what is said."""

import socket
import time
from types import SimpleNamespace

import pytest
import requests

import shapes
from bad_company import BadCompany
from program import Program
from songs import DESCRIPTION, SHORT, WITH_LYRICS

BROKEN = ["refuse", "hang", "rubbish", "wrong", "cut", 400, 500, 503]
# Longer than the two pauses between three tries, which are 3 s at most, and some for the work.
DEADLINE_S = {f"SONGWRIGHT_{word}_MAX_RUNTIME_SECONDS": "8" for word in ("LYRICS", "MUSIC", "IMAGE")}


@pytest.fixture(scope="module")
def company(one_process, tmp_path_factory):
    lyrics, music, image = (BadCompany(one_process.of(word)) for word in ("lyrics", "music", "image"))
    env = {
        "LYRICS_SERVICE_URL": lyrics.url,
        "MUSIC_SERVICE_URL": f"{music.url}/",
        "IMAGE_SERVICE_URL": image.url,
        **DEADLINE_S,
    }
    with Program("integrated", tmp_path_factory.mktemp("company"), env=env) as program:
        yield SimpleNamespace(lyrics=lyrics, music=music, image=image, url=program.url)


@pytest.fixture(autouse=True)
def well(company):
    for one in (company.lyrics, company.music, company.image):
        one.well()


def ask(company, body=SHORT, endpoint="generate_from_description"):
    return requests.post(f"{company.url}/{endpoint}", json=body, timeout=120)


def test_in_good_company_all_is_well(company):
    package = shapes.package(shapes.ok(ask(company)))
    assert package["errors"] is None, package["errors"]
    assert company.music.seen and company.image.seen and company.lyrics.seen, "the others were not asked"


@pytest.mark.parametrize("how", BROKEN)
def test_without_lyrics_it_is_an_instrumental(company, how):
    company.lyrics.behave["generate_lyrics"] = how
    package = shapes.package(shapes.ok(ask(company)))
    assert package["lyrics"] == "[instrumental]"
    assert package["service_status"]["lyrics"] is False
    assert package["service_status"]["prompt"] is True
    assert any("yrics" in error for error in package["errors"]), package["errors"]


@pytest.mark.parametrize("how", BROKEN)
def test_without_a_prompt_the_description_is_the_prompt(company, how):
    company.lyrics.behave["generate_prompt"] = how
    package = shapes.package(shapes.ok(ask(company)))
    assert package["prompt"] == DESCRIPTION
    assert package["service_status"]["prompt"] is False
    assert package["service_status"]["lyrics"] is True


@pytest.mark.parametrize("how", BROKEN)
def test_without_categories_they_are_unknown(company, how):
    company.lyrics.behave["generate_categories"] = how
    package = shapes.package(shapes.ok(ask(company)))
    assert package["categories"] == ["Unknown"]
    assert package["service_status"]["categories"] is False


@pytest.mark.parametrize("how", BROKEN)
def test_without_a_cover_the_song_is_whole(company, how):
    company.image.behave["generate_cover_image"] = how
    package = shapes.package(shapes.ok(ask(company)), cover=False)
    assert any("over" in error for error in package["errors"]), package["errors"]
    assert package["cover_image_file_path"] is None


# What the client of the integrated service is told when music fails: that time ran out, that a service is not there
# now, and else that it failed. Never 400: the request passed every check of the service that the client asked.
TOLD = {"hang": 408, 503: 503}


@pytest.mark.parametrize("how", [*BROKEN, 422])
def test_without_music_the_operation_fails_and_keeps_the_rest(company, how):
    company.music.behave.update(dict.fromkeys(["generate_music", "generate_music_to_storage"], how))
    answer = ask(company)
    body = shapes.error(answer, TOLD.get(how, 502), service="integrated")
    kept = shapes.ok(requests.get(f"{company.url}/operations/{body['operation_id']}", timeout=30))
    assert kept["state"] == "failed"
    assert kept["error"]["detail"] == body["detail"]
    shapes.lyrics(kept["result"]["lyrics"])
    shapes.tags_prompt(kept["result"]["prompt"])
    assert kept["result"]["service_status"]["music"] is False
    health = shapes.ok(requests.get(f"{company.url}/health_check", timeout=30))
    assert health["active_operations"] == 0
    if how in (400, 422):
        assert body["detail"].endswith("does not take this request: No.")


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_what_may_pass_is_tried_three_times(company, status):
    company.lyrics.behave["generate_lyrics"] = [status, status]
    package = shapes.package(shapes.ok(ask(company)))
    assert package["errors"] is None, package["errors"]
    assert company.lyrics.seen["generate_lyrics"] == 3
    company.lyrics.well()
    company.lyrics.behave["generate_lyrics"] = status
    assert shapes.ok(ask(company))["service_status"]["lyrics"] is False
    assert company.lyrics.seen["generate_lyrics"] == 3


@pytest.mark.parametrize("status", [400, 404, 500, 507])
def test_what_will_not_pass_is_tried_once(company, status):
    company.lyrics.behave["generate_lyrics"] = status
    assert shapes.ok(ask(company))["service_status"]["lyrics"] is False
    assert company.lyrics.seen["generate_lyrics"] == 1


def test_given_lyrics_need_no_lyricist(company):
    company.lyrics.behave.update(dict.fromkeys(["generate_lyrics", "generate_prompt", "generate_categories", "generate_title"], "refuse"))
    package = shapes.package(shapes.ok(ask(company, WITH_LYRICS, "generate_with_lyrics")))
    assert package["lyrics"].strip() == WITH_LYRICS["lyrics"].strip()
    assert package["categories"] == ["Unknown"]
    shapes.text(package["title"])


def test_nobody_at_home(tmp_path):
    """Real refused connections: nobody listens where the lyrics and image services should be."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        env = {"LYRICS_SERVICE_URL": nowhere, "IMAGE_SERVICE_URL": nowhere}
        with Program("integrated", tmp_path, env=env) as program:
            start = time.monotonic()
            answer = requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=120)
            package = shapes.package(shapes.ok(answer), cover=False)
            assert time.monotonic() - start < 100
            assert package["service_status"] == package["service_status"] | {
                "lyrics": False,
                "prompt": False,
                "categories": False,
                "cover_image": False,
                "music": True,
            }
            assert package["prompt"] == DESCRIPTION
            assert len(package["errors"]) >= 2
            health = shapes.ok(requests.get(f"{program.url}/health_check", timeout=30))
            assert health["dependent_services"]["lyrics"]["healthy"] is False
            assert health["status"] in ("degraded", "unhealthy")


def test_a_base_url_may_be_a_prefix(one_process, tmp_path):
    env = {f"{word.upper()}_SERVICE_URL": one_process.of(word) for word in ("lyrics", "music", "image")}
    with Program("integrated", tmp_path, env=env) as program:
        answer = requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=120)
        package = shapes.package(shapes.ok(answer))
        assert package["errors"] is None, package["errors"]


def test_alone_the_integrated_service_has_all_in_itself(tmp_path):
    with Program("integrated", tmp_path) as program:
        answer = requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=120)
        assert shapes.package(shapes.ok(answer))["errors"] is None
