"""A run whose agents are of another version than the command-line tool says so once, and goes on."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository


@pytest.mark.parametrize(("version", "told"), [("9.9.9", 1), (None, 0)])
def test_agents_of_another_version(
    aideator: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str | None,
    told: int,
) -> None:
    if version:
        monkeypatch.setattr("aideator_cli.stream.versions.__version__", version)
    repository = LocalRepository(tmp_path / "project")
    repository.commit({"a.py": "x = 1\n"})
    (tmp_path / "script.yaml").write_text(
        '- calls: [{tool: write_file, arguments: {path: b.py, content: "y = 2\\n"}}]\n'
    )
    model = f"scripted/{tmp_path / 'script.yaml'}:2"
    said = aideator("run", str(repository.path), "Do it.", "--model", model, "--backend", "local", "--json")
    assert said.code == 0, said.err
    records = [json.loads(line) for line in said.out.splitlines()]
    seen = [record for record in records if record.get("observed") == "version"]
    assert len(seen) == told
    assert all("aideator 9.9.9" in record["text"] for record in seen)
