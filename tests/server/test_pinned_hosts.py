"""A user of the server names the host of a repository: git asks it where it was looked at, whatever its name means a moment later."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import Located, locate
from aideator_cli.system import git_token


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str]]]:
    """A server that leads everybody to its other address: its port, and the hosts that it was asked for."""
    monkeypatch.setenv("no_proxy", "*")
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"].partition(":")[0])
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{self.server.server_address[1]}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], hosts
        server.shutdown()


def of_a_user(url: str) -> Located:
    with git_token.withheld():
        return locate(url, None, from_pods=True)


def means(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Lets every name mean this, to whoever looks at it before git does."""

    def resolve(*_: object, **__: object) -> Any:
        if not addresses:
            raise socket.gaierror("Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("name", ["changes.invalid", "Changes.INVALID."])
def test_git_asks_where_it_was_looked(asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    port, hosts = asked
    means(monkeypatch, "127.0.0.1")
    found = of_a_user(f"http://{name}:{port}/x.git")
    assert found.base is None
    assert [host.lower().rstrip(".") for host in hosts] == ["changes.invalid"]


def test_a_name_that_had_no_address_has_none_for_git(
    asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, hosts = asked
    means(monkeypatch)
    assert "can't be reached from here" in of_a_user(f"http://localhost:{port}/x.git").remarks[0]
    assert hosts == []


def test_git_follows_no_redirect_of_such_a_host(asked: tuple[int, list[str]]) -> None:
    port, hosts = asked
    assert of_a_user(f"http://127.0.0.1:{port}/x.git").base is None
    assert hosts == ["127.0.0.1"]
    with pytest.raises(AideatorError):  # who names hosts for themselves is led on
        locate(f"http://127.0.0.1:{port}/x.git", None, from_pods=False)
    assert "127.0.0.2" in hosts


def test_a_name_that_means_a_clouds_service_at_a_later_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    means(monkeypatch, "1.1.1.1", "169.254.169.254")
    with pytest.raises(AideatorError, match="which only machines of one network reach") as told:
        of_a_user("https://changes.invalid/x.git")
    assert told.value.code == ExitCode.REFUSED


@pytest.mark.parametrize("url", ["http://bücher.example/x", "http://a%2eexample/x", "http://a:b/x"])
def test_a_host_that_others_could_read_otherwise_is_not_asked(url: str) -> None:
    with pytest.raises(AideatorError, match="the host has characters") as told:
        of_a_user(url)
    assert told.value.code == ExitCode.USAGE
