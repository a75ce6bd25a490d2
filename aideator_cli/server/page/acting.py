"""The page's forms: what they post is done by the same actions as on the command line, and the browser is sent back."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from aideator_cli.actions import cancelling, continuing, finding, retrying, selecting, telling
from aideator_cli.actions.here import Here
from aideator_cli.actions.retrying import Retried
from aideator_cli.errors import usage
from aideator_cli.intake.request import Anew, Where
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.foreign import check_place
from aideator_cli.server.going_on import begun
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.frame import root
from aideator_cli.server.page.routes import SAID
from aideator_cli.server.page.troubles import PageRoute, wants_json
from aideator_cli.server.runs import core_of, followers_of

PATH_CHARACTERS: Final = 1000
LINE_DIGITS: Final = 7

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Runner = Annotated[Caller, Depends(caller_with("run"))]


@router.post("/runs/{run}/stop")
async def stop_all(request: Request, run: str, _caller: Runner) -> Response:
    return await _stop(request, run)


@router.post("/runs/{run}/{number}/stop")
async def stop(request: Request, run: str, number: int, _caller: Runner) -> Response:
    return await _stop(request, f"{run}/{number}")


@router.post("/runs/{run}/{number}/tell")
async def tell(request: Request, run: str, number: int, _caller: Runner) -> Response:
    text = (await posted(request)).text("text")
    await core_of(request).act(telling.tell, f"{run}/{number}", text, Where())
    return done(request, f"/runs/{run}", "told")


@router.post("/runs/{run}/{number}/select")
async def select(request: Request, run: str, number: int, _caller: Runner) -> Response:
    await posted(request)
    await core_of(request).act(_select, f"{run}/{number}")
    return done(request, f"/runs/{run}/compare", "selected")


@router.post("/runs/{run}/retry")
async def retry(request: Request, run: str, caller: Runner) -> Response:
    await posted(request)
    retried = await core_of(request).act(_retry, caller, run)
    followers_of(request).retried(retried)
    return done(request, f"/runs/{run}", "retried", leave=True)


@router.post("/runs/{run}/{number}/comment")
async def comment(request: Request, run: str, number: int, caller: Runner) -> Response:
    """A comment on a line: an agent at work is told, and from an ended one's patch a new run goes on."""
    form = await posted(request)
    text = _comment(form.text("path"), form.text("line"), form.text("text"))
    shell = form.text("shell") == "yes" and caller.owns_machine
    told = await core_of(request).act(_comment_on, f"{run}/{number}", text, shell, caller)
    if told is None:
        return done(request, f"/runs/{run}/compare", "told")
    followers_of(request).look()
    return done(request, f"/runs/{told}", "", leave=True)


async def _stop(request: Request, word: str) -> Response:
    await posted(request)
    run = word.partition("/")[0]
    asked = await core_of(request).act(_cancel, word)
    return done(request, f"/runs/{run}", "stopping" if asked else "ended")


def done(request: Request, path: str, word: str, *, leave: bool = False) -> Response:
    """Sends the browser on. A module of the page stays where it is, unless `leave`, and says what was done."""
    location = f"{root(request)}{path}" + (f"?said={word}" if word else "")
    if wants_json(request):
        return JSONResponse({"location": location} if leave else {"said": SAID[word]})
    return RedirectResponse(location, HTTPStatus.SEE_OTHER)


def _comment(path: str, line: str, text: str) -> str:
    if not text:
        raise usage("the comment is empty", "say what should be different")
    if line and not (line.isdecimal() and len(line) <= LINE_DIGITS):
        raise usage(f"{line!r} is no line's number", "leave it out, or press the number beside the line")
    place = f"{path[:PATH_CHARACTERS]}:{line}" if line else path[:PATH_CHARACTERS]
    return f"A reviewer's comment on {place}:\n\n{text}" if place else text


def _cancel(here: Here, word: str) -> bool:
    return bool(cancelling.cancel(here, word, Where(), wait=False).asked)


def _select(here: Here, word: str) -> None:
    selecting.select(here, finding.find(here, word))


def _retry(here: Here, caller: Caller, word: str) -> Retried:
    check_place(caller, finding.find_run(here, word).run.place.backend)
    return retrying.retry(here, word, Where(), force=False)


def _comment_on(here: Here, word: str, text: str, shell: bool, caller: Caller) -> str | None:
    """Returns the id of the run that goes on, or None if the agent was told."""
    named = finding.find(here, word)
    ended = {result.variation for result in here.store.results(named.run.spec.id) if result.ended}
    if named.variation not in ended:
        telling.tell(here, word, text, Where())
        return None
    check_place(caller, named.run.place.backend)
    return begun(
        here,
        caller,
        named.run,
        lambda secret: continuing.plan(here, named, Anew(text, n=1, allow_local_shell=shell, secret=secret)),
    )
