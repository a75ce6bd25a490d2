"""`show --prompts`: what was sent to a model, and to which host."""

import json
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run

TASK = {"role": "user", "content": "Fix the parser.\n\x1b[31mNow."}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "x = 1"}


def sent(step: int, text: str | None, **more: Any) -> dict[str, Any]:
    record = {"type": "sent", "step": step, "host": "api.openai.com", "sha256": f"{step}" * 64, **more}
    return record if text is None else {**record, "text": text}


@pytest.fixture(autouse=True)
def run(home: Path, aideator: Shell) -> None:  # noqa: ARG001
    first, second = json.dumps(TASK), json.dumps(RESULT)
    add_run(
        home,
        Told(more=[sent(1, first[:20], part=1, parts=2), sent(1, first[20:], part=2, parts=2), sent(2, second), sent(3, None)]),
        Told(),
    )  # fmt: skip


def test_each_request_is_shown_with_its_host_and_what_it_added(aideator: Shell) -> None:
    said = aideator("show", "--prompts", "k3v9x2q/1")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "step 1  12:00:01  to api.openai.com  sha256 111111111111"
    assert lines[1:4] == ["user, 25 characters", "  Fix the parser.", "  ␛[31mNow."]
    assert "  x = 1" in lines
    assert lines[-2:] == ["the log had no room for the text", ""]


def test_as_json_each_request_is_a_line_with_its_messages(aideator: Shell) -> None:
    first, second, third = [
        json.loads(line) for line in aideator("show", "--prompts", "k3v9x2q/1", "--json").out.splitlines()
    ]
    assert (first["kind"], first["step"], first["host"], first["messages"]) == ("sent", 1, "api.openai.com", [TASK])
    assert (second["messages"], third["messages"]) == ([RESULT], None)


def test_one_variation_must_be_named_and_must_have_sent_something(aideator: Shell) -> None:
    assert aideator("show", "--prompts", "k3v9x2q").code == ExitCode.USAGE
    said = aideator("show", "--prompts", "k3v9x2q/2")
    assert said.code == ExitCode.NOT_FOUND
    assert "nothing is known to have been sent to the model of k3v9x2q/2" in said.err
    assert aideator("show", "--prompts", "--answer", "1", "k3v9x2q/1").code == ExitCode.USAGE
