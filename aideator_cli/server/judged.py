"""How a run's judge stands, for whoever asks."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from aideator_cli.actions.asking import AskedAgain
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Announced, Kept, Told, TooBig, Unneeded
from aideator_cli.domain.asked_judges import AskedJudge
from aideator_cli.domain.judgements import Judgement, newest
from aideator_cli.errors import AideatorError, ExitCode, not_found
from aideator_cli.server.naming import the_run
from aideator_cli.server.problems import of_error
from aideator_cli.store.serving import ServerStore
from aideator_cli.text.clean import cut, one_line

AGAIN: Final = "judge again; the answers so far are paid for, and do not count"
REMARKS: Final = 20  # the newest are kept
REMARK_CHARACTERS: Final = 500  # a provider may say anything
_NOTHING: Final[dict[str, Any]] = {
    "model": None, "works": 0, "pairs": 0, "possible": 0, "cost": None, "answered": 0, "remarks": [], "passed": None,
    "exit_code": 0, "problem": None,
}  # fmt: skip


def said(saying: Iterable[Told], run: str) -> Iterator[dict[str, Any]]:
    """Yields what is new to be known of a judge after each thing that it says."""
    remarks: list[str] = []
    answered = 0
    for told in saying:
        match told:
            case Unneeded():
                yield {"passed": list(told.passed), "exit_code": int(told.code)}
            case Announced():
                yield asdict(told)
            case TooBig():
                remarks.append(f"{run}/{told.first}, {run}/{told.second} {told.why}")
            case AskedAgain() | Kept():
                remarks.append(cut(one_line(told.text), REMARK_CHARACTERS))
            case Judgement():
                answered += told.verdict != "equivalent"
        yield {"remarks": remarks[-REMARKS:], "answered": answered}


def judge_of(here: Here, run: str) -> dict[str, Any]:
    """Returns the last judge of the run. Raises `AideatorError` if it never had one."""
    the_run(here, run)
    found = ServerStore.of(here.store).judge(run)
    if found is None:
        raise not_found(f"no judge was asked about run {run}", hint=f"POST /api/v1/runs/{run}/judge asks one")
    return record(here, found)


def record(here: Here, judge: AskedJudge) -> dict[str, Any]:
    run, told = judge.run, {**_NOTHING, **judge.told}
    if judge.state == "lost":
        told["problem"] = problem(run, AideatorError("the server that asked the model is gone", hint=AGAIN))
    if told["problem"] is not None:
        told["exit_code"] = told["problem"].get("exit_code", ExitCode.FAILED)
    judged = None
    if judge.state == "ended" and told["passed"] is None:
        judged = newest(here.store.judgements(run), here.store.results(run))
    return {
        "kind": "judge",
        "run": run,
        "state": "failed" if judge.state == "lost" else judge.state,
        "asked": judge.asked,
        "begun": judge.begun,
        "ended": judge.ended,
        **told,
        "places": None if judged is None else judged.as_json(),
    }


def problem(run: str, error: AideatorError) -> dict[str, Any]:
    return of_error(error).as_json(f"/api/v1/runs/{run}/judge")
