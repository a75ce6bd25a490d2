"""Webhooks: a user's own program is told of runs, signed, until it has accepted."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook as Verifier
from starlette.testclient import TestClient

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.actions.webhooks import book, sending
from aideator_cli.actions.webhooks.addresses import is_public
from aideator_cli.actions.webhooks.events import Happening, message
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import AideatorError
from aideator_cli.server.app import application
from aideator_cli.server.webhooks import Deliverer
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now
from tests.cli.conftest import Shell, aideator
from tests.fixtures.stored_runs import Told, add_run
from tests.server.conftest import API, Body

__all__ = ["aideator"]
SECONDS = 60.0


@dataclass
class Receiver:
    """What a program on the other end has got. `answers`: what it says to the next ones; then 204."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def events(self) -> list[Any]:
        return [json.loads(body) for _, body in self.got]

    def until(self, enough: Callable[["Receiver"], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not enough(self):
            assert time.monotonic() < deadline, self.events()
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}/hook?for=runs"
        Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def test_a_run_is_told_from_its_start_to_its_end_signed_and_each_thing_once(
    client: TestClient, body: Body, receiver: Receiver
) -> None:
    made = client.post(f"{API}/webhooks", json={"url": receiver.url})
    assert made.status_code == 201, made.text
    hook = made.json()
    (listed,) = client.get(f"{API}/webhooks").json()["webhooks"]
    assert listed == {name: value for name, value in hook.items() if name != "secret"}
    run = client.post(f"{API}/runs", json=body()).json()["run"]
    receiver.until(lambda it: "dev.aideator.run.ended" in [each["type"] for each in it.events()])
    receiver.until(lambda it: len(it.got) >= 6)

    verifier = Verifier(hook["secret"])
    told = {}
    for headers, data in receiver.got:
        verifier.verify(data, headers)
        event = from_structured_event(HTTPMessage(headers, data))
        assert (event.get_source(), event.get_id()) == (f"urn:aideator:run:{run}", headers["webhook-id"])
        told[event.get_type().removeprefix("dev.aideator."), event.get_subject()] = event.get_data()
    assert sorted(told) == sorted(
        [
            ("run.started", run), ("run.ended", run),
            *((kind, f"{run}/{n}") for kind in ("attempt.started", "variation.ended") for n in (1, 2)),
        ]
    )  # fmt: skip
    assert len(receiver.got) == len(told), "each once"
    assert told["variation.ended", f"{run}/1"]["status"] == "succeeded"
    assert told["run.ended", run]["state"] == "ended"
    with pytest.raises(Exception, match="signature"):
        Verifier("whsec_" + "A" * 43 + "=").verify(receiver.got[0][1], receiver.got[0][0])
    assert client.delete(f"{API}/webhooks/{hook['id']}").status_code == 204
    assert client.get(f"{API}/webhooks").json()["webhooks"] == []


def test_what_is_not_accepted_is_sent_again_then_kept_and_sent_when_asked(
    aideator: Shell, client: TestClient, finished: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PAUSES", (0.05, 0.05))
    hook = client.post(f"{API}/webhooks", json={"url": receiver.url, "events": ["run.ended"]}).json()
    store = ServerStore.of(Here().store)
    told = Happening("run.ended", finished, "2999-01-01T00:00:00Z", "again", finished, {})
    receiver.answers = [(500, {}), (302, {"Location": "http://169.254.169.254/"}), (418, {})]
    store.queue_delivery(message(store.webhooks()[0], told))
    receiver.until(lambda it: len(it.got) == 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1, "a receiver knows it again"
    receiver.until(lambda _: bool(client.get(f"{API}/webhooks/dead").json()["messages"]))
    dead = client.get(f"{API}/webhooks/dead").json()["messages"]
    assert (dead[0]["error"], dead[0]["attempts"], dead[0]["webhook"]) == ("418 I'm a Teapot", 3, hook["id"])
    shown = aideator("webhook", "dead")
    assert "418 I'm a Teapot" in shown.out
    assert aideator("webhook", "resend", dead[0]["id"]).code == 0
    receiver.until(lambda it: len(it.got) == 4)
    assert aideator("webhook", "resend", "msg_none").code == 3


def test_a_receiver_says_when_to_come_back_or_not_at_all(receiver: Receiver) -> None:
    hook = book.Webhook("w1", "", receiver.url, "whsec_" + "A" * 43 + "=", private=True)
    told = message(hook, Happening("run.ended", "k1", "2026-01-01T00:00:00Z", "", "k1", {}))
    receiver.answers = [
        (503, {"Retry-After": "3600"}),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        (410, {}),
        (500, {}),
    ]
    after, past, gone, broken = (sending.send(hook, told) for _ in range(4))
    assert after.again == 3600
    assert past.again is not None and past.again < 10  # noqa: PT018
    assert (gone.accepted, gone.again, gone.error) == (False, None, "410 Gone")
    assert broken.again is not None
    nobody = sending.send(book.Webhook("w1", "", "http://127.0.0.1:1/", hook.secret, private=True), told)
    assert (nobody.accepted, nobody.again is not None) == (False, True)


def test_one_that_can_not_be_sent_to_holds_up_no_other(home: Path, receiver: Receiver) -> None:  # noqa: ARG001
    here = Here()
    with pytest.raises(AideatorError, match="characters that a URL can't have"):
        book.add(here, book.Order(f"{receiver.url}/é", private=True))
    hook = book.add(here, book.Order(receiver.url, private=True))
    store = ServerStore.of(here.store)
    strange = replace(hook, id="w0", url=f"{receiver.url}/é")
    store.add_webhook(strange)
    deliverer = Deliverer(here)
    deliverer.start()
    for number in range(10):
        for each in (strange, hook):
            store.queue_delivery(message(each, Happening("run.ended", "k1", now(), str(number), "k1", {})))
    deliverer.look()
    receiver.until(lambda it: len(it.got) == 10)
    receiver.until(lambda _: len(store.deliveries("dead")) == 10)
    deliverer.stop()


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "IN_ALL", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while True:
                    connection.sendall(b".")
                    time.sleep(0.05)

        Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        hook = book.Webhook("w1", "", url, "whsec_" + "A" * 43 + "=", private=True)
        sent = sending.send(hook, message(hook, Happening("run.ended", "k1", now(), "", "k1", {})))
    assert (sent.accepted, sent.error) == (False, "TimeoutError: no whole answer within 0 s")
    assert sent.again is not None


def test_a_server_that_starts_again_sends_what_the_one_before_could_not(
    home: Path,  # noqa: ARG001 -- the data folder
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "PAUSES", (0.05, 0.05))
    here = Here()
    hook = book.add(here, book.Order(receiver.url, private=True))
    store = ServerStore.of(here.store)
    receiver.answers = [(500, {})]
    store.queue_delivery(message(hook, Happening("run.ended", "k1", now(), "", "k1", {})))
    with TestClient(application(Here(), None)):
        receiver.until(lambda it: len(it.got) == 1)
        receiver.until(lambda _: [each.attempts for each in store.deliveries("pending")] != [0])
        left = store.deliveries("pending") + store.deliveries("delivered")
    assert [each.attempts for each in left] == [1]
    with TestClient(application(Here(), None)):
        receiver.until(lambda it: len(it.got) == 2)
        receiver.until(lambda _: len(store.deliveries("delivered")) == 1)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_selection_is_told_whoever_makes_it(
    aideator: Shell, client: TestClient, finished: str, receiver: Receiver
) -> None:
    assert client.post(f"{API}/webhooks", json={"url": receiver.url, "events": ["run.selected"]}).status_code == 201
    assert client.post(f"{API}/runs/{finished}/select", json={"best": True}).status_code == 200
    receiver.until(lambda it: len(it.got) == 1)
    assert aideator("select", finished, "1", "--note", "by hand").code == 0
    receiver.until(lambda it: len(it.got) == 2)
    first, second = receiver.events()
    assert (first["type"], first["subject"]) == ("dev.aideator.run.selected", f"{finished}/1")
    assert first["id"] != second["id"]
    assert (second["data"]["kind"], second["data"]["variation"], second["data"]["note"]) == ("selection", 1, "by hand")


def test_a_selection_after_a_week_tells_nothing_again_that_was_told_and_forgotten(home: Path) -> None:
    add_run(home, Told(), run="k3v9x2q")
    here = Here()
    store = ServerStore.of(here.store)
    store.add_webhook(book.Webhook("w1", "", "http://127.0.0.1:1/", "whsec_" + "A" * 43 + "=", created="2026-01-01"))
    store._connection.execute(
        "update runs set created = '2026-11-01T00:00:00.000000Z', ended = '2026-11-01T00:01:00.000000Z'"
    )
    store.select("k3v9x2q", Selection(1, "k3v9x2q-uid-1", now(), None))
    Deliverer(here)._queue_selected(store)
    assert [each.kind for each in store.deliveries("pending")] == ["run.selected"]


def test_a_new_secret_signs_beside_the_one_before_for_a_while(
    aideator: Shell, client: TestClient, receiver: Receiver
) -> None:
    hook = client.post(f"{API}/webhooks", json={"url": receiver.url}).json()
    rotated = client.post(f"{API}/webhooks/{hook['id']}/rotate").json()
    assert {**rotated, "secret": hook["secret"]} == hook
    assert rotated["secret"] != hook["secret"]
    assert client.post(f"{API}/webhooks/{hook['id']}/test").json()["accepted"]
    headers, body = receiver.got[-1]
    for secret in (hook["secret"], rotated["secret"]):
        Verifier(secret).verify(body, headers)
    last = json.loads(aideator("webhook", "rotate", hook["id"], "--keep", "0", "--json").out)
    assert aideator("webhook", "test", hook["id"]).code == 0
    headers, body = receiver.got[-1]
    Verifier(last["secret"]).verify(body, headers)
    for secret in (hook["secret"], rotated["secret"]):
        with pytest.raises(Exception, match="signature"):
            Verifier(secret).verify(body, headers)
    assert last["secret"] not in client.get(f"{API}/webhooks").text
    assert aideator("webhook", "rotate", "wnone").code == 3
    assert aideator("webhook", "rotate", hook["id"], "--keep", "99d").code == 2
    assert client.post(f"{API}/webhooks/{hook['id']}/rotate", json={"kept_seconds": -1}).status_code == 422


def test_two_replicas_send_each_message_once(home: Path, receiver: Receiver) -> None:  # noqa: ARG001 -- the data folder
    here = Here()
    hook = book.add(here, book.Order(receiver.url, private=True))
    store = ServerStore.of(here.store)
    replicas = [Deliverer(here), Deliverer(here)]
    for each in replicas:
        each.start()
    for number in range(20):
        store.queue_delivery(message(hook, Happening("run.ended", "k1", now(), str(number), "k1", {})))
    for each in replicas:
        each.look()
    receiver.until(lambda it: len({headers["webhook-id"] for headers, _ in it.got}) == 20)
    receiver.until(lambda _: len(store.deliveries("delivered")) == 20)
    for each in replicas:
        each.stop()
    assert len(receiver.got) == 20


def test_without_the_scope_admin_nothing_is_sent_into_the_servers_network(home: Path, receiver: Receiver) -> None:  # noqa: ARG001
    here = Here()
    _, secret = tokens.create(here, tokens.Order("laptop", "ada", ("read", "run"), None))
    _, other = tokens.create(here, tokens.Order("laptop", "bo", ("read", "run"), None))
    with TestClient(application(here, None), base_url="http://x", raise_server_exceptions=False) as client:
        headers = {"X-API-Key": secret}
        for url in (
            "https://127.0.0.1/",
            "https://localhost:8642/",
            "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/",
        ):
            said = client.post(f"{API}/webhooks", json={"url": url}, headers=headers)
            assert (said.status_code, "inside the server's own network" in said.json()["detail"]) == (403, True), url
        assert client.post(f"{API}/webhooks", json={"url": receiver.url}, headers=headers).status_code == 422, "http"
        assert (
            client.post(
                f"{API}/webhooks", json={"url": "https://1.1.1.1", "everybody": True}, headers=headers
            ).status_code
            == 403
        )
        made = client.post(f"{API}/webhooks", json={"url": "https://1.1.1.1/hook"}, headers=headers)
        assert (made.status_code, made.json()["user"]) == (201, "ada")
        assert client.get(f"{API}/webhooks", headers={"X-API-Key": other}).json()["webhooks"] == []
        assert client.delete(f"{API}/webhooks/{made.json()['id']}", headers={"X-API-Key": other}).status_code == 404
        for act in ("rotate", "test"):
            path = f"{API}/webhooks/{made.json()['id']}/{act}"
            assert client.post(path, headers={"X-API-Key": other}).status_code == 404
    moved = book.Webhook("w1", "ada", receiver.url, made.json()["secret"])
    sent = sending.send(moved, message(moved, Happening("run.ended", "k1", "2026-01-01T00:00:00Z", "", "k1", {})))
    assert (sent.accepted, sent.again, receiver.got) == (False, None, []), "also if its name leads there later"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("::1", False), ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_addresses_of_the_internet_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_an_operator_adds_tests_and_removes_one(aideator: Shell, receiver: Receiver) -> None:
    assert aideator("webhook", "list").err == "no webhooks yet: aideator webhook add URL\n"
    made = aideator("webhook", "add", receiver.url, "--event", "run.ended", "--user", "ana", "--json")
    hook = json.loads(made.out)
    assert (hook["events"], hook["user"]) == (["run.ended"], "ana")
    told = aideator("webhook", "list")
    assert hook["secret"] not in told.out + told.err
    assert receiver.url in told.out
    assert json.loads(aideator("webhook", "list", "--json").out)["id"] == hook["id"]
    assert aideator("webhook", "test", hook["id"]).code == 0
    Verifier(hook["secret"]).verify(receiver.got[0][1], receiver.got[0][0])
    receiver.answers = [(500, {})]
    failed = aideator("webhook", "test", hook["id"], "--json")
    assert (failed.code, json.loads(failed.out)["error"]) == (1, "500 Internal Server Error")
    assert aideator("webhook", "dead", "--json").out == ""
    assert aideator("webhook", "add", "ftp://x").code == 2
    assert aideator("webhook", "add", receiver.url, "--event", "run.paused").code == 2
    assert aideator("webhook", "remove", hook["id"]).code == 0
    assert aideator("webhook", "remove", hook["id"]).code == 3
