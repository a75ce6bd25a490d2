"""What is known of every run, in SQLite: a cache of what the backends hold, and what only it knows (selections)."""

from aideator_cli.store.log import ALL_ROWS, BATCH, Log
from aideator_cli.store.results import Results
from aideator_cli.store.rows import Cursor, Place, Selection, StoredAttempt, StoredRun
from aideator_cli.store.runs import Runs

__all__ = ["ALL_ROWS", "BATCH", "Cursor", "Place", "Selection", "Store", "StoredAttempt", "StoredRun"]


class Store(Runs, Log, Results):
    """All of it."""
