"""What options name and the cluster lacks is told before anything is created, as far as the user may look."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aideator_agent.pod_settings import PodSettings
from aideator_cli.backends.kubernetes import named
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Handler, answering
from tests.backends.kubernetes.specs import run_spec

MISSING = {"kind": "Status", "reason": "NotFound", "message": "not found"}
FORBIDDEN = {"kind": "Status", "reason": "Forbidden", "message": "no"}
NAMES: list[tuple[dict[str, Any], str]] = [
    ({"priority_class": "urgent"}, "PriorityClass urgent does not exist (--priority-class)"),
    ({"runtime_class": "gvisor"}, "RuntimeClass gvisor does not exist (--runtime-class)"),
    ({"service_account": "builder"}, "ServiceAccount builder (--service-account) does not exist in namespace team"),
    ({"env_from": ("tools",)}, "Secret tools (--env-from) does not exist in namespace team"),
    ({"image_pull_secrets": ("registry",)}, "Secret registry (--image-pull-secret) does not exist in namespace team"),
]


def check(pod: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
    with answering(lambda asked: Handler.json(asked, status, answer)) as server, ThreadPoolExecutor(1) as pool:
        for found in named.checks(server.objects(), run_spec(pod=PodSettings(**pod)), pool):
            found()
    assert len(server.requests) == 1


@pytest.mark.parametrize(("pod", "words"), NAMES)
def test_what_does_not_exist_is_told_with_its_option(pod: dict[str, Any], words: str) -> None:
    with pytest.raises(AideatorError) as caught:
        check(pod, 404, MISSING)
    assert (caught.value.message, caught.value.code) == (words, ExitCode.NOT_FOUND)
    assert "get" in str(caught.value.hint)


@pytest.mark.parametrize("pod", [pod for pod, _ in NAMES])
def test_what_exists_or_may_not_be_seen_is_accepted(pod: dict[str, Any]) -> None:
    check(pod, 200, {"kind": "Anything"})
    check(pod, 403, FORBIDDEN)


def test_a_label_that_no_node_has_is_told() -> None:
    with pytest.raises(AideatorError, match="no node of cluster fake has the label pool=agents"):
        check({"node_selector": {"pool": "agents"}}, 200, {"items": []})
    check({"node_selector": {"pool": "agents"}}, 200, {"items": [{}]})
    check({"node_selector": {"pool": "agents"}}, 403, FORBIDDEN)
