"""What a judge is told about a patch beside the patch itself: signals, and what the tests of others say, but not whose they are."""

from collections.abc import Iterable, Mapping
from typing import Final

from aideator_agent.signals.added import read
from aideator_cli.choice.judging.questions import Claim
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.signals import told
from aideator_cli.domain.judgements import Accusation
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import plural

SIGNALS: Final = 20
TESTS: Final = 20
NAME: Final = 200  # characters
NOTHING: Final = "nothing to note"


def evidence(candidate: Candidate) -> str:
    """Returns lines of plain text; names in them are foreign and cleaned."""
    lines = [f"{each.severity}: {told(each)}" for each in candidate.signals if each.severity != "note"][:SIGNALS]
    lines += [f"changes a test or a setting of checks: {_name(path)}" for path in candidate.touched[:TESTS]]
    if (crossed := candidate.crossed) is not None:
        if crossed.passed:
            lines.append(f"passes {plural(len(crossed.passed), 'test')} that others wrote for the same task")
        for test in crossed.failed[:TESTS]:
            most = "most patches pass" if test.by_most else "another patch passes"
            lines.append(f"fails a test that another wrote for the same task and {most}: {_name(test.name)}")
        for test in crossed.alone[:TESTS]:
            lines.append(f"fails a test that only its author's patch passes: {_name(test.name)}")
    return "\n".join(lines) or NOTHING


def accusations(claims: Iterable[Claim], shown: Mapping[str, tuple[int, bytes]]) -> tuple[Accusation, ...]:
    """Returns the claims that name a line which the patch adds. `shown`: variation and patch by letter."""
    found = []
    for claim in claims:
        number, patch = shown[claim.letter]
        added = {(file.path, line) for file in read(patch) for line, _ in file.lines}
        if (claim.path, claim.line) in added:
            found.append(Accusation(number, claim.path, claim.line, claim.why))
    return tuple(found)


def _name(name: str) -> str:
    return one_line(name)[:NAME]
