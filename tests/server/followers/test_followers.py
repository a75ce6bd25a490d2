"""A run is followed with nobody watching, by one replica at a time, whatever happens to that one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.domain.leases import Lease
from aideator_cli.store import Store
from aideator_cli.store.postgresql.engine import forget
from aideator_cli.store.serving import ServerStore
from tests.end_to_end.conftest import Place, local_place
from tests.end_to_end.user import User
from tests.faults import work
from tests.fixtures.postgresql import PostgreSQL

__all__ = ["local_place"]

PATIENCE = 60.0  # seconds; a busy machine


class Replicas:
    """Processes that follow the runs of one store."""

    def __init__(self, place: Place) -> None:
        self.place = place
        environment = place.user.environment
        self.home = Path(environment["AIDEATOR_HOME"])
        self.store = ServerStore.of(Store.open(self.home, environment.get("AIDEATOR_DATABASE")))
        self._stack = ExitStack()

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.followers.process"],
            env={**self.place.user.environment, "PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._stack.callback(_end, process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        return process

    def close(self) -> None:
        self._stack.close()

    def lease(self, run: str, but: Lease | None = None) -> Lease:
        """The run's lease, once there is one (other than `but`)."""
        least = but.fence if but else 0
        return until(
            lambda: next((each for each in self.store.leases() if each.run == run and each.fence > least), None)
        )

    def events(self, run: str) -> int:
        return sum(1 for known in self.store.attempts(run) for _ in self.store.events(known.attempt))

    def lost_and_doubled(self, run: str) -> tuple[int, int]:
        """Of the lines that the agents wrote."""
        stored = [event.raw for known in self.store.attempts(run) for event in self.store.events(known.attempt)]
        written = [
            line
            for path in sorted((self.home / "runs" / run).glob("*/*.log"))
            for line in path.read_bytes().splitlines()
        ]
        return len(set(written) - set(stored)), len(stored) - len(set(stored))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def replicas(request: pytest.FixtureRequest, local_place: Place) -> Iterator[Replicas]:
    place = local_place
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        user = User({**place.user.environment, "AIDEATOR_DATABASE": url}, place.user.options, place.user.folder)
        place = replace(place, user=user)
    made = Replicas(place)
    yield made
    made.close()


def kill_agent(replicas: Replicas, run: str) -> None:
    folder = replicas.home / "runs" / run / "1"
    records = sorted(
        (json.loads(path.read_bytes()) for path in folder.glob("*.json")), key=lambda each: str(each["created"])
    )
    os.kill(records[-1]["pid"], signal.SIGKILL)


def test_a_replica_that_is_killed_is_replaced_and_nothing_is_lost_or_doubled(replicas: Replicas) -> None:
    place = replicas.place
    first = replicas.start()
    run = work.start(place, work.model(place, work.until_released(place)))
    lease = replicas.lease(run)
    until(lambda: replicas.events(run) > 5)
    replicas.start()
    began = time.monotonic()

    first.kill()

    taken = replicas.lease(run, but=lease)
    assert time.monotonic() - began < 30
    assert taken.holder != lease.holder
    before = replicas.events(run)
    until(lambda: replicas.events(run) > before)
    work.release(place, run)
    until(lambda: (found := replicas.store.run(run)) and found.state == "ended")
    assert [result.outcome for result in replicas.store.results(run)] == ["succeeded"]
    assert replicas.lost_and_doubled(run) == (0, 0)


def test_a_replica_that_is_told_to_end_hands_over_at_once(replicas: Replicas) -> None:
    place = replicas.place
    first = replicas.start()
    run = work.start(place, work.model(place, work.until_released(place)))
    lease = replicas.lease(run)
    second = replicas.start()

    first.terminate()
    assert first.wait(PATIENCE) == 0

    until(lambda: (found := replicas.lease(run, but=lease)) and f":{second.pid}:" in found.holder)
    work.release(place, run)
    until(lambda: (found := replicas.store.run(run)) and found.state == "ended")
    assert replicas.lost_and_doubled(run) == (0, 0)


def test_the_retries_of_a_run_are_made_with_nobody_watching(replicas: Replicas) -> None:
    place = replicas.place
    words = work.words(place, work.model(place, work.until_released(place)), "--retries", "1", "--json")
    watching = place.user.start(*words)
    assert watching.stdout
    run = str(json.loads(watching.stdout.readline())["run"])
    until(lambda: replicas.events(run) > 3)
    _end(watching)
    for _ in range(2):
        replicas.start()

    kill_agent(replicas, run)

    until(lambda: replicas.store.submissions(run) == {1: 2})
    until(lambda: len(replicas.store.attempts(run)) == 2)
    work.release(place, run)
    until(lambda: (found := replicas.store.run(run)) and found.state == "ended")
    assert [result.outcome for result in replicas.store.results(run)] == ["succeeded"]
    assert [seen.kind for seen in replicas.store.observations(run)].count("tried_again") == 1
    assert replicas.lost_and_doubled(run) == (0, 0)


def test_a_database_that_goes_away_for_a_while_loses_nothing(own_postgresql: PostgreSQL, local_place: Place) -> None:
    url = own_postgresql.new_database()
    environment = {**local_place.user.environment, "AIDEATOR_DATABASE": url}
    place = replace(local_place, user=User(environment, local_place.user.options, local_place.user.folder))
    replicas = Replicas(place)
    process = replicas.start()
    try:
        run = work.start(place, work.model(place, work.until_released(place)))
        until(lambda: replicas.events(run) > 5)
        own_postgresql.stop()
        (log,) = (replicas.home / "runs" / run / "1").glob("*.log")
        before = log.stat().st_size
        until(lambda: log.stat().st_size > before + 1000)
        own_postgresql.start()
        work.release(place, run)
        until(lambda: (found := replicas.store.run(run)) and found.state == "ended")
        assert [result.outcome for result in replicas.store.results(run)] == ["succeeded"]
        assert replicas.lost_and_doubled(run) == (0, 0)
        assert process.poll() is None
    finally:
        replicas.close()
        forget(url)
