"""What a run was asked to do: the versioned `spec.json` that the command-line tool writes and every agent reads.

Everything in it is parsed, resolved and rendered; it holds no key. Unknown fields are ignored, another version is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

SPEC_VERSION: Final = 1
SETUP: Final = "setup"  # the name by which a setup command is told that fails; no check has it
TREE_SECONDS: Final = 60.0  # for a tree to be made that is checked, and put where the checks run


class SpecError(ValueError):
    """The text is no spec that this version can read."""


@dataclass(frozen=True)
class Repository:
    url: str  # for git, without credentials; a path on the local backend
    ref: str | None = None  # branch, tag or commit as the user named it; None: the remote's HEAD
    base: str | None = None  # commit, when the command-line tool could resolve it


@dataclass(frozen=True)
class Limits:
    steps: int = 100
    seconds: float = 1800.0  # the agent's own; it still leaves patch and `end`
    command_seconds: float = 300.0  # one command of the model's
    check_seconds: float = 600.0  # one command of a check
    cost: float | None = None  # USD for the model's calls; overspent by one call at most
    start_seconds: float = 600.0  # until the agent runs; the follower's to hold


@dataclass(frozen=True)
class Price:
    """USD a token."""

    input: float
    output: float
    cached: float | None = None


@dataclass(frozen=True)
class Check:
    name: str
    command: str


@dataclass(frozen=True)
class VariationSpec:
    number: int  # 1..N
    model: str  # LiteLLM's name, or scripted/FILE
    temperature: float | None = None
    role: str = "engineer"
    api_base: str | None = None
    keys: tuple[str, ...] = ()  # names of environment variables that hold the provider's key
    price: Price | None = None  # overrides LiteLLM's; None: LiteLLM's own, or unknown
    task: str | None = None  # the first user message, rendered, where it is not the run's
    prompt_name: str | None = None  # of a matrix: what this variation's prompt is called


@dataclass(frozen=True)
class RunSpec:
    id: str
    submission_id: str  # uuid4, on every object in the cluster
    created: str  # RFC 3339, UTC
    repository: Repository
    prompt: str  # as the user wrote it
    variations: tuple[VariationSpec, ...]
    limits: Limits = Limits()
    system: Mapping[str, str] = field(default_factory=dict)  # role -> system message, rendered
    task: str = ""  # the first user message, rendered
    scripts: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)  # scripted/FILE -> its turns
    checks: tuple[Check, ...] = ()
    setup: tuple[str, ...] = ()  # commands before the checks, once on each tree that is checked
    baseline: bool = True  # whether the checks run on the base too, once a run
    verify_repeat: int = 1  # how often each check runs on the patch
    verify_report: str | None = None  # JUnit XML that checks write; a path inside the checkout
    image: str | None = None  # for the model's commands; None: the agent's own
    agent_image: str | None = None
    secret: str | None = None
    allow_shell: bool = True  # whether the model gets the `bash` tool
    first: int | None = None  # the followers': so many successes end the run; None: every agent ends by itself
    retries: int = 0  # the followers': how often what infrastructure has failed is tried again, each variation

    def variation(self, number: int) -> VariationSpec:
        """Raises `KeyError` for a number that the run does not have."""
        for variation in self.variations:
            if variation.number == number:
                return variation
        raise KeyError(number)

    @property
    def check_commands(self) -> tuple[str, ...]:
        """All that is run on a tree to check it."""
        return (*self.setup, *(check.command for check in self.checks))

    def report_of(self, check: Check) -> str | None:
        """The path where this check is to write its report; None: it is asked for none. All are, where no command names the file."""
        if self.verify_report is None:
            return None
        name = self.verify_report.rpartition("/")[2]
        named = [other for other in self.checks if name in other.command]
        return self.verify_report if check in (named or self.checks) else None

    def checks_base(self, variation: int) -> bool:
        """Whether it is this variation that runs the checks on the base."""
        return bool(self.checks) and self.baseline and variation == self.variations[0].number

    def checking_seconds(self, variation: int) -> float:
        """The most that checks may take once the work is done: on the base, the patch and the restored tree."""
        if not self.checks:
            return 0.0
        once = len(self.setup) + len(self.checks)
        commands = 2 * (len(self.setup) + self.verify_repeat * len(self.checks))
        trees = 2
        if self.checks_base(variation):
            commands += once
            trees += 1
        return commands * self.limits.check_seconds + trees * TREE_SECONDS

    def to_json(self) -> str:
        return json.dumps({"version": SPEC_VERSION, **asdict(self)}, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises `SpecError` for anything but a spec of this version."""
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise SpecError("a spec is a JSON object")
            if data.get("version") != SPEC_VERSION:
                raise SpecError(f"spec version {data.get('version')!r}; this program reads version {SPEC_VERSION}")
            return cls(**_nested(_known(cls, data)))
        except (TypeError, KeyError, ValueError) as error:
            if isinstance(error, SpecError):
                raise
            raise SpecError(f"not a spec: {error}") from error


def _known(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(cls)}
    return {name: value for name, value in data.items() if name in names}


def _nested(data: dict[str, Any]) -> dict[str, Any]:
    data["repository"] = Repository(**_known(Repository, data["repository"]))
    data["limits"] = Limits(**_known(Limits, data.get("limits", {})))
    data["variations"] = tuple(_variation(v) for v in data["variations"])
    data["checks"] = tuple(Check(**_known(Check, c)) for c in data.get("checks", ()))
    data["setup"] = tuple(data.get("setup", ()))
    return data


def _variation(data: Mapping[str, Any]) -> VariationSpec:
    known = _known(VariationSpec, data)
    known["keys"] = tuple(known.get("keys", ()))
    price = known.get("price")
    known["price"] = Price(**_known(Price, price)) if price else None
    return VariationSpec(**known)
