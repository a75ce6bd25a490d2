"""How a run's judge stands, as values for the comparison's template."""

from collections.abc import Mapping, Sequence
from typing import Any

from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, joined, plural


def values(judge: Mapping[str, Any] | None, results: Sequence[Result]) -> dict[str, Any]:
    """`judge`: as the API tells of it. None: nobody has asked one."""
    told: dict[str, Any] = {"state": "", "can": sum(result.succeeded for result in results) > 1}
    if judge is None or (judge["state"] == "ended" and judge["passed"] is None):
        return told
    if judge["state"] == "working":
        price = f", about {cost(judge['cost'])}" if judge["cost"] else ""
        words = f"{judge['model']} compares {judge['works']} of them, {plural(judge['pairs'], 'pair')} in both orders{price}."
        if judge["model"] is None:  # it is not known yet what it will be asked
            words = "The judge is about to begin."
        return {
            **told,
            "state": "working",
            "words": one_line(words),
            "answered": judge["answered"],
            "of": 2 * judge["pairs"],
        }
    if judge["state"] == "stopped":
        words = "The judge was stopped. It decides nothing until a judge of the same model has answered the rest."
    elif judge["passed"] is not None:
        words = f"There was nothing to judge: only {joined(judge['passed'])} passed, or all of them do the same."
    else:
        words = f"The judge failed: {judge['problem']['detail']}. {judge['problem'].get('hint', '')}".strip()
    return {**told, "state": judge["state"], "words": one_line(words)}
