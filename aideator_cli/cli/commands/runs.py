"""`list`, `show` and `delete`: the runs that are known."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here


def list_runs(
    state: Annotated[
        str, typer.Option(metavar="submitting|running|ended", help="Only runs in this state.", show_default=False)
    ] = "",
    outcome: Annotated[
        str,
        typer.Option(
            metavar="OUTCOME",
            help="Only runs with such a variation: succeeded, failed_checks, no_changes, limit, cancelled, failed or running.",
            show_default=False,
        ),
    ] = "",
    repo: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Only runs whose repository URL or path contains TEXT.", show_default=False),
    ] = "",
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="Only runs whose prompt or note contains TEXT.", show_default=False)
    ] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only runs with this tag. Repeatable: with all of them.", show_default=False),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(metavar="newest|oldest|cost|state", help="What comes first. cost: the most expensive run."),
    ] = "newest",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show at most this many runs.")] = 50,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="NAME,…",
            help="The columns, in this order: run, name, created, state, succeeded, cost, where, repo, tags, owner, prompt, note.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        bool,
        typer.Option(
            "--steps", help="Show the steps of teams, too. With a filter, --columns or --json, they are always there."
        ),
    ] = False,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster", help="First ask the cluster: for runs that this machine lacks, and how those at work stand."
        ),
    ] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="The runs of all users of the cluster's namespace. Implies --cluster.")
    ] = False,
    context: options.Context = None,
    namespace: options.Namespace = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show the list again whenever a run or team changes, until Ctrl-C.")
    ] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """List runs, newest first."""
    from aideator_cli.actions import listing
    from aideator_cli.cli import invocation
    from aideator_cli.cli.listed import (
        ask_cluster,
        checked_columns,
        redraw,
        show_list,
        show_servers,
        show_teams,
        write_list,
    )
    from aideator_cli.domain.glance import Wanted
    from aideator_cli.errors import usage

    here = invocation.here(server)
    wanted = listing.checked(Wanted(state, outcome, repo, search, tuple(tag or ()), sort, everyone=all_users))
    filtered = wanted != Wanted(sort=sort, everyone=all_users)
    shown = checked_columns(columns, json=json)
    if here.settings.server is not None and not (cluster or all_users or context or namespace):
        return show_servers(here, wanted, limit, shown, filtered=filtered, steps=steps, watch=watch, json=json)
    if cluster or all_users:
        ask_cluster(here, context, namespace, everyone=all_users)
    elif context or namespace:
        raise usage("--context and --namespace need --cluster or --all-users", hint="add --cluster")
    if watch:
        for change in listing.changes(here, limit, wanted, teams=not (filtered or shown or json), steps=steps):
            redraw(change, shown, json=json)
    elif json:
        write_list(listing.listed(here, limit, wanted))
    else:
        has_teams = not filtered and not shown and show_teams(here.store.teams(limit), here.store.lost_results())
        rows = listing.glances(here, limit, wanted._replace(alone=has_teams and not steps))
        show_list(rows, shown, filtered=filtered, has_teams=has_teams)
    return 0


def show(
    run: options.RunOrVariation = "@last",
    answer: Annotated[
        int | None,
        typer.Option("--answer", metavar="N", help="Print the answer of variation N alone.", show_default=False),
    ] = None,
    prompts: Annotated[
        bool, typer.Option("--prompts", help="Print what was sent to the model of RUN/N, and to which host.")
    ] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Show the task, limits and results of a run."""
    from dataclasses import asdict

    from aideator_cli.actions import showing
    from aideator_cli.actions.teams import knowing
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.telling import tell_stale
    from aideator_cli.errors import usage

    if answer is not None and prompts:
        raise usage("--answer and --prompts can't be combined", hint="leave out one of them")
    here = invocation.here(server)
    if answer is not None:
        return _print_answer(here, run, answer, json=json)
    if prompts:
        return _print_prompts(here, run, json=json)
    team = knowing.meant(here, run)
    if team is not None:
        from aideator_cli.cli import teamed

        teamed.tell(here, team, json=json)
        return 0
    shown = showing.show(here, run)
    tell_stale(shown.named)
    screen = terminal.screen()
    if json:
        from aideator_cli.views.json_lines import observation, run_record, write

        selected = shown.selection.variation if shown.selection else None
        judged = shown.judged.as_json() if shown.judged else None
        issue = shown.named.run.spec.issue
        told = {"issue": asdict(issue) if issue else None, "judged": judged}
        seen = {"observations": [observation(each) for each in shown.observations]}
        write(screen, {**run_record(shown.named.run, shown.results, selected), **told, **seen})
        return 0
    from aideator_cli.views.text.runs import show_run

    show_run(screen, shown.named.run, shown.results, shown.observations, shown.selection)
    if any(each.files for each in shown.results):
        from aideator_cli.actions.applied import told_applied

        for line in told_applied(shown.named.run):
            screen.line(screen.folded(line))
    if shown.judged and shown.named.variation is None:
        from aideator_cli.views.text.judged import show_round

        screen.line()
        show_round(screen, shown.named.run.spec.id, shown.judged)
    return 0


