"""Opens a pull request for a variation's patch, or brings one up to date. A second try goes on where the first one ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from aideator_agent.git_failures import is_ssh
from aideator_agent.values import frozen
from aideator_cli.actions.diffing import Made, made
from aideator_cli.actions.finding import Named
from aideator_cli.actions.forges import addresses, finding
from aideator_cli.actions.forges.base import MOST_TITLE, Draft, Exists, Forge, Pull
from aideator_cli.actions.forges.tokens import token_for
from aideator_cli.actions.here import Here
from aideator_cli.domain.pulls import PushedCommit
from aideator_cli.errors import AideatorError, Command, ExitCode, command, not_found, refused, usage
from aideator_cli.text.clean import one_line
from aideator_cli.workspace import pushing
from aideator_cli.workspace.committing import commit_of, subject
from aideator_cli.workspace.pick import Pick, pick_of
from aideator_cli.workspace.target import Target, expect_base

if TYPE_CHECKING:
    from aideator_agent.spec import Issue

Became = Literal["opened", "existed", "updated"]
_ANCESTORS: Final = 50  # runs that are looked through for the pull request that a run goes on from


@frozen
class Asked:
    remote: str = "origin"  # a remote of the clone, or a git URL
    branch: str | None = None  # to push to; None: aideator/RUN/N
    base: str | None = None  # the branch to merge into; None: the run's --ref, if it is a branch, else the default one
    title: str | None = None  # None: the first line of the commit's message
    draft: bool = False
    update: bool = False  # bring the pull request up to date that the variation, or one that it goes on from, has
    folder: Path | None = None  # of the working tree


@frozen
class Told:
    """What became of it."""

    name: str  # RUN/N
    became: Became
    url: str
    number: int
    branch: str
    commit: str


@frozen
class Proposal:
    """A pull request that is about to be opened or updated. Nothing has been pushed yet."""

    here: Here
    found: Made
    pick: Pick
    asked: Asked
    forge: Forge
    target: Target
    remote: str
    branch: str
    base: str  # a branch; empty for one that is updated
    known: PushedCommit | None  # what is to be updated

    @property
    def closes(self) -> str | None:
        """Returns what closes the issue that the run was about, in the forge's words."""
        issue = self.found.run.spec.issue
        return None if issue is None or issue.pull else _closing(issue, self.forge)

    @property
    def title(self) -> str:
        return (one_line(self.asked.title or "") or subject(self.pick))[:MOST_TITLE]

    def send(self, text: str) -> Told:
        """Pushes the branch, and opens the pull request with this text, or updates it. Raises `AideatorError`."""
        pushed = self._push()
        try:
            became, pull = self._update(text) if self.known else self._open(text)
        except AideatorError as error:
            raise _half_done(self, error) from error
        self.here.store.set_pull(pushed, pull.number, pull.url)
        return Told(self.pick.name, became, pull.url, pull.number, self.branch, pushed.commit)

    def _push(self) -> PushedCommit:
        store, repository, ca = self.here.store, self.forge.address.url, self.found.run.spec.ca
        token = self.forge.asking.token
        there = pushing.branches(self.target, self.remote, [self.branch], ca, token).get(self.branch)
        ours = [each for each in store.pushed(repository, self.branch) if each.commit == there]
        run, _, number = self.pick.name.partition("/")
        patch = self.found.result.patch_sha256 or ""
        made = PushedCommit(run, int(number), repository, self.branch, there or "", patch)
        if not any(each.patch == patch for each in ours):
            base = expect_base(self.target, self.pick.base, self.pick.name)
            commit = commit_of(self.pick, self.target, base, sign=True, unsigned=pushing.UNSIGNED)
            if there is not None and not ours:
                self._expect_same_work(there, commit)
                store.add_pushed(made)
                return made
            made = replace(made, commit=commit)
            store.add_pushed(made)
            pushing.send(self.target, self.remote, commit, self.branch, ca, over=there, token=token)
        elif not any((each.run, each.variation) == (made.run, made.variation) for each in ours):
            store.add_pushed(made)
        return made

    def _expect_same_work(self, there: str, commit: str) -> None:
        """`push` may have pushed it, or somebody else. Raises `AideatorError` (refused) if it is other work."""
        ca, token = self.found.run.spec.ca, self.forge.asking.token
        if not pushing.is_same_work(self.target, self.remote, self.branch, there, commit, ca, token):
            raise refused(
                f"{self.forge.address.path} has a branch {self.branch} with commits that are not AIdeator's",
                hint="--branch NAME names another one",
            )

    def _open(self, text: str) -> tuple[Became, Pull]:
        draft = Draft(self.base, self.branch, self.title, text, self.asked.draft)
        try:
            return "opened", self.forge.open(draft)
        except Exists as error:
            pull = self.forge.find(self.branch)
            if pull is None:
                raise refused(
                    f"{self.forge.address.host} says that {self.branch} has a pull request, and shows none"
                ) from error
            return "existed", pull

    def _update(self, text: str) -> tuple[Became, Pull]:
        assert self.known is not None
        assert self.known.number is not None
        title = self.title if self.asked.title else None
        return "updated", self.forge.update(self.known.number, title=title, text=text)


def existing(here: Here, named: Named, asked: Asked) -> Told | None:
    """Returns the pull request that the variation has already, unless it is to be updated."""
    found = made(here, named)
    known = here.store.pull_of(found.run.spec.id, found.result.variation)
    if known is None or asked.update or (asked.branch not in (None, known.branch)):
        return None
    return Told(found.name, "existed", known.url or "", known.number or 0, known.branch, known.commit)


