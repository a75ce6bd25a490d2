"""What another machine has packed for a run. It is foreign: its shape is checked here, and git reads it where the agents are."""

import hashlib
import re
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aideator_agent.brought import NAME
from aideator_agent.sent import BASE
from aideator_agent.spec import Piece, Repository, Sent
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.sending.packed import Packed
from aideator_cli.intake.sending.packing import CLUSTER_BYTES
from aideator_cli.text.figures import size

SCHEME: Final = "sent"  # of a repository that no server has, by which nobody clones it
_NAME: Final = re.compile(rf"{SCHEME}://[A-Za-z0-9_.~%:/-]{{1,300}}")
_FIRST: Final = {40: (b"# v2 git bundle", b"# v3 git bundle"), 64: (b"# v3 git bundle",)}
_SETTING: Final = re.compile(rb"@object-format=sha(1|256)")
_NEEDED: Final = re.compile(rb"-[0-9a-f]{40,64}( .*)?")
_TAG: Final = re.compile(rb"[0-9a-f]{40,64} refs/tags/[^\0 ]+")
_PACK: Final = b"PACK\0\0\0\x02"


def packed(repository: Repository, sent: Sent, files: Mapping[str, bytes]) -> Packed:
    """Returns it as this machine would have packed it. `files`: `commits`, `objects`, or both.

    `sent` says the rest. Raises `AideatorError` (usage) for what no client makes.
    """
    assert repository.base is not None
    stands_alone = "commits" in files and not sent.builds_on_url
    if stands_alone != (_NAME.fullmatch(repository.url) is not None):
        raise usage(
            f"a repository is named {SCHEME}://NAME if its commits are sent with all that they need, and only then"
        )
    if sum(map(len, files.values())) > CLUSTER_BYTES:
        raise usage(f"what is sent with a run is at most {size(CLUSTER_BYTES)}")
    if "commits" in files:
        _check_bundle(files["commits"], repository.base, stands_alone=stands_alone)
    if "objects" in files:
        _check_archive(files["objects"])
    room = tempfile.TemporaryDirectory(prefix="aideator-sent-")
    for name, data in files.items():
        Path(room.name, name).write_bytes(data)
    pieces = {name: Piece(len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    whole = Sent(
        pieces.get("commits"), sent.builds_on_url, sent.shallow, snapshot=sent.snapshot, objects=pieces.get("objects")
    )
    return Packed(repository, whole, room)


def _check_bundle(data: bytes, base: str, *, stands_alone: bool) -> None:
    """The head of a bundle is lines of text; a pack with its hash follows."""
    head, _, pack = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    of_base = f"{base} {BASE}".encode()
    if first not in _FIRST[len(base)] or of_base not in lines:
        raise _no_bundle(f"it is no bundle with the commit {base[:12]}")
    for line in lines:
        needed = _NEEDED.fullmatch(line) is not None
        if needed and stands_alone:
            raise _no_bundle("it needs other commits, and no repository is named that has them")
        if not (needed or line == of_base or _TAG.fullmatch(line) or _SETTING.fullmatch(line)):
            raise _no_bundle(f"it has the line {line[:80]!r}")
    hashed = hashlib.sha256() if len(base) == 64 else hashlib.sha1(usedforsecurity=False)
    body, end = pack[: -hashed.digest_size], pack[-hashed.digest_size :]
    hashed.update(body)
    if not body.startswith(_PACK) or hashed.digest() != end:
        raise _no_bundle("its pack is not whole")


def _check_archive(data: bytes) -> None:
    """Every member is one header and its bytes. `tarfile` reads on behind any header, also backwards and without end."""
    at = 0
    while True:
        header = data[at : at + tarfile.BLOCKSIZE]
        if header == bytes(tarfile.BLOCKSIZE):  # the end
            return
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise usage(f"the objects that were sent are no archive: {error}") from error
        if member.type != tarfile.REGTYPE or member.size < 0 or not NAME.fullmatch(member.name):
            raise usage(f"the objects that were sent hold {member.name[:80]!r}, which no client sends")
        at += tarfile.BLOCKSIZE * (1 + -(-member.size // tarfile.BLOCKSIZE))


def _no_bundle(why: str) -> AideatorError:
    return usage(f"the commits that were sent can't be used: {why}", hint="send what git bundle has made")
