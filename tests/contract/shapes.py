"""What the contract says of answers, as assertions. Extra fields are welcome everywhere."""

import base64
import json
import re
import struct
import uuid

import requests

SERVICE_NAMES = {
    "lyrics": "lyrics-generator",
    "music": "music-generator",
    "image": "cover-image-generator",
    "integrated": "integrated-music-generator",
}

STYLES = {
    "album cover art",
    "vintage",
    "modern",
    "abstract",
    "photorealistic",
    "illustration",
    "grunge",
    "electronic",
}


def text(value) -> str:
    assert isinstance(value, str) and value.strip(), repr(value)
    return value


def number(value, least: float = 0.0, most: float = float("inf")) -> float:
    assert isinstance(value, (int, float)) and not isinstance(value, bool), repr(value)
    assert least <= value <= most, f"{value} is not in {least}…{most}"
    return float(value)


def whole(value, least: int = 0, most: int = 2**63) -> int:
    assert isinstance(value, int) and not isinstance(value, bool), repr(value)
    assert least <= value <= most, f"{value} is not in {least}…{most}"
    return value


def operation_id(value) -> str:
    return str(uuid.UUID(text(value)))


def ok(answer: requests.Response) -> dict:
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:600]}"
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    return answer.json()


def error(answer: requests.Response, status: int, *, names: str | None = None, service: str | None = None) -> dict:
    """The error shape; `names` must be in its detail."""
    assert answer.status_code == status, f"{answer.status_code} instead of {status}: {answer.text[:600]}"
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    body = answer.json()
    detail = text(body["detail"])
    assert detail[0].isupper() or "_" in detail.split()[0] or names, f"not a sentence: {detail}"
    assert body["status_code"] == status, body
    assert "operation_id" in body, body
    if body["operation_id"] is not None:
        operation_id(body["operation_id"])
    assert body["service"] in SERVICE_NAMES.values(), body
    if service:
        assert body["service"] == SERVICE_NAMES[service], body
    if names:
        assert names in detail, f"{names!r} is not named in: {detail}"
    assert not re.search(r"panicked|\.rs:\d|Traceback", answer.text), answer.text
    return body


def metadata(value: dict) -> dict:
    number(value["generation_time"])
    text(value["model_info"])
    text(value["gpu_type"])
    assert value["estimated_cost"] is None, value
    operation_id(value["operation_id"])
    return value


class Wav:
    """A WAV file whose header tells the truth."""

    def __init__(self, data: bytes):
        assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", data[:16]
        assert struct.unpack_from("<I", data, 4)[0] + 8 == len(data), "the RIFF size is not the file's"
        at, self.data = 12, None
        while at + 8 <= len(data):
            name, size = struct.unpack_from("<4sI", data, at)
            body = data[at + 8 : at + 8 + size]
            assert len(body) == size, f"chunk {name} is cut off"
            if name == b"fmt ":
                self.format, self.channels, self.rate, _, block, self.bits = struct.unpack_from("<HHIIHH", body)
            elif name == b"data":
                self.data, self.frames = body, size // block
            at += 8 + size + size % 2
        assert self.data, "there is no data chunk"
        self.seconds = self.frames / self.rate

    def peak_16(self) -> int:
        assert self.bits == 16, self.bits
        return max(abs(s) for (s,) in struct.iter_unpack("<h", self.data))


def wav(data: bytes, seconds: float) -> Wav:
    made = Wav(data)
    assert (made.rate, made.channels) == (48_000, 2), (made.rate, made.channels)
    assert abs(made.frames - seconds * made.rate) <= 1, f"{made.seconds} s instead of {seconds} s"
    if made.bits == 16:
        assert made.peak_16() > 1000, "it is silent"
    return made


def png(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and data.endswith(b"IEND\xaeB`\x82"), "no whole PNG"
    return struct.unpack_from(">II", data, 16)


def png_chunks(data: bytes) -> list[tuple[str, bytes]]:
    """The kind of each chunk and what it holds."""
    png(data)
    chunks, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append((kind.decode("ascii"), data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def png_texts(chunks: list[tuple[str, bytes]]) -> dict[str, str]:
    """The texts of a PNG by their keywords, Latin-1 or UTF-8 as each chunk has them."""
    texts = {}
    for kind, data in chunks:
        if kind == "tEXt":
            keyword, value = data.split(b"\0", 1)
            texts[keyword.decode("latin-1")] = value.decode("latin-1")
        elif kind == "iTXt":
            keyword, rest = data.split(b"\0", 1)
            assert rest[0] == 0, "compressed"
            value = rest[2:].split(b"\0", 2)[2]
            texts[keyword.decode("latin-1")] = value.decode("utf-8")
    return texts


def unbase64(value: str) -> bytes:
    return base64.b64decode(text(value), validate=True)


def lyrics(value: str) -> list[str]:
    """The section tags, each on a line of its own."""
    tags = [line.strip() for line in text(value).splitlines() if re.fullmatch(r"\s*\[[^\]]+\]\s*", line)]
    assert tags, f"no section tags in {value!r}"
    allowed = r"\[(intro|verse|pre-chorus|chorus|bridge|instrumental|outro)( \d+)?\]"
    assert all(re.fullmatch(allowed, tag) for tag in tags), tags
    return tags


def tags_prompt(value: str) -> list[str]:
    assert "\n" not in text(value), value
    tags = [tag.strip() for tag in value.split(",")]
    assert len(tags) >= 3 and all(tags), value
    return tags


def package(value: dict, *, lyrics_made=True, cover=True, mode="local") -> dict:
    """The union of both published shapes, and ours."""
    text(value["s3_key"])
    assert value["audio_file_path"] == value["s3_key"], value
    assert value["cover_image_file_path"] == value["cover_image_s3_key"], value
    assert isinstance(value["cover_image_s3_key"], str) == cover, value["cover_image_s3_key"]
    assert value["storage_mode"] == mode, value["storage_mode"]
    assert value["categories"] == ["Unknown"] or 3 <= len(value["categories"]) <= 5, value["categories"]
    assert len(set(value["categories"])) == len(value["categories"])
    for category in value["categories"]:
        text(category)
    metadata(value["generation_metadata"])
    status = value["service_status"]
    assert set(status) >= {"lyrics", "prompt", "categories", "music", "cover_image"}, status
    assert all(isinstance(done, bool) for done in status.values()), status
    assert status["music"] is True and status["cover_image"] is cover, status
    assert value["errors"] is None or (value["errors"] and all(text(e) for e in value["errors"])), value["errors"]
    operation_id(value["operation_id"])
    assert value["correlation_id"] == value["operation_id"] == value["generation_metadata"]["operation_id"]
    uuid.UUID(value["song_id"])
    text(value["title"])
    text(value["prompt"])
    text(value["lyrics"])
    whole(value["seed"], 0, 2**31 - 1)
    number(value["audio_duration"], 10, 600)
    assert isinstance(value["engines"], dict) and value["engines"]["music"], value["engines"]
    links = value["links"]
    for name in ["audio", "bundle", "song"] + (["cover"] if cover else []):
        text(links[name])
    json.dumps(value)
    return value


def at(base: str, link: str) -> str:
    """A link of the server's, which may be a path."""
    return link if link.startswith("http") else base + link
