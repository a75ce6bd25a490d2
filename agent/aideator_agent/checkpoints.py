"""Emits a checkpoint from time to time while the agent works: what is lost with its machine costs little then.

The diff comes from the git where the model's commands run: commands may still be at work in the background, and the agent's own git must
not look at a tree that changes under it. So the diff is worth no more than what a command prints. It is applied by `resuming`.
"""

import re
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.binary_hunks import unpacked
from aideator_agent.changes import IN_TREE, UNTRACKED
from aideator_agent.checkout import Checkout
from aideator_agent.checkpoint import Checkpoint, digest
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import Message
from aideator_agent.past import Past
from aideator_agent.patch import DIFF, Patch
from aideator_agent.shell import Shell
from aideator_agent.totals import Totals

SECONDS: Final = 20.0  # of work, or so many
TOKENS: Final = 20_000  # tokens, that may be lost
SHARE: Final = 0.25  # of the room in the log for the work, all checkpoints together
AT_ONCE: Final = 0.25  # of that share: available from the beginning; the rest becomes available as the steps go by
PAST_SHARE: Final = (
    0.75  # of what is available: the most that a checkpoint with a program's conversation takes; the rest is for diffs
)
FULL: Final = 0.9  # share of the room for the work from which there are no checkpoints any more
DIFF_SECONDS: Final = 2.0  # for a diff
DIFF_BYTES: Final = 1024 * 1024
LOOKS: Final = 3  # at the tree and the program's conversation, of which the last two are the same unless it is quick
FAILURES: Final = 3  # in a row, after which no diff is asked for
# Of a submodule a diff has only the commit
SUBMODULE: Final = re.compile(
    rb"^(?:(?:new|deleted) file mode 160000|[-+]Subproject commit [0-9a-f]{40})", re.MULTILINE
)

# `cp -p`: git takes a file for changed if it is not older than the index
COMMAND: Final = rf"""{IN_TREE}
index=$(mktemp "${{TMPDIR:-/tmp}}/aideator-XXXXXX") || exit 1
trap 'rm -f "$index" "$index.lock"' EXIT
cp -p "$(git rev-parse --git-path index)" "$index" || exit 1
export GIT_INDEX_FILE=$index GIT_LITERAL_PATHSPECS=1
git -c core.fsmonitor=false ls-files -z {UNTRACKED} |
  git -c core.fsmonitor=false add --intent-to-add --force --ignore-errors --pathspec-from-file=- --pathspec-file-nul
git -c core.fsmonitor=false -c core.quotePath=true diff {" ".join(DIFF[1:])} --ignore-submodules=none START --
"""


