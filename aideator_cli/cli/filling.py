"""What the configuration sets becomes values of a command's options, where the command line names none."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import program
from aideator_cli.cli.option_table import option_table
from aideator_cli.domain.result import OWN
from aideator_cli.errors import AideatorError, ExitCode, Hint, written
from aideator_cli.intake.repository import is_url
from aideator_cli.system.configuration.found import Configuration
from aideator_cli.system.configuration.options import ADDED, Kind, Option
from aideator_cli.system.configuration.values import Value
from aideator_cli.system.settings import Defaults

# A configured value gives way to what the command line asks for, where the two can't be combined
_GIVES_WAY: Final[Mapping[str, frozenset[str]]] = {
    "n": frozenset({"matrix"}),
    "matrix": frozenset({"n", "model", "agent", "agent_command"}),
    "agent_command": frozenset({"agent", "matrix"}),
    "ref": frozenset({"diff", "dirty"}),
    "dirty": frozenset({"diff", "ref"}),
    "diff": frozenset({"ref", "dirty"}),
    "view": frozenset({"json"}),
    "json": frozenset({"view"}),
    "first": frozenset({"detach"}),
    "retries": frozenset({"detach"}),
    "max_parallel": frozenset({"detach"}),
    "select": frozenset({"detach"}),
    "apply": frozenset({"detach", "answer"}),
    "branch": frozenset({"detach", "answer"}),
    "push": frozenset({"detach", "answer"}),
    "detach": frozenset({"first", "retries", "max_parallel", "select", "apply", "push"}),
}
# Some mean something only beside another: without it they wait for a run that has it
_CHECK: Final = frozenset({"verify", "hidden_verify"})
_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("setup", "no_baseline", "verify_repeat", "verify_report", "allow_change", "hidden"), _CHECK),
    "apply": frozenset({"select"}),
    "branch": frozenset({"apply"}),
    "folder": frozenset({"apply", "push"}),
}
_OF_A_PATH: Final = frozenset({"dirty", "carry"})  # a repository with a URL has no such thing
_OF_OUR_LOOP: Final = frozenset({"max_output", "context_window", "command_timeout"})  # no other agent keeps to them
_OWN_LOOP: Final = re.compile(rf"{OWN}(?:[/:]|$)")
_COUNT: Final = re.compile(r":\d+(?:,|$)")
_BELOW: Final = frozenset(each.name for each in fields(Defaults))  # the rooms below look these up themselves


def fill(params: dict[str, Any], given: Collection[str], configuration: Configuration) -> frozenset[str]:
    """Sets what the command line did not name. Returns the names of all settings that count in this call."""
    found = {name: setting.value for name, setting in configuration.settings.items()}
    own = {name: value for name, value in found.items() if name in params and name not in _BELOW}
    for name in [*_displaced(own, params, given, _agents(params, found))]:
        del own[name]
    for name, needed in _NEEDS.items():
        if name in own and not any(own.get(other) or params.get(other) for other in needed):
            del own[name]
    for name, value in own.items():
        if name in given and name in ADDED:
            params[name] = [*_as_option(option_table()[name], value), *params[name]]
        elif name not in given:
            params[name] = _as_option(option_table()[name], value)
    return frozenset(name for name in (*own, *(_BELOW & found.keys())) if name not in given)


def _agents(params: Mapping[str, Any], found: Mapping[str, Value]) -> Sequence[str]:
    """Returns who will work, as the options name them; empty for our own loop."""
    if params.get("agent_command"):
        return ["command"]
    if params.get("agent"):
        return [*params["agent"]]
    configured = found.get("agent_command") or found.get("agent") or ()
    return configured if isinstance(configured, tuple) else ["command"]


def _displaced(
    own: Collection[str], params: Mapping[str, Any], given: Collection[str], agents: Sequence[str]
) -> Iterator[str]:
    foreign = bool(agents) and not any(_OWN_LOOP.match(item.strip()) for text in agents for item in text.split(","))
    counted = any(_COUNT.search(text) for name in ("model", "agent", "role") if name in given for text in params[name])
    repo = params.get("repo")
    from_url = repo is None or is_url(str(repo))  # None: the repository of an issue
    for name in own:
        if (
            (_GIVES_WAY.get(name, frozenset()) & set(given))
            or (name == "n" and counted)
            or (name in _OF_A_PATH and from_url)
            or (name in _OF_OUR_LOOP and foreign)
        ):
            yield name


def _as_option(option: Option, value: Value) -> Any:
    if isinstance(value, tuple):
        return [Path(each) if option.kind is Kind.PATH else each for each in value]
    return Path(str(value)) if option.kind is Kind.PATH else value


def tell(configuration: Configuration) -> None:
    for remark in configuration.remarks:
        terminal.warn(f"{remark.text}; {written(remark.advice, program())}")


def located(error: AideatorError, names: Collection[str], configuration: Configuration) -> AideatorError:
    """Returns the error with where a configured value comes from that it is about."""
    if error.code != ExitCode.USAGE:
        return error
    about = [name for name in sorted(names) if _is_named(option_table()[name].flag, error.message)]
    if not about and "model" in names and error.message.startswith("unknown model"):
        about = ["model"]
    if not about:
        return error
    said = "; ".join(f"{name} is set in {configuration.settings[name].origin}" for name in about)
    way = (
        f"{' '.join(map(negation, about))} leaves it out"
        if len(about) == 1
        else f"{' '.join(map(negation, about))} leave them out"
    )
    hint: Hint = way if error.advice is None else (*_parts(error.advice), f"; {way}")
    return AideatorError(f"{error.message} ({said})", hint=hint, code=error.code)


def negation(name: str) -> str:
    """Returns what leaves out a setting on the command line."""
    flag = name.replace("_", "-")
    return f"--{flag.removeprefix('no-')}" if flag.startswith("no-") else f"--no-{flag}"


def _is_named(flag: str, message: str) -> bool:
    return bool(flag) and re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", message) is not None


def _parts(hint: Hint) -> tuple[Any, ...]:
    return hint if isinstance(hint, tuple) else (hint,)
