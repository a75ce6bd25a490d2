"""Which commit an attempt starts from, and what it says when it cannot have it."""

import base64
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aideator_agent.spec import Check
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import GitServers, Login


@pytest.fixture
def history(repository: LocalRepository) -> dict[str, str]:
    """Name -> commit."""
    first = repository.git("rev-parse", "HEAD")
    repository.git("tag", "--annotate", "--message", "one", "v1")
    repository.git("checkout", "--quiet", "-b", "side/way")
    side = repository.commit({"side.py": "s\n"})
    repository.git("checkout", "--quiet", "main")
    main = repository.commit({"main.py": "m\n"})
    pull = repository.commit({"pull.py": "p\n"})
    repository.git("update-ref", "refs/pull/7/head", pull)
    repository.git("reset", "--quiet", "--hard", main)
    return {"v1": first, "side/way": side, "main": main, "refs/pull/7/head": pull}


@pytest.mark.parametrize("ref", ["v1", "side/way", "main", "refs/pull/7/head", "refs/heads/side/way", "refs/tags/v1"])
def test_a_ref_is_a_branch_a_tag_or_whatever_the_server_has(
    agent: Agent, repository: LocalRepository, history: dict[str, str], ref: str
) -> None:
    wanted = history.get(ref) or history[ref.split("/", 2)[2]]
    assert agent.run(spec_of(str(repository.path), [submit()], ref=ref)).end["base"] == wanted


def test_without_a_ref_it_is_the_servers_head(
    agent: Agent, repository: LocalRepository, history: dict[str, str]
) -> None:
    repository.git("checkout", "--quiet", "side/way")
    assert agent.run(spec_of(str(repository.path), [submit()])).end["base"] == history["side/way"]


def test_a_commit_is_a_ref_too_even_when_short(
    agent: Agent, repository: LocalRepository, history: dict[str, str]
) -> None:
    for ref in (history["v1"], history["v1"][:9]):
        assert agent.run(spec_of(str(repository.path), [submit()], ref=ref)).end["base"] == history["v1"]


@pytest.mark.parametrize("ref", [None, "refs/pull/7/head", "main"])
def test_the_base_counts_wherever_the_ref_has_moved(
    agent: Agent, repository: LocalRepository, history: dict[str, str], ref: str | None
) -> None:
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    base = history["refs/pull/7/head"]
    record = agent.run(spec_of(str(repository.path), [bash("git status; ls"), submit()], ref=ref, base=base))
    assert record.end["base"] == base
    assert "pull.py" in record.text("output")
    assert "HEAD detached" in record.text("output")


def test_all_of_the_history_is_there(agent: Agent, repository: LocalRepository, history: dict[str, str]) -> None:
    record = agent.run(spec_of(str(repository.path), [bash("git log --oneline | wc -l; git branch -r"), submit()]))
    assert record.text("output").startswith("2\n")
    assert "origin/side/way" in record.text("output")
    assert history


@pytest.mark.parametrize(
    ("url", "ref", "base", "words"),
    [
        ("/nowhere/at/all", None, None, "does not exist"),
        ("{repo}", "no-such-branch", None, "ref no-such-branch does not exist"),
        ("{repo}", None, "0" * 40, "commit " + "0" * 40 + " does not exist"),
        ("{repo}", None, "HEAD", "not a full commit hash"),
        ("{repo}", "--upload-pack=touch {mark}", None, "not a valid name of a branch"),
        ("{repo}", "+refs/heads/*:refs/heads/*", None, "not a valid name of a branch"),
        ("--upload-pack=touch {mark}", None, None, "not a URL"),
        ("ext::sh -c 'touch {mark}'", None, None, "not a URL"),
        ("-", None, None, "not a URL"),
        ("", None, None, "not a URL"),
        ("ssh://-oProxyCommand=touch%20{mark}/x", None, None, ""),
        ("ftp://127.0.0.1/x.git", None, None, "ftp"),
        ("http://127.0.0.1:1/x.git", None, None, "127.0.0.1:1 does not answer"),
    ],
)
def test_what_cannot_be_cloned_is_the_repositorys_fault_and_said_in_words(
    agent: Agent, repository: LocalRepository, url: str, ref: str | None, base: str | None, words: str
) -> None:
    mark = agent.folder / "mark"
    names = {"repo": str(repository.path), "mark": str(mark)}
    spec = spec_of(url.format(**names), [submit()], ref=ref and ref.format(**names), base=base)
    record = agent.run(spec)
    assert record.code == 1
    assert record.outcome[:2] == ("failed", "repository")
    assert words in record.end["reason"]
    assert not record.of("patch")
    assert not mark.exists()
    assert not (agent.folder / "room").exists()


def test_the_url_of_a_server_that_does_not_answer_is_said_once(agent: Agent) -> None:
    url = "http://127.0.0.1:1/x.git"
    reason = agent.run(spec_of(url, [submit()])).end["reason"]
    assert reason.startswith(f"repository {url}: 127.0.0.1:1 does not answer (")
    assert reason.count(url) == 1


def test_an_empty_repository_has_nothing_to_start_from(agent: Agent, tmp_path: Path) -> None:
    LocalRepository(tmp_path / "empty")
    record = agent.run(spec_of(str(tmp_path / "empty"), [submit()]))
    assert record.outcome == ("failed", "repository", "the repository has no commit to start from")


