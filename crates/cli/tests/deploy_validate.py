"""What `songwright deploy` writes, judged by the packages of the tools that will read it.

    pip install -r tests/requirements.txt
    SONGWRIGHT_BIN=target/debug/songwright pytest crates/cli/tests/deploy_validate.py

Nothing is built, pushed or deployed, and no network is needed.
"""

import os
import pathlib
import re
import runpy
import shutil
import stat
import subprocess
import sysconfig

import kubernetes_validate
import modal
import pytest
import yaml
from compose_spec.models import ComposeSpecification

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("SONGWRIGHT_BIN", str(ROOT / "target/debug/songwright"))
SERVICES = ["lyrics", "music", "image", "integrated"]
COMPUTING = ["lyrics", "music", "image"]
NEEDED_URLS = ["LYRICS_SERVICE_URL", "MUSIC_SERVICE_URL", "IMAGE_SERVICE_URL"]


def songwright(*words, check=True, **environment):
    return subprocess.run(
        [PROGRAM, *map(str, words)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=check,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The source tree, known by its manifest."""
    if 'name = "songwright"' in (ROOT / "Cargo.toml").read_text():
        return ROOT
    folder = tmp_path_factory.mktemp("source")
    (folder / "Cargo.toml").write_text('[package]\nname = "songwright"\n')
    return folder


@pytest.fixture(scope="module", params=["all", *SERVICES])
def which(request):
    return request.param


def deploy(which, target, folder, source, **environment):
    words = ["deploy-all"] if which == "all" else ["deploy", which]
    ran = songwright(*words, "--target", target, "--to", folder, "--source", source, **environment)
    assert "Nothing is deployed yet" in ran.stdout
    return SERVICES if which == "all" else [which]


@pytest.fixture(scope="module")
def container(which, source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("container")
    return folder, deploy(which, "container", folder, source)


@pytest.fixture(scope="module")
def kubernetes(which, source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kubernetes")
    return folder, deploy(which, "kubernetes", folder, source)


def dotenv(folder):
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def interpolated(text, values):
    """${NAME}, ${NAME:-default} and ${NAME:?message}, as Compose reads them."""

    def value(match):
        name, form, rest = match["name"], match["form"], match["rest"]
        if values.get(name):
            return values[name]
        assert form != ":?", f"{name}: {rest}"
        return rest or ""

    return re.sub(r"\$\{(?P<name>\w+)(?:(?P<form>:[-?])(?P<rest>[^}]*))?\}", value, text)


def test_the_key_is_fresh_and_its_owner_s_alone(container, kubernetes, source, tmp_path):
    folder, _ = container
    key = dotenv(folder)["SONGWRIGHT_API_KEY"]
    assert re.fullmatch(r"[A-Za-z0-9]{40}", key)
    for path in [folder / ".env", kubernetes[0] / "base/secret.yaml"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    secret = yaml.safe_load((kubernetes[0] / "base/secret.yaml").read_text())
    assert secret["stringData"]["api-key"] != key
    for folder in [folder, kubernetes[0]]:
        ignored = (folder / ".gitignore").read_text().split()
        assert ignored in ([".env"], ["base/secret.yaml"])


def test_compose_is_the_specification_s(container):
    folder, services = container
    text = interpolated((folder / "compose.yaml").read_text(), dotenv(folder))
    compose = yaml.safe_load(text)
    extensions = [name for name in compose if name.startswith("x-")]
    for name in extensions:
        del compose[name]
    ComposeSpecification.model_validate(compose, extra="forbid")
    assert list(compose["services"]) == services
    ports = [port for s in compose["services"].values() for port in s["ports"]]
    assert len(set(ports)) == len(ports)
    for name, service in compose["services"].items():
        environment = service["environment"]
        assert service["command"] == ["run", name]
        assert environment["SONGWRIGHT_API_KEY"] == dotenv(folder)["SONGWRIGHT_API_KEY"]
        assert name in environment["SONGWRIGHT_ALLOWED_HOSTS"].split(",")
        assert f"{name}:/data" in service["volumes"] and name in compose["volumes"]
    if services == SERVICES:
        integrated = compose["services"]["integrated"]
        assert [integrated["environment"][url] for url in NEEDED_URLS] == [
            f"http://{other}:8000" for other in COMPUTING
        ]
        assert set(integrated["depends_on"]) == set(COMPUTING)
        health = {d["condition"] for d in integrated["depends_on"].values()}
        assert health == {"service_healthy"}


def test_gpus_go_on_top_for_services_that_compute(container):
    folder, services = container
    overlay = yaml.safe_load((folder / "compose.gpu.yaml").read_text())
    ComposeSpecification.model_validate(overlay, extra="forbid")
    assert list(overlay["services"]) == [s for s in services if s in COMPUTING]
    for service in overlay["services"].values():
        [device] = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
        # A program without CUDA has no use for it.
        assert service["build"] == {"args": {"DEVICE": "cuda"}}
        assert service["image"].endswith("-cuda")


def test_the_dockerfile_builds_what_uses_the_device(container):
    text = (container[0] / "Dockerfile").read_text()
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n((?:(?!FROM ).*\n)*)", text, re.M))
    assert "cargo build --release" in stages["build-cpu"] and "cuda" not in stages["build-cpu"]
    assert "cargo xtask cuda build" in stages["build-cuda"]
    assert re.search(r"^FROM nvidia/cuda:\S+-runtime-\S+ AS run-cuda$", text, re.M)
    assert re.search(r"^ARG DEVICE=cpu$", text, re.M)
    assert text.index("FROM build-${DEVICE} AS build") < text.index("FROM run-${DEVICE}")


def test_hadolint_passes_the_dockerfile(container, kubernetes):
    hadolint = pathlib.Path(sysconfig.get_path("scripts")) / "hadolint"
    # DL3022: `source` is a named build context. DL3008: Debian's own releases are pinned by the image.
    quiet = ["--ignore", "DL3022", "--ignore", "DL3008"]
    for folder in [container[0], kubernetes[0]]:
        ran = subprocess.run([hadolint, *quiet, folder / "Dockerfile"], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout
    text = (container[0] / "Dockerfile").read_text()
    assert re.search(r"^USER 10001", text, re.M) and "HEALTHCHECK" in text and "VOLUME /data" in text


def documents(path):
    return [d for d in yaml.safe_load_all(path.read_text()) if d]


def test_manifests_are_kubernetes_s(kubernetes):
    folder, services = kubernetes
    listed = yaml.safe_load((folder / "base/kustomization.yaml").read_text())["resources"]
    assert listed == ["secret.yaml", *(f"{s}.yaml" for s in services)]
    newest = kubernetes_validate.latest_version()
    for name in listed:
        for document in documents(folder / "base" / name):
            kubernetes_validate.validate(document, newest, strict=True)
    for service in services:
        deployment, front, claim = documents(folder / f"base/{service}.yaml")
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["args"] == ["run", service]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
            assert container[probe]["httpGet"]["path"] == "/health_check"
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert front["spec"]["selector"].items() <= labels.items()
        assert front["spec"]["ports"][0]["port"] == 8000
        [volume] = [v for v in pod["volumes"] if "persistentVolumeClaim" in v]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        environment = {e["name"]: e for e in container["env"]}
        key = environment["SONGWRIGHT_API_KEY"]["valueFrom"]["secretKeyRef"]
        assert key == {"name": "songwright", "key": "api-key"}
        allowed = environment["SONGWRIGHT_ALLOWED_HOSTS"]["value"].split(",")
        assert front["metadata"]["name"] in allowed
        if service == "integrated":
            assert [environment[url]["value"] for url in NEEDED_URLS] == [
                f"http://songwright-{other}:8000" for other in COMPUTING
            ]


def test_the_gpu_overlay_asks_for_one_each(kubernetes):
    folder, services = kubernetes
    overlay = yaml.safe_load((folder / "gpu/kustomization.yaml").read_text())
    assert overlay["resources"] == ["../base"]
    computing = [f"songwright-{s}" for s in services if s in COMPUTING]
    assert [p["target"]["name"] for p in overlay["patches"]] == computing
    for patch in overlay["patches"]:
        image, limits = yaml.safe_load(patch["patch"])
        assert image["op"] == "replace" and image["path"].endswith("/containers/0/image")
        assert image["value"].endswith("-cuda")
        assert limits["value"] == {"nvidia.com/gpu": 1}
        assert limits["path"].endswith("/containers/0/resources/limits")


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kustomize_puts_the_overlay_together(kubernetes):
    folder, services = kubernetes
    ran = subprocess.run(["kubectl", "kustomize", folder / "gpu"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    built = {d["metadata"]["name"]: d for d in yaml.safe_load_all(ran.stdout) if d["kind"] == "Deployment"}
    assert sorted(built) == sorted(f"songwright-{s}" for s in services)
    for name, deployment in built.items():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        computes = name.split("-")[1] in COMPUTING
        assert container["resources"].get("limits") == ({"nvidia.com/gpu": 1} if computes else None)
        assert container["image"].endswith("-cuda") == computes


@pytest.mark.parametrize("gpu", ["0", "1"])
def test_modal_takes_the_app(which, source, tmp_path, monkeypatch, gpu):
    services = deploy(which, "modal", tmp_path, source)
    asked = []
    function = modal.App.function

    def noted(app, **options):
        asked.append(options)
        return function(app, **options)

    monkeypatch.setattr(modal.App, "function", noted)
    monkeypatch.setenv("SONGWRIGHT_GPU", gpu)
    app = runpy.run_path(str(tmp_path / "songwright_modal.py"))
    assert app["app"].name == ("songwright" if which == "all" else f"songwright-{which}")
    assert all(isinstance(app[service], modal.Function) for service in services)
    assert [bool(options.get("gpu")) for options in asked] == [
        gpu == "1" and service in COMPUTING for service in services
    ]
    on_gpu = [options["image"] is app["on_gpu"] for options in asked]
    assert on_gpu == [bool(options.get("gpu")) for options in asked]
    assert all(isinstance(options["image"], modal.Image) for options in asked)
    times = {"image": 300}
    assert [options["timeout"] for options in asked] == [times.get(s, 1800) for s in services]


def test_urls_of_the_configuration_are_wired_where_a_service_is_deployed_alone(source, tmp_path):
    url = "https://music.example/prefix"
    deploy("integrated", "kubernetes", tmp_path / "k", source, MUSIC_SERVICE_URL=url)
    deployment = documents(tmp_path / "k/base/integrated.yaml")[0]
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "MUSIC_SERVICE_URL", "value": url} in environment
    deploy("integrated", "container", tmp_path / "c", source, MUSIC_SERVICE_URL=url)
    text = interpolated((tmp_path / "c/compose.yaml").read_text(), dotenv(tmp_path / "c"))
    environment = yaml.safe_load(text)["services"]["integrated"]["environment"]
    assert environment["MUSIC_SERVICE_URL"] == url
    assert not environment["LYRICS_SERVICE_URL"]


def test_nothing_is_written_over_and_a_source_is_needed(source, tmp_path):
    deploy("lyrics", "container", tmp_path / "d", source)
    before = (tmp_path / "d/.env").read_text()
    again = ["deploy", "lyrics", "--to", tmp_path / "d", "--source", source]
    ran = songwright(*again, check=False)
    assert ran.returncode == 2 and "--force" in ran.stderr
    assert (tmp_path / "d/.env").read_text() == before
    songwright(*again, "--force")
    assert (tmp_path / "d/.env").read_text() != before, "a new key"
    ran = songwright("deploy", "lyrics", "--to", tmp_path / "e", "--source", tmp_path, check=False)
    assert ran.returncode == 2 and "--source" in ran.stderr
    assert not (tmp_path / "e").exists()


def test_image_names_and_folders_with_blanks_survive(tmp_path):
    source = tmp_path / "the source"
    source.mkdir()
    (source / "Cargo.toml").write_text('[package]\nname = "songwright"\n')
    folder = tmp_path / "to it"
    image = "registry.example:5000/me/songwright:1"
    ran = songwright("deploy-all", "--to", folder, "--source", source, "--image", image)
    assert f"cd '{folder}'" in ran.stdout
    assert dotenv(folder)["SONGWRIGHT_SOURCE"].strip("'\"") == str(source)
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    assert compose["services"]["music"]["image"] == image
