"""What a run was asked for, in a few words. The returned text is still foreign: views clean it."""

from collections.abc import Iterator
from pathlib import PurePath

from aideator_agent.spec import Hidden, Issue, Limits, Origin, VariationSpec
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, plural, tokens


def repository_name(url: str) -> str:
    """By its URL or path."""
    return PurePath(url.rstrip("/").replace(":", "/")).name.removesuffix(".git") or url


def hidden(found: Hidden) -> str:
    """Returns `2 checks, 5 files`."""
    counts = ((found.checks, "check"), (found.files, "file"))
    return ", ".join(plural(count, word) for count, word in counts if count)


def limits(held: Limits) -> str:
    """The limits of each agent, in a few words."""
    words = [plural(held.steps, "step"), duration(held.seconds)]
    if held.tokens is not None:
        words.append(f"{tokens(held.tokens)} tokens")
    if held.cost is not None:
        words.append(cost(held.cost))
    return ", ".join(words)


def origin(begun: Origin) -> str:
    """Where a run's work began."""
    return f"{'merged from' if begun.merged else 'goes on from'} {one_line(begun.named)}"


def issue(shown: Issue) -> str:
    """What the prompt is about, with how much of it the agents were shown."""
    words = [plural(shown.comments, "comment")] if shown.comments else []
    if shown.left_out:
        words.append(f"{shown.left_out} left out")
    if shown.cut:
        words.append("cut")
    more = f" ({', '.join(words)})" if words else ""
    return f"{shown.name}: {one_line(shown.title)}{more}  {one_line(shown.url)}"


def given(asked: VariationSpec) -> Iterator[str]:
    """What sets a variation apart but its model."""
    if asked.temperature is not None:
        yield f"temperature {asked.temperature:g}"
    if asked.role != VariationSpec.role:
        yield f"role {one_line(asked.role)}"
    if asked.prompt_name:
        yield f"prompt {one_line(asked.prompt_name)}"
