"""Telling the agent in a pod something: what must hold before anything is sent."""

import json
from typing import Any

import pytest

from aideator_agent import told
from aideator_cli.backends.kubernetes.telling import tell
from aideator_cli.domain.attempts import Attempt
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Handler, answering

ATTEMPT = Attempt("uid-1", "k3v9x2q", 2, "2026-01-01T00:00:00Z", "agent-k3v9x2q-2-abcde")


def pod(uid: str = "uid-1", **container: Any) -> dict[str, Any]:
    return {"metadata": {"uid": uid, "name": ATTEMPT.name}, "spec": {"containers": [{"name": "agent", **container}]}}


def refused(*pods: dict[str, Any], verbs: tuple[str, ...] = ("create", "get")) -> tuple[AideatorError, list[str]]:
    """The error, and what was asked of the server."""

    def answer(handler: Handler) -> None:
        if handler.command == "GET":
            handler.json(200, {"items": list(pods)})
        else:
            attributes = json.loads(handler.body)["spec"]["resourceAttributes"]
            assert (attributes["resource"], attributes["subresource"]) == ("pods", "attach")
            handler.json(201, {"status": {"allowed": attributes["verb"] in verbs}})

    with answering(answer) as server, pytest.raises(AideatorError) as caught:
        tell(server.objects(), ATTEMPT, told.line("a1", "Hello."))
    return caught.value, server.requests


def test_who_may_not_attach_is_told_which_rule_to_ask_for() -> None:
    error, requests = refused(pod(stdin=True), verbs=("get",))
    assert error.code is ExitCode.REFUSED
    assert "you may not use pods/attach in namespace team" in error.message
    assert "resources: [pods/attach], verbs: [create, get]" in str(error.hint)
    assert not any("/attach" in request for request in requests)


def test_a_pod_of_an_older_version_is_not_asked() -> None:
    error, _ = refused(pod())
    assert error.code is ExitCode.REFUSED
    assert "k3v9x2q/2 can't be told anything: the AIdeator that started it is of an older version" in error.message


def test_a_pod_that_is_gone_is_said_to_be_so() -> None:
    error, _ = refused(pod("uid-of-another", stdin=True))
    assert error.code is ExitCode.NOT_FOUND
    assert "its pod is gone" in error.message
