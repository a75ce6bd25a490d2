"""Carries out what `run`, `ask` and `review` ask for: shows what it would cost or create, or starts it and follows it to its end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aideator_cli.cli.call import Call
from aideator_cli.errors import usage

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.actions.starting import Plan
    from aideator_cli.domain.runs import StoredRun


def carry_out(call: Call, after: "Callable[[StoredRun], int] | None" = None) -> int:
    """Returns the exit code. `after` gets a run that was followed to its end, and may fail, too."""
    from aideator_cli.actions.places import server_named
    from aideator_cli.actions.starting import plan
    from aideator_cli.cli.beginning import begin
    from aideator_cli.cli.manner import Manner
    from aideator_cli.cli.viewing import check_view

    if call.estimate or call.dry_run:
        call = replace(call, request=replace(call.request, only_shown=True))
    server = server_named(call.where, call.here.settings)
    if call.team is not None:
        from aideator_cli.cli.teamed import carry_out_by_team

        return carry_out_by_team(call, call.team, server)
    if server is not None and (call.estimate or call.dry_run):
        return _show_servers(call, server)
    if call.estimate:
        return _estimate(call)
    if call.dry_run:
        return _show_manifests(call)
    check_view(call.view, json=call.json)
    goes_on = call.taken is not None or call.pushed is not None or after is not None
    manner = Manner(
        json=call.json, view=call.view, look=call.look, cancels=call.cancels, ring=call.ring, goes_on=goes_on
    )
    if server is not None:
        from aideator_cli.cli.beginning import begin_at_server

        return begin_at_server(call, server, manner, after)
    planned = plan(call.here, call.request, call.where, taking=call.taken, pushing=call.pushed, detach=call.detach)
    return begin(
        call.here, planned, manner, call.taken, call.pushed, confirmed=call.confirmed, detach=call.detach, after=after
    )


def _estimate(call: Call) -> int:
    from aideator_cli.actions.estimating import estimate
    from aideator_cli.actions.starting import plan
    from aideator_cli.cli.beginning import remark, tell_added
    from aideator_cli.cli.estimated import tell_estimate

    planned = plan(call.here, call.request, call.where)
    remark(planned.remarks)
    tell_added(planned.spec)
    code = tell_estimate(estimate(call.here, planned.spec), json=call.json)
    _tell_most(planned.spec)
    return code


def _tell_most(spec: "RunSpec") -> None:
    if spec.escalates:
        from aideator_cli.cli import terminal

        terminal.say("this is the most that it takes: later steps are tried only if the checks failed")


def _show_servers(call: Call, url: str) -> int:
    """As `_estimate` and `_show_manifests`, of what a server would start."""
    from aideator_cli.actions.at_server import draw
    from aideator_cli.actions.places import server_at
    from aideator_cli.cli.beginning import remark, tell_added
    from aideator_cli.cli.estimated import tell_estimate

    server = server_at(url, call.here.settings)
    drawn = draw(call.here, call.request, server)
    remark(drawn.remarks)
    tell_added(drawn.spec)
    if call.estimate:
        code = tell_estimate(drawn.estimate, json=call.json, place=f"on {server.where}")
        _tell_most(drawn.spec)
        return code
    if drawn.manifests is None:
        raise usage(
            f"--dry-run prints Kubernetes manifests, and {server.where} would start processes on its own machine",
            hint="--estimate says what would start there, and on what model",
        )
    return _write(drawn.manifests, json=call.json)


def _show_manifests(call: Call) -> int:
    from aideator_cli.actions.starting import manifests

    return _show(*manifests(call.here, call.request, call.where), json=call.json)


def _show(planned: "Plan", documents: Sequence[Mapping[str, Any]], *, json: bool) -> int:
    from aideator_cli.actions.starting import unconfirmed
    from aideator_cli.cli.beginning import remark, tell_added

    remark(planned.remarks)
    tell_added(planned.spec)
    if planned.suspects:
        raise unconfirmed(planned.suspects)
    return _write(documents, json=json)


def _write(documents: Sequence[Mapping[str, Any]], *, json: bool) -> int:
    import sys

    from aideator_cli.cli import terminal
    from aideator_cli.system.yaml_file import write_documents

    if not json:
        write_documents(documents, sys.stdout)
        return 0
    for document in documents:
        terminal.write_json(document)
    return 0
