"""A role's file: Markdown for the agent, with optional settings as YAML above it.

---
description: Looks for what breaks.
agent: claude
model: claude-sonnet-4-5
temperature: 0.2
tools: [bash, read_file]
limits: {steps: 50, timeout: 15m, cost: 0.5, tokens: 200000}
---
You are a tester. …
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

from aideator_agent.spec import Limits
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.agents import presets
from aideator_cli.intake.agents.presets import TOOLS
from aideator_cli.system.yaml_file import Placed, placed
from aideator_cli.text.durations import seconds

SHIPPED: Final = "shipped"
FENCE: Final = "---"
FIELDS: Final = ("description", "agent", "model", "temperature", "tools", "limits")
LIMITS: Final = ("steps", "timeout", "cost", "tokens")
MOST_BYTES: Final = 64 * 1024
LONGEST_DESCRIPTION: Final = 200  # characters
EXAMPLE: Final = "docs/roles.md has an example"


@frozen
class Role:
    """None means that the role leaves it to the run."""

    name: str
    place: str  # for people: `shipped`, or the file
    text: str  # a template
    description: str = ""
    agent: str | None = None  # a shipped preset's name, or `own`
    model: str | None = None
    temperature: float | None = None
    tools: tuple[str, ...] | None = None
    steps: int | None = None
    seconds: float | None = None
    cost: float | None = None  # USD
    tokens: int | None = None
    line: int = 1  # on which the text begins in its file

    @property
    def what(self) -> str:
        """Returns how errors call it."""
        return f"role {self.name}" if self.is_shipped else f"role {self.place}"

    @property
    def is_shipped(self) -> bool:
        return self.place == SHIPPED

    @property
    def has_shell(self) -> bool:
        return self.tools is None or "bash" in self.tools

    def check_tools(self, servers: Sequence[str]) -> None:
        """Raises `AideatorError` (usage) for a tool that is neither the loop's nor one of these MCP servers'."""
        for tool in self.tools or ():
            if tool not in TOOLS and tool.partition("__")[0] not in servers:
                raise usage(
                    f"{self.what}: unknown tool '{tool}'",
                    f"tools: {', '.join((*TOOLS, *servers))}; others come from MCP servers, which --mcp names",
                )

    def limited(self, limits: Limits) -> Limits | None:
        """Returns the run's limits with the role's where these are stricter. None if none is."""
        own = replace(
            limits,
            steps=min(limits.steps, self.steps or limits.steps),
            seconds=min(limits.seconds, self.seconds or limits.seconds),
            cost=min((cost for cost in (limits.cost, self.cost) if cost is not None), default=None),
            tokens=min((tokens for tokens in (limits.tokens, self.tokens) if tokens is not None), default=None),
        )
        return None if own == limits else own


def parse(text: str, name: str, place: str) -> Role:
    """Raises `AideatorError` (usage) with the file and the line of a mistake."""
    what = f"role {name}" if place == SHIPPED else f"role {place}"
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise usage(f"{what} is larger than {MOST_BYTES // 1024} KiB")
    above, told, line = _split(text.removeprefix("\ufeff"), what)
    if not told.strip():
        raise usage(f"{what} has no text for the agent", f"write it below the settings; {EXAMPLE}")
    file = placed(above, what, 1)
    data = {} if file.value is None else file.value
    if not isinstance(data, dict):
        raise usage(f"{what}: what stands between the lines {FENCE} must be settings", EXAMPLE)
    _check_names(file, data, FIELDS, "setting")
    limits = _limits(file, data)
    return Role(
        name=name,
        place=place,
        text=told.strip(),
        description=_one(
            file, data, "description", _description, f"a text on one line, up to {LONGEST_DESCRIPTION} characters"
        )
        or "",
        agent=_agent(file, data),
        model=_one(file, data, "model", _word, "a model's name"),
        temperature=_one(file, data, "temperature", _between(0, 2), "0 to 2"),
        tools=_tools(file, data),
        steps=limits.get("steps"),
        seconds=limits.get("timeout"),
        cost=limits.get("cost"),
        tokens=limits.get("tokens"),
        line=line + told[: len(told) - len(told.lstrip())].count("\n"),
    )


def _split(text: str, what: str) -> tuple[str, str, int]:
    """Returns the settings, the text for the agent, and the line on which that begins."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != FENCE:
        return "", text, 1
    for at, line in enumerate(lines[1:], 1):
        if line.rstrip() == FENCE:
            return "".join(lines[1:at]), "".join(lines[at + 1 :]), at + 2
    raise usage(f"{what}: its settings have no end", f"close them with a line {FENCE}, below which the text begins")


