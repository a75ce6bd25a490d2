"""What agents work with: models, keys, settings, roles, coding agents, this machine and the cluster."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:  # who writes schemas loads the types alone
    from aideator_cli.domain import memory


class ModelFacts(TypedDict):
    """What is known of a model. Prices are in USD; null is unknown."""

    model: str
    provider: str | None
    keys: Sequence[str]
    host: str | None
    api_base: str | None
    input_price_per_million: float | None
    output_price_per_million: float | None
    cached_price_per_million: float | None
    context: int | None
    max_output: int | None
    calls_tools: Literal[True] | None


class Model(ModelFacts):
    """A model, of `models`."""

    kind: Literal["model"]
    own: bool
    usable: bool


class ModelCheck(ModelFacts):
    """A model that was asked a question, of `models --check`."""

    kind: Literal["check"]
    seconds: float | None
    cost: float | None
    error: str | None


class Memory(TypedDict):
    """A note on a repository, of `memory`."""

    kind: Literal["memory"]
    note: int
    repository: str
    text: str
    source: Literal["person", "check", "signal", "summary"]
    run: str | None
    created: str


class Proposal(TypedDict):
    """A note that a run suggests, of `memory review`. Its text is foreign, and nobody has accepted it."""

    kind: Literal["proposal"]
    key: str
    repository: str
    text: str
    source: Literal["check", "signal", "summary"]
    run: str
    warnings: Sequence[str]


class ForgottenMemory(TypedDict):
    """A note that was deleted."""

    kind: Literal["forgotten_memory"]
    note: int


class Key(TypedDict):
    """A stored key, without its value."""

    kind: Literal["key"]
    name: str
    length: int
    tail: str
    place: str
    used: bool


class Stored(TypedDict):
    """A key that was stored. `replaced`: there was one of this name."""

    kind: Literal["stored"]
    name: str
    place: str
    replaced: bool


class Forgotten(TypedDict):
    """A key that was deleted."""

    kind: Literal["forgotten"]
    name: str
    place: str


class Image(TypedDict):
    """The agent's image after `image build`, `push` or `load`."""

    kind: Literal["image"]
    name: str
    became: Literal["built", "pushed", "loaded"]


class Trust(TypedDict):
    """Whether a repository's file counts. `place`: the file, or with `--revoke` the folder."""

    kind: Literal["trust"]
    place: str
    trusted: bool
    changed: bool


class SetIn(TypedDict):
    """A file or variable that sets a value."""

    place: str
    line: int | None
    profile: str | None


class Setting(TypedDict):
    """A setting that counts in this folder."""

    kind: Literal["setting"]
    name: str
    value: str | int | float | bool | Sequence[str] | None
    origins: Sequence[SetIn]


class RoleLimits(TypedDict):
    """A role's own limits; null where it leaves them to the run."""

    steps: int | None
    seconds: float | None
    cost: float | None
    tokens: int | None


class Role(TypedDict):
    """A role; `text` is its file, of `roles show`."""

    kind: Literal["role"]
    name: str
    place: str
    description: str
    agent: str | None
    model: str | None
    temperature: float | None
    tools: Sequence[str] | None
    limits: RoleLimits
    text: NotRequired[str]


class Agent(TypedDict):
    """A coding agent that runs can use."""

    kind: Literal["agent"]
    name: str
    title: str
    protocol: str
    wires: Sequence[str]
    model: str | None
    version: str | None
    path: str | None
    install: str | None
    docs: str | None


class Webhook(TypedDict):
    """Where a user is told of runs. `secret` comes from `webhook add` and `rotate` alone, once; `user` null: of everybody's runs."""

    kind: Literal["webhook"]
    id: str
    url: str
    events: Sequence[str]
    user: str | None
    created: str
    secret: NotRequired[str]


class DeadMessage(TypedDict):
    """A message that no webhook accepted, of `webhook dead`."""

    kind: Literal["dead_message"]
    id: str
    webhook: str
    run: str
    event: str
    created: str
    attempts: int
    error: str | None


class Tested(TypedDict):
    """Whether a webhook accepted a test message, of `webhook test`."""

    kind: Literal["tested"]
    id: str
    url: str
    accepted: bool
    error: str | None


class Token(TypedDict):
    """A token of a user of a server. `secret` comes from `token create` alone, once."""

    kind: Literal["token"]
    id: str
    user: str
    name: str
    scopes: Sequence[str]
    created: str
    expires: str | None
    used: str | None
    revoked: str | None
    secret: NotRequired[str]


class Finding(TypedDict):
    """What `doctor` finds out about one part."""

    kind: Literal["finding"]
    part: str
    state: Literal["ok", "note", "broken"]
    text: str
    mend: str | None


class Doctor(TypedDict):
    """Whether agents can run here."""

    kind: Literal["doctor"]
    usable: bool
    broken: int


class Version(TypedDict):
    """The version of AIdeator, and that of what `--json` prints. `newest` comes with `--check`."""

    kind: Literal["version"]
    version: str
    json: int
    newest: NotRequired[str]


def memory_record(note: "memory.Memory") -> dict[str, Any]:
    return {
        "kind": "memory", "note": note.id, "repository": note.repository, "text": note.text, "source": note.source, "run": note.run,
        "created": note.created,
    }  # fmt: skip


def proposal_record(repository: str, each: "memory.Proposal") -> dict[str, Any]:
    return {
        "kind": "proposal", "key": each.key, "repository": repository, "text": each.text, "source": each.source, "run": each.run,
        "warnings": list(each.warnings),
    }  # fmt: skip
