"""What agents answer in a team: a plan, or a decision. It is a model's words, so each part is checked."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aideator_cli.domain.teams import MOST_TASKS, Plan, Task
from aideator_cli.errors import AideatorError
from aideator_cli.intake.roles import finding
from aideator_cli.intake.teams import schema
from aideator_cli.intake.teams.file import circle_of
from aideator_cli.text.clean import clean

_FENCE: Final = re.compile(r"(`{3,}|~{3,})[ \t]*([^`]*)")


class NotUnderstood(Exception):
    """The answer is not what was asked for; the text says why, for a person and for the model that is asked again."""


@dataclass(frozen=True)
class Decision:
    word: Literal["accept", "rework"]
    why: str
    tasks: tuple[str, ...] = ()  # that are to be done again; empty: all


def plan(answer: str, roles: Path) -> Plan:
    """Returns the plan that an answer holds. `roles`: the folder of the user's own. Raises `NotUnderstood`."""
    data = _json(answer, "plan")
    made = Plan(tuple(_task(each) for each in data["tasks"]), clean(data.get("summary") or ""))
    _check_tasks(made)
    for task in made.tasks:
        _check_role(task, roles)
    return made


def decision(answer: str, tasks: tuple[str, ...]) -> Decision:
    """Returns what an answer decides. `tasks`: the ids of those that there are. Raises `NotUnderstood`."""
    data = _json(answer, "decision")
    named = tuple(dict.fromkeys(data.get("tasks") or ()))
    if unknown := [name for name in named if name not in tasks]:
        raise NotUnderstood(f"tasks names {unknown[0]!r}, and the tasks are {', '.join(tasks) or 'none'}")
    return Decision(data["decision"], clean(data["why"]), named)


def _json(answer: str, name: str) -> dict[str, Any]:
    """Returns the object in the last block of code that is JSON, or that the whole answer is."""
    blocks = _blocks(answer)
    problem = "it has no block of JSON"
    for text in (*reversed(blocks), answer):
        try:
            data = json.loads(text)
            mistake = schema.mistake(data, name)
        except (ValueError, RecursionError) as error:
            if text in blocks:
                problem = f"its JSON can't be read: {error}"
            continue
        if (
            name == "plan"
            and isinstance(data, dict)
            and isinstance(data.get("tasks"), list)
            and len(data["tasks"]) > MOST_TASKS
        ):
            raise NotUnderstood(f"it has {len(data['tasks'])} tasks; at most {MOST_TASKS} are allowed")
        if mistake:
            raise NotUnderstood(f"{mistake.place or 'it'} {mistake.text}")
        return dict(data)
    raise NotUnderstood(problem)


def _blocks(text: str) -> list[str]:
    """Returns the blocks of code that are JSON, or of no language. One of JSON counts within another block, too."""
    found: list[str] = []
    fence, language, body = "", "", list[str]()
    for line in text.split("\n"):
        bare = line.strip()
        opens = _FENCE.fullmatch(bare)
        named = opens[2].strip().lower() if opens else ""
        if fence and bare.startswith(fence) and not bare.strip(fence[0]):
            if language in ("", "json"):
                found.append("\n".join(body))
            fence = ""
        elif opens and (not fence or (named == "json" and language != "json")):
            fence, language, body = opens[1], named, []
        else:
            body.append(line)
    return found


def _task(data: dict[str, Any]) -> Task:
    return Task(
        data["id"], clean(data["title"]), data.get("role"), tuple(dict.fromkeys(data.get("needs") or ())),
        tuple(map(clean, data.get("files") or ())), clean(data.get("done_when") or ""),
    )  # fmt: skip


def _check_tasks(made: Plan) -> None:
    ids = [task.id for task in made.tasks]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise NotUnderstood(f"two tasks are called {id_}")
    for task in made.tasks:
        for need in task.needs:
            if need not in ids:
                raise NotUnderstood(f"task {task.id} needs {need!r}, which is no task")
    if circle := circle_of({task.id: task.needs for task in made.tasks}):
        raise NotUnderstood(f"tasks need each other: {' → '.join(circle)}")


def _check_role(task: Task, roles: Path) -> None:
    """A plan names roles and no files: a model must not choose what is read on this machine."""
    if task.role is None:
        return
    known = finding.names(roles)
    if finding.is_path(task.role) or task.role not in known:
        raise NotUnderstood(f"task {task.id} has the role {task.role!r}; the roles are {', '.join(known)}")
    try:
        finding.find(task.role, roles)
    except AideatorError as error:
        raise NotUnderstood(f"task {task.id}: {error.message}") from error