def _print_answer(here: "Here", run: str, number: int, *, json: bool) -> int:
    from aideator_cli.actions.answering import answer
    from aideator_cli.cli import terminal
    from aideator_cli.cli.pager import paged
    from aideator_cli.cli.telling import tell_stale
    from aideator_cli.views.json_lines import result_record
    from aideator_cli.views.text.answers import show_answer, told_places

    named, result = answer(here, run, number)
    tell_stale(named)
    if json:
        terminal.write_json({"kind": "answer", "run": named.run.spec.id, **result_record(result)})
        return 0
    with paged(terminal.screen()) as screen:
        show_answer(screen, result)
    for line in told_places(result):
        terminal.warn(line)
    return 0


def _print_prompts(here: "Here", run: str, *, json: bool) -> int:
    from dataclasses import asdict

    from aideator_cli.actions.prompts_sent import sent
    from aideator_cli.cli import terminal
    from aideator_cli.cli.pager import paged
    from aideator_cli.cli.telling import tell_stale
    from aideator_cli.views.text.sent import show_sent

    told = sent(here, run)
    tell_stale(told.named)
    spec, number = told.named.run.spec, told.named.numbers[0]
    if json:
        for request in told.requests:
            record = {"kind": "sent", "run": spec.id, "variation": number, **asdict(request)}
            del record["text"]
            terminal.write_json({**record, "messages": None if request.text is None else request.messages})
        return 0
    scripted = spec.variation(number).model.startswith("scripted/")
    with paged(terminal.screen()) as screen:
        show_sent(screen, told.requests, "no host: a script answers" if scripted else "an unknown host")
    return 0


def delete(
    run: options.Run,
    force: Annotated[
        bool, typer.Option("--force", help="Delete the run even while its agents work. They are killed.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Don't ask for confirmation.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Delete a run, its cluster objects and all that is stored of it."""
    from aideator_cli.actions import deleting
    from aideator_cli.actions.teams import knowing
    from aideator_cli.cli import invocation, teamed, terminal
    from aideator_cli.text.clean import one_line

    here = invocation.here(server)
    team = knowing.known(here, run)
    if team is not None:
        return teamed.delete(here, team, force=force, confirmed=yes or force, json=json)
    named = deleting.deletable(here, run, force=force)
    spec = named.run.spec
    if named.run.cluster_user is not None and not yes and not terminal.is_asked():
        raise deleting.of_another(named)
    whose = f"{spec.id}, which belongs to another user" if named.run.cluster_user is not None else spec.id
    asks = not yes and (named.run.cluster_user is not None or not force)
    if asks and not terminal.agrees(f"Delete {whose}, {one_line(spec.prompt)[:60]}?"):
        terminal.say("nothing was deleted")
        return 0
    deleting.delete(here, named)
    if json:
        terminal.write_json({"kind": "deleted", "run": spec.id})
    terminal.say(f"deleted {spec.id}")
    return 0
