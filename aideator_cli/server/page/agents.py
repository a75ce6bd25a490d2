"""How each variation is told from the others: a colour, and from the sixth on a second mark."""

from typing import Any, Final

from aideator_agent.spec import VariationSpec
from aideator_cli.choice.status import long_status
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, cost
from aideator_cli.views.asked import given
from aideator_cli.views.signs import WAITING, WORKING, ended_sign
from aideator_cli.views.text.names import model_name

COLOURS: Final = 5
MARKS: Final = 4  # of each colour: disc, ring, square, hollow square


def mark(number: int) -> dict[str, int]:
    return {"colour": (number - 1) % COLOURS + 1, "mark": (number - 1) // COLOURS % MARKS}


def pane(asked: VariationSpec, result: Result, steps: int) -> dict[str, Any]:
    """What a stream's head and foot show before its events come. `steps`: the limit."""
    sign, told = sign_of(result)
    checks = [
        f"{one_line(c.name)} {'passed ✓' if result.holds(c) else 'failed ✗'}" for c in result.checks if c.on == "patch"
    ]
    ended = result.ended
    return {
        "number": asked.number,
        **mark(asked.number),
        "name": model_name(result.worker),
        "given": ", ".join(given(asked)),
        "sign": sign,
        "told": told,
        "state": "ended" if ended else "working" if result.steps else "waiting",
        "good": ("true" if sign == "✓" else "false") if ended else "",
        "step": f"step {result.steps}/{steps}" if result.steps else "",
        "steps": steps,
        "cost": "" if not result.cost else cost(result.cost),
        "changed": changes(result.additions, result.deletions) if result.files else "",
        "checked": " · ".join(checks),
        "work": ended and bool(result.files if result.patch_sha256 else result.answer_sha256),
        "hears": asked.agent is None or asked.agent.protocol != "text",
        "waits": "It left no words." if ended else "Nothing yet. The agent's words appear here as it works.",
    }


def sign_of(result: Result) -> tuple[str, str]:
    """The sign, and what it says in words."""
    if result.ended:
        return ended_sign(result)[0], long_status(result)
    return (WORKING, "at work") if result.steps else (WAITING, "waiting")
