"""The page's notes on repositories: what agents get, and what runs suggest. Nothing is kept that a person has not read and accepted."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.choice.noting import CHARACTERS
from aideator_cli.domain.memory import Memory, Proposal
from aideator_cli.errors import AideatorError, not_found
from aideator_cli.server import notes
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.page import frame
from aideator_cli.server.page.forms import Form, posted
from aideator_cli.server.page.routes import said
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.problems import of_error
from aideator_cli.server.runs import core_of
from aideator_cli.views.text.memories import FROM

OFFERED: Final = 50  # repositories
SHOWN: Final = 30  # proposals

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Caller, Depends(caller_with("read"))]
Runner = Annotated[Caller, Depends(caller_with("run"))]


@frozen
class Shown:
    """The notes of one repository. `repository` is empty if there is none to choose."""

    repositories: Sequence[str]
    repository: str = ""
    notes: Sequence[Memory] = ()
    proposals: Sequence[Proposal] = ()


@router.get("/notes")
async def show(request: Request, caller: Reader) -> Response:
    return await _screen(request, caller, request.query_params.get("repo", ""))


@router.post("/notes")
async def add(request: Request, caller: Runner) -> Response:
    return await _done(request, caller, _add, "noted")


@router.post("/notes/keep")
async def keep(request: Request, caller: Runner) -> Response:
    return await _done(request, caller, _keep, "noted")


@router.post("/notes/reject")
async def reject(request: Request, caller: Runner) -> Response:
    return await _done(request, caller, _reject, "rejected")


@router.post("/notes/forget")
async def forget(request: Request, caller: Runner) -> Response:
    return await _done(request, caller, _forget, "forgotten")


async def _done(request: Request, caller: Caller, act: Any, word: str) -> Response:
    form = await posted(request)
    repository = form.text("repo")
    try:
        await core_of(request).act(act, caller, form)
    except AideatorError as error:
        return await _screen(request, caller, repository, error, form)
    where = urlencode({"repo": repository, "said": word})
    return RedirectResponse(f"{frame.root(request)}/notes?{where}", HTTPStatus.SEE_OTHER)


async def _screen(
    request: Request, caller: Caller, repository: str, wrong: AideatorError | None = None, form: Form | None = None
) -> Response:
    """`form`: what was refused, whose text stays."""
    key, text = (form.text("key"), form.text("text")) if form else ("", "")
    shown = await core_of(request).read(_shown, caller, repository)
    values = {
        "repositories": shown.repositories[:OFFERED],
        "repository": shown.repository,
        "notes": [
            {"number": note.id, "text": note.text, "from": FROM.get(note.source, note.source), "run": note.run, "created": note.created}
            for note in shown.notes
        ],
        "proposals": [
            {"key": each.key, "text": (text if each.key == key else "") or each.text,
             "from": FROM.get(each.source, each.source), "run": each.run, "warnings": each.warnings}
            for each in shown.proposals[:SHOWN]
        ],
        "more": max(0, len(shown.proposals) - SHOWN),
        "most": CHARACTERS,
        "written": "" if key else text,
        "wrong": None if wrong is None else of_error(wrong).told(),
    }  # fmt: skip
    status = 200 if wrong is None else of_error(wrong).status.value
    return frame.screen(request, "notes", values, here="notes", said=said(request), status=status)


def _shown(here: Here, caller: Caller, repository: str) -> Shown:
    known = notes.repositories(here, caller)
    chosen = repository if repository in known else next(iter(known), "")
    if not chosen:
        return Shown(known)
    return Shown(known, chosen, notes.listed(here, caller, chosen), notes.proposed(here, caller, chosen).proposals)


def _add(here: Here, caller: Caller, form: Form) -> None:
    notes.add(here, caller, _known(here, caller, form), form.text("text"))


def _keep(here: Here, caller: Caller, form: Form) -> None:
    notes.keep(here, caller, _decided(here, caller, form))


def _reject(here: Here, caller: Caller, form: Form) -> None:
    notes.reject(here, caller, _decided(here, caller, form))


def _forget(here: Here, caller: Caller, form: Form) -> None:
    number = form.text("note")
    notes.forget(here, caller, int(number) if number.isdecimal() and len(number) < 18 else 0)


def _decided(here: Here, caller: Caller, form: Form) -> notes.Decided:
    repository = _known(here, caller, form)
    return notes.Decided(repository, form.text("key"), form.text("text"), form.text("sure") == "yes")


def _known(here: Here, caller: Caller, form: Form) -> str:
    """Returns the form's repository, of which the caller has runs or notes. Raises `AideatorError` (not found)."""
    repository = form.text("repo")
    if repository not in notes.repositories(here, caller):
        raise not_found("you have no run and no note on this repository", hint="choose one from the list")
    return repository
