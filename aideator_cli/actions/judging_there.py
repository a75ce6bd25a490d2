"""A judge that a server lets work: this asks it how it stands until it has ended, and stores what it said."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aideator_cli.actions.asking import AskedAgain
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Announced, Judge, Told, Unneeded
from aideator_cli.domain.judgements import newest
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.stream.following import look

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend

LOOK_SECONDS: Final = 1.0
PATIENCE: Final = 150.0  # seconds without an answer, after which the server counts as gone


def judge_there(here: Here, run: StoredRun, server: "ServerBackend", by: Judge) -> Iterator[Told]:
    """Yields what `judge` yields. Whoever leaves it leaves the judge at work; the same again waits for that one."""
    if by.api_base is not None:
        raise usage(f"the server {server.where} does not take --api-base", hint="--own-keys asks from this machine")
    spec, store = run.spec, here.store
    body = {"model": by.model, "max_pairs": by.most_pairs}
    look(spec, server, store)
    begun, known = server.ask_judge(spec.id, body), len(store.judgements(spec.id))
    with server.client.understanding():
        # somebody else's may not know yet what it will ask
        begun = next(told for told in _stands(server, spec.id, begun) if told["model"] or told["state"] != "working")
        if begun["passed"] is not None:
            yield Unneeded(tuple(map(int, begun["passed"])), ExitCode(begun["exit_code"]))
            return
        if begun["model"]:
            yield Announced(str(begun["model"]), begun["works"], begun["pairs"], begun["possible"], begun["cost"])
    told, remarks, answered = begun, 0, -1
    for told in _stands(server, spec.id, begun):
        with server.client.understanding():
            yield from (AskedAgain(str(text)) for text in told["remarks"][remarks:])
            remarks = max(remarks, len(told["remarks"]))
            is_new, answered = told["answered"] > answered, told["answered"]
        if is_new or told["state"] != "working":
            look(spec, server, store)
            said = store.judgements(spec.id)
            yield from said[known:]
            known = len(said)
    with server.client.understanding():
        if told["state"] != "ended":
            raise _failure(told)
    if judged := newest(store.judgements(spec.id), store.results(spec.id)):
        yield judged


def _stands(server: "ServerBackend", run: str, told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields how it stands until it works no more. Survives a server that does not answer for a while."""
    heard = time.monotonic()
    yield told
    while told["state"] == "working":
        time.sleep(LOOK_SECONDS)
        try:
            told, heard = server.judge(run), time.monotonic()
        except AideatorError as error:
            if error.code != ExitCode.UNAVAILABLE or time.monotonic() > heard + PATIENCE:
                raise
            continue
        yield told


def _failure(told: dict[str, Any]) -> AideatorError:
    if told["state"] == "stopped":
        return AideatorError(
            "the judge was stopped on the server; its answers are kept", hint="the same command asks only for the rest"
        )
    problem = told["problem"]
    code = problem.get("exit_code")
    known = ExitCode(code) if code in ExitCode._value2member_map_ else ExitCode.FAILED
    return AideatorError(str(problem["detail"]), hint=problem.get("hint"), code=known)
