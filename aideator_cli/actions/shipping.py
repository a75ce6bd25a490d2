"""Brings what only this machine has to a server: of a repository what a cluster would get from here, and the files of hidden checks."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.snapshots import unbundle
from aideator_cli.backends import parcel
from aideator_cli.backends.server.address import is_this_machine
from aideator_cli.backends.server.backend import ServerBackend
from aideator_cli.errors import refused, usage
from aideator_cli.intake import checks, hidden
from aideator_cli.intake.identity import names
from aideator_cli.intake.repository import Located, is_url, locate
from aideator_cli.intake.request import Request
from aideator_cli.intake.routing import privacy
from aideator_cli.intake.sending.pack import pack
from aideator_cli.intake.sending.packed import SNAPSHOT, Packed
from aideator_cli.intake.sending.received import SCHEME
from aideator_cli.intake.sending.sealed import seal
from aideator_cli.system.configuration.repository import root_of

if TYPE_CHECKING:
    from aideator_cli.intake.sending.suspects import Suspect


@frozen
class Shipment:
    """A folder of this machine, packed for a server."""

    packed: Packed
    path: Path | None  # the working tree, if it is one
    url: str  # that agents clone, or a name that nobody can clone
    private: bool  # whether its own file says so

    @property
    def suspects(self) -> "Sequence[Suspect]":
        """Returns the files that would be sent and look like secrets. The user must confirm them."""
        return self.packed.suspects


def shipment(request: Request, server: ServerBackend) -> Shipment | None:
    """Returns what has to be sent with the request. None: the server itself reads the repository, or can't.

    Asks the repository's remotes, and changes nothing. Raises `AideatorError`.
    """
    dirty = request.sending.dirty
    if is_url(request.repo):
        if dirty:
            raise usage(f"--dirty needs a working tree on this machine, and {request.repo} is none")
        return None
    if request.question.diff is not None:
        if dirty:
            raise usage("--dirty can't be combined with --diff, which says with what the agents begin")
        return None
    scopes = server.scopes()
    if is_this_machine(server.client.url) and not dirty and "admin" in scopes:
        return None
    if "run" not in scopes:
        raise refused(
            "this token may not do that: it needs the scope run",
            hint="ask for a token that has it: aideator token create --scope",
        )
    located = locate(request.repo, request.ref, from_pods=True)
    packed = pack(located, request.sending, to_cluster=True, submodules=request.cloning.submodules, through_server=True)
    url = packed.repository.url
    if url == located.url:
        url = _name(request.repo)
    return Shipment(packed, located.path, url, privacy.is_private(root_of(Path(request.repo))))


def ship(sent: Shipment, server: ServerBackend) -> dict[str, Any]:
    """Sends it, and returns the fields by which the server's API finds it. The same again is stored once."""
    repository, pieces = sent.packed.repository, sent.packed.sent
    fields: dict[str, Any] = {"repository": sent.url, **({"private": True} if sent.private else {})}
    if pieces is None:
        return {**fields, "ref": repository.base}
    told: dict[str, Any] = {"base": repository.base}
    for name in ("commits", "objects"):
        if piece := getattr(pieces, name):
            server.upload(piece.sha256, (sent.packed.folder / name).read_bytes())
            told[name] = piece.sha256
    for name in ("builds_on_url", "shallow", "snapshot"):
        if getattr(pieces, name):
            told[name] = True
    return {**fields, "sent": told, **({"ref": repository.ref} if repository.ref else {})}


def ship_hidden(request: Request, server: ServerBackend) -> dict[str, str]:
    """Sends the files of hidden checks, sealed, and returns what opens them. Raises `AideatorError` as a run on this machine would."""
    folder = request.checking.hidden
    assert folder is not None
    asked = checks.parse(request.checking)
    here = None if is_url(request.repo) else locate(request.repo, request.ref, from_pods=False)
    contents, key = hidden.files(folder, here), secrets.token_bytes(32)
    hidden.pack(contents, asked, here or Located(request.repo, request.ref, None))
    sealed = seal(contents, key)
    sha256 = hashlib.sha256(sealed).hexdigest()
    server.upload(sha256, sealed)
    return {"files": sha256, "key": key.hex()}


def bring_snapshot(sent: Shipment) -> None:
    """Puts the commit of uncommitted changes here, where patches are applied, before the server is asked to start anything.

    The server has it for the agents alone, and the connection may be lost when they are at work.
    """
    pieces, base = sent.packed.sent, sent.packed.repository.base
    if pieces is not None and pieces.snapshot and sent.path is not None and base is not None:
        unbundle(sent.path, base, sent.packed.folder / SNAPSHOT)


def keep_snapshot(here: Here, run: str, sent: Shipment) -> None:
    """Keeps that commit with the run: git may remove it."""
    files: Mapping[str, Path] = {SNAPSHOT: sent.packed.folder / SNAPSHOT}
    if sent.packed.sent is not None and sent.packed.sent.snapshot:
        parcel.keep(here.settings.home / "runs", run, files)
    sent.packed.release()


def _name(repo: str) -> str:
    """Returns a name by which notes and statistics know the repository, and nobody can clone it."""
    known = names(repo)[0]
    return f"{SCHEME}://{quote(Path(known).name if known.startswith('/') else known, safe='/:')[:300]}"
