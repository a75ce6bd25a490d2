"""The way to the API server: what is tried again, what is not, and how it is told."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aideator_cli.backends.kubernetes import problems
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Handler, answering


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


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_server_in_trouble_is_asked_again(status: int) -> None:
    with answering(first(2, lambda handler: handler.json(status, {}))) as fake:
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}
    assert len(fake.requests) == 3


def test_a_connection_that_breaks_is_made_again_even_for_a_post() -> None:
    with answering(first(2, Handler.cut)) as fake:
        assert fake.client().call("POST", "/x", body={}) == {"fine": True}


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
