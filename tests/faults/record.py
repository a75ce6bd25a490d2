"""Whether all that an agent wrote is there, once."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import User
from tests.faults.work import pod_name


def seqs(raw: bytes) -> list[int]:
    return [json.loads(line)["seq"] for line in raw.splitlines()]


def numbered(found: list[int]) -> int:
    """How many there are: 0, 1, 2, ... without holes and doubles."""
    doubled = sorted(seq for seq, count in Counter(found).items() if count > 1)
    lost = sorted(set(range(max(found, default=-1) + 1)) - set(found))
    assert (lost, doubled) == ([], []), f"lost {lost}, doubled {doubled}"
    assert found == sorted(found)
    return len(found)


def stored(place: Place, run: str, variation: int = 1, *, user: User | None = None) -> bytes:
    """The whole log of an agent that has ended, as it is stored; where there is a pod, it is the pod's, byte for byte."""
    ours = logs(user or place.user, run, variation)
    assert numbered(seqs(ours)) > 0
    assert json.loads(ours.splitlines()[-1])["type"] == "end"
    if place.kubectl is not None:
        name = pod_name(place, run, variation)
        assert ours == place.kubectl.raw("logs", "-n", place.namespace, name, "-c", "agent")
    return ours


def logs(user: User, run: str, variation: int = 1) -> bytes:
    done = user.call("logs", f"{run}/{variation}", "--json")
    assert done.code == 0, done.err
    return done.out


def shown(records: Iterable[Any], raw: bytes) -> int:
    """What a view with --json showed is each of these events once; how many."""
    found = [record["event"]["seq"] for record in records if record["kind"] == "event"]
    assert numbered(found) == len(seqs(raw))
    return len(found)
