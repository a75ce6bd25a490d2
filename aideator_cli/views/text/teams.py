"""Teams: a line for each, and the graph of one."""

from collections.abc import Collection, Mapping, Sequence

from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.teams import MOST_TASKS, TASK_ROLE, Stage, Team, TeamRun
from aideator_cli.text.clean import cut, one_line
from aideator_cli.text.figures import cost, duration, minute, plural
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, Style, Styled, fits, show

PROMPT = "prompt"  # the last column's title
DELETED = " (deleted)"  # behind a result whose run is
LEAST_PROMPT = 20  # cells
LEAST_WORDS = 24  # cells for what came of a step; with less, the table leaves out what each began with


def show_teams(screen: Screen, teams: Sequence[Team]) -> None:
    grid = Grid(header=False)
    for _ in range(4):
        grid.add_column()
    for team in teams:
        grid.add_row(one_line(team.name), one_line(team.place), one_line(team.description), " → ".join(team.names))
    show(screen, grid)


def list_teams(screen: Screen, runs: Sequence[TeamRun], lost: Collection[str] = ()) -> None:
    """Shows a line for each team that was started. The prompt gets the room that the rest leaves."""
    grid = _started(runs, lost)
    if not fits(screen, grid):
        others = _started(runs, lost, words=0).width - len(PROMPT)
        grid = _started(runs, lost, words=max(LEAST_PROMPT, screen.width - others))
    show(screen, grid)


def _started(runs: Sequence[TeamRun], lost: Collection[str], *, words: int | None = None) -> Grid:
    """`words`: cells for a prompt; None: all of it."""
    grid = Grid()
    for title in ("team", "created", "state", "result", "name", PROMPT):
        grid.add_column(title)
    for run in runs:
        style: Style = {"failed": "red", "succeeded": "green"}.get(run.state, "")  # type: ignore[assignment]
        prompt, result = one_line(run.prompt), one_line(run.result or "") + (DELETED if run.id in lost else "")
        grid.add_row(
            run.id, minute(run.created), Styled(one_line(run.state), style), result, one_line(run.team.name),
            prompt if words is None else cut(prompt, words),
        )  # fmt: skip
    return grid


def show_graph(screen: Screen, team: Team, agents: Mapping[str, int] | None = None) -> None:
    """Draws the stages, each below those that it waits for. `agents`: how many work in each of their runs, if the file does not say it."""
    grid = Grid(header=False)
    for _ in range(3):
        grid.add_column()
    for at, stage in enumerate(team.ordered):
        branch = "└─ " if at == len(team.stages) - 1 else "├─ "
        grid.add_row(
            f"{branch if at and stage.waits_for else ''}{stage.name}",
            who(stage, (agents or {}).get(stage.name)),
            does(stage),
        )
    show(screen, grid)
    if limits := _limits(team):
        screen.line(f"at most {limits}")


def told_most(agents: int, dollars: float | None, *, by_team: bool, has_tasks: bool) -> str:
    """Returns what a team may start and spend at most."""
    if dollars is None:
        return f"at most {agents} agents; nothing limits the cost: --budget USD, --max-cost USD, or limits: {{cost: USD}} in the file"
    if by_team:
        return f"at most {cost(dollars)}, the limit of the whole team"
    worst = f", with {MOST_TASKS} tasks and every round" if has_tasks else ", with every round"
    return f"at most {cost(dollars)} for {agents} agents{worst}"


def show_team(screen: Screen, state: TeamState, *, prompt: bool = False) -> None:
    """Shows a team's steps in their order: what each began with, what came of it, how long it took and what it cost."""
    run = state.run
    if prompt:
        screen.line(f"{run.id}  team {one_line(run.team.name)}, {minute(run.created)}")
        screen.line(one_line(run.prompt))
        screen.line()
    grid = _steps(state)
    if not fits(screen, grid):
        room = screen.width - _steps(state, words=0).width
        grid = _steps(state, words=room) if room >= LEAST_WORDS else _steps(
            state, words=max(LEAST_WORDS, screen.width - _steps(state, words=0, starts=False).width), starts=False
        )  # fmt: skip
    show(screen, grid)
    screen.line()
    screen.line(_standing(state))


def _steps(state: TeamState, *, words: int | None = None, starts: bool = True) -> Grid:
    """`words`: cells for what came of a step; None: all of it. `starts`: whether there is a column with what each began with."""
    grid = Grid()
    for title in ("step", "run", *(["from"] if starts else []), "who"):
        grid.add_column(title)
    for title in ("time", "cost"):
        grid.add_column(title, right=True)
    grid.add_column()
    for each in state.steps:
        if each.is_deleted and state.run.state != "running":
            grid.add_row(one_line(each.step.key), each.step.run, *([""] if starts else []), "–", "–", "–", "deleted")
            continue
        told = each.told
        text = one_line(told.text) if told else {"running": "at work", "submitting": "is begun"}.get(each.state, "")
        style: Style = "" if told is None or told.good else "yellow"
        who = f"{each.agents} × {', '.join(map(one_line, each.roles))}" if each.agents else "check"
        grid.add_row(
            one_line(each.step.key), each.step.run, *([", ".join(each.begins_with)] if starts else []), who,
            duration(each.seconds), cost(each.cost), Styled(text if words is None else cut(text, words), style),
        )  # fmt: skip
    return grid


def _standing(state: TeamState) -> str:
    run = state.run
    figures = f"{duration(state.seconds)}, {cost(state.cost)}"
    if run.state == "succeeded":
        return f"{run.id} succeeded: {run.result}{DELETED if state.has_lost_result else ''}; {figures}"
    if run.state == "running":
        return f"{run.id} is at work; {figures}"
    return f"{run.id} {run.state}: {one_line(run.reason)}; {figures}"


def who(stage: Stage, agents: int | None = None) -> str:
    """Returns how many of which role work in a stage. `agents`: how many, if something else than the stage says it."""
    role = "the task's role" if stage.role == TASK_ROLE else one_line(stage.role or "engineer")
    each = f", for each task of {stage.each}" if stage.each else ""
    return f"{agents or stage.n or 1} × {role}{each}"


def does(stage: Stage) -> str:
    """Returns what a stage begins with, and what it does besides its work."""
    told = []
    if stage.start:
        told.append(f"{'decides on' if stage.decides else 'from'} {stage.start}")
    if stage.needs:
        told.append(f"after {', '.join(stage.needs)}")
    if stage.plans:
        told.append("makes the plan")
    if stage.keeps_tests:
        told.append("writes tests")
    if stage.rework:
        told.append(f"sends back to {stage.rework}, at most {plural(stage.rounds, 'time')}")
    if stage.cost is not None:
        told.append(f"at most {cost(stage.cost)} a run")
    if stage.seconds is not None:
        told.append(f"at most {duration(stage.seconds)} each")
    return ", ".join(told)


def _limits(team: Team) -> str:
    return ", ".join([*([cost(team.cost)] if team.cost else []), *([duration(team.seconds)] if team.seconds else [])])
