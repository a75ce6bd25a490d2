"""Gives a pull request to reviewers, and posts the places that at least two of them name."""

from pathlib import Path

from aideator_agent.spec import Issue, Review
from aideator_agent.values import frozen
from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.here import Here
from aideator_cli.actions.issues import Read, authorities, issue_of
from aideator_cli.choice.cited import CitedPlace
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import command, refused, usage

MOST_PLACES = 30


@frozen
class ReadPull:
    """A pull request as reviewers get it."""

    read: Read
    diff: str  # A...B, as `--diff` takes it


@frozen
class Agreed:
    """What the reviewers of a pull request agree on."""

    run: StoredRun
    pull: Issue
    review: Review
    comparison: Comparison
    places: tuple[CitedPlace, ...]  # that exist, with a line, and that at least two name; those of most reviewers first
    left_out: int  # places that were too many
    posted: str | None  # where it was posted


def read_pull(here: Here, url: str, ca: Path | None) -> ReadPull:
    """Raises `AideatorError` for what is no pull request's address, can't be read, or is closed."""
    from aideator_cli.actions.forges import addresses, finding

    place = addresses.place(url, pull=True)
    forge = finding.forge_of(place, here.settings.environment, authorities(here, ca))
    pull = forge.pull(place.number)
    if not pull.open:
        raise refused(f"{url} is not open any more", hint=(command("ask"), " REPO --diff A..B reviews any difference"))
    read = Read(issue_of(forge, place), forge.address.clone_url)
    return ReadPull(read, f"{pull.base}...{forge.head_ref(place.number)}")


def agreed(here: Here, run: StoredRun) -> Agreed:
    """Raises `AideatorError` (usage) if the run is no review of a pull request, or is not over."""
    spec = run.spec
    if spec.issue is None or not spec.issue.pull or spec.review is None:
        raise usage(
            f"run {spec.id} is no review of a pull request", hint=(command("review"), " URL gives one to reviewers")
        )
    comparison = comparison_of(run, here.store)
    if comparison.running:
        raise usage(f"run {spec.id} is not over: reviewers are still at work", hint=command("wait", spec.id))
    places = [each for each in comparison.cited if len(each.numbers) > 1 and each.first is not None]
    return Agreed(
        run, spec.issue, spec.review, comparison, tuple(places[:MOST_PLACES]), max(0, len(places) - MOST_PLACES),
        here.store.posted(spec.id),
    )  # fmt: skip


def post(here: Here, found: Agreed, text: str) -> str:
    """Comments on the pull request. Returns the comment's address. Raises `AideatorError`."""
    from aideator_cli.actions.forges import addresses, finding

    place = addresses.place(found.pull.url, pull=True)
    forge = finding.forge_of(place, here.settings.environment, found.run.spec.ca)
    url = forge.comment(place.number, text)
    here.store.set_posted(found.run.spec.id, url)
    return url
