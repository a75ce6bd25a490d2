"""Teams for a script: started, waited for, looked at and cancelled by their ids."""

import threading

from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at, server_named
from aideator_cli.actions.starting import unconfirmed
from aideator_cli.actions.teams import knowing, mirroring, starting
from aideator_cli.actions.teams.afar import mover_of
from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.teams import TeamRun
from aideator_cli.intake.request import Request, Where


def start(here: Here, word: str, request: Request, where: Where) -> str:
    """Returns the id of the team. Raises `AideatorError`; then nothing was started."""
    if server := server_named(where, here.settings):
        from aideator_cli.actions import at_server

        return at_server.start_team(here, request, server_at(server, here.settings), word).id
    planned = starting.plan(here, starting.found(word, request.repo), request, where)
    if planned.first.suspects:
        raise unconfirmed(planned.first.suspects)
    return starting.begin(here, planned).id


def named(here: Here, word: str) -> str:
    """Raises `AideatorError` (not found)."""
    found = knowing.known(here, word)
    if found is None:
        raise knowing.missing(word)
    return found.id


def state(here: Here, team: str) -> TeamState:
    return knowing.state_of(here, _known(here, team))


def wait(here: Here, team: str, timeout: float | None) -> TeamState:
    """Moves the team on in this thread, or watches how its server does, for at most so many seconds."""
    known = _known(here, team)
    if known.state == "running":
        mover = mover_of(here, known)
        timer = None if timeout is None else threading.Timer(timeout, mover.stop.set)
        if timer is not None:
            timer.start()
        try:
            mover.move()
        finally:
            if timer is not None:
                timer.cancel()
    return state(here, team)


def cancel(here: Here, team: str) -> None:
    knowing.cancel(here, _known(here, team))


def _known(here: Here, team: str) -> TeamRun:
    run = here.store.team(team)
    if run is None:
        raise knowing.missing(team)
    return mirroring.refreshed(here, run)
