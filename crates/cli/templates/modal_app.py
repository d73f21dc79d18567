"""Songwright {{ version }} on Modal, written by `songwright deploy`.

    pip install modal && modal setup
    modal secret create songwright SONGWRIGHT_API_KEY=$(head -c 32 /dev/urandom | base64 | tr -d '+/=')
    modal deploy songwright_modal.py

Modal builds the program from the source in SONGWRIGHT_SOURCE. The built-in engines compute on the
CPU; SONGWRIGHT_GPU=1 modal deploy … gives each service that computes a GPU, and a program that uses
it for installed models.
"""

import os
import subprocess

import modal

SOURCE = os.environ.get("SONGWRIGHT_SOURCE", {{ source | tojson }})
WITH_GPU = os.environ.get("SONGWRIGHT_GPU", "0") != "0"
PORT = 8000

app = modal.App("songwright{{ app_suffix }}")
key = modal.Secret.from_name("songwright", required_keys=["SONGWRIGHT_API_KEY"])


def program(image: modal.Image, build: str, built: str) -> modal.Image:
    """The image with the program in it."""
    return (
        image.add_local_dir(
            SOURCE,
            "/src",
            copy=True,
            ignore=["target", ".git", "**/node_modules", "**/.venv"],
        )
        .run_commands(f"cd /src && {build} && install {built} /usr/local/bin/songwright && rm -rf /src/target")
        .env({"SONGWRIGHT_DATA_DIR": "/data", "SONGWRIGHT_HOST": "0.0.0.0", "SONGWRIGHT_PORT": str(PORT)})
    )


on_cpu = program(
    modal.Image.from_registry("rust:1.95-slim-trixie", add_python="3.12"),
    "cargo build --release --locked --bin songwright",
    "target/release/songwright",
)
# With NVIDIA's compiler and libraries; the driver is Modal's.
on_gpu = program(
    modal.Image.from_registry("nvidia/cuda:13.0.2-devel-ubuntu24.04", add_python="3.12")
    .apt_install("build-essential", "ca-certificates", "curl")
    .env(
        {
            "CARGO_HOME": "/usr/local/cargo",
            "RUSTUP_HOME": "/usr/local/rustup",
            "PATH": "/usr/local/cargo/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
    )
    .run_commands(
        "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs"
        " | sh -s -- -y --profile minimal --default-toolchain 1.95"
    ),
    "cargo xtask cuda build",
    "target/cuda/release/songwright",
)


def volume(name: str) -> dict:
    return {"/data": modal.Volume.from_name(f"songwright-{name}", create_if_missing=True)}


def host_of(url: str) -> str:
    return url.removeprefix("https://").split("/")[0]


def start(name: str, own_url: str | None, others: dict[str, str | None]) -> None:
    """Starts the program; Modal sends requests once it listens."""
    environment = dict(os.environ)
    if own_url:
        environment["SONGWRIGHT_ALLOWED_HOSTS"] = host_of(own_url)
    for word, url in others.items():
        if url:
            environment[f"{word.upper()}_SERVICE_URL"] = url
            environment[f"SONGWRIGHT_{word.upper()}_KEY"] = environment["SONGWRIGHT_API_KEY"]
    subprocess.Popen(["songwright", "run", name], env=environment)
{% for service in services %}

@app.function(
{%- if service.gpu %}
    image=on_gpu if WITH_GPU else on_cpu,
{%- else %}
    image=on_cpu,
{%- endif %}
    secrets=[key],
    volumes=volume("{{ service.word }}"),
{%- if service.gpu %}
    gpu="{{ service.modal_gpu }}" if WITH_GPU else None,
{%- endif %}
    cpu={{ service.cpu }},
    scaledown_window={{ service.idle_s }},
    timeout={{ service.timeout_s }},
    # The library is one SQLite file on one volume: one container at a time.
    max_containers=1,
)
@modal.concurrent(max_inputs=64)
@modal.web_server(PORT, startup_timeout=120)
def {{ service.word }}():
    start(
        "{{ service.word }}",
        {{ service.word }}.get_web_url(),
        {
{%- for other in service.needs %}
            "{{ other.word }}": {% if other.here %}{{ other.word }}.get_web_url(){% else %}os.environ.get("{{ other.url_variable }}"{% if other.url %}, {{ other.url | tojson }}{% endif %}){% endif %},
{%- if loop.last %}
        {% endif %}
{%- endfor -%}
        },
    )
{% endfor -%}
