"""The page's notes on repositories: what agents get, and what runs suggest. Nothing is kept that a person has not read and accepted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from aideator_agent.values import frozen
from aideator_cli.actions import memory
from aideator_cli.actions.here import Here
from aideator_cli.choice import noting
from aideator_cli.choice.noting import CHARACTERS
from aideator_cli.domain.memory import Memory, Proposal
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.intake.identity import names
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
    with _own(here, caller):
        known = memory.repositories(here, caller.name)
        chosen = repository if repository in known else next(iter(known), "")
        if not chosen:
            return Shown(known)
        called = _names(caller, chosen)
        return Shown(
            known, chosen, here.store.memories(called), memory.proposed_on(here, called, caller.name).proposals
        )


def _add(here: Here, caller: Caller, form: Form) -> None:
    with _own(here, caller):
        memory.add_to(here, _known(here, caller, form)[0], form.text("text"))


def _keep(here: Here, caller: Caller, form: Form) -> None:
    with _own(here, caller):
        called = _known(here, caller, form)
        proposal = _proposal(here, caller, called, form)
        text = form.text("text")
        changed = text != proposal.text.strip()
        if noting.warnings(text) and form.text("sure") != "yes":
            raise usage(
                "this note has warnings, so it was not kept", "tick that you have read it, or put it in your words"
            )
        memory.accept(here, called[0], proposal, text if changed else None)


def _reject(here: Here, caller: Caller, form: Form) -> None:
    with _own(here, caller):
        called = _known(here, caller, form)
        memory.reject(here, called[0], _proposal(here, caller, called, form))


def _forget(here: Here, caller: Caller, form: Form) -> None:
    number = form.text("note")
    with _own(here, caller):
        memory.forget(here, [int(number) if number.isdecimal() and len(number) < 18 else 0])


@contextmanager
def _own(here: Here, caller: Caller) -> Iterator[None]:
    """Within it, notes are those of the caller."""
    with here.store.owned_by(caller.name):
        yield


def _known(here: Here, caller: Caller, form: Form) -> Sequence[str]:
    """Returns the names of the form's repository, of which the caller has runs or notes. Raises `AideatorError` (not found)."""
    repository = form.text("repo")
    if repository not in memory.repositories(here, caller.name):
        raise not_found("you have no run and no note on this repository", hint="choose one from the list")
    return _names(caller, repository)


def _names(caller: Caller, repository: str) -> Sequence[str]:
    """A folder of the server's machine, whose remotes are names of it, too, is looked at for who owns the machine alone."""
    return names(repository) if caller.owns_machine and Path(repository).is_absolute() else (repository,)


def _proposal(here: Here, caller: Caller, called: Sequence[str], form: Form) -> Proposal:
    found = [each for each in memory.proposed_on(here, called, caller.name).proposals if each.key == form.text("key")]
    if not found:
        raise not_found("this is not proposed any more", hint="look at the list again")
    return found[0]
