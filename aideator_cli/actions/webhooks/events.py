"""CloudEvents 1.0, in JSON. The same happening has the same id, whoever tells of it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aideator_cli.actions.webhooks.book import TEST
from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.system.clock import now

TYPE: Final = "dev.aideator."


class Happening(NamedTuple):
    kind: str  # one of KINDS
    run: str
    time: str  # RFC 3339, UTC
    key: str  # tells it from others of this kind and run
    subject: str  # the run, or RUN/N
    data: Mapping[str, Any]


def message(hook: Webhook, told: Happening) -> Delivery:
    id_ = _id(hook.id, told.kind, told.run, told.key)
    return Delivery(id_, hook.id, told.run, told.kind, _cloud_event(id_, told), told.time)


def test_message(hook: Webhook) -> Delivery:
    """Returns a message that says nothing, to be sent at once."""
    told = Happening(TEST, "", now(), now(), "", {"kind": TEST, "webhook": hook.id})
    id_ = _id(hook.id, TEST, told.time)
    return Delivery(id_, hook.id, "", TEST, _cloud_event(id_, told), told.time)


def _cloud_event(id_: str, told: Happening) -> str:
    event = {
        "specversion": "1.0", "id": id_, "source": f"urn:aideator:run:{told.run}" if told.run else "urn:aideator:server",
        "type": TYPE + told.kind, "time": told.time, "datacontenttype": "application/json",
        **({"subject": told.subject} if told.subject else {}), "data": told.data,
    }  # fmt: skip
    return json.dumps(event, separators=(",", ":"))


def _id(*parts: str) -> str:
    return f"msg_{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:32]}"
