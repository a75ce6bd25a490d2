"""gh and glab, by stand-ins on the PATH: a body goes through standard input, and a login for another host is not used."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from aideator_cli.actions.forges.addresses import place
from aideator_cli.actions.forges.finding import forge_of
from aideator_cli.actions.forges.programs import logged_in
from aideator_cli.errors import AideatorError

Calls = Callable[[], list[dict[str, Any]]]
PROGRAM = """#!/usr/bin/env python3
import json, os, sys
tokens = sorted(name for name in os.environ if name.endswith("TOKEN"))
with open({log!r}, "a") as log:
    log.write(json.dumps({{"argv": sys.argv[1:], "stdin": sys.stdin.read(), "tokens": tokens}}) + "\\n")
if sys.argv[1] == "auth":
    print("a-secret-token")
    sys.exit({login})
sys.stdout.write({out!r})
sys.stderr.write({err!r})
sys.exit({code})
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Calls]:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def make(name: str, *, out: str = "{}", err: str = "", code: int = 0, login: int = 0) -> Calls:
        program, log = tmp_path / name, tmp_path / f"{name}.log"
        program.write_text(PROGRAM.format(log=str(log), out=out, err=err, code=code, login=login))
        program.chmod(0o755)
        return lambda: [json.loads(line) for line in log.read_text().splitlines()]

    return make


@pytest.mark.parametrize(
    ("name", "login", "more"),
    [
        ("gh", ["auth", "token", "--hostname", "h.example"], []),
        ("glab", ["auth", "status", "--hostname", "h.example"], ["--header", "Content-Type: application/json"]),
    ],
)
def test_a_body_goes_through_standard_input(
    install: Callable[..., Calls], name: Literal["gh", "glab"], login: list[str], more: list[str]
) -> None:
    calls = install(name, out='{"number": 3}')
    program = logged_in(name, "h.example")
    assert program is not None
    body = {"title": "$(touch x) `y` -- @z", "body": "b\n"}
    answer = program.ask("POST", "repos/you/project/pulls", body)
    assert (answer.status, answer.data) == (200, {"number": 3})
    asked, posted = calls()
    assert asked["argv"] == login
    assert posted["argv"] == [
        "api", "--hostname", "h.example", "--method", "POST", *more, "--input", "-", "repos/you/project/pulls",
    ]  # fmt: skip
    assert json.loads(posted["stdin"]) == body
    program.ask("GET", "repos/you/project")
    assert calls()[-1] == {
        **calls()[-1],
        "argv": ["api", "--hostname", "h.example", "--method", "GET", "repos/you/project"],
        "stdin": "",
    }


def test_a_program_that_is_not_there_or_not_logged_in_is_not_used(install: Callable[..., Calls]) -> None:
    assert logged_in("glab", "h.example") is None
    install("gh", login=1)
    assert logged_in("gh", "h.example") is None


@pytest.mark.parametrize(
    ("name", "host", "kept"),
    [
        ("gh", "github.com", ["GH_TOKEN"]),
        ("gh", "evil.example", []),
        ("glab", "gitlab.com", ["GITLAB_TOKEN"]),
        ("glab", "evil.example", []),
    ],
)
def test_a_token_of_the_environment_is_not_given_to_another_host(
    install: Callable[..., Calls],
    monkeypatch: pytest.MonkeyPatch,
    name: Literal["gh", "glab"],
    host: str,
    kept: list[str],
) -> None:
    for each in ("GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITLAB_TOKEN", "OAUTH_TOKEN"):
        monkeypatch.setenv(each, "secret")
    calls = install(name)
    logged_in(name, host)
    assert calls()[0]["tokens"] == kept


@pytest.mark.parametrize(
    ("err", "status"),
    [
        ("gh: Not Found (HTTP 404)\n", 404),
        ("gh: Validation Failed (HTTP 422)\nA pull request already exists for you:x.\n", 422),
        ("gh: API rate limit exceeded (HTTP 403)\n", 403),
    ],
)
def test_a_refusal_is_what_the_forge_said(install: Callable[..., Calls], err: str, status: int) -> None:
    install("gh", out='{"message": "No"}', err=err, code=1)
    program = logged_in("gh", "h.example")
    assert program is not None
    answer = program.ask("GET", "repos/you/project")
    assert (answer.status, answer.data, answer.limited) == (status, {"message": "No"}, status == 403)


def test_a_program_that_fails_by_itself_is_told(install: Callable[..., Calls]) -> None:
    install("gh", out="", err="error connecting to h.example\x1b[31m\n", code=1)
    program = logged_in("gh", "h.example")
    assert program is not None
    with pytest.raises(AideatorError, match=r"gh can't ask h\.example: error connecting to h\.example␛"):
        program.ask("GET", "repos/you/project")


@pytest.mark.parametrize(
    ("name", "url", "path", "out"),
    [
        ("gh", "https://github.com/you/project/pull/3", "repos/you/project/pulls/3", '{"number": 3, "state": "open"}'),
        (
            "glab",
            "https://gitlab.com/a/b/-/merge_requests/3",
            "projects/a%2Fb/merge_requests/3",
            '{"iid": 3, "state": "opened"}',
        ),
    ],
)
def test_a_login_of_a_program_is_used_before_a_token(
    install: Callable[..., Calls], monkeypatch: pytest.MonkeyPatch, name: str, url: str, path: str, out: str
) -> None:
    monkeypatch.setenv("GIT_TOKEN", "secret")
    calls = install(name, out=out)
    forge = forge_of(place(url, pull=True), os.environ, None)
    assert forge.asking.login == f"the login of {name}"
    assert forge.pull(3).open
    assert [call["argv"][-1] for call in calls()][1:] == [path]
    assert "secret" not in json.dumps(calls())
