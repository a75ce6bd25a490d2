"""What the tests of checks share: turns that change the small project, and what the checks' events say."""

from typing import Any

from tests.agent.running import Record, call

UNITTEST = "python3 -m unittest"


def write(path: str, content: str) -> dict[str, Any]:
    return {"calls": [call("write_file", path=path, content=content)]}


def edit(path: str, old: str, new: str) -> dict[str, Any]:
    return {"calls": [call("str_replace", path=path, old=old, new=new)]}


MEND = edit("calc.py", "a - b", "a + b")
BREAK = edit("calc.py", "2 * a", "3 * a")


def ran(record: Record, on: str) -> list[tuple[str, int | None]]:
    """Name and exit code of the checks on a tree, in order."""
    return [(event["name"], event["exit_code"]) for event in record.of("check") if event["on"] == on]