def _check_names(file: Placed, data: dict[str, Any], known: tuple[str, ...], kind: str, *under: str) -> None:
    for name in data:
        if name not in known:
            raise usage(f"{file.where(*under, name)}: unknown {kind} '{name}'", did_you_mean(name, known, f"{kind}s"))


def did_you_mean(word: str, known: Iterable[str], kind: str) -> str:
    """Returns a hint: a near name if there is one, and all that there are."""
    names = list(known)
    near = get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return (f"did you mean {near[0]}? " if near else "") + f"{kind}: {', '.join(names)}"


def _one(file: Placed, data: dict[str, Any], name: str, check: Callable[[Any], Any], takes: str, *under: str) -> Any:
    """Returns what `check` makes of a value. It returns None for one that is wrong."""
    value = data.get(name)
    if value is None:
        return None
    found = check(value)
    if found is None:
        raise usage(f"{file.where(*under, name)}: {name} is {value!r}; it takes {takes}", EXAMPLE)
    return found


def _limits(file: Placed, data: dict[str, Any]) -> dict[str, Any]:
    limits = data.get("limits")
    if limits is None:
        return {}
    if not isinstance(limits, dict):
        raise usage(f"{file.where('limits')}: limits takes a mapping of {', '.join(LIMITS)}", EXAMPLE)
    _check_names(file, limits, LIMITS, "limit", "limits")
    return {
        "steps": _one(file, limits, "steps", _whole(10_000), "1 to 10000", "limits"),
        "timeout": _one(file, limits, "timeout", _seconds, "a time such as 90s, 30m or 2h", "limits"),
        "cost": _one(file, limits, "cost", _between(0.0001, 100_000), "USD, such as 0.5", "limits"),
        "tokens": _one(file, limits, "tokens", _whole(1_000_000_000), "1 to 1000000000", "limits"),
    }


def _tools(file: Placed, data: dict[str, Any]) -> tuple[str, ...] | None:
    tools = data.get("tools")
    if tools is None:
        return None
    if not isinstance(tools, list) or not tools or not all(isinstance(tool, str) for tool in tools):
        raise usage(f"{file.where('tools')}: tools takes a list of {', '.join(TOOLS)}", EXAMPLE)
    for at, tool in enumerate(tools):
        if tool not in (*TOOLS, "submit") and get_close_matches(tool.lower(), TOOLS, n=1, cutoff=0.6):
            raise usage(f"{file.where('tools', at)}: unknown tool '{tool}'", did_you_mean(tool, TOOLS, "tools"))
    return tuple(dict.fromkeys(tool for tool in tools if tool != "submit"))


def _agent(file: Placed, data: dict[str, Any]) -> str | None:
    """Returns the agent's name. A file is not taken: it would name a program, and a role runs none."""
    agent = data.get("agent")
    known = (OWN, *presets.names())
    if agent is not None and agent not in known:
        raise usage(f"{file.where('agent')}: unknown agent {agent!r}", did_you_mean(str(agent), known, "agents"))
    return agent


def _description(value: Any) -> str | None:
    fits = isinstance(value, str) and value.isprintable() and len(value) <= LONGEST_DESCRIPTION
    return value.strip() if fits else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() == value != "" and value.isprintable() else None


def _whole(most: int) -> Callable[[Any], int | None]:
    return lambda value: value if type(value) is int and 1 <= value <= most else None


def _between(least: float, most: float) -> Callable[[Any], float | None]:
    def check(value: Any) -> float | None:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most
        return value if fits else None

    return check


def _seconds(value: Any) -> float | None:
    """Returns the seconds of `15m`, or of a number of them."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        found = seconds("timeout", str(value))
    except AideatorError:
        return None
    return found if 1 <= found <= 7 * 24 * 3600 else None
