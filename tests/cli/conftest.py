"""A user's shell: `aideator` called in this process, with a data folder of its own and no cluster unless a test gives one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aideator_cli.intake.models import provider_keys
from aideator_cli.main import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Shell = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "aideator-home"
    monkeypatch.setenv("AIDEATOR_HOME", str(home))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("sys.argv", ["aideator"])
    for key in provider_keys():
        monkeypatch.delenv(key, raising=False)
    return home


@pytest.fixture
def aideator(home: Path, capfd: pytest.CaptureFixture[str]) -> Shell:
    assert not home.exists()

    def call(*words: str) -> Said:
        code = main(words)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call
