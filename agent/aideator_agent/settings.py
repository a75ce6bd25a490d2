"""The agent's settings, which it reads from its environment."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.spec import RunSpec, SpecError, VariationSpec
from aideator_agent.values import frozen

NO_SECRET: Final = re.compile(r".*_(API_BASE|API_VERSION|URL|LOCATION|PROJECT|PROJECT_ID|ACCOUNT_ID|KNOWN_HOSTS)")
GIT_TOKEN: Final = "GIT_TOKEN"
SSH_KEY: Final = "AIDEATOR_SSH_KEY"  # the text of a private key for git
KNOWN_HOSTS: Final = "AIDEATOR_KNOWN_HOSTS"  # the hosts that it may meet, as in ~/.ssh/known_hosts
MAX_COST: Final = "AIDEATOR_MAX_COST"  # USD: less than the spec's limit where earlier attempts have spent a part of it

FAILED: Final = "AIDEATOR_FAILED"  # what those before this variation have failed at, for its agent


class SettingsError(Exception):
    """The environment or the spec is not what the agent needs. The message names the part."""


@frozen
class CheckContainer:
    """A pod's container for checks: where the agent has its volumes, and where the container itself sees the tree's volume."""

    folder: Path  # with workspace, home, tmp and channel
    seen: Path  # workspace


@frozen
class HiddenHere:
    """How hidden checks come to an agent on this machine: as descriptors of files without a name, which no other process can open."""

    archive: int
    working: int  # holds a shared lock for as long as the agent works
    others: int  # of the same file, opened anew: an exclusive lock is free once nobody works


@frozen
class Settings:
    spec: RunSpec
    variation: VariationSpec
    attempt: str  # the pod's UID; local: a UUID
    workspace: Path  # in which `repo` is made
    private: Path  # out of reach of the model's commands
    channel: Path | None  # to the pod's shell container; None: commands run as child processes
    check: CheckContainer | None = None  # None: no pod, or none that checks
    sent: Path | None = None  # the folder with what was sent beside the spec
    told: Path | None = None  # the file to which messages for the agent are appended; None: they come on standard input
    hidden: HiddenHere | None = None  # None: they are among what was sent, or there are none
    resume: Path | None = None  # where a lost attempt stood; None, or there is no such file: this one begins afresh
    whole_cost: float | None = None  # USD: the limit for the attempts that go on from each other, together

    @property
    def repo(self) -> Path:
        return self.workspace / "repo"

    @property
    def key_names(self) -> tuple[str, ...]:
        return (*self.variation.keys, *self.spec.mcp_variables, GIT_TOKEN, SSH_KEY, KNOWN_HOSTS)


def load(environment: Mapping[str, str]) -> Settings:
    """Reads the environment and the spec. Raises `SettingsError`."""
    try:
        spec = RunSpec.from_json(Path(environment["AIDEATOR_SPEC"]).read_bytes())
        variation = spec.variation(int(environment["AIDEATOR_VARIATION"]))
        channel, check = environment.get("AIDEATOR_CHANNEL"), environment.get("AIDEATOR_CHECK")
        sent, told = environment.get("AIDEATOR_SENT"), environment.get("AIDEATOR_TOLD")
        resume = environment.get("AIDEATOR_RESUME")
        return Settings(
            replace(_limited(spec, variation, environment.get(MAX_COST)), failed=environment.get(FAILED, "")),
            variation,
            environment["AIDEATOR_ATTEMPT"],
            Path(environment["AIDEATOR_WORKSPACE"]).absolute(),
            Path(environment["AIDEATOR_PRIVATE"]).absolute(),
            Path(channel) if channel else None,
            CheckContainer(Path(check), Path(environment["AIDEATOR_CHECK_SEEN"])) if check else None,
            Path(sent) if sent else None,
            Path(told) if told else None,
            _hidden(environment),
            Path(resume) if resume else None,
            (variation.limits or spec.limits).cost,
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
        raise SettingsError(f"AIDEATOR_VARIATION or {MAX_COST} is not a number: {error}") from error


def _hidden(environment: Mapping[str, str]) -> HiddenHere | None:
    text = environment.get("AIDEATOR_HIDDEN")
    if not text:
        return None
    return HiddenHere(*map(int, text.split(":", 2)))


def _limited(spec: RunSpec, variation: VariationSpec, cost: str | None) -> RunSpec:
    """Returns the spec with the limits of this variation's role, and with what earlier attempts have left of the cost."""
    limits = variation.limits or spec.limits
    if cost is not None:
        limits = replace(limits, cost=min(float(cost), float(cost) if limits.cost is None else limits.cost))
    return replace(spec, limits=limits)


def secrets(keys: Mapping[str, str]) -> list[str]:
    """Returns the keys' values that nobody may see. Some entries are addresses or names, which may occur in any text."""
    return [value for name, value in keys.items() if not NO_SECRET.fullmatch(name)]
