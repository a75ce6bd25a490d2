"""Results on a real forge: a branch for each, and the link that the forge answers with."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.conftest import aideator as aideator  # noqa: PLC0414 -- a fixture
from tests.cli.conftest import home as home  # noqa: PLC0414 -- a fixture
from tests.fixtures.forge import Forge
from tests.fixtures.repositories import git_environment


def test_a_run_of_a_private_repository_ends_as_branches_with_links(
    forge: Forge, aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.add("pushed", {"a.txt": "a\n"})
    script = tmp_path / "script.yaml"
    script.write_text("- calls: [{tool: write_file, arguments: {path: new.txt, content: n}}]\n")
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.certificate))
    monkeypatch.setenv("GIT_TOKEN", forge.token)
    monkeypatch.chdir(tmp_path)
    url = forge.url("pushed")
    said = aideator(
        "run", url, "fix", "--backend", "local", "--model", f"scripted/{script}:2", "--push", "origin:fix", "--json"
    )
    assert said.code == 0, said.err
    told = [line for line in map(json.loads, said.out.splitlines()) if line["kind"] == "pushed"]
    assert {line["branch"]: line["commit"] for line in told}.items() < forge.branches("pushed").items()
    assert [line["link"] for line in told] == [
        f"https://127.0.0.1:{forge.port}/ada/pushed/pulls/new/fix/{n}" for n in (1, 2)
    ]

    refused = aideator("push", "@last/1", "origin:main/x")
    assert refused.code == 5
    assert "refused the branch main/x/1" in refused.err
    monkeypatch.setenv("GIT_TOKEN", "0" * 40)
    denied = aideator("push", "@last/1", f"{url}:again")
    assert denied.code == 5
    assert "you may not fetch the base of" in denied.err
