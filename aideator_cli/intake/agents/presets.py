"""Presets: what AIdeator must know of a coding agent to run it. Each is a YAML file, ours (templates/agents) or the user's own.

title: Our agent                  # optional
protocol: acp                     # or text: any command; its output is its words
command: our-agent --acp --model {model}
model: claude-sonnet-4-5          # optional: the one that it works with if the user names none
env: {OUR_AGENT_HOME: "{home}"}   # optional
wires:                            # the APIs that it speaks to a model, the preferred one first; or a list of them
  anthropic:
    env: {OUR_AGENT_URL: "{url}", OUR_AGENT_KEY: "{token}"}
    files: {.our-agent/settings.json: '{"telemetry": false}'}   # below its HOME
options:                          # optional: how it is told what the user sets; a JSON file is merged with the wire's of its name
  context_window: {env: {OUR_AGENT_WINDOW: "{context_window}"}, least: 1000}   # `least`, optional: it takes that for anything less
  command_timeout: {env: {OUR_AGENT_COMMAND_MS: "{command_ms}"}}
tools:                            # optional: the names of its own tools, for the names that a role has
  bash: [shell]
  read_file: [read, search]
session:                          # optional, with acp: where it keeps its conversation, so that it can go on after its machine was lost
  file: .our-agent/sessions/*.jsonl   # below its HOME: an object of JSON a line, the session's id in the first; `*` is any part of a name
  without: [statistics]           # optional: what `type` of lines it does not need for that
  laid: earlier-                  # optional: how its name begins for the next attempt, if the agent may write a new one by its old name
version: our-agent --version      # optional
install: npm install -g our-agent # optional
docs: https://example.com         # optional
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final, get_args

from aideator_agent.program import Protocol, SessionFile, Wire
from aideator_agent.spec import SEARCH
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.errors import usage
from aideator_cli.system.yaml_file import Placed, read_placed

FIELDS: Final = (
    "title",
    "protocol",
    "command",
    "model",
    "env",
    "wires",
    "options",
    "tools",
    "session",
    "version",
    "install",
    "docs",
)
OF_WIRE: Final = ("env", "files")
OF_OPTION: Final = (*OF_WIRE, "least")
OF_SESSION: Final = ("file", "without", "laid")
WORDS: Final = ("url", "token", "model", "home", "prompt")
OF_PROGRAMS: Final = ("bash", "read_file", "write_file", "str_replace")  # what a program may have of its own
TOOLS: Final = ("bash", SEARCH, *OF_PROGRAMS[1:])  # of AIdeator's own loop besides `submit`, as roles name them
OPTIONS: Final = ("context_window", "command_timeout")
VALUES: Final = ("context_window", "max_output", "command_seconds", "command_ms")  # words of options besides `WORDS`
WIRES: Final[tuple[Wire, ...]] = get_args(Wire)
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
EXAMPLE: Final = "docs/agents.md has an example"
_OPENAI: Final = {"OPENAI_BASE_URL": "{url}", "OPENAI_API_BASE": "{url}", "OPENAI_API_KEY": "{token}"}
USUAL: Final[Mapping[Wire, Mapping[str, str]]] = {  # where most programs look for the endpoint and its key
    "openai": _OPENAI,
    "responses": _OPENAI,
    "anthropic": {"ANTHROPIC_BASE_URL": "{url}", "ANTHROPIC_API_KEY": "{token}"},
    "gemini": {"GOOGLE_GEMINI_BASE_URL": "{url}", "GEMINI_API_KEY": "{token}"},
}


@frozen
class Endpoint:
    """How the agent is told where a wire's endpoint is. The texts hold `WORDS` in braces."""

    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # path below HOME -> content
    least: int = 0  # of an option: the program takes it for anything less


@frozen
class Preset:
    name: str
    protocol: Protocol
    command: str
    wires: Mapping[Wire, Endpoint]  # the preferred one first
    env: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Endpoint] = field(default_factory=dict)  # one of OPTIONS -> how the agent is told
    tools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # one of OF_PROGRAMS -> names of its own tools
    session: SessionFile | None = None
    model: str | None = None
    title: str = ""
    version: str | None = None
    install: str | None = None
    docs: str | None = None


def names() -> list[str]:
    """Returns the names of the presets that come with AIdeator."""
    folder = files("aideator_templates") / "agents"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


def find(name: str) -> Preset:
    """Returns the preset of this name, or the one in this file. Raises `AideatorError` (usage)."""
    if is_file(name):
        return load(Path(name))
    if name not in names():
        near = _near(name, [*names(), OWN])
        guess = f"did you mean {near}? " if near else ""
        raise usage(
            f"unknown agent '{name}'",
            f"{guess}Agents are {', '.join([*names(), OWN])}, or a file: --agent ./our-agent.yaml (docs/agents.md)",
        )
    return _ours(name)


