"""The way to the API server: what is tried again, what is not, and how it is told."""

import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aideator_cli.backends.kubernetes import client, credentials, problems
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.connection import Address
from aideator_cli.backends.kubernetes.credentials import Credentials, Identity
from aideator_cli.errors import AideatorError, ExitCode, unavailable
from tests.backends.kubernetes.api_server import Handler, answering
from tests.fixtures.tls import Authority


def first(times: int, trouble: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """That trouble for the first requests, then an answer."""
    left = [times]

    def answer(handler: Handler) -> None:
        left[0] -= 1
        if left[0] >= 0:
            trouble(handler)
        else:
            handler.json(200, {"fine": True})

    return answer


def test_an_overloaded_server_is_asked_again_when_it_says_so() -> None:
    with answering(first(1, lambda handler: handler.json(429, {"message": "later"}, Retry_After="1"))) as fake:
        begun = time.monotonic()
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}
    assert time.monotonic() - begun >= 1.0
    assert len(fake.requests) == 2


@pytest.mark.parametrize(
    "alert",
    [
        ssl.ALERT_DESCRIPTION_INTERNAL_ERROR, ssl.ALERT_DESCRIPTION_DECODE_ERROR, ssl.ALERT_DESCRIPTION_DECRYPT_ERROR,
        ssl.ALERT_DESCRIPTION_UNEXPECTED_MESSAGE, ssl.ALERT_DESCRIPTION_BAD_RECORD_MAC,
    ],
)  # fmt: skip
def test_a_server_that_is_not_ready_for_tls_is_asked_again(tmp_path: Path, alert: int) -> None:
    """Its certificate was said to be refused."""
    alerts = [alert]
    authority = Authority(tmp_path)
    with (
        answering(first(0, lambda _: None)) as fake,
        authority.before(fake.url, asked=lambda *_: alerts.pop() if alerts else None) as url,
    ):
        address = Address(url, "fake", authority.certificate.read_bytes())
        assert client.Client(address, Credentials(Identity, renewable=False)).call("GET", "/x") == {"fine": True}
    assert not alerts


@pytest.mark.parametrize(
    "alert",
    [
        ssl.ALERT_DESCRIPTION_UNKNOWN_CA, ssl.ALERT_DESCRIPTION_BAD_CERTIFICATE, ssl.ALERT_DESCRIPTION_CERTIFICATE_EXPIRED,
        ssl.ALERT_DESCRIPTION_ACCESS_DENIED, ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE, ssl.ALERT_DESCRIPTION_PROTOCOL_VERSION,
        ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME,
    ],
)  # fmt: skip
def test_a_server_that_refuses_the_certificate_is_asked_once(tmp_path: Path, alert: int) -> None:
    asked = []

    def refuse(*_: object) -> int:
        asked.append(alert)
        return alert

    authority = Authority(tmp_path)
    with answering(first(0, lambda _: None)) as fake, authority.before(fake.url, asked=refuse) as url:
        address = Address(url, "fake", authority.certificate.read_bytes())
        with pytest.raises(ConnectionFailed) as failed:
            client.Client(address, Credentials(Identity, renewable=False)).call("GET", "/x")
    assert failed.value.tls
    assert len(asked) == 1


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_server_in_trouble_is_asked_again(status: int) -> None:
    with answering(first(2, lambda handler: handler.json(status, {}))) as fake:
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}
    assert len(fake.requests) == 3


def test_a_connection_that_breaks_is_made_again_even_for_a_post() -> None:
    with answering(first(2, Handler.cut)) as fake:
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}


