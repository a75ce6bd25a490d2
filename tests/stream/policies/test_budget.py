"""`--budget`: a variation's share holds for all its attempts together."""

import json
import os
import signal
from collections.abc import Sequence

import pytest

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.faults.watching import Record, Watching, is_event, is_observed
from tests.faults.work import model

PRICE = "{input_price_per_million: 100, output_price_per_million: 100}"  # USD: a call costs ten cents
WAITS = {
    "calls": [{"tool": "bash", "arguments": {"command": "echo started; sleep 120"}}], "usage": {"input": 1000, "output": 0},
}  # fmt: skip


def begin(place: Place, budget: str, *more: str, option: str = "--model", agents: int = 1) -> Watching:
    """A run whose agent has made one call, and is at work."""
    home = place.user.folder / "home"
    home.mkdir()
    name = model(place, [WAITS])
    (home / "models.yaml").write_text(f"models:\n  {name}: {PRICE}\n")
    place.git.add("project", FILES)
    words = [*place.user.options, option, f"{name}:{agents}", "--retries", "1", *more]
    watching = Watching(place.user, "run", place.git.url("project"), "Do it.", *words, "--budget", budget)
    watching.until(is_event("output"))
    return watching


def kill_agent(place: Place, run: str) -> None:
    records = [json.loads(path.read_bytes()) for path in (place.user.folder / "home/runs" / run / "1").glob("*.json")]
    os.kill(max(records, key=lambda record: str(record["created"]))["pid"], signal.SIGKILL)


def limits(records: Sequence[Record]) -> list[float]:
    return [record["event"]["limits"]["cost"] for record in records if is_event("start")(record)]


def test_another_attempt_gets_what_is_left_of_the_share(local_place: Place) -> None:
    watching = begin(local_place, "0.15")
    kill_agent(local_place, watching.records[0]["run"])
    seen = len(watching.records)
    watching.until(is_event("output"), after=seen)
    assert limits(watching.records) == pytest.approx([0.15, 0.05])
    kill_agent(local_place, watching.records[0]["run"])
    assert watching.end() == 4
    (group,) = local_place.user.call("stats", "--json").of("stats")
    assert group["total_cost"] == pytest.approx(0.2)


def test_where_the_share_is_spent_there_is_no_other_attempt_and_that_is_told(local_place: Place) -> None:
    watching = begin(local_place, "0.1")
    run = str(watching.records[0]["run"])
    kill_agent(local_place, run)
    told = watching.until(is_observed("not_tried_again"))
    assert told["text"] == f"{run}/1 has spent its share of the budget, $0.10, so it is not retried"
    assert watching.end() == 4
    again = local_place.user.call("retry", f"{run}/1", "--force")
    assert (again.code, again.err.splitlines()[-1]) == (6, f"error: {told['text']}")


def test_the_next_step_begins_where_the_share_of_the_one_before_is_spent(local_place: Place) -> None:
    watching = begin(local_place, "0.2", "--verify", "true", option="--escalate", agents=2)
    run, seen = str(watching.records[0]["run"]), len(watching.records)
    kill_agent(local_place, run)
    watching.until(is_observed("not_tried_again"))
    again = watching.until(is_event("output"), after=seen)
    assert again["variation"] == 2
    assert local_place.user.call("cancel", run).code == 0
    watching.end()
