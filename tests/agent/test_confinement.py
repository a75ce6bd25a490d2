"""A private repository's text goes to the hosts on the list alone, seen from the model's side: what each server was asked."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_agent import confinement
from aideator_agent.program import AgentProgram
from aideator_agent.spec import Limits, Price, RunSpec, VariationSpec
from tests.agent.running import Agent, spec_of, submit
from tests.fixtures.provider import Provider, Reply, document
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import OpenAIServers

SAID = {"choices": [{"message": {"content": "Done."}}], "usage": {"prompt_tokens": 10, "completion_tokens": 1}}
NAMES = ("OPENAI_API_KEY",)
ASKING = """
import json, sys, urllib.error, urllib.request
url, token, elsewhere = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for path, headers, more in (
    ("/v1/chat/completions", {}, {"fallbacks": ["gpt-5"], "model": "m"}),
    ("/v1/chat/completions", {}, {"models": ["gpt-5"], "model": "m"}),
    ("/v1/chat/completions", {}, {"model": "another"}),
    ("/v1/chat/completions", {}, {"model": "m", "base_url": elsewhere}),
    ("/v1/chat/completions", {"Host": elsewhere.removeprefix("http://")}, {"model": "m"}),
    (elsewhere + "/v1/chat/completions", {}, {"model": "m"}),
    ("/v1/chat/completions", {}, {"model": "m"}),
):
    body = json.dumps({"messages": [{"role": "user", "content": "secret of the repository"}], **more}).encode()
    request = urllib.request.Request(url + path if path.startswith("/") else url, body, {"authorization": "Bearer " + token, **headers})
    if not path.startswith("/"):
        request.set_proxy(url.removeprefix("http://"), "http")
        request.selector = path
    try:
        print(opener.open(request, timeout=30).status)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode()[:300])
    except OSError as error:
        print(error)
