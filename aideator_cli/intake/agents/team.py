"""Who works on each variation: an agent and a model, from `--agent claude:2,opencode/gpt-5:1` together with `--model` and `-n`."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.errors import usage
from aideator_cli.intake import counts, models
from aideator_cli.intake.agents import presets

OPTION: Final = "--agent"
_FILE: Final = re.compile(r"(.+?\.ya?ml)(?:/(.+)|(:\d+))?")


@frozen
class Worker:
    agent: str  # a preset's name, a file, or `own`
    model: str | None  # as the user names it; None: the configured one, or the agent's usual one


Named = tuple[Worker, int | None]  # with its count


def parse(values: Iterable[str], known: Callable[[str], bool]) -> list[Named]:
    """Returns who the values of `--agent` name. `known`: whether a whole text is a model. Raises `AideatorError` (usage)."""
    return [_named(item, known) for value in values for item in models.split_models(OPTION, value)]


def share_out(named: Sequence[Named], wanted: Sequence[tuple[str, int | None]], n: int | None) -> list[Worker]:
    """Returns who works on each variation. `wanted`: the models of `--model`, each with its count.

    An agent named without a model works with each of `wanted`. Raises `AideatorError` (usage).
    """
    counts.check_number(n)
    return counts.share_out(OPTION, "agents", with_models(named, wanted), n)


def with_models(named: Sequence[Named], wanted: Sequence[tuple[str, int | None]]) -> list[Named]:
    """Gives each agent that is named without a model those of `--model`."""
    if wanted and all(worker.model for worker, _ in named):
        raise usage("--model has no use: each agent of --agent names its own model", "leave out --model")
    found: list[Named] = []
    for worker, count in named:
        if worker.model or not wanted:
            found.append((worker, count))
            continue
        for model, own in wanted:
            if count is not None and own is not None:
                raise usage(
                    f"both {OPTION} and --model count: {worker.agent}:{count} and {model}:{own}",
                    f"write the count once: {OPTION} {worker.agent}/{model}:{count}",
                )
            found.append((Worker(worker.agent, model), count if own is None else own))
    return found


def _named(item: str, known: Callable[[str], bool]) -> Named:
    agent, rest = _split(item)
    if rest.startswith("/"):
        if rest == "/":
            raise usage(f"{OPTION} {item!r} names no model after the /", f"for example: {OPTION} {agent}")
        model, count = counts.counted(OPTION, rest[1:], known)
        return Worker(agent, model), count
    name, count = counts.counted(OPTION, f"{agent}{rest}", lambda _: False)
    if name != agent:
        raise usage(f"{OPTION} {item!r}: what follows the agent is neither /MODEL nor :COUNT", f"{OPTION} {agent}:2")
    return Worker(agent, None), count


def _split(item: str) -> tuple[str, str]:
    """Returns the agent, and what follows it: `/MODEL`, `/MODEL:K`, `:K` or nothing."""
    head = re.split(r"[/:]", item, maxsplit=1)[0]
    if head == OWN or head in presets.names():
        return head, item[len(head) :]
    if found := _FILE.fullmatch(item):
        return found[1], item[len(found[1]) :]
    presets.find(head)  # raises: there is no such agent
    return head, item[len(head) :]
