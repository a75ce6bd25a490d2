"""Teams to look at. Their agents are on a cluster that does not answer, so a server that has them leaves them as they are."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from aideator_agent.spec import Origin, TeamStep
from aideator_cli.domain.runs import Place
from aideator_cli.domain.teams import Plan, Step, Task, TeamRun
from aideator_cli.intake.teams import finding
from aideator_cli.store import Store
from tests.fixtures.stored_runs import Told, add_run, change, check

TEAM: Final = "t8d2m4x"
CREATED: Final = "2026-11-21T12:00:00.000000Z"
CLUSTER: Final = Place("kubernetes", "context nowhere, namespace agents", "nowhere", "agents")
TASKS: Final = (
    Task(
        "csv", "Write todo.csv with one row an entry: title, due date, done.", "backend", files=("todo/csv.py",),
        done_when="A round trip keeps every entry.",
    ),
    Task("json", "Write todo.json, one object an entry.", "backend", files=("todo/as_json.py",)),
    Task("menu", "Offer both in the export dialog, and remember the last choice.", "frontend", needs=("csv", "json")),
)  # fmt: skip


def asking(role: str, question: str, answer: str = "", by: str = "") -> list[dict[str, Any]]:
    """A question of an agent's, and what came of it."""
    call = {"type": "call", "step": 1, "id": "q", "tool": "ask", "arguments": {"role": role, "question": question}}
    if not by:
        return [call]
    said = {"type": "output", "step": 1, "id": "q", "text": answer}
    return [call, said, {"type": "done", "step": 1, "id": "q", "exit_code": 0, "seconds": 2.0, "by": by}]


def block(**data: Any) -> str:
    return f"Here it is.\n\n```json\n{json.dumps(data)}\n```"


def stored(home: Path, *, over: bool, prompt: str, hostile: str = "", owner: str | None = None) -> TeamRun:
    """A team that plans and builds. `over`: it has also tested and reviewed, after one round back; else it waits for an answer."""
    run = TeamRun(TEAM, CREATED, replace(finding.shipped("feature"), seconds=None), prompt)
    store = Store.open(home, os.environ.get("AIDEATOR_DATABASE"))
    with store.owned_by(owner):
        store.add_team(run)
    plan = Plan(TASKS, f"Two writers side by side, then the dialog. {hostile}".strip())
    made = _Made(home, store, run)
    asked = asking(
        "cto",
        f"Which format do dates have in the file? {hostile}".strip(),
        "ISO 8601 in UTC, as in the API. Nothing local.",
        "cto",
    )
    heard = [
        *asked,
        {"type": "told", "id": "m1", "part": 1, "parts": 1, "text": f"Quote every field. {hostile}".strip()},
    ]
    csv = Told(change("todo/csv.py", "", "rows"), [check("unit")], "Writes CSV.", "claude-sonnet-4-5", more=heard)
    objects = Told(change("todo/as_json.py", "", "objects"), [check("unit")], "Writes JSON.")
    made.step("plan", 0, Told(answer=block(**plan.as_json())))
    made.step("build/csv", 2, csv, Told(change("todo/csv.py", "", "row"), [check("unit", 1)]))
    if not over:
        waits = asking("cto", "Is the file one array, or one object a line?")
        made.step("build/json", 2, Told(model="claude-sonnet-4-5", more=waits), at_work=True)
    else:
        made.step("build/json", 2, objects)
        both = objects.patch + csv.patch
        menu = both + change("todo/dialog.py", "", "menu")
        made.step("build/menu", 5, Told(menu, [check("unit")], "Offers both."), begins=("build/csv", "build/json"))
        tests = menu + change("tests/test_export.py", "", "asserts")
        made.step(
            "test",
            8,
            Told(tests, [check("unit")], "Tests both.", tests=["tests/test_export.py"]),
            begins=("build/menu",),
        )
        made.step("test+base", 9, Told(change("tests/test_export.py", "", "asserts"), [check("unit", 1)]))
        back = block(decision="rework", why=f"The dialog forgets the last choice. {hostile}".strip(), tasks=["menu"])
        made.step("review", 11, Told(answer=back), begins=("test",))
        store.set_plan(run.id, plan)
        store.end_team(run.id, "failed", f"review has sent the work back 2 times, and would again. {hostile}".strip())
    store.set_plan(run.id, plan)
    store.close()
    return run


class _Made:
    def __init__(self, home: Path, store: Store, run: TeamRun) -> None:
        self._home, self._store, self._run = home, store, run

    def step(self, key: str, minute: int, *told: Told, at_work: bool = False, begins: tuple[str, ...] = ()) -> None:
        run, begun = self._run, _at(minute)
        timed = [
            replace(each, more=[{**record, "time": _at(minute, 10 + n)} for n, record in enumerate(each.more)])
            for each in told
        ]
        origin = Origin(tuple(f"{run.run_of(each)}/1" for each in begins), ("plan",)) if begins else None
        add_run(
            self._home, *timed, run=run.run_of(key), prompt=f"# {key}", place=CLUSTER, at_work=at_work, created=begun,
            submission_id=f"submitted {key}", origin=origin,
            team=TeamStep(run.id, key, run.document() if key == "plan" else ""),
        )  # fmt: skip
        self._store.add_step(Step(run.id, key, run.run_of(key), begun))
        if not at_work:
            self._store.set_state(run.run_of(key), "ended", _at(minute, 55))


def _at(minute: int, second: int = 0) -> str:
    return f"2026-11-21T12:{minute:02}:{second:02}.000000Z"
