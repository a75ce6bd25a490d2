"""The command line with a server: the same words do the same, on a machine that runs nothing itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from aideator_agent.spec import Issue
from aideator_cli import __version__
from aideator_cli.actions import at_server, tokens
from aideator_cli.actions.demo_material import CHECK, demo_scripts
from aideator_cli.actions.here import Here
from aideator_cli.api import Aideator
from aideator_cli.backends.server import ServerBackend
from aideator_cli.backends.server.client import Client
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import (
    Agents,
    Bounds,
    Briefing,
    Checking,
    Cloning,
    Pod,
    Question,
    Request,
    Surroundings,
)
from aideator_cli.main import main
from aideator_cli.server.bodies import NewRun
from aideator_cli.system.settings import Settings
from tests.cli.conftest import Said, Shell, aideator
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.tls import Authority
from tests.server.served import another_server, served
from tests.server.test_client_of_a_broken_server import answering

__all__ = ["aideator"]
RIGHT, WRONG, _ = demo_scripts()
AGENTS = ("--model", f"scripted/{RIGHT}", "--model", f"scripted/{WRONG}", "--verify", CHECK, "--max-steps", "12")


class Site(NamedTuple):
    """A server with tokens, and the data folder that only it has."""

    url: str
    home: Path
    token: str  # of ada, with the scope admin
    reader: str  # of bo, with the scope read

    @property
    def name(self) -> str:
        return self.url.removeprefix("http://")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("server")
    here = Here(Settings({"AIDEATOR_HOME": str(home)}))
    _, token = tokens.create(here, tokens.Order("laptop", "ada", ("admin", "read", "run"), None))
    _, reader = tokens.create(here, tokens.Order("screen", "bo", ("read",), None))
    with served(home, "--host", "0.0.0.0") as server:
        yield Site(f"http://127.0.0.1:{urlsplit(server.address).port}", home, token, reader)


@pytest.fixture
def client(aideator: Shell, site: Site, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell of another machine, logged in."""
    monkeypatch.setenv("AIDEATOR_SERVER", site.url)
    monkeypatch.setattr("sys.stdin", _Typed(f"{site.token}\n"))
    said = aideator("login", site.url)
    assert said.code == 0, said.err
    return aideator


