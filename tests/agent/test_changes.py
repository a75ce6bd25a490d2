"""What is told of the working tree while the model works."""

import time
from datetime import datetime

import pytest

from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository


def told(record: Record) -> list[tuple[int, ...]]:
    return [(e["step"], e["files"], e["additions"], e["deletions"]) for e in record.of("changes")]


def test_numbers_are_told_after_each_step_that_changed_them(agent: Agent, repository: LocalRepository) -> None:
    turns = [
        {"calls": [call("str_replace", path="a.py", old="x = 1", new="x = 2\ny = 3"), call("read_file", path="a.py")]},
        bash("ls"),
        {"calls": [call("read_file", path="a.py")]},
        {"calls": [call("write_file", path="new/b.txt", content="one\ntwo")]},
        bash("printf 'a\\0b' > 'odd\nname'; mkdir __pycache__; touch __pycache__/x.pyc; ln -s /etc/passwd link"),
        bash("git add -A; git -c user.name=a -c user.email=a@b commit -qm mine; rm 'docs/read me.txt'"),
        bash("git checkout -q HEAD~ -- . 2>/dev/null; git checkout -q HEAD~; git clean -qfd"),
        submit(),
    ]
    record = agent.run(spec_of(str(repository.path), turns))
    assert told(record) == [(1, 1, 2, 1), (4, 2, 4, 1), (5, 4, 4, 1), (6, 6, 5, 2), (7, 0, 0, 0)]
    assert record.outcome[0] == "no_changes"


@pytest.mark.parametrize(
    "trap",
    [
        "rm -rf .git",
        "mkdir -p ~/bin; git config core.fsmonitor 'sleep 600'; git config core.pager 'sleep 600'",
        "seq -f '%0200g' 2000 | xargs touch",
        "mv .git .gone; mkfifo .git",
    ],
)
def test_a_git_that_can_not_answer_costs_little_and_ends_nothing(
    agent: Agent, repository: LocalRepository, trap: str
) -> None:
    turns = [bash(trap), *(bash(f"echo {n} >> a.py") for n in range(6)), submit()]
    began = time.monotonic()
    record = agent.run(spec_of(str(repository.path), turns), HOME=str(agent.folder))
    assert time.monotonic() - began < 40
    assert b"+5" in record.patch


def test_to_ask_for_the_numbers_changes_nothing(agent: Agent, repository: LocalRepository) -> None:
    """Filters, hooks and drivers of the model's own making would otherwise be run by the question alone."""
    trap = (
        "printf '* filter=a diff=b\\n*.txt filter=\"b c\"\\n' > .gitattributes; echo x >> a.py;"
        " for word in filter.a.clean filter.a.process 'filter.b c.clean' diff.external diff.b.textconv diff.b.command"
        ' core.fsmonitor; do git config "$word" "touch $PWD/sprung-${word%% *}; cat"; done;'
        " git config filter.a.required true"
    )
    record = agent.run(spec_of(str(repository.path), [bash(trap), bash("echo y >> a.py"), submit()]))
    assert told(record) == [(1, 2, 3, 0), (2, 2, 4, 0)]
    assert record.of("patch")[-1]["files"] == 2
    assert b"sprung" not in record.patch


def test_without_a_shell_nothing_is_told(agent: Agent, repository: LocalRepository) -> None:
    turns = [{"calls": [call("write_file", path="a.py", content="x")]}, submit()]
    assert told(agent.run(spec_of(str(repository.path), turns, allow_shell=False))) == []


def test_a_model_that_hurries_is_not_held_up_by_the_numbers(agent: Agent, repository: LocalRepository) -> None:
    turns = [*(bash(f"echo {number} >> a.py") for number in range(40)), submit()]
    record = agent.run(spec_of(str(repository.path), turns))
    first, last = (datetime.fromisoformat(record.of("call")[at]["time"]) for at in (0, -1))
    assert [step for step, *_ in told(record)][:10] == list(range(1, 11))
    assert len(told(record)) <= 11 + (last - first).total_seconds()
