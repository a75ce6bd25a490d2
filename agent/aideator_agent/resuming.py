"""Goes on from where an attempt that was lost stood: the tree gets its diff, and the model its conversation."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aideator_agent.checkout import Checkout
from aideator_agent.checkpoint import FILE_BYTES, BadCheckpoint, Standing
from aideator_agent.emitter import Emitter
from aideator_agent.git import Done, Git, bare_environment
from aideator_agent.settings import Settings
from aideator_agent.totals import Totals

SAID: Final = 300  # characters of git's message
_LOST: Final = (
    "Your changes in the repository are there, uncommitted. Everything else is gone: commits and branches that you made, installed"
    " packages, running processes, and files outside the repository. Look at what is there, and go on with the task."
)
NOTE: Final = f"[The machine on which you worked was lost, and you go on on another one. {_LOST}]"
ANEW: Final = (
    "You have worked on this task before, but the machine on which you worked was lost, and with it what you remember of your work."
    f" {_LOST} `git status` and `git diff` show what you had changed."
)


@dataclass
class Resuming:
    settings: Settings
    emitter: Emitter
    check: Callable[[], None]

    def resumed(self, checkout: Checkout) -> Standing | None:
        """Lays what the lost attempt had changed into the tree, and says so. None: there is nothing to go on from, or it can't be used."""
        data = self._given()
        if data is None:
            return None
        try:
            standing = Standing.unpacked(data)
            self._lay(standing, checkout)
        except BadCheckpoint as error:
            self.emitter.notice("warning", f"The last checkpoint can't be used, so this attempt starts over: {error}")
            return None
        self.emitter.emit(
            "resumed",
            attempt=standing.attempt,
            step=standing.step,
            messages=len(standing.messages) or None,
            why=standing.why,
            cost=standing.cost if standing.priced else None,
            input=standing.input if standing.counted else None,
            output=standing.output if standing.counted else None,
        )
        return standing

    def _given(self) -> bytes | None:
        file = self.settings.resume
        if file is None or not file.is_file():
            return None
        with file.open("rb") as opened:
            return opened.read(FILE_BYTES + 1)

    def _lay(self, standing: Standing, checkout: Checkout) -> None:
        if standing.base != checkout.base:
            raise BadCheckpoint(
                f"it was made on commit {standing.base[:12]}, and the branch is at {checkout.base[:12]} now"
            )
        git = self._git(checkout)
        diff = standing.diff
        if standing.against == "base" and checkout.start is not None:
            diff = self._beyond_start(git, diff, checkout)
        if diff:
            _need(git.run("apply", "--binary", "--whitespace=nowarn", "-", stdin=diff))

    def _beyond_start(self, git: Git, diff: bytes, checkout: Checkout) -> bytes:
        """Returns the diff against the commit that is checked out, for one that is against the base."""
        index = {"GIT_INDEX_FILE": str(self.settings.private / "resume-index")}
        own = Git(git.folder, {**git.environment, **index}, git.check)
        _need(own.run("read-tree", checkout.base))
        if diff:
            _need(own.run("apply", "--cached", "--binary", "--whitespace=nowarn", "-", stdin=diff))
        tree = _need(own.run("write-tree", "--missing-ok")).decode().strip()
        assert checkout.start is not None
        return _need(own.run("diff-tree", "-p", "--binary", "--full-index", "--no-renames", checkout.start, tree))

    def _git(self, checkout: Checkout) -> Git:
        places = {"GIT_DIR": str(checkout.git_dir), "GIT_WORK_TREE": str(checkout.folder)}
        environment = {**bare_environment(os.environ, self.settings.private / "home"), **places}
        return Git(checkout.folder, environment, self.check)


def continued(settings: Settings, standing: Standing, totals: Totals) -> Settings:
    """Returns the settings with what the lost attempt has left of the limits. The steps count on."""
    totals.steps = standing.step
    limits, whole = settings.spec.limits, settings.whole_cost
    left = replace(
        limits,
        cost=limits.cost if limits.cost is None or whole is None else max(0.0, min(limits.cost, whole - standing.cost)),
        tokens=None if limits.tokens is None else max(0, limits.tokens - standing.input - standing.output),
    )
    return replace(settings, spec=replace(settings.spec, limits=left))


def _need(done: Done) -> bytes:
    if done.code:
        raise BadCheckpoint(f"its changes do not fit: {' '.join(done.error.split())[-SAID:]}")
    return done.out
