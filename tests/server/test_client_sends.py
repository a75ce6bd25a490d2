"""A folder of the client's machine, through a server: commits that no remote has, and uncommitted changes."""

import hashlib
import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions import at_server, shipping
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at
from aideator_cli.actions.shipping import shipment
from aideator_cli.backends.server import ServerBackend
from aideator_cli.backends.server import client as server_client
from aideator_cli.backends.server.client import Client
from aideator_cli.errors import AideatorError, ExitCode, unavailable
from aideator_cli.intake.request import Request, Sending
from aideator_cli.intake.sending import packing, remotes
from aideator_cli.server.gate import UPLOAD_SECONDS
from aideator_cli.system.settings import Settings
from tests.cli.conftest import Shell, aideator
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import GitServers
from tests.server.served import served
from tests.server.test_client import Site, client, site, there

__all__ = ["aideator", "client", "site", "there"]


@pytest.fixture
def todo(tmp_path: Path) -> LocalRepository:
    made = LocalRepository(tmp_path / "todo")
    made.commit({"a.txt": "a\n"})
    return made


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is on another machine, and remotes of this one can be reached from there."""
    for each in (shipping, at_server):
        monkeypatch.setattr(each, "is_this_machine", lambda _: False)
    monkeypatch.setattr(remotes, "may_reach", lambda _: True)


def test_uncommitted_changes_reach_the_agents_and_their_patch_comes_back(
    client: Shell, there: Shell, todo: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (todo.path / "a.txt").write_text("changed\n")
    (todo.path / "new.txt").write_text("new\n")
    model = script(tmp_path, "one", "cat a.txt new.txt > seen.txt")
    said = client("run", str(todo.path), "Mend it.", "--model", model, "--dirty", "--detach")
    assert said.code == 0, said.err
    assert "the server gets the history of" in said.err
    run = said.out.strip()
    assert client("wait", run).code == 0
    shown = json.loads(client("show", run, "--json").out)
    assert shown["repository"]["url"] == "sent://todo"
    assert "with uncommitted changes" in client("show", run).out
    assert "+changed" in client("diff", f"{run}/1").out

    monkeypatch.chdir(todo.path)
    base = shown["repository"]["base"]
    assert todo.git("cat-file", "-t", base).strip() == "commit", "the commit is here, too"
    applied = client("apply", f"{run}/1")
    assert applied.code == 0, applied.err
    assert (todo.path / "seen.txt").read_text() == "changed\nnew\n"

    model = script(tmp_path, "two", "cat seen.txt > more.txt")
    more = client("continue", f"{run}/1", "Go on.", "--model", model, "--detach")
    assert more.code == 0, more.err
    assert client("wait", more.out.strip()).code == 0
    assert "+changed" in client("diff", f"{more.out.strip()}/1").out
    assert there("delete", run, "--yes").code == 0


def test_a_run_that_began_when_the_connection_was_lost_has_its_uncommitted_changes_here(
    client: Shell, todo: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    start = ServerBackend.start

    def lost(server: ServerBackend, body: Mapping[str, Any]) -> str:
        begun.append(start(server, body))
        raise unavailable("the connection was lost")

    monkeypatch.setattr(ServerBackend, "start", lost)
    (todo.path / "a.txt").write_text("changed\n")
    model = script(tmp_path, "one", "cat a.txt > seen.txt")
    said = client("run", str(todo.path), "Mend it.", "--model", model, "--dirty", "--detach")
    assert said.code == ExitCode.UNAVAILABLE, said.err
    assert client("wait", begun[0]).code == 0
    monkeypatch.chdir(todo.path)
    applied = client("apply", f"{begun[0]}/1")
    assert applied.code == 0, applied.err
    assert (todo.path / "seen.txt").read_text() == "changed\n"


def test_a_connection_that_breaks_behind_a_start_does_not_lose_the_run(
    client: Shell, site: Site, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, broken = Client.send, 2

    def breaking(self: Client, method: str, path: str, *given: Any, **named: Any) -> Any:
        nonlocal broken
        if path.endswith("/record") and broken:
            broken -= 1
            raise ConnectionResetError("reset")
        return send(self, method, path, *given, **named)

    monkeypatch.setattr(Client, "send", breaking)
    monkeypatch.setattr(server_client, "PAUSE_SECONDS", 0.0)
    words = ("run", str(repository), "Mend it.", "--model", script(tmp_path, "one", "echo 1 > one.txt"), "--detach")
    said = client(*words)
    assert (said.code, broken) == (0, 0), said.err
    assert client("wait", said.out.strip()).code == 0

    broken = 1
    monkeypatch.setattr(server_client, "UNSURE_SECONDS", -1.0)
    lost = client(*words)
    assert lost.code == ExitCode.UNAVAILABLE
    run = lost.err.split()[2]
    assert f"error: run {run} is at work on {site.name}, but is not known here: " in lost.err
    assert f"aideator watch {run} --server {site.url}" in lost.err
    assert client("watch", run, "--server", site.url).code == 0


def test_an_upload_has_as_long_as_the_server_waits_for_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    connection = Client._connection

    def noted(self: Client, seconds: float) -> http.client.HTTPConnection:
        given.append(seconds)
        return connection(self, seconds)

    monkeypatch.setattr(Client, "_connection", noted)
    ServerBackend(Client(site.url, site.token)).upload(hashlib.sha256(b"x").hexdigest(), b"x")
    assert min(given) > UPLOAD_SECONDS


@pytest.mark.usefixtures("far")
def test_commits_that_the_remote_lacks_are_sent_on_top_of_it(
    client: Shell, git_server: GitServers, tmp_path: Path
) -> None:
    server = git_server()
    server.add("todo", {"a.txt": "a\n"})
    clone = LocalRepository(tmp_path / "clone")
    clone.git("remote", "add", "origin", server.url("todo"))
    clone.git("pull", "--quiet", "origin", "main")
    model = script(tmp_path, "one", "ls > seen.txt")
    same = client("run", str(clone.path), "Mend it.", "--model", model, "--estimate", "--json")
    assert (same.code, "the server gets" in same.err) == (0, False), same.err
    clone.commit({"b.txt": "new\n"})
    said = client("run", str(clone.path), "Mend it.", "--model", model, "--detach")
    assert said.code == 0, said.err
    assert f"the server gets 1 commit that {server.url('todo')} lacks" in said.err
    run = said.out.strip()
    assert client("wait", run).code == 0
    assert json.loads(client("show", run, "--json").out)["repository"]["url"] == server.url("todo")
    assert "+b.txt" in client("diff", f"{run}/1").out


@pytest.mark.usefixtures("far")
def test_what_can_not_be_sent_is_said_before_anything_starts(
    client: Shell, site: Site, todo: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*words: str, repo: str = str(todo.path)) -> tuple[int, str]:
        said = client("run", repo, "Fix.", "--model", "scripted/x.yaml", *words)
        return said.code, said.err

    code, told = refused("--dirty", repo="https://git.example/todo.git")
    assert (code, "--dirty needs a working tree on this machine" in told) == (ExitCode.USAGE, True), told
    code, told = refused("--dirty", "--ref", "main")
    assert (code, "--dirty starts from the working tree" in told) == (ExitCode.USAGE, True), told
    code, told = refused("--diff", "HEAD~1..HEAD")
    assert (code, "is a folder of this machine" in told) == (ExitCode.USAGE, True), told
    code, told = refused("--team", "feature", "--dirty")
    assert code == ExitCode.USAGE, told
    assert refused(repo=str(todo.path.parent))[0] == ExitCode.NOT_FOUND

    (todo.path / ".env").write_text("KEY=1\n")
    code, told = refused("--dirty")
    assert (code, ".env may hold secrets" in told) == (ExitCode.USAGE, True), told
    (todo.path / ".env").unlink()

    with monkeypatch.context() as patched:
        patched.setattr(packing, "CLUSTER_BYTES", 10)
        code, told = refused()
    assert (code, "the most that a server takes" in told, "push it" in told) == (ExitCode.USAGE, True, True), told

    reader = {"AIDEATOR_HOME": str(todo.path.parent / "other"), "AIDEATOR_TOKEN": site.reader}
    here = Here(Settings(reader))
    request = Request(str(todo.path), "Fix.")
    with pytest.raises(AideatorError, match="it needs the scope run"):
        at_server.start(here, request, server_at(site.url, here.settings))


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_a_run_starts_on_another_server_than_the_one_that_got_its_commits(
    todo: LocalRepository, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    """With SQLite it is the same one, restarted; with PostgreSQL another replica, with a data folder of its own."""
    shared = {"AIDEATOR_DATABASE": request.getfixturevalue("postgresql_url")} if database == "PostgreSQL" else {}
    first, second = tmp_path / "one", tmp_path / ("two" if shared else "one")
    here = Here(Settings({"AIDEATOR_HOME": str(tmp_path / "client")}))
    (todo.path / "new.txt").write_text("new\n")
    asked = Request(
        str(todo.path), "Fix.", models=[script(tmp_path, "one", "cat new.txt > seen.txt")], sending=Sending(dirty=True)
    )
    with served(first, **shared) as server:
        at = server_at(server.address, here.settings)
        sent = shipment(asked, at)
        assert sent is not None
        body = at_server.body_of(asked, here.settings, at, sent)
    with served(second, **shared) as server:
        at = server_at(server.address, here.settings)
        run = at.start(body)
        assert at.start(body) != run, "what was sent is there for another run, too"
        assert at.record(run)["spec"]["repository"]["url"] == "sent://todo"