def test_over_http_it_is_the_same(agent: Agent, git_server: GitServers) -> None:
    server = git_server()
    base = server.add("todo", {"a.py": "x\n"})
    record = agent.run(spec_of(server.url("todo"), [bash("echo y > a.py"), submit()]))
    assert record.end["base"] == base
    assert b"+y" in record.patch
    missing = agent.run(spec_of(server.url("other"), [submit()]))
    assert missing.outcome[:2] == ("failed", "repository")
    assert "does not exist" in missing.end["reason"]


def test_a_server_that_wants_a_password_is_not_waited_for(agent: Agent, git_server: GitServers) -> None:
    server = git_server(login=Login("ada", "secret words"))
    server.add("todo", {"a.py": "x\n"})
    for given, words in (
        ({}, "it asks for credentials: set GIT_TOKEN, or git's credential helper"),
        ({"GIT_TOKEN": "ghp_0123456789abcdef"}, "it asks for credentials, and GIT_TOKEN is only given to a https URL"),
        ({"AIDEATOR_CHANNEL": str(agent.folder)}, "--git-secret names a Secret with the entry GIT_TOKEN"),
    ):
        record = agent.run(spec_of(server.url("todo"), [submit()], allow_shell=False), **given)
        assert record.outcome[:2] == ("failed", "repository")
        assert words in record.end["reason"]
        shutil.rmtree(agent.folder / "room", ignore_errors=True)


class _Guard(BaseHTTPRequestHandler):
    """Wants a login for everything, and keeps what it is given; below /moved it sends one to another host."""

    given: list[tuple[str, str]]
    elsewhere: str

    def do_GET(self) -> None:
        if authorization := self.headers.get("Authorization"):
            self.given.append((self.path, base64.b64decode(authorization.split()[1]).decode()))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"{self.elsewhere}{self.path.replace('/moved', '/x')}")
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def https_guard(folder: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Its URL (on 127.0.0.1), and the logins that it was given; a moved repository is at localhost."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    given: list[tuple[str, str]] = []
    handler = type("Handler", (_Guard,), {"given": given})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    port = server.server_address[1]
    handler.elsewhere = f"https://localhost:{port}"  # type: ignore[attr-defined]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{port}", given
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_token_goes_to_the_https_host_it_was_meant_for_and_nowhere_else(agent: Agent, tmp_path: Path) -> None:
    token = "ghp_0123456789abcdef"
    with https_guard(tmp_path) as (url, given):
        for path in ("plain", "moved"):
            record = agent.run(spec_of(f"{url}/{path}.git", [submit()]), GIT_TOKEN=token, GIT_SSL_NO_VERIFY="1")
            assert record.outcome[:2] == ("failed", "repository")
            assert token.encode() not in b"".join(record.lines)
    assert {login for path, login in given if path.startswith("/plain")} == {f"x-access-token:{token}"}
    assert not [login for path, login in given if not path.startswith("/plain") and token in login]


def test_on_this_machine_no_tree_holds_objects_of_its_own(agent: Agent, repository: LocalRepository) -> None:
    count = "git count-objects -v | grep -E '^(count|in-pack):'; git log --oneline | wc -l"
    spec = spec_of(str(repository.path), [bash(f"{count}; echo y > a.py"), submit()], checks=(Check("count", count),))
    record = agent.run(spec)
    alone = "count: 0\nin-pack: 0\n1\n"
    assert record.text("output") == alone
    assert [event["tail"] for event in record.of("check")] == [alone, alone]


def test_an_attempt_outlives_the_repository_that_it_began_with(agent: Agent, repository: LocalRepository) -> None:
    gone = bash(f"rm -rf '{repository.path}'; git show HEAD:a.py; echo y > a.py")
    record = agent.run(spec_of(str(repository.path), [gone, submit()], checks=(Check("read", "git show HEAD:a.py"),)))
    assert record.text("output") == "x = 1\n"
    assert b"-x = 1\n+y\n" in record.patch
    assert [event["exit_code"] for event in record.of("check")] == [0, 0]


def test_a_partial_clone_that_has_the_base_is_enough(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"a.py": "x = 2\n"})
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = agent.folder / "partial"
    repository.git("clone", "--quiet", "--filter=blob:none", f"file://{repository.path}", str(partial))
    record = agent.run(spec_of(str(partial), [bash("cat a.py; echo y > a.py"), submit()]))
    assert record.text("output") == "x = 2\n"
    assert b"-x = 2\n+y\n" in record.patch


def test_where_git_refuses_to_link_objects_the_transport_takes_them(agent: Agent, repository: LocalRepository) -> None:
    objects = repository.path / ".git" / "objects"
    objects.rename(agent.folder / "objects")
    objects.symlink_to(agent.folder / "objects")
    (objects / "link").symlink_to(agent.folder)
    assert agent.run(spec_of(str(repository.path), [bash("cat a.py"), submit()])).text("output") == "x = 1\n"


def test_ssh_that_knows_no_name_for_the_user_says_what_to_set(agent: Agent, tmp_path: Path) -> None:
    said = "No user exists for uid 4321\r\nfatal: Could not read from remote repository."
    (tmp_path / "ssh").write_text(f"#!/bin/sh\nprintf '{said}\\n' >&2\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    record = agent.run(spec_of("ssh://git.example/a.git", [submit()]), GIT_SSH_COMMAND=str(tmp_path / "ssh"))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "--run-as 1000, or put libnss-wrapper into the agent's image" in record.end["reason"]
