"""The program as a process."""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

LISTENING = re.compile(r"^Listening on (http://\S+)$")


def binary() -> str:
    path = os.environ.get("SONGWRIGHT_BIN")
    assert path, "Set SONGWRIGHT_BIN to the songwright program."
    return path


def clean_env(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This environment without anything that would configure the program."""
    ours = ("HF_", "SONGWRIGHT_", "S3_", "AWS_", "LYRICS_SERVICE", "MUSIC_SERVICE", "IMAGE_SERVICE", "LLM_MODEL")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # Nothing is fetched, and what this user has fetched is not seen.
    return env | {"HF_HUB_OFFLINE": "1", "HF_HOME": os.devnull} | (extra or {})


class Program:
    """`songwright serve`, or `songwright run NAME`, on a free port."""

    def __init__(self, what: str, folder: Path, env: dict[str, str] | None = None, flags: tuple[str, ...] = ()):
        verb = ["serve"] if what == "serve" else ["run", what]
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "log.txt"
        self.data_dir = folder / "data"
        with self._log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [binary(), *verb, "--port", "0", "--data-dir", str(self.data_dir), *flags],
                env=clean_env(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        line = self.process.stdout.readline().strip()
        match = LISTENING.match(line)
        if not match:
            self.process.kill()
            raise AssertionError(f"expected 'Listening on …', not {line!r}; it said:\n{self.log()}")
        self.url = match[1]
        # The pipe stays open and empty.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("SIGTERM does not end it") from None
        return self.process.returncode

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
