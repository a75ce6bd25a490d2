"""The short form of the API: the same runs under other names. Variation ids are ours, from 1."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.actions import selecting
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError
from aideator_cli.intake.request import Where
from aideator_cli.server.described import TEXT, answered, other, short
from aideator_cli.server.naming import named, the_run
from aideator_cli.server.runs import Reading, RunId, core_of
from aideator_cli.server.streams.events import as_text, deleted, frame
from aideator_cli.server.streams.pieces import Placed
from aideator_cli.server.streams.position import END, Position
from aideator_cli.server.watching import Resumed, stream

router = APIRouter(prefix="/api/v1", tags=["short form"])
STARTED: Final = short(run_id=TEXT, stream_url=TEXT, job_names={"type": "array", "items": TEXT})
SELECTED: Final = short(status=TEXT, job_name=TEXT)
STANDING: Final = short(
    run_id=TEXT, status=TEXT, jobs={"type": "array", "items": short(job_name=TEXT, status={"type": "object"})}
)
ASKED_SECONDS: Final = 30.0  # for which the answer of a cluster counts


@router.get(
    "/health",
    summary="Whether the server lives, and reaches a cluster",
    responses=answered(short(status=TEXT, version=TEXT, kubernetes=TEXT)),
)
async def health(request: Request) -> Response:
    """`kubernetes` is connected, unreachable or none."""
    known: Reachable = request.app.state.reachable
    async with known.asking:  # anybody may call this: a cluster that does not answer holds one thread, not all
        if known.is_old():
            known.note(await core_of(request).act(_reach))
    return JSONResponse({"status": "healthy", "version": __version__, "kubernetes": known.word})


@router.get(
    "/runs/{run}/stream",
    summary="A run's events, under the names of the short form",
    responses=other("text/event-stream", "events"),
)
async def events(request: Request, _caller: Reading, run: RunId, last: Resumed = None) -> Response:
    pods = await core_of(request).read(_pods, run)
    return await stream(request, run, pods, last)


@router.get("/runs/{run}/status", summary="How a run stands", responses=answered(STANDING))
async def status(request: Request, _caller: Reading, run: RunId) -> Response:
    return JSONResponse(await core_of(request).read(standing, run))


@router.get("/tasks/{task}", summary="The run that a task is", responses=answered(STANDING))
async def task(
    request: Request, _caller: Reading, task: Annotated[str, Path(description="The id of the run")]
) -> Response:
    return JSONResponse(await core_of(request).read(_task, task))


@dataclass
class Reachable:
    word: str = ""
    asked: float = field(default=0.0)  # monotonic
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_old(self) -> bool:
        return not self.word or time.monotonic() - self.asked > ASKED_SECONDS

    def note(self, word: str) -> None:
        self.word, self.asked = word, time.monotonic()


def _reach(here: Here) -> str:
    try:
        backend = choose(Where(), here.settings)
        if backend.name == "local":
            return "none"
        backend.runs()
    except AideatorError:
        return "unreachable"
    return "connected"


def job_name(run: str, variation: int) -> str:
    return f"agent-{run}-{variation}"


def started(here: Here, run: str) -> dict[str, Any]:
    names = [job_name(run, each.number) for each in the_run(here, run).spec.variations]
    return {"run_id": run, "stream_url": f"/api/v1/runs/{run}/stream", "job_names": names}


def select(here: Here, run: str, variation: int) -> dict[str, Any]:
    selecting.select(here, named(here, run, variation))
    return {"status": "selected", "job_name": job_name(run, variation)}


def standing(here: Here, run: str) -> dict[str, Any]:
    found, results = the_run(here, run), here.store.results(run)
    jobs = [{"job_name": job_name(run, result.variation), "status": _counts(result)} for result in results]
    return {"run_id": run, "status": word(found.state, results), "jobs": jobs}


def _task(here: Here, run: str) -> dict[str, Any]:
    found = the_run(here, run)
    told = standing(here, run)
    return {
        "task_id": run,
        **told,
        "github_url": found.spec.repository.url,
        "prompt": found.spec.prompt,
        "variations": len(found.spec.variations),
        "created_at": found.spec.created,
        "completed_at": found.ended,
    }


def _counts(result: Result) -> dict[str, int]:
    ended = _succeeded(result) if result.ended else None
    return {"active": int(ended is None), "succeeded": int(ended is True), "failed": int(ended is False)}


def _succeeded(result: Result) -> bool:
    """Whether the Job did what it was to do, whatever became of its patch."""
    return result.outcome in ("succeeded", "no_changes", "limit")


def word(state: str, results: Sequence[Result]) -> str:
    """Returns starting, running, completed, failed or cancelled."""
    if state != "ended":
        return "running" if any(result.attempt for result in results) else "starting"
    if any(map(_succeeded, results)):
        return "completed"
    return "cancelled" if any(result.outcome == "cancelled" for result in results) else "failed"


@frozen
class Short:
    """A run's stream in the short form: `agent_output` has the agent's own lines, as `kubectl logs` shows them."""

    run: str
    on_cluster: bool

    def begun(self, state: str, results: Sequence[Result]) -> bytes:
        return self._status(state, results)

    def item(self, placed: Placed) -> bytes:
        item = placed.item
        if isinstance(item, Observation):
            return b""
        pod = item.name if self.on_cluster else job_name(self.run, item.variation)
        told = {"variation_id": item.variation, "content": item.raw.decode(errors="replace"), "pod": pod}
        return frame("agent_output", as_text(told), placed.position.told(self.run))

    def ended(self, result: Result) -> bytes:
        told = {"variation_id": result.variation, "job_name": job_name(self.run, result.variation)}
        if result.outcome == "failed":
            return frame("error", as_text({**told, "error": result.reason or result.fault or "failed"}))
        state = "cancelled" if result.outcome == "cancelled" else "succeeded"
        return frame("job_completed", as_text({**told, "status": state}))

    def over(self, position: Position, results: Sequence[Result]) -> bytes:
        return self._status("ended", results, f"{position.told(self.run)}-{END}")

    def gone(self) -> bytes:
        return frame("error", as_text({"variation_id": None, "error": deleted(self.run).detail, "job_name": None}))

    def _status(self, state: str, results: Sequence[Result], told: str | None = None) -> bytes:
        return frame("status", as_text({"run_id": self.run, "status": word(state, results)}), told)


def _pods(here: Here, run: str) -> Short:
    found: StoredRun = the_run(here, run)
    return Short(run, found.place.backend == "kubernetes")
