"""A team on the command line: drawn, started, shown to its end, and told how far it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, ExitCode

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.actions.attending import Window
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.teams.attending import Attended
    from aideator_cli.actions.teams.starting import Most, TeamPlan
    from aideator_cli.backends.base import Backend
    from aideator_cli.cli.call import Call
    from aideator_cli.cli.manner import Manner
    from aideator_cli.cli.viewing import View
    from aideator_cli.domain.teams import Team, TeamRun
    from aideator_cli.intake.request import Where
    from aideator_cli.views.actions import Actions


def carry_out_by_team(call: "Call", word: str, server: str | None) -> int:
    """Returns the exit code. `server`: the URL of the one that moves the team on; None: this process does."""
    from aideator_cli.actions.teams import starting
    from aideator_cli.cli.manner import Manner
    from aideator_cli.cli.viewing import check_view
    from aideator_cli.errors import usage
    from aideator_cli.intake.teams.finding import SHIPPED, is_path

    for option, value in (("--estimate", call.estimate), ("--push", call.pushed)):
        if value:
            raise usage(f"{option} can't be combined with --team", hint=f"leave out {option}")
    check_view(call.view, json=call.json)
    team = starting.found(word, call.request.repo)
    if not is_path(word) and team.place != SHIPPED:
        _tell_its_own(team)
    if call.dry_run:
        return _draw(call, team) if server is None else _draw_there(call, team, word, server)
    run = _begin_here(call, team) if server is None else _begin_there(call, team.name, word, server)
    if call.detach:
        return _leave(run, json=call.json)
    manner = Manner(
        json=call.json,
        view=call.view,
        look=call.look,
        cancels=call.cancels,
        ring=call.ring,
        goes_on=call.taken is not None,
    )
    code = show(call.here, run, manner)
    if call.taken is None or code:
        return code
    return _take(call, run)


def _begin_here(call: "Call", team: "Team") -> "TeamRun":
    from aideator_cli.actions.teams import starting
    from aideator_cli.cli.beginning import may_give, remark, tell_added

    planned = starting.plan(call.here, team, call.request, call.where)
    tell_added(planned.first.spec)
    if call.taken is not None:
        from aideator_cli.actions.taking import check_place

        check_place(call.taken, planned.first.order)
    remark(planned.first.remarks)
    if planned.first.suspects:
        from aideator_cli.actions.starting import unconfirmed

        raise unconfirmed(planned.first.suspects)
    issue = call.request.issue
    if issue is not None and not may_give(issue, f"team {team.name}", confirmed=call.confirmed):
        raise AideatorError("nothing was started")
    return begin(call.here, planned)


def _begin_there(call: "Call", name: str, word: str, url: str) -> "TeamRun":
    from aideator_cli.actions.at_server import start_team
    from aideator_cli.actions.places import server_at
    from aideator_cli.actions.teams.starting import check_request
    from aideator_cli.cli.beginning import agreed_to_send, telling_of_lost
    from aideator_cli.domain.teams import first_run

    check_request(call.request)
    server = server_at(url, call.here.settings)
    sent = agreed_to_send(call, server, f"team {name}")
    with telling_of_lost(server, "team"):
        run = start_team(call.here, call.request, server, word, sent)
    first = call.here.store.run(first_run(run.id))
    if first is not None:
        _announce(run, first.spec, server)
    return run


def _tell_its_own(team: "Team") -> None:
    """A repository's file can have the name of a shipped team, so the user is told whose commands will run."""
    from aideator_cli.text.clean import one_line

    runs = one_line(", ".join(team.checks.values()))
    terminal.say(f"team {team.name} is the repository's own, {team.place}" + (f"; it runs: {runs}" if runs else ""))


def begin(here: "Here", planned: "TeamPlan") -> "TeamRun":
    from aideator_cli.actions.teams import starting

    run = starting.begin(here, planned)
    _announce(run, planned.first.spec, planned.first.backend)
    return run


def _announce(run: "TeamRun", spec: "RunSpec", backend: "Backend") -> None:
    """`spec`: of its first step."""
    from aideator_cli.cli.started import at
    from aideator_cli.views.asked import repository_name

    stages = " → ".join(run.team.names)
    terminal.say(f"{run.id} {at(backend)}: team {run.team.name} on {repository_name(spec.repository.url)}: {stages}")


def watch(here: "Here", word: str, where: "Where", manner: "Manner", window: "Window") -> int | None:
    """Shows a team to its end, and moves it on. None: the word names no team."""
    from aideator_cli.actions.teams.knowing import meant
    from aideator_cli.cli.telling import tell_stale_team

    run = meant(here, word, where)
    if run is None:
        return None
    tell_stale_team(run)
    if run.state != "running":
        _show_past(here, run, manner, window)
    return show(here, run, manner, window=window)


