"""The command line with a server that breaks off, lies, or is none: nothing is started twice, no token goes astray, nothing is made up."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.actions.places import backend_at, server_at
from aideator_cli.backends.server import ServerBackend, client
from aideator_cli.backends.server.client import Client
from aideator_cli.backends.server.sent import read
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import Store
from aideator_cli.system.settings import Settings
from tests.cli.conftest import Shell, aideator, home

__all__ = ["aideator", "home"]
SPEC = RunSpec(
    "k3v9x2q", "u", "2026-11-21T12:00:00Z", Repository("https://git.example/t.git"), "Fix it.", (VariationSpec(1, "m"),)
)
RECORD = {
    "version": "1", "spec": json.loads(SPEC.to_json()), "state": "running", "ended": None, "last": 0, "observations": 0, "submissions": {},
    "attempts": [], "results": [], "selection": None, "crossing": None, "judgements": [],
}  # fmt: skip
Answer = tuple[int, dict[str, str], Any] | None  # None: the connection is closed without an answer
Answering = Callable[[str, str, dict[str, str]], Answer]


@contextmanager
def answering(answer: Answering) -> Iterator[str]:
    """Yields the URL of a server that says what `answer` returns for a method, a path and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = answer(self.command, self.path.partition("?")[0], dict(self.headers))
            if told is None:
                self.close_connection = True
                return
            status, headers, body = told
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        do_POST = do_GET  # noqa: N815 -- the handler's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_run_whose_answer_gets_lost_is_asked_for_again_with_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE_SECONDS", 0.01)
    busy = {"detail": "the first request is still being answered", "status": 409}
    answers: list[Answer] = [
        None, (409, {"Retry-After": "5"}, busy), (504, {}, b"<html>gateway"), (201, {}, {"run": "k3v9x2q"})
    ]  # fmt: skip
    keys = []

    def answer(_method: str, _path: str, headers: dict[str, str]) -> Answer:
        keys.append(headers.get("Idempotency-Key"))
        return answers.pop(0)

    with answering(answer) as url:
        assert ServerBackend(Client(url)).start({}) == "k3v9x2q"
        assert (len(keys), len(set(keys))) == (4, 1)
        monkeypatch.setattr(client, "UNSURE_SECONDS", 0.0)
        answers += [None, None]
        with pytest.raises(AideatorError, match="it may have done what it was asked") as caught:
            ServerBackend(Client(url)).start({})
        assert f"list --server {url}" in (caught.value.hint or "")
        answers[:] = [None]
        with pytest.raises(AideatorError, match="does not answer"):
            ServerBackend(Client(url)).cancel("k3v9x2q", [1])
        assert answers == [], "what has no key is sent once"


def test_a_question_whose_answer_breaks_off_is_asked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE_SECONDS", 0.01)
    answers: list[Answer] = [None, (200, {}, RECORD), (502, {}, b"<html>gateway"), (200, {}, RECORD)]
    with answering(lambda *_: answers.pop(0)) as url:
        assert [ServerBackend(Client(url)).record("k3v9x2q") for _ in range(2)] == [RECORD] * 2
        answers += [None, None]
        with pytest.raises(AideatorError, match="does not answer"):
            ServerBackend(Client(url)).record("k3v9x2q")
    begun = time.monotonic()
    with pytest.raises(AideatorError, match="does not answer"):
        ServerBackend(Client(url)).record("k3v9x2q")
    assert time.monotonic() - begun < 20, "a server that is not there is told at once"


def test_who_interrupts_the_start_is_told_that_the_run_may_be_at_work(aideator: Shell) -> None:
    def answer(method: str, _path: str, _headers: dict[str, str]) -> Answer:
        if method == "POST":
            os.kill(os.getpid(), signal.SIGINT)
        return 404, {}, {}

    with answering(answer) as url:
        said = aideator("run", "https://git.example/t.git", "Fix.", "--model", "m", "--server", url)
        assert said.code == ExitCode.INTERRUPTED
        assert f"may have started the run; aideator list --server {url} shows it" in said.err


@pytest.mark.parametrize(
    "told", [[], None, 5, {}, {"runs": [{}], "next": None, "groups": [{}]}, {"runs": 5, "groups": 5}]
)
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("stats",),
        ("show", "k3v9x2q"),
        ("show", "@last"),
        ("webhook", "list"),
        ("run", "https://x/t.git", "Fix."),
        ("run", "https://x/t.git", "Fix.", "--team", "refactor", "--verify", "true", "--model", "m"),
        ("run", "https://x/t.git", "Fix.", "--team", "refactor", "--verify", "true", "--model", "m", "--dry-run"),
        ("memory", "list", "--all"),
        ("memory", "review", "https://x/t.git"),
        ("memory", "add", "Use it.", "--repo", "https://x/t.git"),
    ],
)
def test_what_is_no_answer_of_a_server_is_its_mistake(aideator: Shell, told: Any, words: tuple[str, ...]) -> None:
    with answering(lambda *_: (200, {}, told)) as url:
        said = aideator(*words, "--server", url)
    assert said.code in (ExitCode.UNAVAILABLE, ExitCode.NOT_FOUND), said.err
    assert "report it" not in said.err


