"""Submitting where an answer is lost: the server has done what was asked, and the same request again meets a refusal."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.backends.kubernetes import submission
from aideator_cli.errors import AideatorError
from tests.backends.kubernetes.api_server import Handler, answering
from tests.backends.kubernetes.specs import run_spec

QUOTA = 'configmaps "agent-x" is forbidden: exceeded quota: team, requested: count/configmaps=1, used: 1, limited: 1'


@dataclass
class Namespace:
    """Keeps what is created in it; of the kind `scarce` one object, and the answer about that one is lost."""

    scarce: str = ""
    refuses: Callable[[Handler], bool] = lambda _: False
    there: dict[str, dict[str, Any]] = field(default_factory=dict)  # by path

    def answer(self, handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        if path == "/version" or re.search(r"(limitranges|resourcequotas)$", path):
            handler.json(200, {"major": "1", "minor": "34", "items": []})
        elif self.refuses(handler):
            handler.json(403, {"reason": "Forbidden", "message": "no right to this"})
        elif handler.command == "POST" and "/namespaces/" in path:
            self._create(handler, path)
        elif handler.command == "GET" and path.endswith("/jobs"):
            handler.json(200, {"items": [item for at, item in self.there.items() if "/jobs/" in at]})
        elif path not in self.there:
            handler.json(404, {"reason": "NotFound", "message": "not found"})
        else:
            handler.json(200, self.there.pop(path) if handler.command == "DELETE" else self.there[path])

    def _create(self, handler: Handler, path: str) -> None:
        made = json.loads(handler.body)
        made["metadata"]["uid"] = f"uid-{len(self.there)}"
        at = f"{path}/{made['metadata']['name']}"
        is_scarce = path.rpartition("/")[2] == self.scarce
        if is_scarce and any(f"/{self.scarce}/" in known for known in self.there):
            handler.json(
                403, {"reason": "Forbidden", "message": QUOTA}
            )  # a quota is asked before the name is looked up
            return
        self.there[at] = made
        if is_scarce:
            handler.cut()
        else:
            handler.json(201, made)


@pytest.mark.parametrize("kind", ["configmaps", "jobs"])
def test_what_a_quota_refuses_because_it_is_there_already_is_taken_as_it_is(kind: str, tmp_path: Path) -> None:
    namespace, spec = Namespace(kind), run_spec(1)
    with answering(namespace.answer) as fake:
        submission.submit(fake.objects(), spec, "jane", tmp_path)
    assert [path.rpartition("/")[2] for path in namespace.there] == [f"agent-{spec.id}", f"agent-{spec.id}-1"]


def test_what_may_be_there_and_can_t_be_looked_at_is_named(tmp_path: Path) -> None:
    namespace, spec = Namespace("configmaps", lambda handler: handler.command in ("GET", "DELETE")), run_spec(1)
    with answering(namespace.answer) as fake, pytest.raises(AideatorError) as told:
        submission.submit(fake.objects(), spec, "jane", tmp_path)
    assert "exceeded quota" in told.value.message
    assert (
        f"left behind in namespace team: perhaps Jobs agent-{spec.id}-*, perhaps ConfigMap agent-{spec.id}"
        in told.value.message
    )


def test_after_a_plain_refusal_nothing_is_looked_for(tmp_path: Path) -> None:
    namespace = Namespace(
        "configmaps", lambda handler: handler.command == "POST" and handler.path.endswith("configmaps")
    )
    with answering(namespace.answer) as fake, pytest.raises(AideatorError):
        submission.submit(fake.objects(), run_spec(1), "jane", tmp_path)
    assert not [
        request for request in fake.requests if request.endswith(("/jobs", "DELETE")) or "labelSelector" in request
    ]
