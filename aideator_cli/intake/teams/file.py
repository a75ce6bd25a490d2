"""A team's stages file: YAML, checked by team.json and then for what a schema can't say."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from aideator_cli.domain.teams import TASK_NEEDS, TASK_ROLE, Stage, Team
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.roles.role import did_you_mean
from aideator_cli.intake.teams import schema
from aideator_cli.system.yaml_file import Placed, placed
from aideator_cli.text.durations import seconds

EXAMPLE: Final = "docs/teams.md has an example"


def parse(text: str, name: str, place: str, file: str) -> Team:
    """Raises `AideatorError` (usage) with the file and the line of a mistake. `file`: how errors call it."""
    data = placed(text, file)
    if not isinstance(data.value, dict):
        raise usage(f"{file} has no stages", EXAMPLE)
    if found := schema.mistake(data.value, "team"):
        raise usage(f"{data.where(*found.path)}: {found.place or 'the file'} {found.text}", EXAMPLE)
    limits = data.value.get("limits") or {}
    stages = tuple(_stage(data, stage, given or {}) for stage, given in data.value["stages"].items())
    team = Team(
        name, place, stages, (data.value.get("description") or "").strip(), data.value.get("checks") or {}, limits.get("cost"),
        _seconds(data, limits.get("time"), "limits", "time"), _seconds(data, limits.get("answer"), "limits", "answer"),
    )  # fmt: skip
    _check(data, team)
    return team


def _stage(data: Placed, name: str, given: dict[str, Any]) -> Stage:
    at = ("stages", name)
    if "decides" in given and sorted(given["decides"]) != ["accept", "rework"]:
        raise usage(f"{data.where(*at, 'decides')}: {name} decides takes [accept, rework]", EXAMPLE)
    needs, each = given.get("needs"), given.get("each")
    if isinstance(needs, str) and _squeezed(needs) != TASK_NEEDS:
        raise usage(f"{data.where(*at, 'needs')}: {name} needs takes a list of stages, or {TASK_NEEDS!r}", EXAMPLE)
    role = given.get("role")
    return Stage(
        name,
        role=TASK_ROLE if role and _squeezed(role) == TASK_ROLE else role,
        n=given.get("n"), model=given.get("model"), agent=given.get("agent"),
        each=each.removesuffix(".tasks") if each else None,
        needs=tuple(needs) if isinstance(needs, list) else (),
        ordered=not isinstance(needs, list) or bool(needs),
        start=given.get("from"), plans=given.get("produces") == "plan", keeps_tests=given.get("keep") == "tests",
        decides="decides" in given, rework=given.get("rework"), rounds=given.get("rounds", 1),
        verify=None if given.get("verify") is None else tuple(given["verify"]),
        prompt=(given.get("prompt") or "").strip(), seconds=_seconds(data, given.get("timeout"), *at, "timeout"), cost=given.get("cost"),
    )  # fmt: skip


def _squeezed(text: str) -> str:
    inner = text.strip()
    return f"{{{{ {inner[2:-2].strip()} }}}}" if inner.startswith("{{") and inner.endswith("}}") else inner


def _seconds(data: Placed, value: str | int | None, *at: str) -> float | None:
    if value is None:
        return None
    try:
        found = seconds(at[-1], str(value))
    except AideatorError as error:
        raise usage(f"{data.where(*at)}: {error.message}", EXAMPLE) from error
    if not 1 <= found <= 30 * 86400:
        raise usage(f"{data.where(*at)}: {at[-1]} takes 1 s to 30 days, not {value}", EXAMPLE)
    return found


def _check(data: Placed, team: Team) -> None:
    for stage in team.stages:
        _check_names(data, team, stage)
    _check_circles(data, team)
    for stage in team.stages:
        _check_stage(data, team, stage)
    _check_result(data, team)


def _check_names(data: Placed, team: Team, stage: Stage) -> None:
    """Every stage that another names must be there."""
    for setting, named in (
        ("from", [stage.start]),
        ("each", [stage.each]),
        ("rework", [stage.rework]),
        ("needs", stage.needs),
    ):
        for name in named:
            if name is not None and name not in team.names:
                where = data.where("stages", stage.name, setting)
                raise usage(
                    f"{where}: {setting} of {stage.name} names no stage: {name}",
                    did_you_mean(name, team.names, "stages"),
                )


def _check_circles(data: Placed, team: Team) -> None:
    if circle := circle_of({stage.name: stage.waits_for for stage in team.stages}):
        where = data.where("stages", circle[0])
        raise usage(
            f"{where}: the stages wait for each other: {' → '.join(circle)}",
            "remove one `from`, `each` or `needs` of these",
        )


def circle_of(waits: "dict[str, Sequence[str]]") -> list[str]:
    """Returns a circle among those that wait for each other, its first name again at its end. Empty: there is none."""
    done: set[str] = set()
    for first in waits:
        if first in done:
            continue
        path: list[str] = [first]
        left: list[list[str]] = [list(waits[first])]
        while path:
            if not left[-1]:
                done.add(path.pop())
                left.pop()
                continue
            name = left[-1].pop(0)
            if name in path:
                return [*path[path.index(name) :], name]
            if name not in done and name in waits:
                path.append(name)
                left.append(list(waits[name]))
    return []


def _check_stage(data: Placed, team: Team, stage: Stage) -> None:
    where = data.where("stages", stage.name)
    kinds = [
        word
        for word, is_so in (("produces", stage.plans), ("keep", stage.keeps_tests), ("decides", stage.decides))
        if is_so
    ]
    if len(kinds) > 1:
        raise usage(f"{where}: {stage.name} can't have {' and '.join(kinds)} together", "make two stages of it")
    if stage.each is not None:
        if not team.stage(stage.each).plans:
            raise usage(
                f"{where}: {stage.name} does each task of {stage.each}, which makes no plan",
                f"give {stage.each} `produces: plan`",
            )
        if kinds:
            raise usage(f"{where}: {stage.name} can't have each and {kinds[0]} together", EXAMPLE)
    elif stage.role == TASK_ROLE:
        raise usage(
            f"{where}: {stage.name} has the role {TASK_ROLE}, and no tasks", "add `each: STAGE.tasks`, or name a role"
        )
    if stage.start is not None and not gives_work(team.stage(stage.start)):
        raise usage(
            f"{where}: {stage.name} begins with the work of {stage.start}, which changes no file",
            "name another stage in `from`",
        )
    if stage.decides and (stage.start is None or stage.rework is None):
        raise usage(f"{where}: {stage.name} decides on no work", "give it `from: STAGE` and `rework: STAGE`")
    if stage.rework is not None and not (stage.decides or stage.keeps_tests):
        raise usage(
            f"{where}: {stage.name} sends work back without deciding or testing",
            "add `decides: [accept, rework]` or `keep: tests`",
        )
    if stage.rework is not None and stage.rework not in behind(team, stage.name):
        chain = ", ".join(behind(team, stage.name)) or "no stage"
        raise usage(
            f"{where}: {stage.name} can't send work back to {stage.rework}, whose work it does not look at",
            f"it looks at that of {chain}",
        )


def gives_work(stage: Stage) -> bool:
    """Whether a later stage can begin with what it hands on: its patch, or that of the stage whose work it decides on."""
    return not stage.plans and (not stage.decides or stage.start is not None)


def behind(team: Team, name: str) -> list[str]:
    """Returns the stages whose work it takes, the nearest first."""
    found: list[str] = []
    start = team.stage(name).start
    while start is not None and start not in found:
        found.append(start)
        start = team.stage(start).start
    return found


def _check_result(data: Placed, team: Team) -> None:
    """All work must reach the last stage: what nobody takes would be paid for, and lost."""
    last = team.last
    if last.plans:
        raise usage(
            f"{data.where('stages', last.name)}: the team ends with a plan, which nobody carries out",
            "add a stage with `each`",
        )
    kept = {last.name, *behind(team, last.name)}
    used = {stage.each for stage in team.stages if stage.each} | set(_named(team.stages))
    for stage in team.stages:
        if stage.name in kept or (stage.plans and stage.name in used):
            continue
        raise usage(
            f"{data.where('stages', stage.name)}: the work of {stage.name} reaches no later stage",
            f"take it with `from: {stage.name}`; the team's result is the work of {last.name}",
        )


def _named(stages: Iterable[Stage]) -> Iterable[str]:
    return (name for stage in stages for name in stage.needs)
