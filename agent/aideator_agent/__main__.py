"""The agent's program: one attempt at one variation. Exit status: 0 with a result, 143 after SIGTERM, else 1.

With arguments it makes no attempt and only says something about itself (`trial`).
"""

import os
import sys
from collections.abc import Mapping
from typing import Final

from aideator_agent import interrupts as interrupts_module

interrupts_module.hold()  # before the imports, which take a moment

from aideator_agent import confinement, rooms, surroundings  # noqa: E402
from aideator_agent.emitter import Emitter  # noqa: E402
from aideator_agent.interrupts import Interrupts  # noqa: E402
from aideator_agent.keys import Redactor, take  # noqa: E402
from aideator_agent.session import Session  # noqa: E402
from aideator_agent.settings import GIT_TOKEN, KNOWN_HOSTS, SSH_KEY, Settings, SettingsError, load, secrets  # noqa: E402
from aideator_agent.strays import Strays, claim_stdout  # noqa: E402
from aideator_agent.totals import Totals  # noqa: E402
from aideator_agent.verdict import Verdict  # noqa: E402

TERMINATED: Final = 143


def main() -> int:
    try:
        settings = load(os.environ)
        keys = take(settings.key_names)
        surroundings.enter(settings, os.environ)
        confinement.confine(settings.spec.model_hosts)
    except (SettingsError, OSError, ValueError) as error:
        take((GIT_TOKEN, SSH_KEY, KNOWN_HOSTS))
        return _refuse(str(error))
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


def _refuse(reason: str) -> int:
    """Nothing can be done, but even that is told as events are."""
    emitter = Emitter(1, Redactor(()))
    emitter.emit("start", run=None, variation=None, attempt=os.environ.get("AIDEATOR_ATTEMPT"), model=None)
    emitter.end(
        outcome="failed", fault="infrastructure", reason=reason, summary="", totals=Totals().as_json(), base=None
    )
    return 1


def _status(verdict: Verdict, interrupts: Interrupts) -> int:
    if interrupts.terminated:
        return TERMINATED
    return 0 if verdict.outcome in ("succeeded", "no_changes") else 1


def _asked(arguments: list[str]) -> int:
    from aideator_agent import trial

    return trial.run(arguments)


if __name__ == "__main__":
    status = _asked(sys.argv[1:]) if sys.argv[1:] else main()
    sys.stdout.flush()
    os._exit(status)  # libraries' threads and exit handlers have no say any more
