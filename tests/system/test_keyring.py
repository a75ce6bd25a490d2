"""Keys are looked up in the machine's keyring."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPENED = """
import sys

sys.addaudithook(lambda event, values: print(event, values) if event in ("subprocess.Popen", "os.posix_spawn", "os.system") else None)

from aideator_cli.system.keyring import Keyring

Keyring()
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its libraries where they are looked for")
def test_to_find_it_no_program_is_started(tmp_path: Path) -> None:
    """The library searches the libraries of macOS by ldconfig and gcc."""
    told = {name: value for name, value in os.environ.items() if name != "PYTHON_KEYRING_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", OPENED], env={**told, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
