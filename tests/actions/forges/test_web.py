"""What goes over the network: the token to one host alone, answers that are bounded, and errors that say what to do."""

import json
import socket
import threading
from collections.abc import Mapping

import pytest

from aideator_cli.actions.forges import web
from aideator_cli.actions.forges.web import Web
from aideator_cli.errors import AideatorError, ExitCode
from tests.actions.forges.conftest import Near, Start
from tests.actions.forges.stand_in import Asked, Reply
from tests.fixtures.tls import Authority

TOKEN = "tok-0123456789"
ISSUE = "repos/you/project/issues/1"


def of(near: Near, **more: object) -> Web:
    return Web(near.url("api/v3"), "GIT_TOKEN", TOKEN, **more)  # type: ignore[arg-type]


def refusal(
    asking: Web, path: str = ISSUE, method: str = "GET", body: Mapping[str, str] | None = None
) -> AideatorError:
    with pytest.raises(AideatorError) as caught:
        asking.ask(method, path, body)
    assert TOKEN not in f"{caught.value} {caught.value.hint} {asking!r}"
    return caught.value


def test_a_redirect_to_another_host_is_followed_without_the_token(start: Start) -> None:
    far = start("github", lambda _: (200, {"title": "far"}))
    near = start("github", lambda _: (301, {}, {"Location": far.url(f"api/v3/{ISSUE}")}))
    assert of(near).ask("GET", ISSUE).data == {"title": "far"}
    assert near.server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert "Authorization" not in far.server.asked[0].headers


def test_a_redirect_on_the_same_host_keeps_the_token(start: Start) -> None:
    def answers(asked: Asked) -> Reply:
        moved = asked.path == ISSUE
        return (307, {}, {"Location": "/api/v3/repos/you/renamed/issues/1"}) if moved else (200, {"title": "here"})

    near = start("github", answers)
    assert of(near).ask("GET", ISSUE).data == {"title": "here"}
    assert [asked.headers["Authorization"] for asked in near.server.asked] == [f"Bearer {TOKEN}"] * 2


@pytest.mark.parametrize(
    ("location", "method", "words"),
    [
        ("http://127.0.0.1:1/", "GET", "where it is not sent"),
        ("file:///etc/passwd", "GET", "where it is not sent"),
        ("", "GET", "round in circles"),
        ("https://127.0.0.1:1/", "POST", "where it is not sent"),
    ],
)
def test_no_other_redirect_is_followed(start: Start, location: str, method: str, words: str) -> None:
    near = start("github", lambda _: (302, {}, {"Location": location}))
    path, body = (ISSUE, None) if method == "GET" else (f"{ISSUE}/comments", {"body": "x"})
    error = refusal(of(near), path, method, body)
    assert words in error.message
    assert error.code is ExitCode.UNAVAILABLE


def test_an_answer_is_bounded(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_BYTES", 1000)
    near = start("github", lambda _: (200, {"body": "x" * 2000}))
    assert "answers with more than" in refusal(of(near)).message


def test_what_is_no_json_is_no_answer(start: Start) -> None:
    near = start("github", lambda _: (200, b"<html>"))
    answer = of(near).ask("GET", ISSUE)
    assert (answer.data, answer.readable) == (None, False)
    deep = start("github", lambda _: (200, b"[" * 100_000))
    assert not of(deep).ask("GET", ISSUE).readable


def test_a_host_that_is_silent_or_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert f"127.0.0.1:{port} does not answer within" in refusal(Web(f"https://127.0.0.1:{port}")).message
    assert f"127.0.0.1:{port} does not answer" in refusal(Web(f"https://127.0.0.1:{port}")).message


def test_a_certificate_is_trusted_by_git_ssl_cainfo_or_ca_alone(
    start: Start, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = start("github", lambda _: (200, {}))
    monkeypatch.delenv("GIT_SSL_CAINFO")
    error = refusal(of(near))
    assert f"the certificate of {near.host} is not trusted" in error.message
    assert "--ca FILE" in str(error.hint)
    assert of(near, ca=authority.certificate.read_text()).ask("GET", ISSUE).status == 200
    monkeypatch.setenv("GIT_SSL_CAINFO", "/no/such/file")
    assert "can't be read" in refusal(of(near)).message


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def serve() -> None:
            client, _ = proxy.accept()
            with client:
                asked.append(client.recv(65536))
                client.sendall(b"HTTP/1.1 403 No\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        refusal(Web("https://forge.example/api/v3", "GIT_TOKEN", TOKEN))
        thread.join()
    assert asked[0].startswith(b"CONNECT forge.example:443 ")
    assert TOKEN.encode() not in asked[0]


def test_a_refusal_for_asking_too_often_is_known(start: Start) -> None:
    near = start("github", lambda _: (403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0"}))
    assert of(near).ask("GET", ISSUE).limited
    assert json.dumps(of(near).ask("GET", ISSUE).data)
