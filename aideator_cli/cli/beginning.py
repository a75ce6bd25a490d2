"""Begins a run that is planned: asks what must be asked, starts it, shows it to its end, and takes the best of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aideator_agent.spec import Issue, RunSpec
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.pushing import Pushing
    from aideator_cli.actions.shipping import Shipment
    from aideator_cli.actions.starting import Plan
    from aideator_cli.actions.taking import Taking
    from aideator_cli.backends.base import Backend
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.cli.call import Call
    from aideator_cli.cli.manner import Manner
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.intake.sending.suspects import Suspect

SHOWN = 10  # files that look like secrets, each named


def begin(
    here: "Here",
    planned: "Plan",
    manner: "Manner",
    taken: "Taking | None" = None,
    pushed: "Pushing | None" = None,
    *,
    confirmed: bool = False,
    detach: bool = False,
    after: "Callable[[StoredRun], int] | None" = None,
) -> int:
    """Returns the exit code. `after` gets the run when it has ended. Raises `AideatorError` if nothing was started."""
    from aideator_cli.actions.starting import start
    from aideator_cli.cli.delivery import show_delivery
    from aideator_cli.cli.started import announce, leave_detached
    from aideator_cli.errors import AideatorError
    from aideator_cli.text.figures import plural

    spec = planned.spec
    if planned.is_large and not confirmed and not _is_so_many(len(spec.variations)):
        raise AideatorError("nothing was started")
    remark(planned.remarks)
    if planned.suspects and not _may_send(planned.suspects):
        raise AideatorError("nothing was started")
    if spec.issue is not None and not may_give(spec.issue, plural(len(spec.variations), "agent"), confirmed=confirmed):
        raise AideatorError("nothing was started")
    tell_added(spec)
    run = start(here, planned)
    announce(spec, planned.backend)
    if detach:
        show_delivery(planned.backend, spec.id)
        leave_detached(spec.id, [v.number for v in spec.variations], json=manner.json)
        return 0
    warned = replace(manner, warnings=planned.remarks)
    code = _follow(here, run, planned.backend, warned, taken, pushed)
    return code if after is None else after(here.store.run(spec.id) or run) or code


def begin_at_server(call: "Call", url: str, manner: "Manner", after: "Callable[[StoredRun], int] | None" = None) -> int:
    """As `begin`, on a server, which makes the plan. Returns the exit code."""
    from aideator_cli.actions.at_server import start
    from aideator_cli.actions.places import server_at
    from aideator_cli.cli.started import announce, leave_detached
    from aideator_cli.text.figures import plural

    server = server_at(url, call.here.settings)
    sent = agreed_to_send(call, server, plural(call.request.n or 1, "agent"))
    many = call.request.matrix is not None and (call.confirmed or _are_agreed(call, server, sent))
    with telling_of_lost(server, "run"):
        run = start(call.here, call.request, server, sent, many=many)
    announce(run.spec, server)
    if call.detach:
        leave_detached(run.spec.id, [v.number for v in run.spec.variations], json=manner.json)
        return 0
    code = _follow(call.here, run, server, manner, call.taken, call.pushed)
    return code if after is None else after(call.here.store.run(run.spec.id) or run) or code


def agreed_to_send(call: "Call", server: "ServerBackend", whom: str) -> "Shipment | None":
    """Says what the server gets with the request, and asks what must be asked. `whom`: who gets the issue.

    Raises `AideatorError` if the user does not agree.
    """
    from aideator_cli.actions.at_server import remarks
    from aideator_cli.actions.shipping import shipment
    from aideator_cli.errors import AideatorError

    issue = call.request.issue
    remark(remarks(call.request))
    sent = shipment(call.request, server)
    if sent is not None:
        remark(sent.packed.remarks)
        if sent.suspects and not call.request.sending.secrets and not _may_send(sent.suspects):
            raise AideatorError("nothing was started")
    if issue is not None and not may_give(issue, whom, confirmed=call.confirmed):
        raise AideatorError("nothing was started")
    return sent


def go_on_at_server(
    here: "Here",
    server: "ServerBackend",
    start: "Callable[[], StoredRun]",
    manner: "Manner",
    taken: "Taking | None" = None,
    *,
    detach: bool = False,
) -> int:
    """Shows a run to its end that `start` starts on the server. Returns the exit code."""
    from aideator_cli.cli.started import announce, leave_detached

    with telling_of_lost(server, "run"):
        run = start()
    announce(run.spec, server)
    if detach:
        leave_detached(run.spec.id, [v.number for v in run.spec.variations], json=manner.json)
        return 0
    return _follow(here, run, server, manner, taken, None)


@contextmanager
def telling_of_lost(server: "ServerBackend", what: str) -> Iterator[None]:
    """Says after Ctrl-C that the server may have started what it was asked for."""
    try:
        yield
    except KeyboardInterrupt:
        from aideator_cli.cli import invocation, terminal

        seen = invocation.command("list", "--server", server.client.url)
        terminal.warn(f"{server.where} may have started the {what}; {seen} shows it")
        raise


def _follow(
    here: "Here",
    started: "StoredRun",
    backend: "Backend",
    manner: "Manner",
    taken: "Taking | None",
    pushed: "Pushing | None",
) -> int:
    from aideator_cli.cli.showing import show

    code: int = show(here, started.spec, backend, manner)
    run = here.store.run(started.spec.id) or started
    if pushed is not None:
        from aideator_cli.actions.pushing import push_run
        from aideator_cli.cli.pushed import tell_pushed

        code = tell_pushed(push_run(here, run, pushed), json=manner.json) or code
    if taken is None:
        return code
    from aideator_cli.actions.taking import take_best
    from aideator_cli.cli.taken import tell_taken

    if taken.cross:
        from aideator_cli.cli.crossed import cross

        cross(here, run)
    return tell_taken(take_best(here, run, taken), json=manner.json) or (code if pushed else 0)


def _are_agreed(call: "Call", server: "ServerBackend", sent: "Shipment | None") -> bool:
    """Returns whether a matrix has so many agents that the user had to agree. Raises `AideatorError` if they did not."""
    from aideator_cli.actions.at_server import draw
    from aideator_cli.errors import AideatorError
    from aideator_cli.intake.matrix import ASKED_ABOVE

    count = len(draw(call.here, call.request, server, sent).spec.variations)
    if count > ASKED_ABOVE and not _is_so_many(count):
        raise AideatorError("nothing was started")
    return count > ASKED_ABOVE


def _is_so_many(count: int) -> bool:
    from aideator_cli.cli import terminal
    from aideator_cli.errors import usage

    if not terminal.is_asked():
        raise usage(f"the matrix would start {count} agents", hint="add --yes to start them all")
    return terminal.agrees(f"Start {count} agents?")


def _may_send(suspects: "Sequence[Suspect]") -> bool:
    from aideator_cli.actions.starting import unconfirmed
    from aideator_cli.cli import terminal
    from aideator_cli.text.figures import plural

    for suspect in suspects[:SHOWN]:
        terminal.warn(f"{suspect.path} looks like a secret, by {suspect.why}; the agents' models would see it")
    if not terminal.is_asked():
        raise unconfirmed(suspects)
    return terminal.agrees(f"Send {plural(len(suspects), 'file')} that may hold secrets?")


def may_give(issue: "Issue", whom: str, *, confirmed: bool) -> bool:
    """Shows the issue before anybody gets it, and asks the person at the terminal."""
    from aideator_cli.cli import terminal
    from aideator_cli.cli.issued import show_issue

    show_issue(issue)
    return confirmed or terminal.agrees(f"Give this {'pull request' if issue.pull else 'issue'} to {whom}?")


def tell_added(spec: "RunSpec") -> None:
    """Says what AIdeator has added to the request: the models that it chose, and the notes on the repository."""
    _tell_routes(spec)
    _tell_notes(spec)


def _tell_routes(spec: "RunSpec") -> None:
    """Says why each variation has its model, where AIdeator chose it."""
    told: dict[str, list[int]] = {}
    for each in spec.variations:
        if each.route is not None:
            from aideator_cli.views.text.routes import line

            told.setdefault(f"{each.model}, {line(each.route)}", []).append(each.number)
    if told:
        from aideator_cli.cli import terminal
        from aideator_cli.text.clean import one_line
        from aideator_cli.text.figures import joined

        for text, numbers in told.items():
            terminal.say(f"{joined(numbers)}: {one_line(text)}")


def _tell_notes(spec: "RunSpec") -> None:
    """Shows the notes on the repository before any agent gets them."""
    if spec.notes:
        from aideator_cli.cli import terminal
        from aideator_cli.views.text.memories import brief

        terminal.say(f"the agents get {brief(spec.notes)}")


def remark(remarks: Sequence[str]) -> None:
    from aideator_cli.cli import terminal

    for each in remarks:
        terminal.warn(each)
