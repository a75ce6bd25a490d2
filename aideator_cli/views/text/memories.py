"""Notes on repositories, and what is proposed as one. All of it may be foreign, and is quoted."""

from collections.abc import Sequence
from typing import Final

from aideator_agent.spec import Note
from aideator_cli.domain.memory import Memory, Proposal
from aideator_cli.text.clean import clean, cut, one_line
from aideator_cli.text.figures import minute, plural
from aideator_cli.views.screen import Screen

BRIEF: Final = 80  # characters of a note in a list
SHOWN: Final = 5  # notes that are named
FROM: Final = {
    "person": "you wrote it",
    "check": "from checks",
    "signal": "from signals",
    "summary": "an agent's words",
}


def show_memories(screen: Screen, memories: Sequence[Memory], *, places: bool) -> None:
    """`places`: whether to name the repository of each."""
    for each in memories:
        where = f"  {one_line(each.repository)}" if places else ""
        run = f", {each.run}" if each.run else ""
        screen.line(f"{each.id:>4}  {minute(each.created)}  {FROM.get(each.source, one_line(each.source))}{run}{where}")
        for line in clean(each.text).splitlines():
            screen.line(f"      {line}")


def show_markdown(screen: Screen, memories: Sequence[Memory]) -> None:
    for each in memories:
        first, *rest = clean(each.text).splitlines()
        screen.line(f"- {first}")
        for line in rest:
            screen.line(f"  {line}")


def show_proposal(screen: Screen, each: Proposal) -> None:
    screen.line(f"{each.key[:8]}  {one_line(each.run)}, {FROM[each.source]}")
    for line in clean(each.text).splitlines():
        screen.line(f"  > {line}")
    for why in each.warnings:
        screen.line(f"  ! {why}")


def brief(notes: Sequence[Note]) -> str:
    """Returns `2 notes on the repository: [3] The tests need Redis. [7] …`."""
    named = " ".join(f"[{each.id}] {cut(one_line(each.text), BRIEF)}" for each in notes[:SHOWN])
    more = f" and {len(notes) - SHOWN} more" if len(notes) > SHOWN else ""
    return f"{plural(len(notes), 'note')} on the repository: {named}{more}"