class Checkpoints:
    """Belongs to one attempt. `begun` is what it goes on from."""

    def __init__(
        self, checkout: Checkout, shell: Callable[[], Shell], steps: int, emitter: Emitter, interrupts: Interrupts, totals: Totals,
        begun: Sequence[Message] = (),
    ) -> None:  # fmt: skip
        start = checkout.start or checkout.base
        self._command = COMMAND.replace("START", start).replace("ROOT", shlex.quote(str(checkout.folder)))
        self._checkout = checkout
        self._base = checkout.base
        self._shell = shell
        self._steps = max(1, steps)
        self._emitter = emitter
        self._interrupts = interrupts
        self._totals = totals
        self._known = list(begun)  # the conversation at the last checkpoint
        self._dirty = True  # whether the tree may have changed since then
        self._made, self._tokens = time.monotonic(), 0
        self._used = 0  # bytes
        self._failures = 0
        self._laid = self._large()
        self._look: Callable[[], Past | None] = lambda: None
        self._past: Past | None = None  # at the last checkpoint

    def follow(self, look: Callable[[], Past | None], begun: Past | None) -> None:
        """Keeps a program's own conversation, too. `begun` is the part that the next attempt knows already."""
        self._look, self._past = look, begun

    def changed(self) -> None:
        """Says that the tree may have changed."""
        self._dirty = True

    def consider(self, messages: Sequence[Message] = (), opening: int = 0) -> None:
        """Emits a checkpoint if enough work would be lost without it, and if there is room. Each call has its answer in `messages`."""
        waited = time.monotonic() - self._made >= SECONDS or self._totals.tokens_spent - self._tokens >= TOKENS
        if not waited or self._failures >= FAILURES or self._room() <= 0:
            return
        self._made, self._tokens = time.monotonic(), self._totals.tokens_spent
        diff, past = self._state()
        if self._dirty and diff is None:
            self._failures += 1
            return
        self._failures = 0
        if self._emit(messages, opening, diff, past, patch=False):
            self._dirty = False

    def last(self, patch: Patch, messages: Sequence[Message] = (), opening: int = 0) -> None:
        """Emits a checkpoint after the patch, which says how the tree is. For an attempt that was told to stop before its work was done."""
        if patch.adds_nothing:  # an empty patch could also mean that all that was done before is taken back
            self._emit(messages, opening, b"", self._look(), patch=False)
        elif not SUBMODULE.search(patch.data) and self._large() == self._laid:
            self._emit(messages, opening, None, self._look(), patch=True)

    def _state(self) -> tuple[bytes | None, Past | None]:
        """Returns the tree's diff, and the program's conversation before it.

        A program goes on meanwhile. What only the diff knows is done again; what only the conversation knows would be lost.
        """
        before = self._look()
        if not self._dirty:
            return None, before
        for _ in range(LOOKS):
            diff, past = self._diff(), before
            if diff is None or (before := self._look()) == past:
                break
        return diff, past

    def _emit(
        self, messages: Sequence[Message], opening: int, diff: bytes | None, past: Past | None, *, patch: bool
    ) -> bool:
        kept = self._same(messages)
        added = self._emitter.redacted(list(messages[kept:]))
        grown = past and past.beyond(self._past)
        checkpoint = Checkpoint(kept, tuple(added), opening, diff, patch, self._base, grown and self._redacted(grown))
        text = checkpoint.packed()
        if grown and len(text) > self._room() * PAST_SHARE:
            past, text = self._past, replace(checkpoint, past=None).packed()
        if len(text) > self._room():
            return False
        before = self._emitter.used_bytes
        self._emitter.checkpoint(text, step=self._totals.steps, sha256=digest(text))
        self._used += self._emitter.used_bytes - before
        self._known, self._past = list(messages), past or self._past
        return True

    def _redacted(self, past: Past) -> Past:
        texts = self._emitter.redacted(vars(past))
        return Past(**{**texts, "lines": tuple(texts["lines"])})

    def _same(self, messages: Sequence[Message]) -> int:
        """Returns how many messages are still those of the last checkpoint. One that is shortened is another one."""
        pairs = zip(self._known, messages, strict=False)
        return next((at for at, (old, new) in enumerate(pairs) if old is not new), min(len(self._known), len(messages)))

    def _room(self) -> int:
        """Returns the bytes that a checkpoint may take now."""
        share = self._emitter.room * SHARE
        available = share * (AT_ONCE + (1 - AT_ONCE) * min(1.0, self._totals.steps / self._steps))
        return min(int(available) - self._used, self._emitter.left(FULL))

    def _diff(self) -> bytes | None:
        """Returns the tree's diff. None if it can't be had soon, is too large, has a key in it, or is not all that was changed."""
        output = bytearray()
        done = self._shell().run(
            self._command,
            seconds=DIFF_SECONDS,
            write=lambda data: output.extend(data[: DIFF_BYTES + 1 - len(output)]),
            stop=lambda: self._interrupts.stop() or len(output) > DIFF_BYTES,
        )
        if done.exit_code != 0 or len(output) > DIFF_BYTES or SUBMODULE.search(output) or self._large() != self._laid:
            return None
        return None if self._has_key(bytes(output)) else bytes(output)

    def _large(self) -> list[tuple[int, ...]]:
        """Returns what the files in Git LFS look like: git takes them for unchanged, whatever they hold."""
        top = self._checkout.folder
        return [_look(top / path / large.path) for path, store in self._checkout.large.items() for large in store.files]

    def _has_key(self, diff: bytes) -> bool:
        try:
            return any(self._emitter.redactor.found(text.decode("latin-1")) for text in (diff, *unpacked(diff)))
        except ValueError:  # nobody can say what it holds
            return True


def _look(file: Path) -> tuple[int, ...]:
    try:
        found = file.lstat()
    except OSError:
        return ()
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino
