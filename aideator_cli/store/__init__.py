"""What is known about every run, in SQLite or PostgreSQL: a cache of the backends' data, and what exists only here, such as selections.

It knows no backend and decides nothing about what it stores.
"""

from aideator_cli.store.arrivals import Arrivals
from aideator_cli.store.away import DatabaseAway, LeaseLost
from aideator_cli.store.crossings import Crossings
from aideator_cli.store.cursor import Cursor
from aideator_cli.store.holding import Holding
from aideator_cli.store.log import ALL_ROWS, BATCH, Log
from aideator_cli.store.memories import Memories
from aideator_cli.store.pulls import Pulls
from aideator_cli.store.remarks import Remarks
from aideator_cli.store.results import Results
from aideator_cli.store.runs import Runs
from aideator_cli.store.teams import Teams

__all__ = ["ALL_ROWS", "BATCH", "Cursor", "DatabaseAway", "LeaseLost", "Store"]


class Store(Runs, Remarks, Pulls, Holding, Log, Arrivals, Results, Crossings, Teams, Memories):
    """The whole store."""
