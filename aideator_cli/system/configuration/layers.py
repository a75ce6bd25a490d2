"""Settings, each with where it comes from, laid over each other."""

from collections.abc import Iterable, Mapping

from aideator_agent.values import frozen
from aideator_cli.system.configuration.options import ADDED
from aideator_cli.system.configuration.values import Value


@frozen
class Origin:
    """Where a value was found."""

    place: str  # a file's path, or a variable's name
    line: int | None = None  # None: not known, or no file
    profile: str | None = None

    def __str__(self) -> str:
        profile = f" [profiles.{self.profile}]" if self.profile else ""
        return f"{self.place}{profile}" + ("" if self.line is None else f", line {self.line}")


@frozen
class Setting:
    value: Value
    origins: tuple[Origin, ...]  # several only of a list to which several places add

    @property
    def origin(self) -> str:
        return "; ".join(map(str, self.origins))


Layer = Mapping[str, Setting]


def laid(layers: Iterable[Layer]) -> dict[str, Setting]:
    """Returns what counts. A later layer replaces an earlier one's value, or adds to it."""
    result: dict[str, Setting] = {}
    for layer in layers:
        for name, setting in layer.items():
            before = result.get(name)
            result[name] = _added(before, setting) if before is not None and name in ADDED else setting
    return result


def _added(before: Setting, setting: Setting) -> Setting:
    assert isinstance(before.value, tuple)
    assert isinstance(setting.value, tuple)
    return Setting((*before.value, *setting.value), (*before.origins, *setting.origins))
