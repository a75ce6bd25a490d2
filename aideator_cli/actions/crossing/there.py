"""The tests of the others, of a run that is on a server: its referee works where the run's agents did, and this asks how it stands."""

import time
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from aideator_cli.actions.crossing.told import Announced, Doing, Failed, Told
from aideator_cli.actions.here import Here
from aideator_cli.domain.runs import StoredRun
from aideator_cli.stream.following import look

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend

LOOK_SECONDS: Final = 1.0


def cross_there(here: Here, run: StoredRun, server: "ServerBackend") -> Iterator[Told]:
    """Yields what `cross_test` yields. Whoever leaves it leaves the referee at work; the same again waits for that one."""
    announced, said = False, None
    told = server.cross_test(run.spec.id, patient=False)
    while told["state"] == "working":
        with server.client.understanding():
            if told["authors"] and not announced:
                announced = True
                yield _announced(told)
            if told["text"] is not None and told["text"] != said:
                said = told["text"]
                yield Doing(str(said))
        time.sleep(LOOK_SECONDS)
        told = server.cross_test(run.spec.id, patient=True)
    if told["state"] == "failed":
        yield Failed(str(told["text"]))
        return
    look(run.spec, server, here.store)
    outcome = here.store.crossing(run.spec.id)
    if outcome is not None:
        yield outcome


def _announced(told: Mapping[str, Any]) -> Announced:
    """Raises `ValueError`, or what `understanding` takes, for what no server of AIdeator tells."""
    authors, patches = (tuple(map(int, told[name])) for name in ("authors", "patches"))
    about, most = float(told["about"]), float(told["most"])
    if not patches or not (isfinite(about) and isfinite(most)):
        raise ValueError("patches or times")
    return Announced(authors, patches, about, most, bool(told["resumed"]))