def test_a_request_that_no_answer_came_to_in_time_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a loaded server: the time that a request may take is as long as all pauses together."""
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(client, "_PAUSES_SECONDS", 0.3)
    over = threading.Event()
    with answering(first(1, lambda _: over.wait(20) and None)) as fake:
        assert fake.client().call("GET", "/x") == {"fine": True}
        over.set()


def test_a_server_that_stays_silent_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(client, "_CALL_SECONDS", 0.2)
    over = threading.Event()
    with answering(lambda _: over.wait(20) and None) as fake:
        with pytest.raises(ConnectionFailed, match="timed out"):
            fake.client().call("GET", "/x")
        over.set()


def test_a_refusal_whose_words_break_off_is_still_a_refusal() -> None:
    words = b'{"message": "the serv'
    with answering(lambda handler: handler.break_off(503, words)) as fake, pytest.raises(ApiError, match="HTTP 503"):
        fake.client().stream("/pods", silence=20)


def test_a_refusal_is_not_asked_again() -> None:
    with answering(lambda handler: handler.json(403, {"message": "no", "reason": "Forbidden"})) as fake:
        client = fake.client()
        with pytest.raises(ApiError, match="no"):
            client.call("GET", "/x")
    assert len(fake.requests) == 1


def test_a_quota_that_is_not_counted_yet_is_waited_for() -> None:
    words = 'configmaps "agent-x" is forbidden: status unknown for quota: team, resources: count/configmaps'
    with answering(first(1, lambda handler: handler.json(403, {"message": words, "reason": "Forbidden"}))) as fake:
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}
    assert len(fake.requests) == 2


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    with answering(lambda handler: handler.json(200, {})) as fake:
        pass
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed) as failed:
        fake.client().call("GET", "/version")
    assert time.monotonic() - begun < 2.0
    told = problems.explain(failed.value, fake.objects().place)
    assert told.code == ExitCode.UNAVAILABLE
    assert fake.url in told.message
    assert "Connection refused" in told.message
    assert "--backend local" in (told.hint or "")


def test_a_server_that_was_there_may_come_back() -> None:
    def answer(handler: Handler) -> None:
        handler.json(200, {}, Connection="close")

    with answering(answer) as fake:
        client = fake.client()
        client.call("GET", "/version")
    with pytest.raises(ConnectionFailed):
        client.call("GET", "/version", retry=False)
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(client.call, "GET", "/version")
        with answering(answer, port=int(fake.url.rpartition(":")[2])):
            assert answered.result(20) == {}


def test_a_web_page_is_no_api_server() -> None:
    def page(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "6")
        handler.end_headers()
        handler.wfile.write(b"<html>")

    with answering(page) as fake, pytest.raises(ConnectionFailed, match="not a Kubernetes API server"):
        fake.client().call("GET", "/version")


def test_a_certificate_that_only_a_newer_python_refuses_is_explained() -> None:
    words = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Missing Authority Key Identifier (_ssl.c:1032)"
    error = ConnectionFailed(words, established=False, tls=True)
    told = problems.explain(error, problems.Place("dev", "https://10.0.0.1:6443", "team"))
    assert "Python 3.13" in told.message
    assert "Missing Authority Key Identifier" in told.message


def test_closing_the_client_ends_a_stream_that_another_thread_reads() -> None:
    hold = threading.Event()

    def silent(handler: Handler) -> None:
        handler.begin()
        handler.chunk(b"one\n")
        hold.wait(20)

    with answering(silent) as fake:
        client = fake.client()
        stream = client.stream("/log", silence=20)
        got: list[bytes] = []
        began = threading.Event()

        def read() -> None:
            try:
                for chunk in stream.chunks():
                    got.append(chunk)
                    began.set()
            except ConnectionFailed:
                got.append(b"ended")

        reader = threading.Thread(target=read)
        reader.start()
        assert began.wait(5)
        client.close()
        reader.join(5)
        assert not reader.is_alive()
        hold.set()
    assert got[0] == b"one\n"


def test_what_the_server_says_can_not_steer_the_terminal() -> None:
    with (
        answering(lambda handler: handler.json(403, {"message": "no \x1b[2J\nreally"})) as fake,
        pytest.raises(ApiError) as refused,
    ):
        fake.client().call("GET", "/x")
    told = problems.explain(refused.value, fake.objects().place)
    assert isinstance(told, AideatorError)
    assert told.message.isprintable()


def test_credentials_that_can_not_be_renewed_for_a_moment_are_a_connection_that_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the network is away, for whoever gives the token too. What fails from the start is an error of its own."""
    monkeypatch.setattr(credentials, "_FAILED_SECONDS", 0.0)
    given = iter(("old", None, "new"))

    def fetch() -> Identity:
        if (token := next(given)) is None:
            raise unavailable("the credential plugin failed")
        return Identity((("Authorization", token),))

    def answer(handler: Handler) -> None:
        expired = handler.headers["Authorization"] == "old" and len(fake.requests) > 1
        handler.json(401 if expired else 200, {"fine": True})

    with answering(answer) as fake:
        client = fake.client(Credentials(fetch, renewable=True))
        assert [client.call("GET", "/x") for _ in range(2)] == [{"fine": True}] * 2
    assert [headers["Authorization"] for headers in fake.headers] == ["old", "old", "old", "new"]


def test_many_who_ask_for_credentials_that_stay_away_start_their_plugin_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plugin may open a browser each time."""
    monkeypatch.setattr(credentials, "_FAILED_SECONDS", 1000.0)
    asked = 0

    def fetch() -> Identity:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise unavailable("the credential plugin failed")
        return Identity((("Authorization", "old"),))

    given = Credentials(fetch, renewable=True)
    old = given.get()
    for _ in range(20):
        with pytest.raises(AideatorError, match="the credential plugin failed"):
            given.get(refused=old)
    assert asked == 2


def test_credentials_that_stay_away_are_told_with_their_own_words() -> None:
    known = unavailable("the credential plugin failed", "log in again")
    assert (
        problems.explain(ConnectionFailed(known.message, credentials=known), problems.Place("dev", "https://x", "team"))
        is known
    )
