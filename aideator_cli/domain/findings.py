"""What `doctor` finds out about one part of the machine or the cluster."""

from typing import Any, Final, Literal

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, Hint, written

State = Literal["ok", "note", "broken"]
OK: Final = "ok"
NOTE: Final = "note"  # agents can run without it
BROKEN: Final = "broken"  # no agent can run before it is mended


@frozen
class Finding:
    """`part` is a stable word. `text` may hold foreign text: views clean it. `mend` says what to do, as a command where there is one."""

    part: str
    state: State
    text: str
    mend: Hint | None = None

    def as_json(self, program: str) -> dict[str, Any]:
        """`program`: the name by which this program was called, for commands in `mend`."""
        mend = None if self.mend is None else written(self.mend, program)
        return {"kind": "finding", "part": self.part, "state": self.state, "text": self.text, "mend": mend}


def ok(part: str, text: str) -> Finding:
    return Finding(part, OK, text)


def note(part: str, text: str, mend: Hint | None = None) -> Finding:
    return Finding(part, NOTE, text, mend)


def broken(part: str, error: AideatorError) -> Finding:
    return Finding(part, BROKEN, error.message, error.advice)
