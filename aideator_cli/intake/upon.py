"""A run that begins with the work of other variations: it takes over what their run was asked, and what was sent with it.

The base stays that of the first run: the patches hold the earlier work too, and the checks compare with what was there before it.
"""

import shutil
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.spec import Origin, Piece, RunSpec, Sent, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.backends import parcel
from aideator_cli.domain.ids import new_id
from aideator_cli.domain.result import MERGE
from aideator_cli.errors import not_found, unavailable
from aideator_cli.intake.order import Order
from aideator_cli.intake.remotes import has_lost
from aideator_cli.intake.repository import Located
from aideator_cli.intake.sending.packed import HIDDEN, SNAPSHOT, Packed
from aideator_cli.intake.sending.packing import piece
from aideator_cli.system.clock import now
from aideator_cli.system.git import Git

PATCH: Final = "patch"


@frozen
class Earlier:
    """The work to begin with, and the run whose settings hold."""

    spec: RunSpec
    base: str  # commit that the patch was made on
    patch: bytes
    origin: Origin
    runs: Path  # HOME/runs
    path: Path | None  # the working tree where that run began, if it was one


def merged(earlier: Earlier, prompt: str) -> Order:
    """Returns the order for a run that checks the patch as its only variation. No model is asked. Raises `AideatorError`."""
    spec = replace(
        earlier.spec, prompt=prompt, task="", system={}, scripts={}, variations=(VariationSpec(1, MERGE),), mcp=(),
        first=None, parallel=None, share=None, limits=replace(earlier.spec.limits, cost=None, tokens=None, output=None),
    )  # fmt: skip
    return order(earlier, spec)


def order(earlier: Earlier, spec: RunSpec, *, answer: bool = False) -> Order:
    """Returns the order for a new run with this spec that begins with the patch, or with the base if that is empty.

    `answer`: it asks for an answer. Raises `AideatorError` if the base is gone.
    """
    _expect_base(earlier)
    room = tempfile.TemporaryDirectory(prefix="aideator-sent-")
    sent = replace(_kept(earlier, Path(room.name)), patch=_patch(earlier, Path(room.name)) if earlier.patch else None)
    repository = replace(spec.repository, base=earlier.base)
    made = replace(
        spec, id=new_id(), submission_id=str(uuid.uuid4()), created=now(), repository=repository, answer=answer, review=None,
        sent=sent, origin=earlier.origin if earlier.patch else None, escalates=False, team=None,
    )  # fmt: skip
    located = Located(repository.url, repository.ref, earlier.base, earlier.path, earlier.path)
    return Order(made, located, Packed(repository, sent, room), may_send_secrets=True)


def _patch(earlier: Earlier, room: Path) -> Piece:
    (room / PATCH).write_bytes(earlier.patch)
    return piece(room / PATCH)


def _kept(earlier: Earlier, room: Path) -> Sent:
    """Copies what was sent with that run."""
    spec, folder = earlier.spec, parcel.place(earlier.runs, earlier.spec.id)
    sent = spec.sent or Sent()
    wanted: Mapping[str, object] = {
        "commits": sent.commits, "carried": sent.carried, "objects": sent.objects,
        SNAPSHOT: sent.snapshot and (folder / SNAPSHOT).is_file(), HIDDEN: sent.hidden,
    }  # fmt: skip
    for name in (name for name, is_there in wanted.items() if is_there):
        try:
            shutil.copyfile(folder / name, room / name)
        except OSError as error:
            if name == HIDDEN:
                raise unavailable(
                    f"the hidden checks of run {spec.id} are not stored on this machine", hint="start a new run"
                ) from error
            raise unavailable(
                f"what was sent with run {spec.id} ({name}) is not on this machine: {folder}",
                hint="use the machine that started it, or start a new run",
            ) from error
    return sent


def _expect_base(earlier: Earlier) -> None:
    """Raises `AideatorError` (not found) if the repository has lost the commit. A server that does not answer is not asked again."""
    spec = earlier.spec
    if spec.sent is not None and spec.sent.commits is not None:
        return
    url, folder = spec.repository.url, Path(spec.repository.url)
    gone = not _has(folder, earlier.base) if folder.is_dir() else has_lost(url, earlier.base, ca=spec.ca)
    if gone:
        raise not_found(
            f"{url} does not have commit {earlier.base[:12]} any more, on which {next(iter(earlier.origin.variations), spec.id)} was made",
            hint="push the commit there again, for example as a branch, or start a new run",
        )


def _has(folder: Path, commit: str) -> bool:
    return Git(folder).run("cat-file", "-e", f"{commit}^{{commit}}").code == 0
