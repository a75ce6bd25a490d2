"""Secrets in the repository are told of before a run starts."""

from pathlib import Path

import pytest

from aideator_cli.intake.sending.exposed import search
from aideator_cli.system.git import Git
from tests.agent.secrets_made import made, private_key, tokens
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Shell, aideator, home
from tests.fixtures.repositories import LocalRepository

__all__ = ["aideator", "home"]


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return LocalRepository(tmp_path / "source")


def test_tokens_and_keys_in_the_commit_are_found_with_their_files(repository: LocalRepository) -> None:
    repository.commit(
        {
            "a.py": f"x = 1\nTOKEN = '{tokens()['a GitHub token']}'\n",
            "deploy/with space/k\u00e9y.pem": private_key(),
            "fine.py": "ghp_" + "x" * 36,
            "long.txt": made(100_000) + "\n",
            **{f"certificates/{n}.pem": f"-----BEGIN CERTIFICATE-----\n{made(64)}\n" for n in range(50)},
            "binary": "\0" + tokens()["an npm token"],
        }
    )
    done = search(Git(repository.path), "HEAD")
    assert {(each.path, each.what) for each in done.found} == {
        ("a.py", "a GitHub token"), ("deploy/with space/k\u00e9y.pem", "a private key"),
    }  # fmt: skip
    assert done.complete


def test_only_the_commit_counts_and_not_what_was_deleted(repository: LocalRepository) -> None:
    repository.commit({"a.py": tokens()["a GitHub token"]})
    repository.commit({"a.py": "x\n"})
    (repository.path / "b.py").write_text(tokens()["a GitHub token"])
    assert search(Git(repository.path), "HEAD").found == ()


def test_a_search_that_takes_too_long_ends_and_says_so(repository: LocalRepository) -> None:
    repository.commit({"a.py": tokens()["a GitHub token"]})
    assert not search(Git(repository.path), "HEAD", seconds=0.0).complete


def test_the_user_is_warned_and_told_how_to_withhold_them(
    aideator: Shell, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a.py": tokens()["a GitHub token"]})
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    words = ("run", str(repository.path), "Fix it.", "--model", "gpt-5", "--dry-run")
    said = aideator(*words)
    assert said.code == 0, said.err
    assert "models may see what looks like secrets: a.py (a GitHub token); --withhold-secrets keeps them" in said.err
    assert tokens()["a GitHub token"] not in said.err
    withheld = aideator(*words, "--withhold-secrets")
    assert "looks like secrets" not in withheld.err
    assert '"withhold_secrets":true' in withheld.out.replace("\\", "")
