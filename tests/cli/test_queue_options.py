"""The options for many agents at once: what `--dry-run` shows of them, and what is refused at the door."""

from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Dry, configure, job_of

QUEUE, PRIORITY = "kueue.x-k8s.io/queue-name", "kueue.x-k8s.io/priority-class"


def test_a_job_for_a_queue_is_suspended_and_alone_bears_its_name(dry: Dry) -> None:
    job = job_of(dry("--queue", "night", "--queue-priority", "urgent"))
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"].items() >= {QUEUE: "night", PRIORITY: "urgent"}.items()
    assert not {QUEUE, PRIORITY} & job["spec"]["template"]["metadata"]["labels"].keys()


def test_without_a_queue_a_job_starts_at_once(dry: Dry) -> None:
    job = job_of(dry())
    assert "suspend" not in job["spec"]
    assert not {QUEUE, PRIORITY} & job["metadata"]["labels"].keys()


def test_the_configured_queue_is_used_and_its_priority_with_it(dry: Dry, home: Path) -> None:
    configure(home, "queue: night\nqueue_priority: low\n")
    assert job_of(dry())["metadata"]["labels"].items() >= {QUEUE: "night", PRIORITY: "low"}.items()
    assert job_of(dry("--queue", "day"))["metadata"]["labels"][QUEUE] == "day"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--queue", "No Queue"], "--queue takes the name of an object"),
        (["--queue", "q" * 64], "is no valid value"),
        (["--queue-priority", "urgent"], "add --queue NAME"),
        (["--label", f"{QUEUE}=night"], f"--label: AIdeator sets {QUEUE} itself"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_door(dry: Dry, options: list[str], words: str) -> None:
    said = dry(*options)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert words in said.err
