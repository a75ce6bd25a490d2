"""What `run` can be told about the repository, and what is wrong with it, before anything starts."""

import json
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def run(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> Shell:
    repository.commit({"api/main.py": "x = 1\n", "web/page.js": "p\n"})
    script = tmp_path / "script.yaml"
    script.write_text("- calls: [{tool: bash, arguments: {command: 'pwd; ls ..; git log --oneline | wc -l'}}]\n")
    rest = ["fix", "--model", f"scripted/{script}", "-n", "1", "--backend", "local"]
    return lambda *words: aideator("run", str(repository.path), *rest, *words)


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["--subdir", "/etc"], "--subdir takes a folder of the repository, from its top, not '/etc'", ExitCode.USAGE),
        (["--subdir", "../x"], "--subdir takes a folder of the repository", ExitCode.USAGE),
        (["--subdir", " "], "--subdir takes a folder of the repository", ExitCode.USAGE),
        (["--sparse", "a\nb"], r"--sparse takes a folder of the repository, from its top, not 'a\nb'", ExitCode.USAGE),
        (["--sparse", ".git/hooks"], ".git is not a folder of the repository", ExitCode.USAGE),
        (["--subdir", "api/main.py"], "the repository has no folder api/main.py at", ExitCode.NOT_FOUND),
        (["--sparse", "api", "--sparse", "nowhere"], "the repository has no folder nowhere at", ExitCode.NOT_FOUND),
        (["--depth", "0"], "--depth takes 1 to 1000000 commits, not 0", ExitCode.USAGE),
        (["--git-secret", "x"], "--git-secret applies only to a cluster", ExitCode.USAGE),
    ],
)
def test_what_is_wrong_is_told_and_nothing_starts(
    run: Shell, home: Path, words: list[str], message: str, code: ExitCode
) -> None:
    said = run(*words)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert "Traceback" not in said.err
    assert not (home / "runs").exists()


def test_they_reach_the_agents_and_the_folder_to_start_in_is_checked_out_too(run: Shell, home: Path) -> None:
    said = run("--subdir", "./api/", "--sparse", "web", "--depth", "1", "--no-submodules", "--json")
    assert said.code == ExitCode.FAILED, said.err  # it changed nothing
    spec = json.loads(next((home / "runs").glob("*/spec.json")).read_text())
    asked = {name: spec["repository"][name] for name in ("subdir", "sparse", "depth", "submodules")}
    assert asked == {"subdir": "api", "sparse": ["web", "api"], "depth": 1, "submodules": False}
    assert "Commands start in its folder `api`" in spec["task"]
    events = map(json.loads, next((home / "runs").glob("*/1/*.log")).read_text().splitlines())
    output = "".join(event["text"] for event in events if event["type"] == "output")
    assert output.endswith("/repo/api\napi\nweb\n1\n")


def test_on_a_cluster_an_ssh_url_needs_a_key_in_a_secret(aideator: Shell, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- say: Hello.\n")
    config = tmp_path / "no-kubeconfig"
    config.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {}}],
            }
        )
    )
    rest = ["fix", "--model", f"scripted/{script}", "--backend", "kubernetes", "--dry-run"]
    for url in ("git@127.0.0.1:me/x.git", "ssh://git@127.0.0.1:1/me/x.git"):
        said = aideator("run", url, *rest)
        assert said.code == ExitCode.USAGE
        assert f"pods need an ssh key for {url}" in said.err
        assert "--from-file=ssh-privatekey" in said.err
