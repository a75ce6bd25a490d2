"""What the agent is told by its environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aideator_agent.spec import RunSpec, SpecError, VariationSpec

NO_SECRET: Final = re.compile(r".*_(API_BASE|API_VERSION|URL|LOCATION|PROJECT|PROJECT_ID|ACCOUNT_ID)")
GIT_TOKEN: Final = "GIT_TOKEN"


class SettingsError(Exception):
    """The environment or the spec is not what the agent needs; says which part."""


@dataclass(frozen=True)
class CheckContainer:
    """A pod's container for checks: its volumes in the agent, and where it sees the one that holds the tree."""

    folder: Path  # with workspace, home, tmp and channel
    seen: Path  # workspace


@dataclass(frozen=True)
class Settings:
    spec: RunSpec
    variation: VariationSpec
    attempt: str  # the pod's UID; local: a UUID
    workspace: Path  # in which `repo` is made
    private: Path  # out of reach of the model's commands
    channel: Path | None  # to the pod's shell container; None: commands run as child processes
    check: CheckContainer | None = None  # None: no pod, or none that checks

    @property
    def repo(self) -> Path:
        return self.workspace / "repo"

    @property
    def key_names(self) -> tuple[str, ...]:
        return (*self.variation.keys, GIT_TOKEN)


def load(environment: Mapping[str, str]) -> Settings:
    """Raises `SettingsError`."""
    try:
        spec = RunSpec.from_json(Path(environment["AIDEATOR_SPEC"]).read_bytes())
        channel, check = environment.get("AIDEATOR_CHANNEL"), environment.get("AIDEATOR_CHECK")
        return Settings(
            spec,
            spec.variation(int(environment["AIDEATOR_VARIATION"])),
            environment["AIDEATOR_ATTEMPT"],
            Path(environment["AIDEATOR_WORKSPACE"]).absolute(),
            Path(environment["AIDEATOR_PRIVATE"]).absolute(),
            Path(channel) if channel else None,
            CheckContainer(Path(check), Path(environment["AIDEATOR_CHECK_SEEN"])) if check else None,
        )
    except OSError as error:
        raise SettingsError(f"the spec cannot be read: {error}") from error
    except SpecError as error:
        raise SettingsError(str(error)) from error
    except KeyError as error:
        if isinstance(error.args[0], int):
            raise SettingsError(f"the run has no variation {error.args[0]}") from error
        raise SettingsError(f"{error.args[0]} is not set") from error
    except ValueError as error:
        raise SettingsError(f"AIDEATOR_VARIATION is no number: {error}") from error


def secrets(keys: Mapping[str, str]) -> list[str]:
    """What of the keys must never be seen; some of them are addresses and names, which may stand in any text."""
    return [value for name, value in keys.items() if not NO_SECRET.fullmatch(name)]
