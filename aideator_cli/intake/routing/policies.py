"""Policies: how a model is chosen. Some are shipped, and `router.toml` has others: the user's, and the one in a repository's `.aideator`.

local = ["gpu.internal:8000", "localhost"]   # the user's file only: where the text of a private repository may go
default = "cheap"                            # what --model auto means

[policies.ours]
prefer = "cheap"                  # cheap, mid, best or fast
models = ["ollama/*", "gpt-5*"]   # patterns
max_failures = 0.2
[[policies.ours.when]]            # the first that fits the task comes on top
role = ["qa"]
prefer = "best"
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aideator_agent import confinement
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, reason, usage
from aideator_cli.system.configuration.files import toml

FILE: Final = "router.toml"
FOLDER: Final = ".aideator"  # in a repository
PREFERENCES: Final = ("cheap", "mid", "best", "fast")
AUTO: Final = "auto"
LOCAL: Final = ("localhost", "127.0.0.1", "::1")  # where no list says another
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MOST_BYTES: Final = 64 * 1024
_TEXTS: Final = ("models", "exclude")
_NUMBERS: Final = ("max_price", "max_seconds", "max_failures")
_WHOLE: Final = ("min_context", "spread")
_SWITCHES: Final = ("local", "tools")
_SIZES: Final = ("min_files", "max_files", "min_tokens", "max_tokens")  # of a task


@frozen
class Policy:
    name: str
    prefer: str = "best"  # one of `PREFERENCES`
    models: tuple[str, ...] = ()  # patterns; empty: all at hand
    exclude: tuple[str, ...] = ()  # patterns
    local: bool = False  # whether only hosts on the list are asked
    tools: bool = False  # whether only models are taken that are known to call tools
    max_price: float | None = None  # USD per million tokens written
    max_seconds: float | None = None  # the median of earlier attempts
    max_failures: float | None = None  # share of earlier attempts that the model or its provider failed
    min_context: int | None = None  # tokens
    spread: int = 1  # how many different models share a run's variations
    when: tuple["Rule", ...] = ()


@frozen
class Rule:
    """What else a policy says where a task fits. Empty or None fits any."""

    role: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    min_files: int | None = None
    max_files: int | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)  # fields of the policy


@frozen
class Policies:
    by_name: Mapping[str, Policy]
    default: str = "best"
    local: tuple[str, ...] | None = None  # HOST or HOST:PORT; None: the user has no list

    def find(self, name: str) -> Policy:
        """Raises `AideatorError` (usage)."""
        if name not in self.by_name:
            raise usage(f"there is no policy {name!r}", f"there are {', '.join(self.by_name)} (docs/routing.md)")
        return self.by_name[name]

    def hosts(self, *, on_cluster: bool) -> tuple[str, ...]:
        """Returns the places to which a private repository's text may go. In a pod, localhost is the pod."""
        return self.local if self.local is not None else () if on_cluster else LOCAL


SHIPPED: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        **{name: Policy(name, prefer=name) for name in PREFERENCES},
        "private": Policy("private", prefer="best", local=True),
    }
)


def named(model: str) -> str | None:
    """Returns the policy that `auto:POLICY` names, "" for `auto` alone, and None for any other model."""
    word, colon, policy = model.partition(":")
    if word != AUTO:
        return None
    if colon and not NAME.fullmatch(policy):
        raise usage(
            f"--model {model!r} names no policy", "for example: --model auto:cheap, or auto:cheap:2 for two variations"
        )
    return policy


def load(config_folder: Path, repository: Path | None) -> Policies:
    """Returns the shipped policies, the user's, and those of a repository. Raises `AideatorError` (usage) for a mistake in a file.

    A repository is foreign: what it calls like one of the others does not count, and neither does a list of hosts.
    """
    own = _read(config_folder / FILE)
    mine = {**SHIPPED, **_policies(own, config_folder / FILE)}
    theirs: Mapping[str, Policy] = {}
    if repository is not None:
        path = repository / FOLDER / FILE
        data = _read(path, foreign=True)
        for name in ("local", "default"):
            if name in data:
                raise usage(f"{path}: a repository can't set {name}", f"it belongs in {config_folder / FILE}")
        theirs = _policies(data, path)
    found = {**theirs, **mine}
    default = own.get("default", "best")
    if default not in found:
        raise usage(
            f"{config_folder / FILE}: default is {default!r}, which is no policy", f"there are {', '.join(found)}"
        )
    return Policies(found, default, _local(own, config_folder / FILE))


