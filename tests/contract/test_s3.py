"""Songs whose files lie in a bucket: made, heard, taken out, taken in, and a server that goes away."""

import hashlib
import io
import json
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import boto3
import pytest
import requests
from botocore.exceptions import EndpointConnectionError

import shapes
from program import Program, binary, clean_env
from songs import MUSIC, SHORT

BUCKET = "songs"


class Bucket:
    """A server that speaks S3 (moto), with one bucket."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Path(sys.executable).with_name("moto_server")
        self._process = subprocess.Popen(
            [server, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.endpoint = f"http://127.0.0.1:{port}"
        self._s3 = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self._s3.create_bucket(Bucket=BUCKET)
                break
            except EndpointConnectionError:
                assert time.monotonic() < deadline, "moto_server does not listen"
                time.sleep(0.1)

    def env(self) -> dict[str, str]:
        return {
            "S3_BUCKET_NAME": BUCKET,
            "S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def get(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def keys(self) -> set[str]:
        return {one["Key"] for one in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def bucket():
    bucket = Bucket()
    yield bucket
    bucket.close()


def make(program) -> dict:
    answer = requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=120)
    return shapes.package(shapes.ok(answer), mode="s3")


def unpacked(bundle: bytes) -> dict[str, bytes]:
    """Its files, each with the digest that song.json says."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = json.loads(files["song.json"])["files"]
    assert {one["path"] for one in listed} == set(files) - {"song.json"}
    for one in listed:
        assert hashlib.sha256(files[one["path"]]).hexdigest() == one["sha256"], one["path"]
    return files


def command(folder: Path, bucket: Bucket | None, *args: str) -> str:
    env = clean_env(bucket.env() if bucket else {})
    run = subprocess.run(
        [binary(), *args, "--data-dir", str(folder)], env=env, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_song_lives_in_the_bucket(bucket, tmp_path):
    with Program("serve", tmp_path, env=bucket.env()) as program:
        package = make(program)
        for key in (package["s3_key"], package["cover_image_s3_key"]):
            assert requests.get(f"{program.url}/files/{key}", timeout=30).content == bucket.get(key)
        assert not (program.data_dir / "files").exists(), "files were written beside the bucket"
        song = f"{program.url}/songs/{package['song_id']}"
        part = requests.get(f"{song}/audio", headers={"range": "bytes=44-143"}, timeout=30)
        assert part.status_code == 206
        assert part.content == bucket.get(package["s3_key"])[44:144]
        assert shapes.ok(requests.get(f"{song}/peaks", timeout=30))
        shapes.ok(requests.get(f"{program.url}/download_image", params={"file_key": package["cover_image_s3_key"]}, timeout=30))
        assert requests.delete(song, timeout=30).status_code in (200, 204)
        assert not {package["s3_key"], package["cover_image_s3_key"]} & bucket.keys()


def test_bundles_go_out_of_the_bucket_and_in(bucket, tmp_path):
    with Program("serve", tmp_path / "first", env=bucket.env()) as program:
        package = make(program)
        kept = bucket.keys()
        answer = requests.get(
            f"{program.url}/songs/{package['song_id']}/bundle",
            params={"stems": "true", "midi": "true", "flac": "true"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        files = unpacked(answer.content)
        kinds = {Path(name).suffix for name in files}
        assert kinds == {".wav", ".png", ".txt", ".lrc", ".json", ".flac", ".mid"}
        assert sum(name.startswith("stems/") for name in files) > 2
        assert bucket.keys() == kept, "stems that were played for the bundle stayed"
        answer = requests.post(
            f"{program.url}/songs/import", data=answer.content, headers={"content-type": "application/zip"}, timeout=60
        )
        assert answer.status_code == 201, answer.text
        back = answer.json()["song"]
        assert back["song_id"] != package["song_id"], "a copy is a song of its own"
        assert back["title"] == package["title"]
        assert len(bucket.keys()) > len(kept)
    # The other way: out by the command line, into a folder, and from there into the bucket again.
    out = tmp_path / "out"
    command(tmp_path / "first/data", bucket, "export", package["song_id"], "--zip", "--out", str(out))
    [exported] = out.iterdir()
    unpacked(exported.read_bytes())
    local = tmp_path / "local"
    command(local, None, "import", str(exported))
    [song] = json.loads(command(local, None, "library", "list", "--json"))["songs"]
    assert song["title"] == package["title"]
    command(local, None, "export", song["song_id"], "--out", str(tmp_path / "again"))
    [folder] = (tmp_path / "again").iterdir()
    command(tmp_path / "second/data", bucket, "import", str(folder))
    with Program("serve", tmp_path / "second", env=bucket.env()) as program:
        [song] = shapes.ok(requests.get(f"{program.url}/songs", timeout=30))["songs"]
        answer = requests.get(f"{program.url}/songs/{song['song_id']}/audio", timeout=30)
        assert answer.status_code == 200 and answer.content.startswith(b"RIFF")


def test_without_its_bucket_a_song_fails_with_a_sentence(bucket, tmp_path):
    with Program("serve", tmp_path, env=bucket.env()) as program:
        package = make(program)
        bucket.close()
        answer = requests.get(f"{program.url}/songs/{package['song_id']}/audio", timeout=120)
        shapes.error(answer, answer.status_code)
        assert answer.status_code in (502, 503), answer.text
        answer = requests.post(f"{program.url}/generate_from_description", json=SHORT, timeout=180)
        shapes.error(answer, answer.status_code, service="integrated")
        assert answer.status_code in (502, 503), answer.text
        health = shapes.ok(requests.get(f"{program.url}/health_check", timeout=30))
        assert health["status"] == "degraded", health
        assert health["last_failure"] == answer.json()["detail"]
        stored = f"{program.url}/music/generate_music_to_storage"
        answer = requests.post(stored, json=MUSIC, timeout=180)
        shapes.error(answer, 502, service="music")
        music = shapes.ok(requests.get(f"{program.url}/music/health_check", timeout=30))
        assert (music["status"], music["last_failure"]) == ("degraded", answer.json()["detail"])
        songs = shapes.ok(requests.get(f"{program.url}/songs", timeout=30))["songs"]
        assert [song["song_id"] for song in songs] == [package["song_id"]], "half a song is in the library"