def _show_past(here: "Here", run: "TeamRun", manner: "Manner", window: "Window") -> None:
    """Shows what is stored of a team that has ended."""
    from aideator_cli.actions.attending import within
    from aideator_cli.actions.teams.replaying import find_stored_team
    from aideator_cli.domain.teams import first_run
    from aideator_cli.views.actions import Actions

    if here.store.run(first_run(run.id)) is not None:
        found = find_stored_team(here, run, numbered=not manner.json)
        _view_with(Actions(leaving="", live=False), manner)(found.spec, within(window, found.batches(here)))


def show(here: "Here", run: "TeamRun", manner: "Manner", *, hints: bool = True, window: "Window | None" = None) -> int:
    """Follows the team in its view until it is over. Returns its exit code.

    `hints`: whether it is said what to do next. `window`: how much of the past is shown; None: all of it.
    """
    from aideator_cli.actions.attending import ALL
    from aideator_cli.actions.teams.attending import attend

    if run.state == "running":
        numbered = not manner.json
        with (
            _leaving(here, run, cancels=manner.cancels),
            attend(here, run, numbered=numbered, window=window or ALL) as attended,
        ):
            _view(here, attended, manner)(attended.spec, attended.batches)
    return conclude(here, run.id, manner, hints=hints)


def conclude(here: "Here", team: str, manner: "Manner", *, hints: bool = True) -> int:
    """Shows the stages and what to do next. Returns the team's exit code."""
    from aideator_cli.actions.teams.knowing import missing, state_of

    run = here.store.team(team)
    if run is None:
        raise missing(team)
    state = state_of(here, run)
    if manner.ring is not None:
        manner.ring.ring(run.id, here.store.results(state.steps[-1].step.run) if state.steps else [])
    if manner.json:
        tell(here, run, json=True)
        return run.exit_code
    from aideator_cli.views.text.teams import show_team

    screen = terminal.screen(plain=manner.look.plain)
    screen.line()
    show_team(screen, state)
    terminal.say("")
    if run.state == "succeeded" and not state.has_lost_result and hints and not manner.goes_on:
        terminal.say(f"  {command('diff', run.id)}")
        terminal.say(f"  {command('apply', run.id)}")
    return run.exit_code


def tell(here: "Here", run: "TeamRun", *, json: bool) -> None:
    """Tells how far the team is, by what is stored."""
    from aideator_cli.actions.teams.knowing import state_of
    from aideator_cli.cli.telling import tell_stale_team

    tell_stale_team(run)
    state = state_of(here, run)
    if json:
        from aideator_cli.views.json.teams import team_record

        terminal.write_json(team_record(state))
        return
    from aideator_cli.views.text.teams import show_team

    show_team(terminal.screen(), state, prompt=True)


def cancel(here: "Here", run: "TeamRun", *, json: bool) -> int:
    from aideator_cli.actions.teams import knowing

    asked, failed = knowing.cancel(here, run)  # agents of a team that has ended may still be at work
    done = f"cancelled {run.id}" if run.state == "running" else f"{run.id} has already ended"
    terminal.say(f"{done}{f'; asked {chr(32).join(asked)} to stop' if asked else ''}")
    for text in failed:
        terminal.warn(f"not asked to stop: {text}")
    if json:
        tell(here, here.store.team(run.id) or run, json=True)
    return 0


def delete(here: "Here", run: "TeamRun", *, force: bool, confirmed: bool, json: bool) -> int:
    from aideator_cli.actions.teams import knowing
    from aideator_cli.text.clean import one_line

    if not confirmed and not terminal.agrees(f"Delete team {run.id} with all its runs, {one_line(run.prompt)[:60]}?"):
        terminal.say("nothing was deleted")
        return 0
    knowing.delete(here, run, force=force)
    if json:
        terminal.write_json({"kind": "deleted", "run": run.id})
    terminal.say(f"deleted {run.id}")
    return 0


def _leave(run: "TeamRun", *, json: bool) -> int:
    """A team that nobody watches begins no further step, unless it is a server that moves it on."""
    if json:
        terminal.write_json({"kind": "team_begun", "team": run.id})
    else:
        print(run.id, flush=True)
    seen = command("watch", run.id)
    terminal.say(f"its next steps begin while somebody watches:  {seen}" if run.server is None else seen)
    return 0


def _take(call: "Call", run: "TeamRun") -> int:
    from aideator_cli.actions.applying import apply, pick
    from aideator_cli.actions.finding import find, result_of
    from aideator_cli.cli.taken import tell_applied

    known = call.here.store.team(run.id) or run
    assert call.taken is not None
    if call.taken.way is None:
        return 0
    picked = pick(call.here, find(call.here, result_of(known)))
    return tell_applied(apply(call.here, picked, call.taken.way, call.taken.folder), json=call.json)


