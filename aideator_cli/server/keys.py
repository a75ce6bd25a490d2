"""The routes of a user's keys for providers: they are set and deleted, and never read again."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from aideator_cli.actions import keeping
from aideator_cli.actions.here import Here
from aideator_cli.domain.keys import KeyMissing
from aideator_cli.errors import usage
from aideator_cli.intake.keys import MOST_BYTES, checked_name
from aideator_cli.intake.request import Where
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.bodies import Body
from aideator_cli.server.described import TEXT, answered, several, short
from aideator_cli.server.runs import core_of

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])
Owner = Annotated[Caller, Depends(caller_with("run"))]
Name = Annotated[str, Path(max_length=200, description="Such as ANTHROPIC_API_KEY.")]
KEPT = answered(short(name=TEXT, place=TEXT, replaced={"type": "boolean"}))


class NewValue(Body):
    """A provider's key."""

    value: str = Field(max_length=MOST_BYTES, description="The key. Nobody can read it again.")


@router.get("", summary="Your keys: names, lengths and last characters", responses=several("keys", "Key"))
async def listed(request: Request, caller: Owner) -> Response:
    return JSONResponse({"keys": await core_of(request).act(records, caller)})


@router.put("/{name}", summary="Store a key, which your runs use from then on", responses=KEPT)
async def put(request: Request, caller: Owner, name: Name, body: NewValue) -> Response:
    request.state.target = checked_name(name)  # for the audit; what is no name may be a key
    return JSONResponse(await core_of(request).act(keep, caller, name, body.value))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, summary="Delete a key, which stays valid at its provider")
async def delete(request: Request, caller: Owner, name: Name) -> Response:
    request.state.target = checked_name(name)
    await core_of(request).act(forget, caller, name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def store_of(caller: Caller) -> keeping.Store:
    """Returns where the caller's runs look for keys: nobody else's do, and theirs look nowhere else."""
    if caller.name is None:  # whoever runs the server, as on the command line
        return keeping.Store()
    return keeping.Store(Where() if caller.owns_machine else Where("kubernetes"), user=caller.name)


def records(here: Here, caller: Caller) -> list[dict[str, Any]]:
    return [
        {
            "kind": "key", "name": entry.name, "length": entry.length, "tail": entry.tail, "place": keys.place,
            "used": keys.used,
        }
        for keys in keeping.kept(here, store_of(caller))
        for entry in keys.entries
    ]  # fmt: skip


def keep(here: Here, caller: Caller, name: str, value: str) -> dict[str, Any]:
    kept = keeping.keep(here, store_of(caller), name, lambda: value.encode(errors="replace"))
    return {"name": name, "place": kept.place, "replaced": kept.replaced}


def forget(here: Here, caller: Caller, name: str) -> None:
    keeping.forget(here, store_of(caller), name)


def here_of(here: Here, caller: Caller) -> Here:
    """Returns the same with the caller's keys, for an action that asks a model in this process."""
    return Here(keeping.settings_of(here, store_of(caller)), given=here.store) if caller.name is not None else here


@contextmanager
def missing_told_to(user: str | None) -> Iterator[None]:
    """Within it, a key that is missing is told to a user of the server, who knows nothing of its Secrets. None: to whoever runs it."""
    try:
        yield
    except KeyMissing as error:
        if user is None:
            raise
        raise usage(
            f"you have no {error.key}, which {error.needed_by} needs",
            f"store it in the page's settings, or send it: PUT /api/v1/keys/{error.key}",
        ) from error
