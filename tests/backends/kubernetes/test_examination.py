"""What `doctor` says about a cluster, where a real one can't be made to be like that. tests/end_to_end has the real one."""

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from aideator_cli.backends.kubernetes.examination import Examination
from aideator_cli.domain.findings import Finding
from aideator_cli.errors import written
from tests.backends.kubernetes.api_server import Handler, answering

Check = Callable[[Examination], list[Finding]]


def found(check: Check, answers: dict[str, tuple[int, Any]], user: str = "jane") -> list[Finding]:
    """`answers`: by the last words of the path, which need not be whole."""

    def answer(handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        status, data = next(
            (told for end, told in answers.items() if path.endswith(end)), (404, {"message": "unknown"})
        )
        handler.json(status, data)

    with answering(answer) as server:
        return check(Examination(server.objects(), user))


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.part, finding.state) for finding in findings]


FORBIDDEN = (403, {"reason": "Forbidden", "message": "forbidden"})
VERSION: Check = lambda e: e.server()  # noqa: E731
NAMESPACE: Check = lambda e: e.namespace()  # noqa: E731
QUOTA: Check = lambda e: e.quota()  # noqa: E731
NETWORK: Check = lambda e: e.network()  # noqa: E731


def keys(secret: str | None = None, *needed: str) -> Check:
    return lambda examination: examination.keys(secret, needed)


def test_a_cluster_that_is_too_old_is_broken() -> None:
    _, finding = found(VERSION, {"/version": (200, {"major": "1", "minor": "28+", "gitVersion": "v1.28.3"})})
    assert finding.state == "broken"
    assert "v1.28.3" in finding.text
    assert "1.29" in finding.text


def test_a_namespace_that_is_missing_or_being_deleted_is_broken_even_if_you_may_not_see_it() -> None:
    gone = (404, {"reason": "NotFound", "message": 'namespaces "team" not found', "details": {"kind": "namespaces"}})
    ending = (403, {"reason": "Forbidden", "message": "unable to create: namespace team is being terminated"})
    going = (200, {"metadata": {"name": "team", "deletionTimestamp": "2026-01-01T00:00:00Z"}})
    for answers, word in (
        ({"namespaces/team": gone}, "does not exist"),
        ({"namespaces/team": FORBIDDEN, "configmaps": gone}, "does not exist"),
        ({"namespaces/team": FORBIDDEN, "configmaps": ending}, "is being deleted"),
        ({"namespaces/team": going, "configmaps": ending}, "is being deleted"),
    ):
        (finding,) = found(NAMESPACE, answers)
        assert (finding.part, finding.state) == ("namespace", "broken")
        assert word in finding.text
        assert finding.mend


def test_a_pod_security_level_that_you_may_not_see_is_no_obstacle() -> None:
    answers = {"namespaces/team": FORBIDDEN, "configmaps": (201, {})}
    assert told(found(NAMESPACE, answers)) == [("namespace", "ok"), ("pod security", "note")]
    nothing = found(NAMESPACE, {"namespaces/team": FORBIDDEN, "configmaps": FORBIDDEN})
    assert told(nothing) == [("namespace", "note"), ("pod security", "note")]  # it may not even exist
    assert nothing[0].text == "team can't be seen without permission to get namespaces"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    findings = found(NAMESPACE, {"namespaces/team": (200, {"metadata": {"labels": labels}})})
    assert told(findings) == [("namespace", "ok"), ("pod security", "ok")]
    assert "restricted" in findings[1].text


