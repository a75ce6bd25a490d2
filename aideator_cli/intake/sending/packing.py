"""Packs what a run sends: decides which commits travel and how, and which files are carried along."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.sent import BASE
from aideator_agent.spec import Piece, Repository, Sent
from aideator_cli.errors import usage
from aideator_cli.intake.repository import Located, uncommitted
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending import archive, include, objects, remotes, snapshot, suspects
from aideator_cli.intake.sending.overlay import Overlay, TooLarge, tags_below
from aideator_cli.intake.sending.packed import SNAPSHOT, Packed
from aideator_cli.intake.sending.suspects import Suspect
from aideator_cli.system.git import Git
from aideator_cli.text.figures import plural, size

CLUSTER_BYTES: Final = 16 * 1024**2  # that a run keeps in a cluster's objects
CONNECTION_BYTES: Final = 1024**3  # that go to each pod through a connection
LOCAL_BYTES: Final = 1024**3
SHOWN: Final = 5  # names in a remark


class Packing:
    """Of one repository on this machine. Changes nothing in it."""

    def __init__(
        self, located: Located, asked: Sending, *, to_cluster: bool, ca: str | None, through_server: bool = False
    ) -> None:
        """`through_server`: a server brings it to the cluster."""
        assert located.folder is not None
        assert located.base is not None
        self._located = located
        self._asked = asked
        self._to_cluster = to_cluster
        self._ca = ca
        self._through_server = through_server
        self._receiver = "server" if through_server else "cluster"
        self._folder = located.folder
        self._base = located.base
        self._limit = CLUSTER_BYTES if to_cluster else LOCAL_BYTES
        self._holder = tempfile.TemporaryDirectory(prefix="aideator-sent-")
        self._room = Path(self._holder.name)
        self._target = self._room / "commits"
        self._remarks = [*located.remarks]
        if located.path is not None and not asked.dirty and uncommitted(located.path):
            self._remarks.append(
                "uncommitted changes in the working tree are not part of the run; --dirty takes them along"
            )
        self._suspects: list[Suspect] = []
        self._history = Git(self._folder)  # a repository that has the base
        self._tips: Sequence[str] = ()  # commits that the remote has

    def packed(self, *, submodules: bool) -> Packed:
        carried = self._carry()
        self._limit -= carried.bytes if carried else 0
        url, sent = self._commits()
        if carried is not None:
            sent = replace(sent or Sent(), carried=carried)
        if self._to_cluster and (objects_ := self._objects(url, sent, submodules=submodules)) is not None:
            sent = replace(sent or Sent(), objects=objects_)
        room = self._holder if sent is not None else None
        return Packed(
            Repository(url, self._located.ref, self._base), sent, room, tuple(self._suspects), tuple(self._remarks)
        )

    def _carry(self) -> Piece | None:
        top = self._located.path
        if top is None:
            return None
        found = include.find(top, self._asked.carry)
        self._remarks += found.remarks
        clash = include.tracked(Git(top), self._base, found.paths) if found.paths else set()
        paths = [path for path in found.paths if path not in clash]
        if self._through_server and paths:
            self._remarks.append(f"not sent, because a server takes only commits: {_some(paths)}")
            return None
        if clash:
            self._remarks.append(f"not carried, because commit {self._base[:7]} has them: {_some(sorted(clash))}")
        if not paths:
            return None
        self._suspects += suspects.find(top, paths)
        archive.write(self._room / "carried", top, paths)
        packed = piece(self._room / "carried")
        if packed.bytes > self._limit:
            raise usage(
                f"the carried files are {size(packed.bytes)} when packed; a run takes at most {size(self._limit)}",
                hint="carry fewer files, or use --backend local" if self._to_cluster else "carry fewer files",
            )
        self._remarks.append(f"every agent gets {plural(len(paths), 'file')} that no commit has: {_some(paths)}")
        return packed

    def _commits(self) -> tuple[str, Sent | None]:
        """Returns the URL that agents clone, and the bundle that goes with it."""
        if not (self._asked.dirty or self._to_cluster) and self._is_cloned():
            return self._located.url, None
        overlay = Overlay.make(self._room, self._folder, self._base)
        self._history = overlay.own
        taken = self._asked.dirty and self._take_snapshot(overlay)
        if self._to_cluster:
            url, sent = self._for_cluster(overlay)
        elif taken or not self._is_cloned():
            overlay.name(self._base)
            self._bundle(overlay, [BASE], self._cloned())
            url, sent = self._located.url, Sent(builds_on_url=True)
        else:
            url, sent = self._located.url, None
        if sent is None:
            return url, None
        return url, replace(sent, commits=piece(self._target), snapshot=taken)

    def _cloned(self) -> list[str]:
        """Returns the commits that a clone begins with."""
        git = Git(self._folder)
        refs = git.need("for-each-ref", "--format=%(objectname)", "refs/heads", "refs/tags")
        head = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").out
        return list(dict.fromkeys([*refs.decode().split(), *head.decode().split()]))

    def _is_cloned(self) -> bool:
        """Whether a clone has the base: it is in the history of a branch, a tag or HEAD."""
        git = Git(self._folder)
        if git.run("merge-base", "--is-ancestor", self._base, "HEAD").code == 0:
            return True
        return bool(git.need("for-each-ref", "--count=1", f"--contains={self._base}", "refs/heads", "refs/tags"))

    def _take_snapshot(self, overlay: Overlay) -> bool:
        """Makes the working tree the base. Returns False if nothing has changed there."""
        top, head = self._located.path, self._base
        assert top is not None
        made = snapshot.take(overlay, top, head, self._room)
        if made.left_out:
            self._remarks.append(f"not part of the run: repositories in the working tree: {_some(made.left_out)}")
        if made.commit == head:
            self._remarks.append("the working tree has no uncommitted changes, so --dirty adds nothing")
            return False
        self._base = made.commit
        self._suspects += suspects.find(top, made.paths)
        overlay.name(made.commit)
        overlay.bundle(self._room / SNAPSHOT, [BASE], [head], LOCAL_BYTES)
        return True

    def _for_cluster(self, overlay: Overlay) -> tuple[str, Sent | None]:
        """Takes the first way that fits: a remote has all, a remote has a part, the whole history, the base alone."""
        remote = remotes.find(self._folder, overlay.own, self._base, self._ca)
        if remote is not None and not remote.missing:
            return remote.url, None
        self._tips = remote.tips if remote is not None else ()
        overlay.name(self._base, tags_below(self._folder, self._located.base or ""))
        if remote is not None and self._bundle(overlay, [BASE], remote.tips):
            self._say(f"{plural(remote.missing, 'commit')} that {remote.url} lacks")
            return remote.url, Sent(builds_on_url=True)
        if remote is None and not overlay.is_shallow and self._bundle(overlay, [BASE, "--tags"]):
            self._say(f"the history of {self._base[:7]}, which no remote has that answers without a login")
            return self._located.url, Sent()
        why = "the clone here is shallow" if overlay.is_shallow else f"the history is larger than {size(self._limit)}"
        overlay.cut_history(self._base)
        through = not self._bundle(overlay, [BASE])
        if through:
            self._limit = self._limit if self._through_server else CONNECTION_BYTES
            if self._through_server or not self._bundle(overlay, [BASE]):
                instead = "leave out --server" if self._through_server else "use --backend local"
                raise usage(
                    f"commit {self._base[:7]} of {self._folder} is larger than {size(self._limit)}, the most that a {self._receiver} takes",
                    hint=f"push it to a remote that pods can clone and give its URL, or {instead}",
                )
            self._remarks.append(
                f"commit {self._base[:7]} is larger than {size(CLUSTER_BYTES)}, so it goes to each pod through a connection, "
                "while this command or `watch` runs"
            )
        self._say(f"commit {self._base[:7]} without its history, because {why}")
        return self._located.url, Sent(shallow=True, by_connection=through)

    def _objects(self, url: str, sent: Sent | None, *, submodules: bool) -> Piece | None:
        """Packs what submodules and Git LFS need and no server has. Raises `AideatorError` if commits of submodules are too large."""
        served = url != self._located.url
        known = None if served and not (sent and sent.commits) else self._tips if served else ()
        found = objects.find(self._folder, self._history, self._base, served=served, known=known, submodules=submodules)
        if not found.is_something:
            return None
        there = [sent.carried, None if sent.by_connection else sent.commits] if sent else []
        taken = sum(each.bytes for each in there if each)
        self._remarks += objects.write(self._room / "objects", found, self._room, CLUSTER_BYTES - taken, self._receiver)
        return piece(self._room / "objects") if found.is_something else None

    def _say(self, what: str) -> None:
        self._remarks.append(f"the {self._receiver} gets {what} ({size(self._target.stat().st_size)})")

    def _bundle(self, overlay: Overlay, refs: Sequence[str], without: Sequence[str] = ()) -> bool:
        """Returns False if the bundle is larger than it may be."""
        try:
            overlay.bundle(self._target, refs, without, self._limit)
        except TooLarge:
            return False
        return True


def piece(file: Path) -> Piece:
    """Returns how the spec describes a file that is sent."""
    with file.open("rb") as opened:
        return Piece(file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
