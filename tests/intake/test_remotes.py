"""What a server answers to the command-line tool: the commit, or why there is none and what to set."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import locate
from tests.fixtures.servers import GitServers, Login


def refusal(url: str, *, from_pods: bool = False) -> AideatorError:
    with pytest.raises(AideatorError) as caught:
        locate(url, None, from_pods=from_pods)
    return caught.value


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.delenv("GIT_TOKEN", raising=False)
    monkeypatch.delenv("GIT_ASKPASS", raising=False)


@pytest.fixture
def private(git_server: GitServers) -> tuple[str, str]:
    """A repository that only ada may read: its URL and commit."""
    server = git_server(login=Login("ada", "words"))
    return server.url("todo"), server.add("todo", {"a.py": "x\n"})


def test_a_repository_that_wants_credentials_is_said_to_want_them(private: tuple[str, str]) -> None:
    error = refusal(private[0])
    assert error.message == f"repository {private[0]} wants credentials (or does not exist)"
    assert error.code is ExitCode.REFUSED
    assert "export GIT_TOKEN=" in (error.hint or "")


def test_wrong_credentials_are_said_to_be_wrong(private: tuple[str, str], tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\necho username=ada\necho password=wrong\n")
    helper.chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[credential]\n\thelper = {helper}\n")
    assert "does not accept your credentials" in refusal(private[0]).message
    helper.write_text("#!/bin/sh\necho username=ada\necho password=words\n")
    assert locate(private[0], None, from_pods=False).base == private[1]


def test_pods_have_no_credentials_of_the_users(private: tuple[str, str], tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\necho username=ada\necho password=words\n")
    helper.chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[credential]\n\thelper = {helper}\n")
    located = locate(private[0], None, from_pods=True)
    assert (located.private, located.base) == (True, private[1])
    helper.unlink()
    located = locate(private[0], None, from_pods=True)
    assert (located.private, located.base) == (True, None)
    assert located.remarks == (f"{private[0]} wants credentials; each agent will resolve the ref itself",)


def test_a_public_repository_is_asked_once(git_server: GitServers) -> None:
    server = git_server()
    commit = server.add("todo", {"a.py": "x\n"})
    located = locate(server.url("todo"), None, from_pods=True)
    assert (located.private, located.base) == (False, commit)
    assert len([request for request in server.requests if "info/refs" in request]) == 1


@pytest.mark.parametrize("from_pods", [False, True])
def test_one_that_is_not_there_is_not_found(git_server: GitServers, from_pods: bool) -> None:
    error = refusal(git_server().url("nothing"), from_pods=from_pods)
    assert error.code is ExitCode.NOT_FOUND
    assert "does not exist, or you may not read it" in error.message


def test_a_host_that_does_not_answer_may_answer_a_pod() -> None:
    url = "http://127.0.0.1:1/todo.git"
    error = refusal(url)
    assert error.code is ExitCode.UNAVAILABLE
    assert "does not answer" in error.message
    located = locate(url, None, from_pods=True)
    assert "can't be reached from here" in located.remarks[0]
    assert not located.private