@pytest.mark.parametrize(
    ("hard", "used", "state"),
    [
        ({"pods": "10"}, {"pods": "3"}, "ok"),
        ({"pods": "10"}, {"pods": "10"}, "broken"),
        ({"limits.cpu": "2"}, {"limits.cpu": "2000m"}, "broken"),
        ({"requests.memory": "1Gi"}, {"requests.memory": "1025Mi"}, "broken"),
        ({"services": "1"}, {"services": "1"}, "ok"),
        ({"pods": "garbage"}, {"pods": "3"}, "ok"),
    ],
)
def test_a_quota_that_is_used_up_is_broken(hard: dict[str, str], used: dict[str, str], state: str) -> None:
    quota = {"metadata": {"name": "small"}, "status": {"hard": hard, "used": used}}
    (finding,) = found(QUOTA, {"resourcequotas": (200, {"items": [quota]})})
    assert finding.state == state
    assert next(iter(hard)) in finding.text


def test_nobody_is_told_to_wait_for_a_quota_that_allows_nothing() -> None:
    def mend(pods: str) -> str:
        quota = {"metadata": {"name": "small"}, "status": {"hard": {"pods": pods}, "used": {"pods": pods}}}
        (finding,) = found(QUOTA, {"resourcequotas": (200, {"items": [quota]})})
        return str(finding.mend)

    assert mend("1").startswith("wait for other pods to end, or ask for more: kubectl ")
    assert mend("0").startswith("ask for more: kubectl ")


def test_no_quota_and_a_hidden_one_are_no_obstacle() -> None:
    assert told(found(QUOTA, {"resourcequotas": (200, {"items": []})})) == [("quota", "ok")]
    assert told(found(QUOTA, {"resourcequotas": FORBIDDEN})) == [("quota", "note")]


def test_a_network_without_limits_is_told_but_no_obstacle() -> None:
    def policies(*items: dict[str, Any]) -> dict[str, tuple[int, Any]]:
        return {"networkpolicies": (200, {"items": [{"metadata": {"name": "n"}, "spec": spec} for spec in items]})}

    everything: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Egress"]}
    others = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]}
    ours = {"podSelector": {"matchLabels": {"app": "aideator-agent"}}, "policyTypes": ["Ingress", "Egress"]}
    inwards = {"podSelector": {}, "policyTypes": ["Ingress"]}
    for answers, state in (
        (policies(), "note"),
        (policies(others, inwards), "note"),
        (policies(everything), "ok"),
        (policies(others, ours), "ok"),
        ({"networkpolicies": FORBIDDEN}, "note"),
    ):
        assert [finding.state for finding in found(NETWORK, answers)] == [state]


def test_keys_are_looked_for_where_a_run_looks_for_them_and_no_value_is_shown() -> None:
    mine = {"secrets/aideator-keys-jane": (200, {"data": {"OPENAI_API_KEY": "c2VjcmV0"}})}
    (finding,) = found(keys(), mine)
    assert (finding.state, finding.text) == ("ok", "Secret aideator-keys-jane has OPENAI_API_KEY")
    shared = {"secrets/aideator-keys": (200, {"data": {"ANTHROPIC_API_KEY": "c2VjcmV0"}})}
    (finding,) = found(keys(None, "OPENAI_API_KEY"), shared)
    assert (finding.state, finding.text) == ("broken", "Secret aideator-keys has no OPENAI_API_KEY")
    assert "OPENAI_API_KEY" in written(finding.mend or "")


def test_no_secret_is_an_obstacle_only_for_a_model_that_needs_one() -> None:
    assert [finding.state for finding in found(keys(), {})] == ["note"]
    assert [finding.state for finding in found(keys(None, "OPENAI_API_KEY"), {})] == ["broken"]
    assert [finding.state for finding in found(keys("named"), {"secrets/named": FORBIDDEN})] == ["note"]


def test_a_clock_that_is_wrong_is_told() -> None:
    def answer(handler: Handler) -> None:
        handler.send_response_only(200)
        handler.send_header("Date", formatdate(time.time() - 90, usegmt=True))
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with answering(answer) as server:
        objects = server.objects()
        examination = Examination(objects, "jane")
        assert examination.clock().state == "ok"
        objects.client.call("GET", "/version")
        finding = examination.clock()
    assert finding.state == "note"
    assert "ahead of the API server's" in finding.text