def _read(path: Path, *, foreign: bool = False) -> dict[str, Any]:
    try:
        if foreign and (path.is_symlink() or path.parent.is_symlink()):
            raise usage(f"{path} is a link, which AIdeator does not follow", "put the file itself there")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise usage(f"{path} is larger than {MOST_BYTES // 1024} KiB")
        found = toml(data.decode(), path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise usage(f"{path} can't be read: {reason(error)}") from error
    for name in found:
        if name not in ("local", "default", "policies"):
            raise usage(f"{path}: unknown name {name!r}", "it may hold local, default and policies (docs/routing.md)")
    return found


def _local(data: Mapping[str, Any], path: Path) -> tuple[str, ...] | None:
    listed = data.get("local")
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise usage(f"{path}: local takes a list of hosts", 'for example: local = ["gpu.internal:8000", "localhost"]')
    for each in listed:
        try:
            confinement.split(each)
        except ValueError as error:
            raise usage(
                f"{path}: local: {error}", "write a host as gpu.internal or gpu.internal:8000, without http://"
            ) from error
    return tuple(listed)


def _policies(data: Mapping[str, Any], path: Path) -> dict[str, Policy]:
    named = data.get("policies", {})
    if not isinstance(named, dict):
        raise usage(f"{path}: policies is no table", "write [policies.ours] above the settings of a policy")
    return {name: _policy(name, settings, f"{path}: policies.{name}") for name, settings in named.items()}


def _policy(name: str, data: Any, where: str) -> Policy:
    if not NAME.fullmatch(name):
        raise usage(
            f"{where}: {name[:60]!r} can't name a policy",
            "begin with a small letter; then small letters, digits, - and _",
        )
    if not isinstance(data, dict):
        raise usage(f"{where} is no table", f"write [policies.{name}] above its settings")
    rules = data.get("when", [])
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise usage(f"{where}.when is no list of tables", f"write [[policies.{name}.when]] above each rule")
    changes = _settings({key: value for key, value in data.items() if key != "when"}, where)
    when = tuple(_rule(each, f"{where}.when[{number}]") for number, each in enumerate(rules))
    return replace(Policy(name), **changes, when=when)


def _rule(data: Mapping[str, Any], where: str) -> Rule:
    conditions: dict[str, Any] = {}
    for key in ("role", "language"):
        if key in data:
            conditions[key] = _texts(data[key], f"{where}: {key}")
    for key in _SIZES:
        if key in data:
            conditions[key] = _whole(data[key], f"{where}: {key}")
    if not conditions:
        raise usage(f"{where} has no condition", f"name one of role, language, {', '.join(_SIZES)}")
    changes = _settings({key: value for key, value in data.items() if key not in conditions}, where)
    return Rule(**conditions, changes=changes)


def _settings(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {key: _setting(key, value, f"{where}: {key}") for key, value in data.items()}


def _setting(key: str, value: Any, where: str) -> Any:
    if key == "prefer":
        if value not in PREFERENCES:
            raise _wrong(where, value, f"one of {', '.join(PREFERENCES)}")
        return value
    if key in _TEXTS:
        return _texts(value, where)
    if key in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise _wrong(where, value, "a number, 0 or more")
        return float(value)
    if key in _WHOLE:
        return _whole(value, where)
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise _wrong(where, value, "true or false")
        return value
    known = [each.name for each in fields(Policy) if each.name not in ("name", "when")]
    raise usage(f"{where} is unknown", f"a policy has {', '.join(known)} and when (docs/routing.md)")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    found: Sequence[Any] = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if not found or not all(isinstance(each, str) and each for each in found):
        raise _wrong(where, value, "a text or a list of texts")
    return tuple(found)


def _whole(value: Any, where: str) -> int:
    if type(value) is not int or not 0 < value < 10**9:
        raise _wrong(where, value, "a whole number, 1 or more")
    return int(value)


def _wrong(where: str, value: Any, wanted: str) -> AideatorError:
    return usage(f"{where} is {value!r}; it takes {wanted}")
