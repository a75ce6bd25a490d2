"""Notices that a model goes round in circles: a warning first, then the end of its work."""

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final

from aideator_agent import pieces
from aideator_agent.models.base import Call, Turn
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

SAME: Final = 3  # identical calls in a row, or rounds of a cycle, that bring a warning; one more ends the work
LONGEST: Final = 4  # calls in a cycle
FAILURES: Final = 5  # different calls that fail with the same output, which bring a warning
MOST_FAILURES: Final = 10  # and those that end the work
REMEMBERED: Final = 40  # calls among which the failures are counted
MOST_CUTS: Final = 3  # turns in a row that are cut off before they call a tool
CUT: Final[Mapping[str, tuple[str, str]]] = {
    "length": (
        "reached the limit of its output and was cut off",
        "Your turn reached the limit of its output and was cut off. A call that was not complete did not run. Work in smaller"
        " steps, and write a long file in several parts.",
    ),
    "repetition": (
        "repeated itself without end and was cut off",
        "Your turn repeated itself without end and was cut off. Go on with the task by calling one tool.",
    ),
}
TELLING: Final = 20  # characters of an output that says what has failed
CODE: Final = re.compile(r"\[exit code \d+\]\s*\Z")
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")  # times, addresses and counts differ each time


@frozen
class Warned:
    """What the user and the model are told."""

    notice: str
    model: str


class Cycles:
    """Takes each call before it runs, and its result afterwards."""

    def __init__(self) -> None:
        self._calls: list[str] = []
        self._done: list[str] = []  # calls with their results
        self._cuts = 0
        self._failed: deque[str] = deque(maxlen=REMEMBERED)

    def before(self, call: Call) -> Warned | None:
        """Counts identical calls in a row. Raises `Ended` for one too many."""
        self._calls = [*self._calls[-SAME:], _key(call)]
        times = _periodic(self._calls, 1)
        if times > SAME:
            raise failed("agent", f"the model made the same call of {call.tool} {times} times in a row")
        if times < SAME:
            return None
        return _warned(f"the same call of {call.tool} {SAME} times in a row", f"the same call {SAME} times in a row")

    def after(self, call: Call, result: str, *, failing: bool) -> Warned | None:
        """Counts the rounds of a cycle, and the calls that fail in the same way. Raises `Ended` for one too many."""
        self._done = [*self._done[1 - LONGEST * (SAME + 1) :], f"{_key(call)} {_alike(result)}"]
        return self._round() or self._failure(result, failing=failing)

    def cut(self, turn: Turn) -> Warned | None:
        """Counts turns in a row that were cut off before any call. Raises `Ended` for one too many."""
        self._cuts = self._cuts + 1 if turn.cut and not turn.calls else 0
        if self._cuts > MOST_CUTS:
            raise failed("agent", f"the model's turn {CUT[turn.cut][0]} {self._cuts} times in a row")
        return Warned(f"The model's turn {CUT[turn.cut][0]}.", CUT[turn.cut][1]) if turn.cut else None

    def _round(self) -> Warned | None:
        for period in range(2, LONGEST + 1):
            if len({*self._done[-period:]}) == 1:
                continue  # identical calls, which `before` counts
            length = _periodic(self._done, period)
            if length == period * (SAME + 1):
                raise failed(
                    "agent", f"the model made the same {period} calls {SAME + 1} times over, with the same results"
                )
            if length == period * SAME:
                return _warned(f"the same {period} calls {SAME} times over, with the same results")
        return None

    def _failure(self, result: str, *, failing: bool) -> Warned | None:
        words = CODE.sub("", result).strip()
        if not failing or len(words) < TELLING:
            self._failed.append("")
            return None
        same = _alike(words)
        self._failed.append(same)
        times = Counter(self._failed)[same]
        if times >= MOST_FAILURES:
            raise failed("agent", f"the model's calls failed {times} times with the same output")
        if times != FAILURES:
            return None
        return _warned(f"{FAILURES} calls that failed with the same output")


def _warned(made: str, short: str = "") -> Warned:
    return Warned(
        f"The model has made {made}.",
        f"\n[You have made {short or made}. Do something else: going on like this ends your work.]",
    )


def _periodic(items: Sequence[str], period: int) -> int:
    """Returns how many items at the end repeat with this period."""
    length = min(period, len(items))
    while length < len(items) and items[-1 - length] == items[-1 - length + period]:
        length += 1
    return length


def _key(call: Call) -> str:
    return f"{call.tool} {pieces.encoded(call.arguments)}"


def _alike(text: str) -> str:
    return NUMBER.sub("0", text)
