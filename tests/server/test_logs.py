"""`serve --log json`: one object a line, which names the request and its caller, and holds nothing that is secret."""

import json
import logging
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from aideator_cli.server.logs import warnings_to
from tests.cli.conftest import Shell, aideator
from tests.server.conftest import API

__all__ = ["aideator"]

SECRET = "sk-" + "7" * 40


class Lines(list[str]):
    """What was logged, line by line."""

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self]


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture(params=["loopback", "tokens"])
def logged(home: object, lines: Lines, request: pytest.FixtureRequest) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    app = application(Here(), LOOPBACK if request.param == "loopback" else None, log=lines.append)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_a_request_is_one_line_whose_id_the_caller_gets(logged: TestClient, lines: Lines) -> None:
    answer = logged.get("/healthz")
    [told] = lines.objects
    assert told["request"] == answer.headers["x-request-id"]
    assert (told["level"], told["message"], told["method"], told["route"]) == ("info", "request", "GET", "/healthz")
    assert (told["status"], told["caller"], told["run"]) == (200, None, None)
    assert 0 <= told["seconds"] < 60
    assert told["time"].endswith("Z")


@pytest.mark.parametrize("logged", ["tokens"], indirect=True)
def test_it_says_who_called(logged: TestClient, lines: Lines) -> None:
    token, secret = tokens.create(Here(), tokens.Order("laptop", "ada"))
    logged.get(f"{API}/runs", headers={"Authorization": f"Bearer {secret}"})
    logged.get(f"{API}/runs")
    known, unknown = lines.objects
    assert (known["status"], known["caller"], known["token"]) == (200, "ada", token.id)
    assert (unknown["status"], unknown["caller"], unknown["token"]) == (401, None, None)


def test_no_token_key_or_query_is_in_it(logged: TestClient, lines: Lines) -> None:
    _, token = tokens.create(Here(), tokens.Order("laptop", "ada"))
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}, {"X-API-Key": SECRET}):
        logged.get(f"{API}/runs?search={SECRET}&key={token}", headers=headers)
        logged.get(f"{API}/runs/{SECRET}", headers=headers)
        logged.get(f"/{SECRET}", headers=headers)
        logged.post(f"{API}/auth/login", json={"email": "a@b.example", "password": SECRET}, headers=headers)
        logged.post(f"{API}/runs", json={"prompt": SECRET, "unknown": token}, headers=headers)
        logged.request(f"X{SECRET}", "/healthz", headers=headers)
    logged.get("/healthz", headers={"Host": f"{SECRET}.example", "X-Request-Id": SECRET})
    assert len(lines) == 19
    assert not [line for line in lines if SECRET in line or token in line]


def test_what_is_refused_before_any_route_is_logged(home: object, lines: Lines) -> None:  # noqa: ARG001
    with TestClient(application(Here(), LOOPBACK, log=lines.append), base_url="http://evil.example") as client:
        client.get("/healthz")
    [told] = lines.objects
    assert (told["status"], told["route"], told["method"]) == (421, None, None)


def test_a_warning_is_one_line_whatever_its_text_is(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        logging.getLogger(), "handlers", []
    )  # pytest's can't be sent from a worker with half a surrogate pair
    with warnings_to(lines.append):
        logging.getLogger("some.library").warning("two\nlines of %s", "\x1b[2J\ud800")
        try:
            int("wrong\nvalue")
        except ValueError:
            logging.getLogger("some.library").exception("it went wrong")
    logging.getLogger("some.library").info("nobody needs this")
    warning, error = lines.objects
    assert all("\n" not in line and line.isascii() for line in lines)
    assert (warning["level"], warning["logger"], warning["message"]) == (
        "warning",
        "some.library",
        "two\nlines of \x1b[2J\ud800",
    )
    assert (error["level"], error["message"]) == ("error", "it went wrong")
    assert error["traceback"].splitlines()[-1].startswith("ValueError: ")


def test_everything_that_the_process_says_is_json(home: Path) -> None:  # noqa: ARG001 -- the data folder
    program = [sys.executable, "-m", "aideator_cli", "serve", "--port", "0", "--log", "json"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        serving = json.loads(process.stderr.readline())
        assert serving["message"] == "serving"
        urllib.request.urlopen(f"{serving['url']}/readyz?{SECRET}").close()
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.stderr]
        assert process.wait(30) == 0
    assert [(each["message"], each["route"]) for each in rest] == [("request", "/readyz")]


def test_a_log_of_another_kind_is_refused(aideator: Shell) -> None:
    said = aideator("serve", "--log", "yaml")
    assert (said.code, said.err) == (2, "error: --log is text or json, not 'yaml'\n")
