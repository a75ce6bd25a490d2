"""What `--diff A..B` asks the agents to look at: two commits and the difference between them, bounded.

A..B is the difference between both, A...B only what B has that A has not, as a pull request shows it.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from aideator_agent.git import Git, user_environment
from aideator_agent.git_failures import words as words_of
from aideator_agent.spec import Review
from aideator_agent.values import frozen
from aideator_cli.errors import not_found, unavailable, usage
from aideator_cli.intake import remotes
from aideator_cli.intake.repository import Located
from aideator_cli.system import git as system_git
from aideator_cli.system import git_access, git_token

MOST_BYTES: Final = 200_000  # of the difference: a model reads all of it
MOST_SECONDS: Final = 300.0  # for the clone, and for the files that the difference needs
MOST_CLONED: Final = 1024 * 2**20  # bytes of both
LOOK_SECONDS: Final = 0.2  # between two looks at the room that a clone takes
PROMPT: Final = (
    "Review this change. Say first whether it does what it sets out to do. Then list what should be changed before it is"
    " merged: bugs, broken callers, security, missing tests. Give the file and the line for each, the worst first. Leave out"
    " matters of taste."
)


@frozen
class Range:
    """Two revisions as the user named them; HEAD where one is left out."""

    text: str
    first: str
    last: str
    forked: bool  # whether it begins where both have parted


def parsed(text: str) -> Range:
    """Raises `AideatorError` (usage) for what is not a range."""
    first, dots, last = text.partition("...") if "..." in text else text.partition("..")
    names = [name or "HEAD" for name in (first.strip(), last.strip())]
    if not dots or text.strip() == dots or any(name.startswith("-") or ".." in name for name in names):
        raise usage(
            f"--diff takes A..B or A...B, not {text}", hint="for example --diff main..feature, or --diff HEAD~1.."
        )
    return Range(text.strip(), names[0], names[1], dots == "...")


def review(asked: Range, located: Located, ca: str | None = None) -> Review:
    """Returns the difference up to the base, which is the last commit of the range. `located` has the base; `ca` (PEM) is trusted, too.

    Raises `AideatorError` if a commit is not found, the repository can't be read here, or there is no difference.
    """
    if located.base is None:
        raise unavailable(
            f"--diff {asked.text} needs to read {located.url} from here",
            hint="clone it, and name the clone as REPO",
        )
    if located.folder is not None:
        return _read(Git(located.folder, user_environment(os.environ), _go_on), (), asked, located)
    with _cloned(located.url, located.ref, ca) as (git, options):
        return _read(git, options, asked, located)


def _read(git: Git, options: Sequence[str], asked: Range, located: Located) -> Review:
    assert located.base is not None
    first = _commit(git, asked.first, located)
    if asked.forked:
        merged = git.run("merge-base", first, located.base)
        if merged.code:
            raise usage(
                f"--diff {asked.text}: the two have no commit in common", hint=f"--diff {asked.first}..{asked.last}"
            )
        first = merged.out.decode().strip()
    words = (
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        first,
        located.base,
        "--",
    )
    done = git.run(*options, "diff", *words, limit=MOST_BYTES)
    if done.whole and done.code:
        raise unavailable(f"--diff {asked.text}: {done.error}")
    if not done.out:
        raise usage(f"--diff {asked.text} has no difference, so there is nothing to look at")
    text = done.out[:MOST_BYTES].decode(errors="replace")
    if not done.whole:
        text = text[: text.rfind("\n") + 1]
    return Review(asked.text, first, located.base, text, done.whole)


def _commit(git: Git, name: str, located: Located) -> str:
    for way in (name, f"refs/remotes/origin/{name}"):
        found = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{way}^{{commit}}")
        if found.code == 0:
            return found.out.decode().strip()
    raise not_found(f"repository {located.url} has no branch, tag or commit {name}")


@contextmanager
def _cloned(url: str, ref: str | None, ca: str | None) -> Iterator[tuple[Git, tuple[str, ...]]]:
    """Yields a clone without files, and the options with which git fetches those that the difference needs.

    A clone has branches and tags. If `ref` is another reference, such as refs/pull/3/head, it is fetched, too.
    """
    own = system_git.Git(Path.cwd())
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aideator-review-")))
        bounds = _Bounds(url, room)
        asking = git_access.as_user(own, url)
        environment = {**asking.environment, **stack.enter_context(git_access.trusting(ca, own, url)), **remotes.SILENT}
        outside = Git(asking.folder or Path.cwd(), environment, bounds.check)
        words = (*asking.options, "clone", "--quiet", "--bare", "--filter=blob:none", "--", url, str(room / "clone"))
        _need(url, outside, words)
        if ref is not None and ref.startswith("refs/"):
            words = (*asking.options, "fetch", "--quiet", "--no-tags", "--", url, ref)
            _need(url, Git(room / "clone", environment, bounds.check), words)
        token = {name: value for name, value in environment.items() if name == git_token.GIT_TOKEN}
        yield Git(room / "clone", {**user_environment(environment), **token}, bounds.check), asking.options


class _Bounds:
    """What a clone may take, as git works: whoever names a repository may name any."""

    def __init__(self, url: str, room: Path) -> None:
        self._url = url
        self._room = room
        self._end = time.monotonic() + MOST_SECONDS
        self._next = 0.0

    def check(self) -> None:
        """Called constantly. Raises `AideatorError` if git has taken too long, or too much."""
        now = time.monotonic()
        if now > self._end:
            raise unavailable(f"repository {self._url} could not be read within {MOST_SECONDS:.0f} s")
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        if _octets(self._room) > MOST_CLONED:
            raise usage(
                f"repository {self._url} is too large: --diff reads at most {MOST_CLONED // 2**20} MiB of it",
                hint="clone it yourself, and name the clone as REPO",
            )


def _octets(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # git has just renamed or removed it
                total += Path(place, name).lstat().st_size
    return total


def _need(url: str, git: Git, words: Sequence[str]) -> None:
    """Runs git. Raises `AideatorError` if it can't read the repository."""
    done = git.run(*words)
    if done.code:
        raise unavailable(f"repository {url} could not be read: {words_of(done.error)}")


def _go_on() -> None:
    """Nothing stops git here but the user, who interrupts the whole command."""
