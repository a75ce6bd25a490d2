"""What the user sets for a program that is not ours: its preset says how it is told. The rest the key proxy holds, or nobody does."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake.agents.presets import OF_PROGRAMS, Endpoint, Preset
from aideator_cli.intake.request import Bounds

USUAL: Final = Bounds()
USUAL_OUTPUT: Final = 32_000  # tokens of an answer, of a model of which nobody knows how much it can write
_HOME: Final = "with --agent-home an agent keeps its own settings and asks its model behind AIdeator's back"
_Texts = Mapping[str, str]


@frozen
class Wanted:
    """What is set for one variation. None leaves it to the program."""

    context_window: int | None = None  # tokens
    command_timeout: float | None = None  # seconds
    max_output: int = USUAL_OUTPUT  # tokens


def wanted(bounds: Bounds, model_output: int | None) -> Wanted:
    """`model_output`: the tokens that the model can write in one answer, if that is known."""
    window = bounds.context_window
    known = [each for each in (bounds.max_output, model_output, window and window // 2) if each is not None]
    timeout = None if bounds.command_timeout == USUAL.command_timeout else bounds.command_timeout
    return Wanted(window, timeout, min(known, default=USUAL_OUTPUT))


def check_home(bounds: Bounds, temperature: float | None) -> None:
    """Raises `AideatorError` (usage) for what can't be set for an agent in the user's own HOME."""
    for option, is_set in (
        ("--temperature", temperature is not None),
        ("--max-output", bounds.max_output is not None),
        ("--context-window", bounds.context_window is not None),
        ("--command-timeout", bounds.command_timeout != USUAL.command_timeout),
    ):
        if is_set:
            raise usage(f"{option} can't be set: {_HOME}", f"leave out --agent-home or {option}")


def check(bounds: Bounds, programs: Sequence[Preset], *, ours: bool) -> tuple[str, ...]:
    """Returns what the user should know of programs that can't be told an option that others of the run hold.

    `ours`: whether AIdeator's own loop works in the run, which holds them all. Raises `AideatorError` (usage) if nobody holds one.
    """
    return tuple(_remarks(bounds, programs, ours=ours))


def _remarks(bounds: Bounds, programs: Sequence[Preset], *, ours: bool) -> Iterator[str]:
    for name, option, value in (
        ("context_window", "--context-window", bounds.context_window),
        ("command_timeout", "--command-timeout", bounds.command_timeout),
    ):
        if value is None or value == USUAL.command_timeout:
            continue
        deaf = {preset.name: why for preset in programs if (why := _deaf(preset, name, value))}
        for why in sorted(set(deaf.values())):
            names = " and ".join(sorted(each for each in deaf if deaf[each] == why))
            if not ours and all(preset.name in deaf for preset in programs):
                raise usage(
                    f"{option} can't be set for {names}, {why}",
                    "leave it out; --timeout and --max-tokens hold for every agent",
                )
            yield f"{option} does not hold for {names}, {why}"


def _deaf(preset: Preset, name: str, value: float) -> str | None:
    """Returns why the program does not keep to the option. None: it does."""
    if name not in preset.options:
        return "which can't be told it"
    least = preset.options[name].least
    return f"which takes {least:,} for anything less" if value < least else None


def told(preset: Preset, wire: Endpoint, asked: Wanted, fill: Mapping[str, str]) -> tuple[_Texts, _Texts]:
    """Returns the variables and the files of a program. `fill`: the values of words that are known here.

    Raises `AideatorError` (usage) for a file that can't be added to.
    """
    env, files = {**wire.env, **preset.env}, dict(wire.files)
    words = {**fill, **_words(asked)}
    for each in _chosen(preset, asked):
        env |= {name: _filled(text, words) for name, text in each.env.items()}
        for path, text in each.files.items():
            files[path] = _joined(preset, path, _filled(files.get(path, ""), fill), _filled(text, words))
    return {name: _filled(text, fill) for name, text in env.items()}, {n: _filled(t, fill) for n, t in files.items()}


def _chosen(preset: Preset, asked: Wanted) -> Iterator[Endpoint]:
    for name, value in (("context_window", asked.context_window), ("command_timeout", asked.command_timeout)):
        if value is not None and name in preset.options:
            yield preset.options[name]


def tools(preset: Preset, asked: Collection[str] | None, whose: str) -> tuple[str, ...] | None:
    """Returns the names of the program's own tools that a role leaves it. `whose`: the role, in errors.

    Raises `AideatorError` (usage) for one that it does not have.
    """
    if asked is None:
        return None
    own = [tool for tool in asked if tool in OF_PROGRAMS]
    lacking = [tool for tool in own if tool not in preset.tools]
    if lacking or not preset.tools:
        lacks = f"{preset.name} has no tool of its own for {' and '.join(lacking)}"
        raise usage(
            f"{whose} limits the tools, and {lacks if preset.tools else f'nobody knows those of {preset.name}'}",
            "change `tools` in the role, or use AIdeator's own loop: --agent own",
        )
    return tuple(dict.fromkeys(name for tool in own for name in preset.tools[tool]))


def _words(asked: Wanted) -> dict[str, str]:
    seconds = asked.command_timeout or USUAL.command_timeout
    return {
        "context_window": str(asked.context_window),
        "max_output": str(asked.max_output),
        "command_seconds": f"{seconds:.0f}",
        "command_ms": f"{seconds * 1000:.0f}",
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


def _joined(preset: Preset, path: str, text: str, more: str) -> str:
    """Returns the file with what is added: JSON is merged, and other text goes to the beginning."""
    if not path.endswith(".json"):
        return f"{more.rstrip()}\n{text}"
    try:
        return json.dumps(_merged(json.loads(text or "{}"), json.loads(more)), indent=2)
    except ValueError as error:
        raise usage(f"agent {preset.name}: {path} is not JSON, so nothing can be added to it ({error})") from error


def _merged(value: Any, more: Any) -> Any:
    if isinstance(value, dict) and isinstance(more, dict):
        return {**value, **{name: _merged(value.get(name), part) for name, part in more.items()}}
    return [*value, *more] if isinstance(value, list) and isinstance(more, list) else more