@cache
def _ours(name: str) -> Preset:
    with as_file(files("aideator_templates") / "agents" / f"{name}.yaml") as path:
        return load(path)


def is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def of_command(command: str) -> Preset:
    """Returns the preset of `--agent-command`: any program, which gets the usual variables of its model's API."""
    where = f"--agent-command {command!r}"
    _check_words(where, command)
    if "{prompt}" not in command:
        raise usage(
            f"{where} gives the program no task",
            "write {prompt} where the path of a file with the task belongs: 'aider --message-file {prompt} --yes'",
        )
    name = PurePosixPath(first_word(command)).name
    if not NAME.fullmatch(name):
        raise usage(f"{where} must begin with the name of a program", "put the rest of a script into a file")
    return Preset(name, "text", command, {wire: Endpoint(USUAL[wire]) for wire in WIRES})


def first_word(command: str) -> str:
    """Returns the program that a command starts, as far as it can be told: variables before it are passed over."""
    words = command.split()
    return next((word for word in words if not re.match(r"[A-Za-z_]\w*=", word)), "")


def load(path: Path) -> Preset:
    """Raises `AideatorError` (usage) with the file and the line of a mistake."""
    file = read_placed(path, "agent file")
    data = file.value
    if not isinstance(data, dict):
        raise usage(f"{file.where()} must be a mapping of {', '.join(FIELDS)}", EXAMPLE)
    _check_fields(file, data, FIELDS)
    if not NAME.fullmatch(path.stem):
        raise usage(f"{file.where()}: an agent is named by its file: letters, digits, '.', '_' and '-'")
    for name in ("protocol", "command", "wires"):
        if name not in data:
            raise usage(f"{file.where()} has no {name}", EXAMPLE)
    command = _text(file, "command")
    _check_words(file.where("command"), command)
    protocol = _choice(file.where("protocol"), "protocol", data["protocol"], PROTOCOLS)
    if protocol == "text" and "{prompt}" not in command:
        raise usage(f"{file.where('command')}: the command needs {{prompt}}, the path of a file with the task", EXAMPLE)
    return Preset(
        name=path.stem,
        protocol=protocol,
        command=command,
        wires=_wires(file),
        env=_env(file, "env"),
        options=_options(file),
        tools=_tools(file),
        session=_session(file, protocol),
        **{name: _text(file, name) for name in ("model", "title", "version", "install", "docs") if name in data},
    )


def _wires(file: Placed) -> Mapping[Wire, Endpoint]:
    written = file.value["wires"]
    if not isinstance(written, (dict, list)) or not written:
        raise usage(f"{file.where('wires')}: wires takes at least one of {', '.join(WIRES)}", EXAMPLE)
    found: dict[Wire, Endpoint] = {}
    for at, name in enumerate(written):
        key = name if isinstance(written, dict) else at
        wire = _choice(file.where("wires", key), "wire", name, WIRES)
        own = written[name] if isinstance(written, dict) else {}
        if not isinstance(own, dict):
            raise usage(f"{file.where('wires', key)}: {name} takes a mapping of {', '.join(OF_WIRE)}", EXAMPLE)
        _check_fields(file, own, OF_WIRE, "wires", name)
        env = {**USUAL[wire], **_env(file, "wires", name, "env")}
        found[wire] = Endpoint(env, _files(file, "wires", name, "files"))
    return MappingProxyType(found)


def _options(file: Placed) -> Mapping[str, Endpoint]:
    """Returns how the agent is told each of the options that the file names."""
    written = _mapping(file, "options", OPTIONS)
    for name, own in written.items():
        if not isinstance(own, dict) or not own:
            raise usage(f"{file.where('options', name)}: {name} takes a mapping of {', '.join(OF_OPTION)}", EXAMPLE)
        _check_fields(file, own, OF_OPTION, "options", name)
        if type(own.get("least", 0)) is not int or own.get("least", 0) < 0:
            raise usage(f"{file.where('options', name, 'least')}: least takes a whole number", EXAMPLE)
    words = (*WORDS, *VALUES)
    return {
        name: Endpoint(
            _env(file, "options", name, "env", words=words),
            _files(file, "options", name, "files"),
            own.get("least", 0),
        )
        for name, own in written.items()
    }


