"""The routes of notes on repositories: what agents get, and what runs suggest. `notes` does it, as for the page."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.choice.noting import CHARACTERS
from aideator_cli.server import notes
from aideator_cli.server.access import Caller
from aideator_cli.server.acts import Acting
from aideator_cli.server.bodies import Body
from aideator_cli.server.described import one, several
from aideator_cli.server.notes import Decided
from aideator_cli.server.runs import Reading, core_of

router = APIRouter(prefix="/api/v1/memory", tags=["memory"])
MOST_NAME: Final = 2000  # characters of a repository's name
NAMED: Final = "Its URL, or its name as notes have it. From the server's own machine also a path."
MOST_TEXT: Final = 10 * CHARACTERS  # above which nobody is told how long a note may be
Number = Annotated[int, Path(ge=1, lt=2**53, description="The note's number.")]


class NewNote(Body):
    """What agents on a repository get from then on."""

    repository: str = Field(min_length=1, max_length=MOST_NAME, description=NAMED)
    text: str = Field(min_length=1, max_length=MOST_TEXT, description=f"At most {CHARACTERS:,} characters.")


class Rejected(Body):
    """A proposal that is not made again."""

    repository: str = Field(min_length=1, max_length=MOST_NAME, description=NAMED)
    key: str = Field(min_length=1, max_length=64, description="The proposal's key.")


class Kept(Rejected):
    """A proposal that a person has read and accepts."""

    text: str = Field(min_length=1, max_length=MOST_TEXT, description="As that person has read it, or changed it.")
    sure: bool = Field(default=False, description="Whether that person has read the warnings, if it has any.")


@router.get("", summary="Your notes, on one repository or on all", responses=several("notes", "Memory"))
async def listed(
    request: Request,
    caller: Reading,
    repository: Annotated[str, Query(max_length=MOST_NAME, description=f"{NAMED} Default: all.")] = "",
) -> Response:
    return JSONResponse({"notes": await core_of(request).read(_listed, caller, repository or None)})


@router.post(
    "", status_code=HTTPStatus.CREATED, summary="Write a note on a repository", responses=one("Memory", status=201)
)
async def add(request: Request, caller: Acting, body: NewNote) -> Response:
    return JSONResponse(await core_of(request).act(_add, caller, body), HTTPStatus.CREATED)


@router.delete("/{note}", status_code=HTTPStatus.NO_CONTENT, summary="Delete a note; it is not proposed again")
async def forget(request: Request, caller: Acting, note: Number) -> Response:
    await core_of(request).act(notes.forget, caller, note)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/proposals",
    summary="What your runs on a repository suggest to keep, and nobody has decided on",
    responses=several("proposals", "Proposal"),
)
async def proposed(
    request: Request,
    caller: Reading,
    repository: Annotated[str, Query(min_length=1, max_length=MOST_NAME, description=NAMED)],
) -> Response:
    """Their texts may hold an agent's words. `warnings` says what a person should look at twice."""
    return JSONResponse({"proposals": await core_of(request).read(_proposed, caller, repository)})


@router.post(
    "/proposals/keep",
    status_code=HTTPStatus.CREATED,
    summary="Keep a proposal that a person has read",
    responses=one("Memory", status=201),
)
async def keep(request: Request, caller: Acting, body: Kept) -> Response:
    """Only a person decides: a token that a model's program uses at /mcp is refused. What has warnings is refused without `sure`."""
    return JSONResponse(await core_of(request).act(_keep, caller, body), HTTPStatus.CREATED)


@router.post("/proposals/reject", status_code=HTTPStatus.NO_CONTENT, summary="Let a proposal not be made again")
async def reject(request: Request, caller: Acting, body: Rejected) -> Response:
    await core_of(request).act(notes.reject, caller, Decided(body.repository, body.key))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _listed(here: Here, caller: Caller, repository: str | None) -> list[dict[str, Any]]:
    from aideator_cli.views.json.means import memory_record

    return [memory_record(note) for note in notes.listed(here, caller, repository)]


def _proposed(here: Here, caller: Caller, repository: str) -> list[dict[str, Any]]:
    from aideator_cli.views.json.means import proposal_record

    found = notes.proposed(here, caller, repository)
    return [proposal_record(found.repository, each) for each in found.proposals]


def _add(here: Here, caller: Caller, body: NewNote) -> dict[str, Any]:
    from aideator_cli.views.json.means import memory_record

    return memory_record(notes.add(here, caller, body.repository, body.text))


def _keep(here: Here, caller: Caller, body: Kept) -> dict[str, Any]:
    from aideator_cli.views.json.means import memory_record

    decided = Decided(body.repository, body.key, body.text.strip(), sure=body.sure)
    return memory_record(notes.keep(here, caller, decided))