def _draw(call: "Call", team: "Team") -> int:
    """Draws what would be started."""
    from aideator_cli.actions.teams.starting import draw
    from aideator_cli.cli.beginning import tell_added

    drawn = draw(call.here, team, call.request, call.where)
    if drawn.lacks is not None:
        terminal.warn(f"it can't be started yet: {drawn.lacks}")
    if drawn.first is not None:
        tell_added(drawn.first)
    run, bound = drawn.run, drawn.most
    if call.json:
        from aideator_cli.views.json.teams import drawn_record

        terminal.write_json(drawn_record(run.team, bound.agents, bound.cost, drawn.lacks))
        return 0
    _show_drawn(run.team, bound)
    return 0


def _draw_there(call: "Call", team: "Team", word: str, url: str) -> int:
    """Draws what a server would start."""
    from aideator_cli.actions.at_server import agreed, draw_team
    from aideator_cli.actions.places import server_at
    from aideator_cli.actions.shipping import shipment
    from aideator_cli.actions.teams.starting import as_run, check_request, most
    from aideator_cli.cli.beginning import remark
    from aideator_cli.text.clean import one_line

    check_request(call.request)
    server = server_at(url, call.here.settings)
    sent = shipment(call.request, server)
    if sent is not None:
        remark(sent.packed.remarks)
    told = draw_team(call.here, call.request, server, word, agreed(call.request, sent))
    if told.lacks is not None:
        terminal.warn(f"it can't be started yet: {one_line(told.lacks)}")
    if call.json:
        terminal.write_json(told.record)
        return 0
    run = as_run(team, call.request)
    bound = most(call.here, run, call.request.retries)
    _show_drawn(run.team, replace(bound, agents=told.agents, cost=told.cost))
    return 0


def _show_drawn(team: "Team", bound: "Most") -> None:
    from aideator_cli.views.text.teams import show_graph, told_most

    screen = terminal.screen()
    has_tasks = any(stage.each for stage in team.stages)
    show_graph(screen, team, bound.each)
    screen.line(told_most(bound.agents, bound.cost, by_team=bound.by_team, has_tasks=has_tasks))


def _view(here: "Here", attended: "Attended", manner: "Manner") -> "View":
    return _view_with(_actions(here, attended), manner)


def _view_with(actions: "Actions", manner: "Manner") -> "View":
    if manner.json:
        from aideator_cli.views.json_lines import show_json

        return partial(show_json, terminal.screen())
    from aideator_cli.cli.viewing import chosen_view

    return chosen_view(manner.view, replace(actions, stays=not manner.goes_on), look=manner.look)


def _actions(here: "Here", attended: "Attended") -> "Actions":
    """What a person can do in the panes of a team: each agent is one of some run."""
    from aideator_cli.actions import telling
    from aideator_cli.actions.cancelling import ask_to_stop
    from aideator_cli.actions.places import backend_at
    from aideator_cli.stream.recording import last_result
    from aideator_cli.views.actions import Actions

    def cancel(numbers: Sequence[int]) -> None:
        for number in numbers:
            run, own = attended.who(number)
            ask_to_stop(here.again(), run.spec, backend_at(run.place, here.settings), [own])

    def message(number: int, text: str) -> None:
        run, own = attended.who(number)
        telling.send(run.spec, backend_at(run.place, here.settings), own, text)

    def patch(number: int) -> bytes | None:
        run, own = attended.who(number)
        return last_result(here.again().store, run.spec, own).patch

    def steps(_: Sequence[Result]) -> list[str]:
        run = here.again().store.team(attended.run.id)
        return (
            [command(verb, attended.run.id) for verb in ("diff", "apply")] if run and run.state == "succeeded" else []
        )

    leaving = "its next steps begin when you watch again" if attended.run.server is None else "the server goes on"
    return Actions(cancel=cancel, tell=message, patch=patch, next_steps=steps, leaving=leaving)


@contextmanager
def _leaving(here: "Here", run: "TeamRun", *, cancels: bool) -> Iterator[None]:
    """After Ctrl-C, a closed pipe or a lost store, agents keep working. A message says how to return to the team."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError, AideatorError) as error:
        terminal.end_line()
        known = here.store.team(run.id)
        if isinstance(error, KeyboardInterrupt) and known is not None and known.state != "running":
            return  # it ended before its view has shown so
        if cancels and isinstance(error, KeyboardInterrupt):
            cancel(here, run, json=False)
            raise
        is_gone = isinstance(error, AideatorError) and error.code == ExitCode.NOT_FOUND
        if known is not None and known.state == "running" and not is_gone:
            goes_on = "agents at work go on; the next steps begin when you watch again"
            terminal.say(f"{goes_on if run.server is None else 'the server goes on'}.  {command('watch', run.id)}")
        raise
