"""A user of the server names the host of a repository, which may be their own: it does not get the token of the server's environment."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions import keeping, starting
from aideator_cli.actions.here import Here
from aideator_cli.intake.repository import locate
from aideator_cli.server import acts, bodies
from aideator_cli.system import git_token
from tests.fixtures.tls import Authority


@pytest.fixture
def curious(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A host that asks everybody who they are: a URL there, and what it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if said := self.headers.get("Authorization"):
                told.append(said)
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    settings = tmp_path / "gitconfig"
    settings.write_text("[http]\n\tsslVerify = false\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_TOKEN", "s3cret")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = Authority(tmp_path).context("127.0.0.1").wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}/x.git", told
        server.shutdown()


def test_a_host_of_a_users_choice_does_not_get_it(curious: tuple[str, list[str]]) -> None:
    url, told = curious
    with keeping.without_the_servers("kubernetes", "ada"):
        found = locate(url, None, from_pods=True)
    assert (found.private, found.base, told) == (True, None, [])
    with keeping.without_the_servers("kubernetes", None):
        locate(url, None, from_pods=True)
    assert told, "whoever runs the server names hosts for themselves"


@pytest.mark.parametrize(
    ("backend", "owner", "given"), [("kubernetes", "ada", False), ("kubernetes", None, True), ("local", "root", True)]
)
def test_runs_of_users_are_planned_without_it(
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
    backend: str,
    owner: str | None,
    given: bool,
) -> None:
    class Backend:
        name = backend

    monkeypatch.setenv("GIT_TOKEN", "s3cret")
    monkeypatch.setattr(acts.places, "choose", lambda *_: Backend)
    monkeypatch.setattr(keeping, "choose", lambda *_: Backend)
    seen: list[bool] = []

    def plan(*_: object) -> Any:
        seen.append(git_token.is_set())

    monkeypatch.setattr(starting, "plan", plan)
    asked = bodies.NewRun(repository="https://git.example/x.git", prompt="x")
    acts.planned_for(Here(), asked.request(), asked.where(), owner)
    assert seen == [given]
