"""What adds a missing part of AIdeator: it comes from where this AIdeator came, because an index may hold another of its name."""

import json
import sys
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from aideator_cli.system.installation import adding
from tests.cli.conftest import Shell, aideator, home
from tests.fixtures.repositories import LocalRepository

__all__ = ["aideator", "home"]


def test_the_command_installs_from_where_this_one_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, facts = tmp_path / "a checkout/agent", tmp_path / "aideator_agent-0.1.0.dist-info"
    source.mkdir(parents=True)
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: aideator-agent\nVersion: 0.1.0\n")
    (facts / "direct_url.json").write_text(json.dumps({"url": source.as_uri(), "dir_info": {}}))
    monkeypatch.syspath_prepend(tmp_path)
    assert adding("models").endswith(f" install '{source}[models]'")
    source.rmdir()
    assert adding("models").endswith(" install 'aideator-agent[models]'")


def test_an_environment_without_pip_is_one_of_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    assert adding("server").startswith(f"uv pip install --python {sys.executable} ")


def test_a_run_that_would_miss_litellm_does_not_start(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x\n"})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setitem(sys.modules, "litellm", None)
    words = ("run", str(repository.path), "Fix it.", "--backend", "local", "--model", "gpt-5", "--allow-local-shell")
    said = aideator(*words)
    assert said.code == ExitCode.UNAVAILABLE
    assert "asking gpt-5 on this machine needs LiteLLM, which is not installed" in said.err
    assert f"hint: {adding('models')}" in said.err
    assert aideator(*words, "--estimate").code == 0
