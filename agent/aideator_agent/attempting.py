"""The attempt as a process: what is around it, its events from the first to the last, and its exit status."""

import os
from collections.abc import Mapping
from typing import Final

from aideator_agent import confinement, rooms, surroundings
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor
from aideator_agent.session import Session
from aideator_agent.settings import Settings, secrets
from aideator_agent.strays import Strays, claim_stdout
from aideator_agent.totals import Totals
from aideator_agent.verdict import Verdict

TERMINATED: Final = 143


def attempt(settings: Settings, keys: Mapping[str, str]) -> int:
    """Returns the exit status."""
    try:
        surroundings.enter(settings, os.environ)
        confinement.confine(settings.spec.model_hosts)
    except (OSError, ValueError) as error:
        return refuse(str(error))
    interrupts = Interrupts(settings.spec.limits.seconds)
    interrupts.install()
    events, printed = claim_stdout()
    emitter = Emitter(events, Redactor(secrets(keys)))
    strays = Strays(printed, emitter)
    session = _session(settings, keys, emitter, interrupts)
    try:
        verdict = session.run()
        strays.close()
        _tell_end(emitter, verdict, session)
    except OSError:  # the log takes nothing any more
        session.leave()
        verdict = Verdict("failed")
    if session.owns_room:
        rooms.remove(settings.workspace, settings.private)
    return _status(verdict, interrupts)


def refuse(reason: str) -> int:
    """Nothing can be done, but even that is told as events are. Returns the exit status."""
    emitter = Emitter(1, Redactor(()))
    emitter.emit("start", run=None, variation=None, attempt=os.environ.get("AIDEATOR_ATTEMPT"), model=None)
    emitter.end(
        outcome="failed", fault="infrastructure", reason=reason, summary="", totals=Totals().as_json(), base=None
    )
    return 1


def _session(settings: Settings, keys: Mapping[str, str], emitter: Emitter, interrupts: Interrupts) -> Session:
    if settings.spec.referee is None:
        return Session(settings, keys, emitter, interrupts)
    from aideator_agent.referee.session import RefereeSession

    return RefereeSession(settings, keys, emitter, interrupts)


def _tell_end(emitter: Emitter, verdict: Verdict, session: Session) -> None:
    base = session.checkout.base if session.checkout else None
    emitter.end(
        outcome=verdict.outcome, fault=verdict.fault, reason=verdict.reason, summary=verdict.summary,
        totals=session.totals.as_json(), base=base,
    )  # fmt: skip


def _status(verdict: Verdict, interrupts: Interrupts) -> int:
    if interrupts.terminated:
        return TERMINATED
    return 0 if verdict.outcome in ("succeeded", "no_changes") else 1
