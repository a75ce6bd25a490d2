"""What a client sends for a run that it is about to start: commits that no repository has, and hidden files, which are sealed. It is kept
for a while, for its user alone."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from aideator_agent.spec import Repository, Sent
from aideator_cli.actions.fetching import FETCHED
from aideator_cli.actions.here import Here
from aideator_cli.errors import usage
from aideator_cli.intake.request import Request as NewRequest
from aideator_cli.intake.sending.packed import Packed
from aideator_cli.intake.sending.received import packed
from aideator_cli.intake.sending.sealed import opened
from aideator_cli.server import bodies
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.gate import LARGEST_UPLOAD, STREAM
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore

router = APIRouter(prefix="/api/v1/uploads", tags=["runs"])
KEPT_SECONDS: Final = 15 * 60.0
MOST_BYTES: Final = 8 * LARGEST_UPLOAD  # of one user, that are kept at once
Acting = Annotated[Caller, Depends(caller_with("run"))]
Hash = Annotated[str, Path(pattern=bodies.SHA256, description="The SHA-256 of the bytes.")]
BYTES: Final[Mapping[str, Any]] = {
    "requestBody": {"required": True, "content": {STREAM: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.put(
    "/{sha256}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Keep bytes for 15 minutes, for a run that is started with them",
    openapi_extra=dict(BYTES),
)
async def put(request: Request, caller: Acting, sha256: Hash) -> Response:
    """The body is what `sent` or `hidden` of a run names: a git bundle, an archive of objects, sealed files. The same again is kept."""
    request.state.target = sha256[:12]
    async with core_of(request).turn(caller.name):
        await core_of(request).act(keep, caller.name, sha256, await request.body())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def keep(here: Here, owner: str | None, sha256: str, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise usage("the body has not the SHA-256 that the path names", hint="send it again")
    if not ServerStore.of(here.store).keep_upload(owner or "", sha256, data, KEPT_SECONDS, MOST_BYTES):
        text = (
            f"you have {MOST_BYTES // 2**20} MiB of uploads already, which are kept for {KEPT_SECONDS / 60:.0f} minutes"
        )
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, "try again later", headers={"Retry-After": "60"})


def request_of(here: Here, asked: bodies.NewRun, owner: str | None) -> NewRequest:
    """Returns what is asked for, with what was sent for it. Raises `Problem` if that is not there (any more)."""
    request = _with_hidden(here, asked.request(), asked.hidden, owner)
    return with_commits(here, request, asked.sent, owner)


def _with_hidden(here: Here, request: NewRequest, hidden: bodies.HiddenFiles | None, owner: str | None) -> NewRequest:
    if hidden is None:
        return request
    contents = opened(_upload(here, owner, hidden.files), bytes.fromhex(hidden.key))
    return replace(request, checking=replace(request.checking, unseen=contents))


def with_commits(here: Here, request: NewRequest, sent: bodies.SentCommits | None, owner: str | None) -> NewRequest:
    """As `request_of`, for the commits alone."""
    if sent is None:
        return request
    if request.question.diff is not None:
        raise usage("diff can't be combined with sent", hint="name a repository that the server can clone")
    hashes = {name: sha256 for name in ("commits", "objects") if (sha256 := getattr(sent, name)) is not None}
    if not hashes:
        raise usage("sent has neither commits nor objects", hint="leave it out")
    files = {name: _upload(here, owner, sha256) for name, sha256 in hashes.items()}
    how = Sent(builds_on_url=sent.builds_on_url, shallow=sent.shallow, snapshot=sent.snapshot)
    brought = packed(Repository(request.repo, request.ref, sent.base), how, files)
    return replace(request, sending=replace(request.sending, brought=brought))


def keeping(here: Here, packed: Packed, stored: Callable[[str], object]) -> Callable[[str], object]:
    """Returns what takes a run's id as `stored` does, and keeps what was sent with the run where other replicas find it.

    Hidden checks are not among it: who can read the database could read them.
    """

    def kept(run: str) -> None:
        stored(run)
        if here.store.is_shared and packed.sent is not None:
            here.store.keep_sent(
                run, {name: file.read_bytes() for name, file in packed.files.items() if name in FETCHED}
            )

    return kept


def _upload(here: Here, owner: str | None, sha256: str) -> bytes:
    data = ServerStore.of(here.store).upload(owner or "", sha256)
    if data is None:
        text = f"there is no upload {sha256[:12]} of yours: one is kept for {KEPT_SECONDS / 60:.0f} minutes"
        raise Problem(HTTPStatus.GONE, text, f"PUT /api/v1/uploads/{sha256[:12]}… again, then start the run")
    return data