@pytest.mark.parametrize(
    "wrong",
    [
        {"results": 5},
        {"results": [{}]},
        {"last": "x"},
        {"attempts": [{"id": []}]},
        {"judgements": [{}]},
        {"selection": {}},
    ],
)
def test_a_run_that_a_server_tells_of_wrongly_is_its_mistake_too(aideator: Shell, wrong: dict[str, Any]) -> None:
    stream = b'id: k3v9x2q-1-0\nevent: event\ndata: {"x\n\n'

    def answer(_method: str, path: str, _headers: dict[str, str]) -> Answer:
        if path.endswith("/record"):
            return 200, {}, {**RECORD, **wrong}
        if path.endswith("/events"):
            return 200, {}, stream
        return 200, {}, {"runs": [{"run": SPEC.id}], "next": None}

    with answering(answer) as url:
        said = aideator("watch", SPEC.id, "--server", url)
    assert (said.code, "does not answer as an AIdeator server" in said.err) == (ExitCode.UNAVAILABLE, True), said.err


def test_a_run_has_the_id_that_it_was_asked_for_and_takes_nobody_elses_place(aideator: Shell, home: Path) -> None:
    mine = replace(SPEC, prompt="Mine.")
    Store.open(home).add_run(mine, Place("kubernetes", "here", "ctx", "ns"))

    def answer(method: str, path: str, _headers: dict[str, str]) -> Answer:
        return (201, {}, {"run": SPEC.id}) if method == "POST" else (200, {}, RECORD if "record" in path else {})

    with answering(answer) as url:
        said = aideator("run", "https://x/t.git", "Fix.", "--model", "m", "--server", url)
        assert (said.code, "so has here, which is another one" in said.err) == (ExitCode.REFUSED, True), said.err
        with pytest.raises(AideatorError, match="does not answer as an AIdeator server"):
            server_at(url, Settings({"AIDEATOR_HOME": str(home)})).record("k000001")
    kept = Store.open(home).run(SPEC.id)
    assert kept is not None
    assert (kept.spec, kept.place.backend) == (mine, "kubernetes")


def test_a_list_can_not_draw_on_the_terminal(aideator: Shell) -> None:
    evil = "\x1b[2J\u202e"
    run = {
        "run": SPEC.id, "created": SPEC.created, "state": evil, "backend": evil, "where": evil, "prompt": evil, "note": evil,
        "tags": [evil], "name": evil, "cluster_user": evil, "repository": {"url": evil}, "variations": [],
        "origin": {"variations": [evil], "kind": evil},
    }  # fmt: skip
    team = {"team": "t8d2m4x", "created": SPEC.created, "name": evil, "prompt": evil, "state": evil, "result": evil}
    told = {"runs": [run], "teams": [team], "next": None}
    with answering(lambda *_: (200, {}, told)) as url:
        said = aideator("list", "--server", url)
        assert (said.code, SPEC.id in said.out, "t8d2m4x" in said.out) == (0, True, True), said.err
        assert not set("\x1b\u202e") & set(said.out + said.err)
    wrong: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"run": evil}, {}), ({"run": 5}, {}), ({"created": evil}, {}), ({}, {"team": evil}), ({}, {"team": 5}), ({}, {"created": evil}),
    ]  # fmt: skip
    for of_run, of_team in wrong:
        broken = {**told, "runs": [{**run, **of_run}], "teams": [{**team, **of_team}]}
        with answering(lambda *_, told=broken: (200, {}, told)) as url:
            said = aideator("list", "--server", url)
            assert said.code == ExitCode.UNAVAILABLE, said.err
            assert not set("\x1b\u202e") & set(said.out + said.err)


def test_a_token_goes_to_the_server_that_is_named_and_never_unencrypted(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIDEATOR_TOKEN", "aid_secret")
    said = aideator("list", "--server", "http://aideator.example.org")
    assert (said.code, "would get the token unencrypted" in said.err) == (ExitCode.USAGE, True), said.err
    assert "word" not in aideator("list", "--server", "ftp://ada:word@x").err
    environment = {"AIDEATOR_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "AIDEATOR_TOKEN": "aid_secret"}

    def token(url: str, **more: str) -> str | None:
        found = backend_at(Place("server", "x", url), Settings({**environment, **more}))
        assert isinstance(found, ServerBackend)
        return found.client.token

    named = {"AIDEATOR_SERVER": "https://a.example/"}
    assert token("https://a.example", **named) == token("https://b.example") == "aid_secret"
    assert token("https://b.example", **named) is None, "of a run that is stored here"
    assert server_at("https://b.example", Settings({**environment, **named})).client.token == "aid_secret"


def test_an_event_without_an_end_is_not_read_to_its_end() -> None:
    class Endless:
        given = 0

        def readline(self, most: int) -> bytes:
            self.given += most
            return b"data: " + b"x" * 2**20 + b"\n"

    with pytest.raises(AideatorError, match="more than 64 MiB"):
        list(read(Endless()))  # type: ignore[arg-type]
