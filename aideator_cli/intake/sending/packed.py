"""What a run sends: the commits that no server has, and the files that no commit has. Usually that is nothing."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.spec import Piece, Repository, Sent
from aideator_agent.values import frozen

if TYPE_CHECKING:
    from aideator_cli.intake.sending.suspects import Suspect

HIDDEN: Final = "hidden"
SNAPSHOT: Final = (
    "snapshot"  # the bundle that gives the user's repository, where that is, the commit of uncommitted changes
)


@frozen
class Packed:
    """What a run sends, in a temporary folder that lasts as long as this object."""

    repository: Repository
    sent: Sent | None = None  # None: nothing
    room: "tempfile.TemporaryDirectory[str] | None" = None
    suspects: "tuple[Suspect, ...]" = ()  # sent files that look like secrets
    remarks: tuple[str, ...] = ()
    hidden: bytes | None = None  # the archive of hidden checks, where it may not lie on the disk

    def with_hidden(self, archive: bytes, *, to_cluster: bool) -> "Packed":
        """Returns all of this and an archive of hidden checks. On this machine it stays in memory: the agents could read a file."""
        import hashlib

        sent = replace(self.sent or Sent(), hidden=Piece(len(archive), hashlib.sha256(archive).hexdigest()))
        if not to_cluster:
            return replace(self, sent=sent, hidden=archive)
        room = self.room or tempfile.TemporaryDirectory(prefix="aideator-sent-")
        Path(room.name, HIDDEN).write_bytes(archive)
        return replace(self, sent=sent, room=room)

    @property
    def folder(self) -> Path:
        """Returns the temporary folder, which is the current one if nothing is sent."""
        return Path(self.room.name if self.room else ".")

    @property
    def files(self) -> dict[str, Path]:
        """Returns the packed files by their names."""
        if self.sent is None or self.room is None:
            return {}
        sent, room = self.sent, Path(self.room.name)
        there = {
            "commits": sent.commits, "carried": sent.carried, "objects": sent.objects, "patch": sent.patch,
            SNAPSHOT: sent.snapshot and (room / SNAPSHOT).is_file(), HIDDEN: sent.hidden and self.hidden is None,
        }  # fmt: skip
        return {name: room / name for name, is_there in there.items() if is_there}

    def release(self) -> None:
        """Removes the temporary folder, when its files have been stored elsewhere."""
        if self.room is not None:
            self.room.cleanup()
