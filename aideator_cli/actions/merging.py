"""Starts a run that checks a merge of several variations' patches. Nobody works on it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aideator_agent.spec import Origin
from aideator_agent.values import frozen
from aideator_cli.actions.continuing import with_keys
from aideator_cli.actions.diffing import Made, made
from aideator_cli.actions.fetching import fetch
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at, server_of
from aideator_cli.actions.starting import Plan
from aideator_cli.errors import AideatorError, ExitCode, command, not_found, usage
from aideator_cli.intake.upon import Earlier, merged
from aideator_cli.text.figures import plural
from aideator_cli.workspace import merging
from aideator_cli.workspace.merging import Merged
from aideator_cli.workspace.parts import only, parse_part, written

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend

SHOWN = 8  # conflicts, each named


@frozen
class Asked:
    """The variations to merge, by the words for them, and which parts of each, as typed."""

    variations: Mapping[str, Named]
    only: Sequence[str] = ()  # each N:PATH or N:PATH#HUNK,…
    take: Sequence[str] = ()  # each N:PATH


@frozen
class Merging:
    """What would be checked. Nothing has started."""

    sources: tuple[Made, ...]
    merged: Merged
    only: tuple[str, ...] = ()  # as in `Asked`, with RUN/N in place of any other word
    take: tuple[str, ...] = ()


def merge(here: Here, asked: Asked) -> Merging:
    """Raises `AideatorError` for variations that can't be merged, and for changes that do not fit together; its message names them."""
    found = {word: made(here, named) for word, named in asked.variations.items()}
    sources = tuple({each.name: each for each in found.values()}.values())
    _expect_mergeable(sources, asked)
    sides, names = [each.side for each in sources], _names(found, sources)
    parts = [parse_part("--only", text, names, sides) for text in asked.only]
    decided = [parse_part("--take", text, names, sides) for text in asked.take]
    wanted = [only(side, parts) for side in sides]
    done = merging.merge([side for side in wanted if side.patch], {part.path: part.side for part in decided})
    for part in decided:
        if part.path not in done.files and part.path not in {each.path for each in done.conflicts}:
            raise usage(f"--take: no variation changes {part.path}", hint="--take N:PATH names one file")
    if done.conflicts:
        raise _conflicts(done)
    for side in sides:
        if done.patch == side.patch:
            raise usage(f"that is the patch of {side.name}", hint=command("apply", side.name))
    return Merging(sources, done, tuple(map(written, parts)), tuple(map(written, decided)))


def server_for(here: Here, merging_: Merging) -> "ServerBackend | None":
    """Returns the server that checks the merge: that of the first variation. None: it is on none.

    Raises `AideatorError` (usage) if another variation is elsewhere.
    """
    first = merging_.sources[0]
    server = server_of(first.run, here.settings)
    other = next((each for each in merging_.sources if each.run.place != first.run.place), None)
    if server is not None and other is not None:
        raise usage(
            f"{first.name} is on the server {server.where}, which can't check the merge: {other.name} is not there",
            hint=(
                command("merge", *(each.name for each in merging_.sources), "--diff"),
                " prints the merged patch, for git apply",
            ),
        )
    return server


def plan(here: Here, merging_: Merging, secret: str | None = None) -> Plan:
    """Plans the run where the first of the variations ran, with the settings and the checks of its run.

    `secret`: the Secret with the providers' keys; None: as in that run, if it is the same user's.
    """
    first = merging_.sources[0]
    prompts = dict.fromkeys(
        prompt
        for each in merging_.sources
        for prompt in (*(each.run.spec.origin.prompts if each.run.spec.origin else ()), each.run.spec.prompt)
    )
    origin = Origin(tuple(each.name for each in merging_.sources), merged=True)
    assert first.base is not None
    fetch(here, first.run.spec)
    earlier = Earlier(
        with_keys(here, first.run, secret),
        first.base,
        merging_.merged.patch,
        origin,
        here.settings.home / "runs",
        first.run.repository_path,
    )
    return Plan(merged(earlier, "\n\n".join(prompts)), backend_at(first.run.place, here.settings))


def _expect_mergeable(sources: Sequence[Made], asked: Asked) -> None:
    first = sources[0]
    if len(sources) == 1 and not asked.only:
        raise usage(
            f"merge takes two variations or more, and {first.name} is one",
            hint="--only 1:PATH takes a part of one patch",
        )
    for each in sources:
        if not each.patch:
            raise not_found(
                f"{each.name} changed nothing, so there is nothing to merge", hint=command("compare", each.run.spec.id)
            )
        if each.base is None or each.base != first.base:
            bases = ", and ".join(
                f"{one.name} began with {(one.base or 'an unknown commit')[:7]}" for one in (first, each)
            )
            raise usage(
                f"only patches of one commit can be merged: {bases}",
                hint="apply them one after the other, the second with --3way",
            )


def _names(found: Mapping[str, Made], sources: Sequence[Made]) -> dict[str, str]:
    """Returns RUN/N by each word that names it: its number if no other has it, RUN/N, and what the user typed."""
    numbers = [str(each.result.variation) for each in sources]
    by_number = {number: each.name for number, each in zip(numbers, sources, strict=True) if numbers.count(number) == 1}
    return {
        **by_number,
        **{each.name: each.name for each in sources},
        **{word: each.name for word, each in found.items()},
    }


def _conflicts(done: Merged) -> AideatorError:
    told = [f"{each.path} ({each.why})" for each in done.conflicts]
    more = [f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    first = done.conflicts[0]
    number = first.sides[0].rpartition("/")[2]
    return AideatorError(
        f"changes conflict in {plural(len(done.conflicts), 'file')}, so nothing was merged: {'; '.join([*told[:SHOWN], *more])}",
        hint=f"--take {number}:{first.path} keeps what {first.sides[0]} has there; --only N:PATH#HUNK takes single hunks",
        code=ExitCode.DOES_NOT_APPLY,
    )