"""


@pytest.fixture
def agent(afresh: Agent) -> Agent:
    return afresh


@pytest.fixture
def elsewhere() -> Iterator[Provider]:
    with Provider(document(SAID)) as provider:
        yield provider


def place(provider: Provider) -> str:
    return provider.url.removeprefix("http://")


def private_spec(repository: LocalRepository, url: str, hosts: tuple[str, ...], **more: Any) -> RunSpec:
    variation = VariationSpec(1, "openai/m", api_base=url, keys=NAMES, price=Price(0.0, 0.0), **more)
    limits = Limits(steps=20)
    return spec_of(str(repository.path), variations=(variation,), model_hosts=hosts, limits=limits)


def test_a_redirect_of_a_listed_host_is_not_followed_elsewhere(
    agent: Agent, repository: LocalRepository, elsewhere: Provider
) -> None:
    there = {"Location": f"{elsewhere.url}/v1/chat/completions"}
    with Provider(Reply(status=307, headers=there)) as listed:
        record = agent.run(
            private_spec(repository, f"{listed.url}/v1", (place(listed),)), OPENAI_API_KEY="sk-0123456789"
        )
        assert listed.asked
    assert elsewhere.asked == []
    outcome, fault, reason = record.outcome
    assert (outcome, fault) == ("failed", "model")
    assert f"this repository is private, and {place(elsewhere)} is not on the list" in reason


def test_a_listed_host_is_asked_as_usual(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server(
        {"m": [{"calls": [{"tool": "write_file", "arguments": {"path": "a", "content": "1"}}]}, submit()]}
    )
    hosts = (server.url.removeprefix("http://").partition("/")[0],)
    record = agent.run(private_spec(repository, server.url, hosts), OPENAI_API_KEY="sk-0123456789")
    assert record.outcome == ("succeeded", None, "")
    assert len(server.requests) == 2


def test_an_agent_of_its_own_gets_the_text_nowhere_but_to_the_listed_host(
    agent: Agent, repository: LocalRepository, elsewhere: Provider
) -> None:
    repository.commit({"ask.py": ASKING})
    with Provider(document(SAID)) as listed:
        command = f"python3 ask.py {{url}} {{token}} {elsewhere.url}; echo done > done.txt"
        program = AgentProgram("asker", "text", command, "openai", listed.url)
        spec = private_spec(repository, listed.url, (place(listed),), agent=program)
        record = agent.run(spec, OPENAI_API_KEY="sk-0123456789")
        asked = [request.json for request in listed.asked]
    assert elsewhere.asked == []
    assert [body["model"] for body in asked] == ["m"]
    assert record.outcome == ("succeeded", None, "")
    assert "only openai/m may be asked" in record.notices("warning")


def test_an_agent_of_its_own_is_not_even_started_with_a_provider_that_is_not_listed(
    agent: Agent, repository: LocalRepository, elsewhere: Provider
) -> None:
    program = AgentProgram("asker", "text", "echo x > x", "openai", elsewhere.url)
    spec = private_spec(repository, elsewhere.url, ("localhost",), agent=program)
    record = agent.run(spec, OPENAI_API_KEY="sk-0123456789")
    assert record.outcome[:2] == ("failed", "repository")
    assert record.end["totals"]["commands"] == 0


def test_a_repository_that_says_it_is_private_stops_a_run_that_does_not_know(
    agent: Agent, repository: LocalRepository, elsewhere: Provider
) -> None:
    repository.commit({".aideator.toml": "private = true\n"})
    variation = VariationSpec(1, "openai/m", api_base=elsewhere.url, keys=NAMES)
    record = agent.run(spec_of(str(repository.path), variations=(variation,)), OPENAI_API_KEY="sk-0123456789")
    assert elsewhere.asked == []
    assert record.outcome[:2] == ("failed", "repository")
    assert "--private" in record.outcome[2]


def test_a_script_that_is_sent_nowhere_may_play_on_a_private_repository(
    agent: Agent, repository: LocalRepository
) -> None:
    repository.commit({".aideator.toml": "private = true\n"})
    assert agent.run(spec_of(str(repository.path), [submit()])).outcome[0] == "no_changes"


@pytest.mark.parametrize(
    ("entry", "host", "port", "listed"),
    [
        ("gpu.internal", "GPU.internal.", 8000, True),
        ("gpu.internal:8000", "gpu.internal", 8000, True),
        ("gpu.internal:8000", "gpu.internal", 443, False),
        ("gpu.internal", "evil-gpu.internal", 443, False),
        ("gpu.internal", "gpu.internal.evil.com", 443, False),
        ("localhost", "localhost%2eevil.com", 443, False),
        ("localhost", "127.1", 443, False),
        ("fe80::1", "fe80::1%eth0", 80, True),
        ("::1", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
    ],
)
def test_an_entry_names_a_host_and_perhaps_its_port(entry: str, host: str, port: int, *, listed: bool) -> None:
    assert confinement.is_listed([entry], host, port) is listed


@pytest.mark.parametrize("entry", ["", "http://gpu", "a b", "gpu:port", "user@gpu"])
def test_what_is_no_host_is_no_entry(entry: str) -> None:
    with pytest.raises(ValueError, match=r"no host|IPv6|At least"):
        confinement.split(entry)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        (b"private = true", True),
        (b'"private"=true # no', True),
        (b"private = false", False),
        (b"# private = true", False),
        (b"[profiles.x]\nprivate = true", False),
        (b"n = \nprivate = true", True),  # no TOML, so it is searched
        (b"", False),
        ("\ufeffprivate = true".encode(), True),  # with a mark, or in UTF-16, as programs on Windows write it
        ("private = true\r\n".encode("utf-16"), True),
    ],
)
def test_what_a_repository_says(text: bytes, *, private: bool) -> None:
    assert confinement.says_private(text) is private


def test_a_run_that_is_not_private_is_confined_to_nothing(tmp_path: Path) -> None:
    confinement.confine(None)
    (tmp_path / ".aideator.toml").write_text("private = true")
    known = spec_of("x", model_hosts=("localhost",), variations=(VariationSpec(1, "openai/m"),))
    confinement.check_base(tmp_path, known, known.variations[0])


def test_only_the_thread_that_asks_is_confined(elsewhere: Provider) -> None:
    host, port = place(elsewhere).split(":")
    met: list[Exception | None] = []

    def connect(hosts: tuple[str, ...] | None) -> None:
        confinement.confine_thread(hosts)
        try:
            socket.create_connection((host, int(port))).close()
            met.append(None)
        except confinement.NotListed as error:
            met.append(error)

    for hosts in (("gpu.invalid",), (place(elsewhere),), None):
        thread = threading.Thread(target=connect, args=(hosts,))
        thread.start()
        thread.join()
    assert [type(each) for each in met] == [confinement.NotListed, type(None), type(None)]
