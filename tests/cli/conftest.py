"""A user's shell: `aideator` called in this process, with a data folder of its own and no cluster unless a test gives one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.intake.models import provider_keys
from aideator_cli.main import main
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.schemas import parsed


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
        # Manifests are no such lines; and what other tests make up for an agent's records may lack some fields
        if "--json" in words and "--dry-run" not in words and words[0] != "logs":
            parsed(out)
        return Said(code, out, err)

    return call


@pytest.fixture
def world(aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A clone with a remote, a branch and an issue, a configuration, and a run of two variations. Returns the run's id."""
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit({"a.py": "x = 3\n"})
    repository.git("checkout", "--quiet", "main")
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    (repository.path / ".git" / "info" / "exclude").write_text("build\n*.md\n*.html\n*.cast\nresults\nall-of-it\n")
    (repository.path / "issue.md").write_text("Make it right.")
    for name in "ab":
        turns = [
            {"calls": [{"tool": "bash", "arguments": {"command": f"sed -i s/1/2/ {name}.py"}}]},
            {"calls": [{"tool": "submit", "arguments": {"summary": "Did it.", "answer": "So."}}]},
        ]
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    home.mkdir()
    (home / "config.toml").write_text(
        f'model = "scripted/{tmp_path}/a.yaml"\nmax_cost = 1\n[profiles.cheap]\nmax_cost = 0.2\n'
    )
    monkeypatch.chdir(repository.path)
    models = ["--model", f"scripted/{tmp_path}/a.yaml", "--model", f"scripted/{tmp_path}/b.yaml"]
    said = aideator("run", ".", "Fix it.", "--backend", "local", *models, "--verify", "grep -q 2 a.py b.py")
    assert said.code == 0, said.err
    (repository.path / ".aideator.toml").write_text("max_steps = 9\n")
    (repository.path / ".git" / "info" / "exclude").open("a").write(".aideator.toml\n")
    return said.err.split()[0]


Dry = Callable[..., Said]


@pytest.fixture
def dry(aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dry:
    """`run --dry-run` with a context, whose cluster is never asked."""
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x\n"})
    (tmp_path / "script.yaml").write_text("- say: done\n")
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    words = ["run", f"file://{repository.path}", "Fix it.", "--model", f"scripted/{tmp_path}/script.yaml", "-n", "1"]
    return lambda *more: aideator(*words, "--dry-run", *more)


def job_of(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    return next(each for each in yaml.safe_load_all(said.out) if each["kind"] == "Job")


def configure(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.yaml").write_text(text)