@contextmanager
def proposal(here: Here, named: Named, asked: Asked) -> Iterator[Proposal]:
    """Yields what is to be proposed, once everything is checked that can be without changing anything. Raises `AideatorError`."""
    found = made(here, named)
    known = _known(here, found) if asked.update else None
    if asked.update and (asked.draft or asked.base or asked.branch):
        option = "--draft" if asked.draft else "--base" if asked.base else "--branch"
        raise usage(f"{option} can't be combined with --update", hint=f"leave out {option}")
    spec = found.run.spec
    pick = pick_of(spec, found.result, _checks(found))
    where = pushing.Destination(asked.remote, None)
    origin, token = found.run.repository_path, _token(here, spec.repository.url)
    with pushing.place_to_push(spec, pick.base, where, folder=asked.folder, origin=origin, token=token) as (
        target,
        remote,
    ):
        forge = _forge(here, pushing.address_of(target, remote), spec.ca)
        branch = known.branch if known else asked.branch or where.branch(spec.id, found.result.variation)
        _expect_name(target, branch)
        if known is not None:
            _expect_same(known, forge)
        base = "" if known else _base(asked, found, forge, target, remote)
        if base == branch:
            raise usage(f"{branch} is the branch to merge into, so it can't be pushed to", hint="--branch NAME")
        yield Proposal(here, found, pick, asked, forge, target, remote, branch, base, known)


def _half_done(proposal: Proposal, error: AideatorError) -> AideatorError:
    """Returns the error with what is done already, and how to go on."""
    again = command("pr", proposal.pick.name, *(["--update"] if proposal.known else []))
    before: tuple[str | Command, ...] = ()
    if error.advice is not None:
        before = (*(error.advice if isinstance(error.advice, tuple) else (error.advice,)), "; ")
    text = f"the branch {proposal.branch} is pushed, but the pull request was refused: {error.message}"
    return AideatorError(text, hint=(*before, again, " goes on from there"), code=error.code)


def _forge(here: Here, url: str, ca: str | None) -> Forge:
    try:
        return finding.forge_at(addresses.repository(url), here.settings.environment, ca)
    except AideatorError as error:
        if not is_ssh(url) or error.code != ExitCode.UNAVAILABLE:
            raise
        hint = "if its page has another address than ssh does: --remote https://HOST:PORT/OWNER/NAME.git"
        raise AideatorError(f"{error.message} by https", hint=hint, code=error.code) from error


def _token(here: Here, url: str) -> str | None:
    parts = urlsplit(url) if "://" in url else None
    found = token_for(parts.netloc, here.settings.environment) if parts and parts.scheme == "https" else None
    return found[1] if found else None


def _checks(found: Made) -> list[str]:
    from aideator_cli.choice.verdicts import told_checks

    return list(told_checks([check.name for check in found.run.spec.checks], found.result))


def _known(here: Here, found: Made) -> PushedCommit:
    """Returns the pull request of this variation, or of the nearest one that it goes on from."""
    names = [found.name]
    for name in names:
        run, _, number = name.partition("/")
        if (known := here.store.pull_of(run, int(number or 0))) is not None:
            return known
        stored = here.store.run(run)
        if stored is not None and stored.spec.origin is not None and len(names) < _ANCESTORS:
            names += [each for each in stored.spec.origin.variations if each not in names]
    raise not_found(
        f"neither {found.name} nor what it goes on from has a pull request that was opened from here",
        hint=(command("pr", found.name), " opens one"),
    )


def _expect_same(known: PushedCommit, forge: Forge) -> None:
    if forge.address.url != known.repository:
        raise usage(
            f"the pull request {known.url} is not in {forge.address.url}", hint=f"--remote {known.repository}.git"
        )
    assert known.number is not None
    if not forge.pull(known.number).open:
        raise refused(
            f"the pull request {known.url} is not open any more",
            hint="leave out --update to open another one, with --branch NAME",
        )


def _base(asked: Asked, found: Made, forge: Forge, target: Target, remote: str) -> str:
    """Returns the branch to merge into, which exists. It asks the forge, so that a wrong login is told before anything is pushed."""
    usual = forge.default_branch()
    ref = found.run.spec.repository.ref
    named = [name for name in (asked.base, ref) if name]
    there = pushing.branches(target, remote, named, found.run.spec.ca, forge.asking.token) if named else {}
    if asked.base is not None and asked.base not in there:
        raise not_found(
            f"{forge.address.path} has no branch {asked.base}", hint="--base names a branch of the repository"
        )
    base = asked.base or (ref if ref in there else None) or usual
    if not base:
        raise not_found(
            f"{forge.address.path} has no default branch", hint="--base NAME names the branch to merge into"
        )
    return base


def _expect_name(target: Target, branch: str) -> None:
    if branch.startswith("-") or target.git.run("check-ref-format", f"refs/heads/{branch}").code:
        raise usage(f"{branch!r} is no name of a branch", hint="for example: --branch fix/comments")


def _closing(issue: "Issue", forge: Forge) -> str:
    home = forge.address
    if not issue.url.startswith(f"https://{home.host}/"):
        return f"For {issue.url}"
    return f"Closes #{issue.number}" if issue.repository == home.path else f"Closes {issue.repository}#{issue.number}"
