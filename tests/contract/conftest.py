"""Servers that the tests share. The program is named by SONGWRIGHT_BIN (`cargo xtask test` sets it)."""

from dataclasses import dataclass

import pytest

from program import Program


@dataclass(frozen=True)
class Studio:
    """Where each service answers."""

    lyrics: str
    music: str
    image: str
    integrated: str
    programs: tuple[Program, ...]

    def of(self, word: str) -> str:
        return getattr(self, word)

    def log(self) -> str:
        return "\n".join(program.log() for program in self.programs)


@pytest.fixture(scope="session")
def one_process(tmp_path_factory) -> Studio:
    with Program("serve", tmp_path_factory.mktemp("one")) as program:
        base = program.url
        yield Studio(f"{base}/lyrics", f"{base}/music", f"{base}/image", base, (program,))


@pytest.fixture(scope="session")
def four_processes(tmp_path_factory) -> Studio:
    """Three services alone, and the integrated one that calls them by their URLs."""
    folder = tmp_path_factory.mktemp("four")
    with (
        Program("lyrics", folder / "lyrics") as lyrics,
        Program("music", folder / "music") as music,
        Program("image", folder / "image") as image,
    ):
        urls = {
            "LYRICS_SERVICE_URL": lyrics.url,
            "MUSIC_SERVICE_URL": music.url,
            "IMAGE_SERVICE_URL": image.url,
        }
        with Program("integrated", folder / "integrated", env=urls) as integrated:
            programs = (lyrics, music, image, integrated)
            yield Studio(*(program.url for program in programs), programs)


@pytest.fixture(params=["one process", "four processes"])
def studio(request) -> Studio:
    """Every test that asks for it runs in both modes; the second is also each service alone."""
    return request.getfixturevalue(request.param.replace(" ", "_"))


@pytest.fixture(scope="session")
def package(one_process):
    """A finished song, for tests that only read."""
    import requests

    from songs import SHORT

    answer = requests.post(f"{one_process.integrated}/generate_from_description", json=SHORT, timeout=120)
    assert answer.status_code == 200, answer.text
    return answer.json()
