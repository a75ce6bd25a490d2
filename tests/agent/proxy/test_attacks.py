"""What a model's command can try at the key proxy: it gets no key, reaches no other host, and takes nobody else's place."""

import gzip
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest

from aideator_agent.program import Wire
from aideator_agent.spec import Limits
from tests.agent.proxy.conftest import KEY, PATHS, Bench, Bencher
from tests.fixtures.provider import Provider, Reply, document, events

BODY = b'{"model": "claude-test"}'


def raw(at: Bench, request: bytes) -> bytes:
    """The answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", at.port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def head(
    at: Bench, target: str = "/v1/messages", *, method: str = "POST", host: str | None = None, close: bool = True
) -> bytes:
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {f'127.0.0.1:{at.port}' if host is None else host}",
        f"x-api-key: {at.proxy.token}",
    ]
    return "\r\n".join([*lines, *(["Connection: close"] if close else []), ""]).encode()


def whole(at: Bench, *words: str, headers: bytes = b"", **more: Any) -> bytes:
    return head(at, *words, **more) + headers + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


def status(answer: bytes) -> int | None:
    return int(answer.split()[1]) if answer else None  # None: it was hung up on


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"x-api-key": "guess"},
        {"authorization": "Bearer {token}x"},
        {"authorization": "Basic {token}"},
        {"cookie": "token={token}"},
        {"x-api-key": KEY},
        {"x-api-key": "ä"},
    ],
)
def test_who_does_not_show_the_token_is_refused_and_told_of(bench: Bencher, shown: dict[str, str]) -> None:
    at = bench()
    headers = {name: value.replace("{token}", at.proxy.token).encode() for name, value in shown.items()}
    with httpx.Client(base_url=at.proxy.url, trust_env=False) as client:
        answer = client.post("/v1/messages", content=BODY, headers=headers)  # type: ignore[arg-type]
        listed = client.get("/v1/models", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, listed.status_code) == (401, 401)
    assert "authentication_error" in answer.text
    assert at.provider.asked == []
    assert at.totals.steps == 0
    assert "does not show this attempt's token" in at.notices


def test_another_attempts_token_opens_nothing(bench: Bencher) -> None:
    one, other = bench(), bench()
    assert one.proxy.token != other.proxy.token
    with other.client() as client:
        assert client.post(f"{one.proxy.url}/v1/messages", content=BODY).status_code == 401


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ("http://{other}/v1/messages", "POST"),
        ("http://127.0.0.1:{port}/v1/messages", "POST"),
        ("{other}", "CONNECT"),
        ("//{other}/v1/messages", "POST"),
        ("@{other}/v1/messages", "POST"),
        ("*", "OPTIONS"),
    ],
)
def test_no_other_host_is_reached(bench: Bencher, target: str, method: str) -> None:
    at = bench()
    with Provider() as other:
        place = target.format(other=other.url.removeprefix("http://"), port=at.port)
        assert status(raw(at, whole(at, place, method=method))) in (400, 404)
        assert other.asked == []
    assert at.provider.asked == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "", "[::1]:{port}"]
)
def test_the_host_that_a_request_names_must_be_the_proxy(bench: Bencher, host: str) -> None:
    at = bench()
    assert status(raw(at, whole(at, host=host.format(port=at.port)))) == 400
    twice = f"Host: 127.0.0.1:{at.port}\r\n".encode()
    assert status(raw(at, whole(at, headers=twice))) == 400
    assert at.provider.asked == []


@pytest.mark.parametrize(
    ("wire", "method", "path"),
    [
        ("anthropic", "POST", "/v1/messages/batches"),
        ("anthropic", "GET", "/v1/messages"),
        ("anthropic", "POST", "/v1/files"),
        ("anthropic", "POST", "/v1/organizations/api_keys"),
        ("anthropic", "POST", "/v1/messages/../files"),
        ("anthropic", "POST", "/v1/models/../files"),
        ("anthropic", "GET", "/v1/models/../files"),
        ("anthropic", "GET", "/v1/models/..%2ffiles"),
        ("anthropic", "GET", "/v1/models//files"),
        ("anthropic", "POST", "/v1/messages%2f..%2ffiles"),
        ("anthropic", "POST", "/v1\\messages"),
        ("anthropic", "POST", "/v1/messages;/files"),
        ("anthropic", "DELETE", "/v1/models/claude-test"),
        ("openai", "POST", "/v1/files"),
        ("openai", "POST", "/v1/fine_tuning/jobs"),
        ("openai", "POST", "/v1/images/generations"),
        ("responses", "GET", "/v1/responses/resp_1"),
        ("gemini", "POST", "/v1beta/cachedContents"),
        ("gemini", "POST", "/v1beta/models/../cachedContents:generateContent"),
        ("gemini", "POST", "/upload/v1beta/files"),
    ],
)
def test_only_a_models_paths_are_passed_on(bench: Bencher, wire: Wire, method: str, path: str) -> None:
    at = bench(wire=wire)
    assert status(raw(at, whole(at, path, method=method))) == 404
    assert at.provider.asked == []
    assert "is not among the paths of a model" in at.notices


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 24\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /v1/files HTTP/1.1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Content-Length: 24\r\nContent-Length: 23\r\n\r\n" + BODY,
        b"Content-Length: 24, 24\r\n\r\n" + BODY,
        b"Content-Length: +24\r\n\r\n" + BODY,
        b"Content-Length: -1\r\n\r\n" + BODY,
        b"Content-Length : 24\r\n\r\n" + BODY,
        b"Transfer-Encoding: xchunked\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"X-One: 1\r\n folded: 2\r\nContent-Length: 24\r\n\r\n" + BODY,
        b"Transfer-Encoding:\r\n chunked\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n18 \r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-18\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n10000000000000018\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n18\r\n" + BODY + b"XX0\r\n\r\n",
        b"X-One: 1\rContent-Length: 24\r\n\r\n" + BODY,
        b"X-One\x00: 1\r\nContent-Length: 24\r\n\r\n" + BODY,
        b"X-One: a\x00b\r\nContent-Length: 24\r\n\r\n" + BODY,
        b": 1\r\nContent-Length: 24\r\n\r\n" + BODY,
    ],
)
def test_a_request_of_which_two_readers_could_think_differently_is_refused(bench: Bencher, rest: bytes) -> None:
    at = bench()
    assert status(raw(at, head(at) + rest)) == 400
    assert at.provider.asked == []


def test_what_follows_a_request_is_a_request_of_its_own_and_needs_the_token(bench: Bencher) -> None:
    at = bench()
    second = f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:{at.port}\r\n\r\n".encode()
    answer = raw(at, whole(at, close=False) + second)
    assert [line.split()[1] for line in answer.splitlines() if line.startswith(b"HTTP/1.1")] == [b"200", b"401"]
    (asked,) = at.provider.asked
    assert asked.body == BODY


def test_the_provider_gets_the_body_whole_whatever_the_chunks(bench: Bencher) -> None:
    at = bench()
    pieces = b"".join(b"1;ext=1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\nX-Trailer: 1\r\n\r\n"
    assert status(raw(at, head(at) + b"Transfer-Encoding: chunked\r\n\r\n" + pieces)) == 200
    (asked,) = at.provider.asked
    assert asked.body == BODY
    assert asked.headers["content-length"] == str(len(BODY))
    assert not {"transfer-encoding", "x-trailer"} & {*asked.headers}


def test_headers_of_the_connection_and_of_other_identities_stay_here(bench: Bencher) -> None:
    at = bench()
    sent = {
        "cookie": "a=b", "proxy-authorization": "Basic eA==", "x-forwarded-host": "evil", "forwarded": "host=evil", "te": "trailers",
        "x-http-method-override": "DELETE", "connection": "close, x-hop", "x-hop": "1", "x-amz-security-token": "1", "via": "1.1 evil",
        "api-key": "other", "openai-organization": "org-2", "x-goog-user-project": "two",
        "x-token": at.proxy.token, "accept-encoding": "gzip", "content-type": "text/plain", "x-kept": "1",
    }  # fmt: skip
    with at.client() as client:
        assert client.post("/v1/messages?x=%0d%0aX-Evil:%201", content=BODY, headers=sent).status_code == 200
    (asked,) = at.provider.asked
    kept = {"x-kept": "1", "content-type": "application/json", "accept-encoding": "identity", "x-api-key": KEY}
    assert asked.headers == {
        "host": at.provider.url.removeprefix("http://"), "content-length": "24", "accept": "*/*",
        "user-agent": asked.headers["user-agent"], **kept,
    }  # fmt: skip
    assert asked.path == "/v1/messages?x=%0D%0AX-Evil:+1"


def test_the_providers_cookies_and_ways_elsewhere_are_kept_from_the_agent(bench: Bencher) -> None:
    ways = {
        "Set-Cookie": "a=b",
        "Alt-Svc": 'h3="evil:443"',
        "Refresh": "0; url=http://evil",
        "Link": "<http://evil>",
        "X-Kept": "1",
    }
    at = bench(document({}, **ways))
    answer = at.ask()
    assert {name for name in ways if name in answer.headers} == {"X-Kept"}
    at.ask()
    assert "cookie" not in at.provider.asked[1].headers


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_not_passed_on(bench: Bencher, code: int) -> None:
    with Provider() as other:
        at = bench(Reply(status=code, headers={"Location": f"{other.url}/v1/messages"}))
        answer = at.ask()
        assert other.asked == []
    assert answer.status_code == 502
    assert "location" not in answer.headers
    assert "redirects are not followed" in at.notices


@pytest.mark.parametrize(
    "reply",
    [
        document({"error": {"message": f"Incorrect API key provided: {KEY}."}}, status=400),
        document({"echo": [KEY, f"Bearer {KEY}"], "usage": None}),
        document({}, **{"X-Echo": f"key={KEY}"}),
        events({"text": f"{KEY}{KEY}"}),
        Reply([b"sk-real", b"-0123456789", b"abcdef and more"]),
        Reply([KEY.encode()[n : n + 1] for n in range(len(KEY))]),
        Reply([gzip.compress(KEY.encode())], headers={"Content-Encoding": "gzip"}),
        Reply([KEY.encode()], status=500),
    ],
)
def test_a_provider_that_quotes_the_key_does_not_give_it_away(bench: Bencher, reply: Reply) -> None:
    at = bench(reply)
    answer = at.ask()
    assert KEY not in answer.text + str(answer.headers)
    assert "[redacted]" in answer.text + str(answer.headers)
    assert KEY not in at.log.read_text()


@pytest.mark.parametrize(
    "headers", [{"x-long": "a" * 100_000}, {f"x-{n}": "1" for n in range(1000)}, {"x" * 20_000: "1"}]
)
def test_headers_have_a_size(bench: Bencher, headers: dict[str, str]) -> None:
    at = bench()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    with suppress(ConnectionError):  # it may hang up while the rest is being sent
        assert status(raw(at, whole(at, headers=lines))) == 400
    assert at.provider.asked == []
    assert at.ask().status_code == 200


def test_bodies_have_a_size_however_they_are_packed(bench: Bencher) -> None:
    at = bench()

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b" " * 1_000_000

    with at.client() as client:
        for content, headers in (
            (b" " * 20_000_000, {}),
            (endless(), {}),
            (gzip.compress(b" " * 500_000_000), {"content-encoding": "gzip"}),
        ):
            with suppress(httpx.TransportError):  # it may hang up while the rest is being sent
                assert client.post("/v1/messages", content=content, headers=headers).status_code in (400, 413)
    assert at.provider.asked == []
    assert at.ask().status_code == 200


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"[" * 1_000_000, b'{"model": 5}', b'{"a":' * 10_000])
def test_a_body_that_is_no_request_is_refused_or_passed_on_but_never_breaks_the_proxy(
    bench: Bencher, body: bytes
) -> None:
    at = bench()
    with at.client() as client:
        assert client.post("/v1/messages", content=body).status_code in (200, 400)
    assert at.ask().status_code == 200
    assert "Traceback" not in at.notices


def test_what_is_not_http_is_hung_up_on(bench: Bencher) -> None:
    at = bench()
    for garbage in (b"\x00" * 1000, b"hello\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        assert status(raw(at, garbage)) in (400, 401, None)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", at.port)) as connection:  # noqa: PT011 -- any
        ssl._create_unverified_context().wrap_socket(connection)
    assert at.ask().status_code == 200
    assert "Traceback" not in at.notices


def test_no_other_protocol_is_spoken_through_it(bench: Bencher) -> None:
    at = bench(wire="responses")
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n"
    assert status(raw(at, whole(at, PATHS["responses"], headers=upgrade))) == 400
    assert status(raw(at, head(at, "/v1/models", method="GET") + upgrade + b"\r\n")) == 400
    assert at.provider.asked == []


def test_connections_that_ask_for_nothing_take_nobodys_place(bench: Bencher) -> None:
    at = bench()
    with ExitStack() as stack:
        for _ in range(300):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", at.port), timeout=60))
            connection.sendall(b"POST /v1/messages HTTP/1.1\r\n")
        assert at.ask().status_code == 200


@pytest.mark.parametrize(
    "field",
    [
        {"service_tier": "priority"},
        {"speed": "fast"},
        {"background": True},
        {"models": ["dear"]},
        {"fallbacks": [{"model": "dear"}]},
        {"plugins": [{"id": "web"}]},
    ],
)
def test_the_limit_on_the_cost_is_not_evaded_by_what_costs_more(bench: Bencher, field: dict[str, object]) -> None:
    at = bench(limits=Limits(cost=1.0))
    assert at.ask(**field).status_code == 400
    assert at.provider.asked == []


def test_only_this_machine_can_ask(bench: Bencher) -> None:
    at = bench()
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others:
        if not address.startswith("127."):
            with pytest.raises(ConnectionError):
                socket.create_connection((address, at.port), timeout=10)
    assert json.loads(at.ask().content) == {}
