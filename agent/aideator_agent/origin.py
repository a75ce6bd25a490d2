"""What the working tree begins with beyond the base: the work of other variations, which came as a patch.

It becomes a commit on the base, so that an agent sees in the history what was done before. The run's own patch is made against the base
and holds it too.
"""

from typing import Final

from aideator_agent import sent
from aideator_agent.git import Git
from aideator_agent.settings import Settings
from aideator_agent.spec import Origin, RunSpec
from aideator_agent.verdict import failed

SAID: Final = 500  # characters of git's message
SUBJECT: Final = 200  # characters of the prompt
NOBODY: Final = ("AIdeator", "aideator@localhost")


def begun(settings: Settings, git: Git, base: str) -> str:
    """Returns the commit to check out: the base, or one on top of it with what was done before. Raises `Ended` (failed/repository)."""
    origin, patch = settings.spec.origin, sent.patch(settings, git.check)
    if origin is None or patch is None:
        return base
    made = _Making(git, settings, base)
    made.git("read-tree", base)
    made.git("apply", "--cached", "--binary", "--whitespace=nowarn", "-", given=patch.read_bytes())
    tree = made.git("write-tree", "--missing-ok")
    commit = made.git("commit-tree", tree, "-p", base, given=message(origin).encode(errors="replace"))
    patch.unlink()
    return commit


def message(origin: Origin) -> str:
    return f"The work of {origin.named}\n\n" + "\n\n".join(origin.prompts) + "\n"


def summary(spec: RunSpec) -> str:
    """Returns what a merge has done, for people and for the message of a commit."""
    asked = (spec.prompt.strip().splitlines() or [""])[0][:SUBJECT]
    return f"{asked}\n\nMerged from {spec.origin.named if spec.origin else 'nothing'}."


class _Making:
    """Git with an index of its own."""

    def __init__(self, git: Git, settings: Settings, base: str) -> None:
        (name, address), when = NOBODY, settings.spec.created
        own = {
            "GIT_INDEX_FILE": str(settings.private / "origin-index"),
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", name), ("EMAIL", address), ("DATE", when))},
        }  # fmt: skip
        self._git = Git(git.folder, {**git.environment, **own}, git.check)
        self._base = base

    def git(self, *words: str, given: bytes = b"") -> str:
        done = self._git.run(*words, stdin=given)
        if done.code:
            said = " ".join(done.error.split())[-SAID:]
            raise failed(
                "repository", f"the work that the run begins with does not fit commit {self._base[:12]} ({said})"
            )
        return done.out.decode().strip()
