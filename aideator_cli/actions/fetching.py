"""What was sent with a run, on a machine that has not started it: a database that several machines share keeps it."""

import tempfile
from pathlib import Path
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.actions.here import Here
from aideator_cli.backends import parcel

FETCHED: Final = ("commits", "objects")


def fetch(here: Here, spec: RunSpec) -> None:
    """Stores it here if it is missing, and the database has it. Raises `AideatorError`."""
    runs = here.settings.home / "runs"
    pieces = {name: piece for name in FETCHED if (piece := getattr(spec.sent, name, None))}
    missing = [name for name in pieces if not (parcel.place(runs, spec.id) / name).is_file()]
    if not missing or not here.store.is_shared:
        return
    with tempfile.TemporaryDirectory(prefix="aideator-sent-") as room:
        files: dict[str, Path] = {}
        for name in missing:
            data = here.store.sent(pieces[name].sha256)
            if data is not None:
                files[name] = Path(room) / name
                files[name].write_bytes(data)
        if files:
            parcel.add(runs, spec.id, files)