def _tools(file: Placed) -> Mapping[str, tuple[str, ...]]:
    written = _mapping(file, "tools", OF_PROGRAMS)
    for name, own in written.items():
        if not isinstance(own, list) or not own or not all(isinstance(each, str) and each for each in own):
            raise usage(f"{file.where('tools', name)}: {name} takes a list of the agent's own tools", EXAMPLE)
    return {name: tuple(own) for name, own in written.items()}


def _session(file: Placed, protocol: Protocol) -> SessionFile | None:
    if "session" not in file.value:
        return None
    written = _mapping(file, "session", OF_SESSION)
    name, without, laid = written.get("file"), written.get("without", []), written.get("laid", "")
    if protocol != "acp":
        raise usage(f"{file.where('session')}: only an agent that speaks ACP can take up a session", EXAMPLE)
    if not isinstance(name, str) or not _is_below(name):
        raise usage(f"{file.where('session', 'file')}: file takes the path of a file below the agent's HOME", EXAMPLE)
    if not isinstance(without, list) or not all(isinstance(each, str) for each in without):
        raise usage(f"{file.where('session', 'without')}: without takes a list of texts", EXAMPLE)
    if not isinstance(laid, str) or "/" in laid:
        raise usage(f"{file.where('session', 'laid')}: laid takes the beginning of a file's name", EXAMPLE)
    pattern = PurePosixPath(name).name
    if not fnmatchcase(laid + pattern, pattern):
        raise usage(f"{file.where('session', 'laid')}: no name that begins with {laid!r} fits {pattern!r}", EXAMPLE)
    return SessionFile(name, tuple(without), laid)


def _mapping(file: Placed, name: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    written = file.value.get(name, {})
    if not isinstance(written, dict):
        raise usage(f"{file.where(name)}: {name} takes a mapping of {', '.join(allowed)}", EXAMPLE)
    _check_fields(file, written, allowed, name)
    return written


def _env(file: Placed, *place: str, words: tuple[str, ...] = WORDS) -> Mapping[str, str]:
    found = _texts(file, *place)
    for name, value in found.items():
        where = file.where(*place, name)
        if not VARIABLE.fullmatch(name):
            raise usage(f"{where}: {name!r} is not the name of a variable")
        _check_words(where, value, words)
    return found


def _files(file: Placed, *place: str) -> Mapping[str, str]:
    found = _texts(file, *place)
    for name in found:
        if not _is_below(name):
            raise usage(f"{file.where(*place, name)}: {name!r} must be the path of a file below the agent's HOME")
    return found


def _is_below(name: str) -> bool:
    """Whether this is the path of a file below a folder."""
    path = PurePosixPath(name)
    above = path.is_absolute() or ".." in path.parts or not path.parts
    return not above and name.isprintable() and not name.endswith("/")


def _texts(file: Placed, *place: str) -> Mapping[str, str]:
    value = file.value
    for name in place:
        value = value.get(name, {}) if isinstance(value, dict) else {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise usage(f"{file.where(*place)}: {place[-1]} takes a mapping to texts", 'quote numbers and booleans: "1"')
    return value


def _text(file: Placed, name: str) -> str:
    value = file.value[name]
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise usage(f"{file.where(name)}: {name} takes a text, not {value!r}", EXAMPLE)
    return value.strip()


def _choice(where: str, what: str, value: Any, allowed: Iterable[Any]) -> Any:
    if value not in allowed:
        near = _near(str(value), [str(each) for each in allowed])
        raise usage(
            f"{where}: unknown {what} {value!r}",
            f"did you mean {near}?" if near else f"it is one of {', '.join(map(str, allowed))}",
        )
    return value


def _check_fields(file: Placed, data: Mapping[str, Any], allowed: Iterable[str], *place: str) -> None:
    for name in data:
        if name not in allowed:
            near = _near(name, allowed)
            guess = f"did you mean {near}? " if near else ""
            raise usage(f"{file.where(*place, name)}: unknown field '{name}'", f"{guess}Fields: {', '.join(allowed)}")


def _check_words(where: str, text: str, words: tuple[str, ...] = WORDS) -> None:
    """A word in braces that nobody fills would reach the agent as it is. `${NAME}` is the shell's."""
    for word in re.findall(r"(?<!\$)\{([a-z_]+)\}", text):
        if word not in words:
            near = _near(word, words)
            guess = f"did you mean {{{near}}}? " if near else ""
            raise usage(f"{where}: unknown word {{{word}}}", f"{guess}Words: {', '.join(f'{{{w}}}' for w in words)}")


def _near(word: str, words: Iterable[str]) -> str | None:
    import difflib  # takes 5 ms, and only an error needs it

    return next(iter(difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)), None)
