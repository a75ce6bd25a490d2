"""What hidden checks lay over each tree, and when."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from aideator_agent import hidden
from aideator_agent.spec import Check, Hidden, RunSpec, Sent
from tests.agent.checks.checking import MEND, ran
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.agent.test_sent import put
from tests.fixtures.repositories import LocalRepository

MARKER = "marker-Zq81xv"
SHOW = (Check("show", "cat tests/test_hidden.py; ls -l run.sh | cut -c4"),)


def asked(agent: Agent, repository: LocalRepository, turns: Any, files: Mapping[str, str], **more: Any) -> RunSpec:
    contents = {path: (text.encode(), path.endswith(".sh")) for path, text in files.items()}
    checks = more.pop("hidden_checks", SHOW)
    piece = put(agent, "hidden", hidden.archive(checks, contents))
    return spec_of(str(repository.path), turns, sent=Sent(hidden=piece), hidden=Hidden(len(checks), len(files)), **more)


def run(agent: Agent, spec: RunSpec) -> Record:
    return agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))


FILES = {"tests/test_hidden.py": f"{MARKER}\n", "run.sh": "true\n"}


@pytest.mark.parametrize(
    "in_the_way",
    [
        "true",
        "mkdir tests; echo mine > tests/test_hidden.py",
        "ln -s /tmp tests",
        "echo file > tests",
        "mkdir -p tests/test_hidden.py/deep; touch tests/test_hidden.py/deep/x",
        "mkdir tests; ln -s ../calc.py tests/test_hidden.py",
    ],
)
def test_they_replace_whatever_the_patch_has_put_there(
    agent: Agent, repository: LocalRepository, in_the_way: str
) -> None:
    spec = asked(agent, repository, [MEND, bash(in_the_way), submit()], FILES)
    record = run(agent, spec)
    checks = record.of("check")
    assert {event["on"] for event in checks} >= {"base", "patch"}
    assert all(event["tail"].split() == [MARKER, "x"] for event in checks), checks
    assert all(event["hidden"] for event in checks)
    assert MARKER.encode() not in record.patch


def test_nothing_is_told_or_checked_before_the_work_has_ended(agent: Agent, repository: LocalRepository) -> None:
    variations = {"variations": (spec_of("").variations[0],)}
    record = run(
        agent, asked(agent, repository, [MEND, submit()], FILES, checks=(Check("calc", "true"),), **variations)
    )
    ended = next(
        at for at, e in enumerate(record.events) if e["type"] == "phase" and (e["name"], e["state"]) == ("patch", "end")
    )
    assert not [event for event in record.events[:ended] if event["type"] == "check"]
    assert MARKER not in json.dumps(record.events[:ended])
    assert ran(record, "base") == [("calc", 0), ("show", 0)]


def test_a_command_alone_marks_itself_and_no_other(agent: Agent, repository: LocalRepository) -> None:
    record = run(agent, asked(agent, repository, [MEND, submit()], {}, checks=(Check("calc", "true"),), baseline=False,
                              hidden_checks=(Check("quiet", "true"),)))  # fmt: skip
    assert [(event["name"], event.get("hidden", False)) for event in record.of("check")] == [
        ("calc", False),
        ("quiet", True),
    ]


def test_a_file_in_the_place_of_a_setting_ends_the_attempt_before_the_model_is_asked(
    agent: Agent, repository: LocalRepository
) -> None:
    repository.commit({"pyproject.toml": "[project]\n"})
    record = run(agent, asked(agent, repository, [MEND, submit()], {"pyproject.toml": "x"}))
    assert record.outcome[:2] == ("failed", "verifier")
    assert "would replace pyproject.toml" in record.end["reason"]
    assert not record.of("call")


def test_what_looks_like_a_secret_in_them_is_in_no_log(agent: Agent, repository: LocalRepository) -> None:
    files = {"tests/settings.ini": "API_TOKEN=correct-horse-battery\n"}
    record = run(
        agent,
        asked(agent, repository, [MEND, submit()], files, hidden_checks=(Check("show", "cat tests/settings.ini"),)),
    )
    assert "API_TOKEN=[redacted]" in record.of("check")[-1]["tail"]


def test_an_archive_that_is_none_is_told(agent: Agent, repository: LocalRepository) -> None:
    spec = asked(agent, repository, [MEND, submit()], FILES)
    (agent.folder / "sent" / "hidden").write_bytes(b"x" * 10)
    record = run(agent, spec)
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "did not arrive whole" in record.end["reason"]