@pytest.fixture
def there(site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    """A shell on the server's own machine."""

    def call(*words: str) -> Said:
        with monkeypatch.context() as patched:
            patched.setenv("AIDEATOR_HOME", str(site.home))
            patched.delenv("AIDEATOR_SERVER", raising=False)
            code = main(words)
        return Said(code, *capfd.readouterr())

    return call


def test_a_run_from_start_to_the_working_tree(
    client: Shell, there: Shell, site: Site, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = client("run", str(repository), "Make the parser skip comments.", *AGENTS, "--json")
    assert said.code == 0, said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    run = lines[0]["run"]
    assert {line["kind"] for line in lines} == {"event", "observation", "result"}
    for number in (1, 2):
        seqs = [each["event"]["seq"] for each in lines if each["kind"] == "event" and each["variation"] == number]
        assert seqs == list(range(len(seqs))), "none lost, none doubled"

    for words in (("list",), ("compare", run), ("logs", run), ("watch", run), ("stats",)):
        mine, theirs = client(*words, "--json"), there(*words, "--json")
        assert (mine.code, mine.out) == (theirs.code, theirs.out), words
    shown, known = (json.loads(each("show", run, "--json").out) for each in (client, there))
    assert (shown["backend"], shown["where"]) == ("server", site.name)
    assert {**shown, "backend": 0, "where": 0} == {**known, "backend": 0, "where": 0}
    for words in (("compare", run), ("stats",), ("diff", f"{run}/1")):
        assert client(*words).out == there(*words).out, words

    selected = client("select", run, "2", "--note", "mine")
    assert "selected" in selected.err
    assert json.loads(there("show", run, "--json").out)["selected"] == 2
    assert there("select", run, "1").code == 0
    assert json.loads(client("show", run, "--json").out)["selected"] == 1, "what others select is seen"
    assert "the only one that passes" in client("select", run, "--auto").err

    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert client("apply", run).code == 0
    assert git(tmp_path / "clone", "status", "--short").split() == ["M", "todo.py"]

    model = script(tmp_path, "more", "echo more > more.txt")
    more = client("continue", f"{run}/1", "And tell more.", "--model", model, "-n", "1", "--detach")
    assert (more.code, f"goes on from {run}/1" in more.err) == (0, True), more.err
    assert client("wait", more.out.strip()).code == 0
    for each in (client, there):
        origin = json.loads(each("show", more.out.strip(), "--json").out)["origin"]
        assert origin == {"kind": "continued", "variations": [f"{run}/1"]}
    assert client("continue", f"{run}/9", "And test it.").code == ExitCode.NOT_FOUND
    assert client("retry", f"{run}/2").code == ExitCode.USAGE
    again = client("retry", f"{run}/2", "--force")
    assert (again.code, "failed checks" in again.out) == (ExitCode.CHECKS_FAILED, True), again.err
    assert client("logs", run, "--json").out == there("logs", run, "--json").out

    assert client("delete", run, "--yes").code == 0
    gone = client("show", run)
    assert (gone.code, gone.err.splitlines()[0]) == (
        3,
        f"error: there is no run {run}, neither here nor on {site.name}",
    )


def test_what_a_server_would_start_is_shown_and_not_started(client: Shell, there: Shell, repository: Path) -> None:
    known = there("list").out
    for words in (("--estimate", "--json"), ("--estimate",)):
        mine, theirs = (each("run", str(repository), "Fix.", *AGENTS, *words) for each in (client, there))
        assert (mine.code, mine.out) == (theirs.code, theirs.out), mine.err
    drawn = client("run", str(repository), "Fix.", *AGENTS, "--dry-run")
    assert (drawn.code, "would start processes on its own machine" in drawn.err) == (ExitCode.USAGE, True), drawn.err
    unknown = client("run", str(repository), "Fix.", "--model", "no-such-model", "--estimate")
    assert (unknown.code, "no-such-model" in unknown.err) == (ExitCode.USAGE, True), unknown.err
    assert there("list").out == known


def test_a_matrix_is_sent_with_what_is_beside_it(
    client: Shell, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "matrix"
    folder.mkdir()
    (folder / "careful.md").write_text("Read the tests first.\n")
    script(folder, "one", "echo 1 > one")
    file = folder / "matrix.yaml"

    def run(table: dict[str, object], *words: str) -> Said:
        file.write_text(json.dumps(table))
        return client("run", str(repository), "--matrix", str(file), *words)

    table = {
        "prompts": {"short": "Fix.", "careful": {"file": "careful.md"}},
        "models": ["scripted/one.yaml"],
        "temperatures": [0, 0.7],
    }
    said = run(table, "--detach")
    assert said.code == 0, said.err
    record = json.loads(client("show", said.out.strip(), "--json").out)
    assert record["prompt"] == "short: Fix.\n\ncareful: Read the tests first.\n"
    assert len(record["variations"]) == 4
    monkeypatch.setenv("AIDEATOR_MODEL", "no-such-model")
    assert run(table, "--estimate").code == 0, "what the file says is not said twice"

    large = run({**table, "n": 6}, "--detach")
    assert (large.code, "the matrix would start 24 agents" in large.err) == (ExitCode.USAGE, True), large.err
    for wrong, told in (
        ({"prompts": {"a": {"file": "../x"}}}, f"matrix {file}, line 1: ../x is outside the matrix's folder"),
        ({"prompts": {"a": "x"}, "roles": ["./own.md"]}, "a server can't read ./own.md"),
        ({"prompts": {"a": "x"}, "agents": ["own.yaml"]}, "a server can't read own.yaml"),
        ({"modles": []}, "unknown field 'modles'"),
    ):
        refused = run(wrong, "--detach")
        assert (refused.code, told in refused.err) == (ExitCode.USAGE, True), refused.err


def test_a_script_starts_a_large_matrix_there_as_without_a_server(
    client: Shell, repository: Path, tmp_path: Path
) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_text(json.dumps({"prompts": {"short": "Fix.", "long": "Fix it."}, "n": 11}))
    model = script(tmp_path, "one", "echo 1 > one")
    run = Aideator().start(repository, models=model, matrix=file, max_parallel=1)
    assert len(run.spec.variations) == 22
    assert client("delete", run.id, "--force", "--yes").code == 0


def test_a_merge_is_checked_on_the_server(client: Shell, there: Shell, site: Site, tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    models = script(tmp_path, "one", "echo A > a.txt"), script(tmp_path, "two", "echo B > b.txt; echo x > extra.txt")
    check = ["--verify", "both=grep -q A a.txt && grep -q B b.txt"]
    run = client("run", str(repository.path), "Mend it.", "--model", ",".join(models), *check, "--detach").out.strip()
    assert client("wait", run).code == ExitCode.CHECKS_FAILED
    done = client("merge", f"{run}/1", f"{run}/2", "--only", "2:b.txt")
    assert (done.code, f"on {site.name}" in done.err) == (0, True), done.err
    shown, known = (json.loads(each("show", "@last", "--json").out) for each in (client, there))
    assert shown["run"] == known["run"]
    assert shown["origin"] == {"kind": "merged", "variations": [f"{run}/1", f"{run}/2"]}
    conflict = client("merge", f"{run}/1", f"{run}/1")
    assert (conflict.code, "merge takes two variations or more" in conflict.err) == (ExitCode.USAGE, True)


def test_what_is_said_of_a_run_is_said_to_all_who_see_it(
    client: Shell, there: Shell, site: Site, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = (
        client("run", str(repository), "Fix.", *AGENTS[:2], "--max-steps", "12", "--detach").out.strip()
        for _ in range(2)
    )
    client("wait", run, other)
    assert client("rename", run, "the.one").err == f"{run} is called the.one\n"
    assert client("note", run, "Keeps the API.").code == 0
    assert client("tag", run, "keep", "mine").err == f"{run}: keep, mine\n"
    assert (there("note", run).out, there("tag", "the.one").out) == ("Keeps the API.\n", "keep\nmine\n")
    assert [json.loads(line)["run"] for line in client("list", "--tag", "keep", "--json").out.splitlines()] == [run]
    assert client("tag", run, "--remove", "other").code == ExitCode.NOT_FOUND

    there("note", run, "Waits for Ana.")
    there("tag", run, "--remove", "mine")
    assert (client("note", run).out, client("tag", run).out) == ("Waits for Ana.\n", "keep\n")
    shown, known = (json.loads(each("show", "the.one", "--json").out) for each in (client, there))
    assert {**shown, "backend": 0, "where": 0} == {**known, "backend": 0, "where": 0}

    there("rename", run, "--remove")
    there("rename", other, "the.one")
    assert client("rename", "the.one", "--json").out == client("rename", other, "--json").out, "a name may move on"
    taken = client("rename", run, "the.one")
    assert (taken.code, f"run {other} is called the.one" in taken.err) == (ExitCode.USAGE, True), taken.err

    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("AIDEATOR_HOME", str(tmp_path / "another-machine"))
        elsewhere.setenv("AIDEATOR_TOKEN", site.token)
        assert json.loads(client("show", "the.one", "--json").out)["run"] == other, "a machine that has never seen it"
        assert client("show", "the.other").code == ExitCode.NOT_FOUND


def test_a_list_that_is_watched_follows_the_servers(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, port = another_server(tmp_path, monkeypatch)
    program = [sys.executable, "-m", "aideator_cli"]
    start = [
        *program,
        "run",
        str(repository),
        "Fix.",
        "--model",
        f"scripted/{RIGHT}",
        "-n",
        "1",
        "--max-steps",
        "12",
        "--detach",
    ]
    words = [*program, "list", "--watch", "--json"]
    with served(own, "--port", port) as server:
        first = subprocess.run(start, capture_output=True, text=True, check=True).stdout.strip()
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
            try:
                _told(watching, first, "state", "ended")
                server.process.send_signal(signal.SIGINT)
                server.process.wait(30)
                assert watching.stderr is not None
                assert watching.stderr.readline().endswith("; it is asked again\n")
                with served(own, "--port", port):
                    subprocess.run([*program, "tag", first, "keep"], capture_output=True, check=True)
                    _told(watching, first, "tags", ["keep"])
            finally:
                watching.send_signal(signal.SIGINT)
        assert watching.returncode == 130


def _told(watching: "subprocess.Popen[str]", run: str, what: str, value: object) -> None:
    """Waits until the list tells this of the run."""
    assert watching.stdout is not None
    for line in watching.stdout:
        record = json.loads(line)
        if (record["run"], record[what]) == (run, value):
            return
    raise AssertionError("the list has ended")


def test_agents_at_work_are_told_something_and_stopped(client: Shell, repository: Path, tmp_path: Path) -> None:
    script = tmp_path / "long.yaml"
    script.write_text("- calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    started = client("run", str(repository), "Wait.", "--model", f"scripted/{script}", "-n", "1", "--detach")
    run = started.out.strip()
    assert started.code == 0, started.err
    busy = client("select", run, "--auto")
    assert (busy.code, "still at work" in busy.err) == (ExitCode.USAGE, True), busy.err
    stopped = client("cancel", run)
    assert (stopped.code, f"{run}/1 cancelled" in stopped.err) == (0, True), stopped.err
    assert client("watch", run).code == 1
    missed = client("tell", run, "Hurry.")
    assert (missed.code, "it has ended" in missed.err) == (ExitCode.REFUSED, True), missed.err


def test_a_server_that_restarts_costs_no_event(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, port = another_server(tmp_path, monkeypatch)
    program = [sys.executable, "-m", "aideator_cli"]
    words = [*program, "run", str(repository), "Fix.", "--model", f"scripted/{RIGHT}", "-n", "1", "--json"]
    with (
        served(own, "--port", port) as first,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None
        assert running.stderr is not None
        seen = [running.stdout.readline() for _ in range(6)]
        assert all(seen), running.stderr.read()
        first.process.send_signal(signal.SIGINT)
        first.process.wait(30)
        while (line := running.stdout.readline()) and '"connection_lost"' not in line:
            seen.append(line)
        with served(own, "--port", port):
            seen += running.stdout.readlines()
            assert running.wait(60) == 0, running.stderr.read()
            records = [json.loads(line) for line in seen]
            seqs = [each["event"]["seq"] for each in records if each["kind"] == "event"]
            logs = [*program, "logs", records[0]["run"], "--json"]
            stored = subprocess.run(logs, capture_output=True, text=True, check=True)
    assert seqs == list(range(len(seqs)))
    assert [json.loads(line)["seq"] for line in stored.stdout.splitlines()] == seqs
    assert "connection_back" in [each.get("observed") for each in records]


def test_what_goes_wrong_is_said_with_the_way_on(
    client: Shell, site: Site, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*words: str) -> tuple[int, str]:
        said = client(*words)
        return said.code, said.err

    where = site.name
    monkeypatch.setenv("AIDEATOR_TOKEN", site.reader)
    assert refused("run", str(repository), "Fix.", *AGENTS) == (
        5, "error: this token may not do that: it needs the scope run\n hint: ask for a token that has it: aideator token create --scope\n"
    )  # fmt: skip
    monkeypatch.setenv("AIDEATOR_TOKEN", "aid_wrong")
    code, told = refused("list")
    assert (code, "hint: AIDEATOR_TOKEN holds the token: give it another" in told) == (5, True), told
    monkeypatch.delenv("AIDEATOR_TOKEN")
    assert refused("show", "zzzzzzz")[0] == 3
    code, told = refused("run", str(repository), "Fix.", "--git-secret", "x")
    assert (code, told.splitlines()[0]) == (2, f"error: the server {where} does not take --git-secret")
    code, told = refused("run", str(repository), "Fix.", "--server", site.url, "--backend", "local")
    assert (code, "--server can't be combined" in told) == (2, True)
    assert refused("run", str(tmp_path), "Fix.", "--model", f"scripted/{RIGHT}")[0] == 3, (
        "the server says what it found"
    )
    assert refused("list", "--server", "ftp://x")[0] == 2
    code, told = refused("list", "--server", "http://127.0.0.1:1")
    assert (code, "does not answer" in told) == (4, True)
    with Authority(tmp_path).before(site.url) as url:
        code, told = refused("list", "--server", url)
        assert (code, "is not trusted" in told, "SSL_CERT_FILE" in told) == (4, True, True), told
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("AIDEATOR_TOKEN", site.token)
        assert refused("list", "--server", url)[0] == 0


def test_a_server_of_another_version_and_what_is_no_server_are_told_apart(client: Shell) -> None:
    for health, wanted in (
        ({"version": "9.9"}, f"has aideator 9.9, this is {__version__}"),
        ({}, "does not answer as an AIdeator server"),
    ):
        with answering(
            lambda _, path, __, health=health: (200, {}, health) if path == "/healthz" else (404, {}, b"<html>")
        ) as url:
            said = client("stats", "--server", url)
            assert (said.code, wanted in said.err) == (4, True), said.err


def test_a_token_is_tried_before_it_is_kept_and_forgotten_by_logout(
    aideator: Shell, home: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def login(url: str, typed: str) -> Said:
        monkeypatch.setattr("sys.stdin", _Typed(typed))
        return aideator("login", url)

    kept = home / "servers.json"
    wrong = login(site.url, "aid_wrong\n")
    assert (wrong.code, "aideator login" in wrong.err, "aideator token create NAME" in wrong.err) == (5, False, True)
    assert login(site.url, "\n").code == ExitCode.USAGE
    assert (
        login("http://aideator.example.org", site.token).err.splitlines()[0].endswith("would get the token unencrypted")
    )
    assert not kept.exists()
    said = login(f"{site.url}/", site.token)
    assert "as ada (admin, read, run)" in said.err
    assert site.token not in said.err
    assert kept.stat().st_mode & 0o777 == 0o600
    assert aideator("list", "--server", site.url).code == 0
    assert aideator("logout", site.url).code == 0
    assert site.token not in kept.read_text()
    unknown = aideator("list", "--server", site.url)
    assert (unknown.code, f"hint: aideator login {site.url}" in unknown.err) == (5, True), unknown.err
    assert aideator("logout", site.url).code == ExitCode.NOT_FOUND


def test_what_run_is_asked_arrives_as_it_was_meant() -> None:
    """Each part of a request that the API has comes back from it; each that it lacks is refused by its option's name."""
    server = ServerBackend(Client("https://aideator.example.org"))
    request = Request(
        "https://git.example/todo.git", "Fix.", n=2, models=["a", "b:2"], agents=Agents(["claude"]),
        temperature=0.5, temperatures=(0.1, None),
        api_base="https://x", escalate=["cheap", "gpt-5"], private=True, ref="main", allow_local_shell=True, parallel=2, first=1, retries=0,
        bounds=Bounds(timeout=5.0, start_timeout=6.0, max_steps=7, max_tokens=8, max_cost=9.0, budget=10.0),
        checking=Checking(verify=["a"], setup=["b"], baseline=False, repeat=2, timeout=3.0, report="r", allow_change=["c"],
                          hidden_verify=["h"]),
        pod=Pod(image="i"), cloning=Cloning(subdir="s", depth=1, sparse=["d"], submodules=False), question=Question(True, "a..b"),
        briefing=Briefing(roles=["qa"], variables=["x=1=2"], memory=False),
        matrix={"prompts": {"short": "Fix."}, "temperatures": [0.5, None], "n": 2},
        issue=Issue("https://git.example/you/todo/issues/1", 1, "you/todo", "Broken", "ada", "It\nfails.", 3, 1, True, True),
        surroundings=Surroundings(["A=1", "B=x=y"]),
    )  # fmt: skip
    settings = Settings({"AIDEATOR_HOME": "/nowhere"})
    assert NewRun(**at_server.body_of(request, settings, server)).request() == request
    for other, option in ((Cloning(git_secret="x"), "--git-secret"), (Cloning(), None)):
        asked = Request("https://git.example/todo.git", "Fix.", cloning=other)
        if option is None:
            assert at_server.body_of(asked, settings, server) == {"repository": asked.repo, "prompt": "Fix."}
            continue
        with pytest.raises(AideatorError, match=f"does not take {option}"):
            at_server.body_of(asked, settings, server)
    with pytest.raises(AideatorError, match="a folder of this machine"):
        at_server.body_of(Request(".", "Fix."), settings, server)


class _Typed:
    """What is piped in."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, count: int = -1) -> str:
        return self._text[: None if count < 0 else count]

    def isatty(self) -> bool:
        return False
