"""What every action receives: the data folder's store and the configuration."""

from dataclasses import field
from functools import cached_property

from aideator_agent.values import frozen
from aideator_cli.store import Store
from aideator_cli.system.settings import Settings


@frozen
class Here:
    """Belongs to one thread, because a store does. Another thread opens its own with `again`."""

    settings: Settings = field(default_factory=Settings)
    given: Store | None = None  # instead of the one that the settings name: to write as an owner, or under a lease

    @cached_property
    def store(self) -> Store:
        return self.given or Store.open(self.settings.home, self.settings.database)

    @property
    def has_store(self) -> bool:
        """Whether there may be anything in the store. Looking makes none."""
        return self.given is not None or Store.exists(self.settings.home, self.settings.database)

    def again(self) -> "Here":
        return Here(self.settings)
