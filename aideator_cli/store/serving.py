"""The store as a server needs it: with leases, judges, users, tokens, webhooks, uploads. Commands that need none of it load none of it."""

from typing import Self

from aideator_cli.store import Store
from aideator_cli.store.judges import Judges
from aideator_cli.store.leases import Leases
from aideator_cli.store.repeats import Repeats
from aideator_cli.store.tokens import Tokens
from aideator_cli.store.uploads import Uploads
from aideator_cli.store.users import Users
from aideator_cli.store.webhooks import Webhooks


class ServerStore(Leases, Judges, Users, Tokens, Webhooks, Repeats, Uploads, Store):
    @classmethod
    def of(cls, store: Store) -> Self:
        """Returns the same store, by the same connection."""
        found = cls(store._engine)
        found.owner = store.owner
        return found
