"""Models: what there is, and how one is installed. Nothing is fetched: the programs are offline."""

import requests

import shapes

ACE_STEP = "ace-step-v1-3.5b"


def install(base, name, body, **params):
    return requests.post(f"{base}/models/{name}/install", json=body, params=params, timeout=30)


def test_models_are_listed_with_licence_size_and_state(studio):
    for base in {studio.integrated, studio.programs[0].url}:
        listed = shapes.ok(requests.get(f"{base}/models", timeout=30))
        assert listed["problems"] == []
        model = next(model for model in listed["models"] if model["id"] == ACE_STEP)
        assert model["licence"]["id"] == "Apache-2.0"
        (variant,) = model["variants"]
        assert variant["state"] == "not_installed"
        assert variant["bytes"] == 8_275_790_207
        assert all(len(file["sha256"]) == 64 for file in variant["files"])
        assert model == shapes.ok(requests.get(f"{base}/models/{ACE_STEP}", timeout=30))


def test_an_unknown_model_or_variant_is_refused_with_those_that_are_known(one_process):
    base = one_process.integrated
    for answer in (requests.get(f"{base}/models/nothing", timeout=30), install(base, "nothing", {})):
        assert answer.status_code == 404
        assert ACE_STEP in answer.json()["detail"]
    answer = install(base, ACE_STEP, {"variant": "q1"})
    assert answer.status_code == 400
    assert "original" in answer.json()["detail"]


def test_an_installation_is_an_operation_that_says_why_it_failed(one_process):
    base = one_process.integrated
    answer = install(base, ACE_STEP, {})
    assert answer.status_code == 503, answer.text
    failed = answer.json()
    assert failed["code"] == "unavailable"
    assert "HF_HUB_OFFLINE" in failed["detail"]
    operation = shapes.ok(requests.get(f"{base}/operations/{failed['operation_id']}", timeout=30))
    assert operation["kind"] == "install_model"
    assert operation["state"] == "failed"
    assert operation["request"]["id"] == ACE_STEP

    answer = install(base, ACE_STEP, {}, **{"async": "true"})
    assert answer.status_code == 202
    assert answer.json()["kind"] == "install_model"
