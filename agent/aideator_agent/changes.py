"""Counts the working tree's changes against the base while the model works. The numbers are for observers and come from the tree's own git.

That git runs where the model's commands run, so the numbers are no more trustworthy than those. The patch has its own numbers.
"""

import re
import shlex
import time
from collections.abc import Callable
from typing import Final

from aideator_agent import files
from aideator_agent.checkout import Checkout
from aideator_agent.emitter import Emitter
from aideator_agent.files import FileRefused
from aideator_agent.interrupts import Interrupts
from aideator_agent.patch import LEFTOVERS
from aideator_agent.shell import Shell

CHANGING: Final = frozenset({"bash", "write_file", "str_replace"})  # tools that may change the tree
SECONDS: Final = 2.0
BURST: Final = 10  # questions that are asked as fast as the steps come
PAUSE: Final = 1.0  # seconds for each one after that: to ask takes about as long as a short command
OUTPUT: Final = 256 * 1024  # bytes
NEW_FILES: Final = 500  # untracked files whose lines are counted
NEW_BYTES: Final = 1024 * 1024  # of one of them
NEW_SECONDS: Final = 0.5  # for all of them
FAILURES: Final = 3  # in a row, after which it stops asking
ENTRY: Final = re.compile(rb"(?:(\d{1,9}|-)\t(\d{1,9}|-)\t|\? )(.+)", re.DOTALL)

# How a command begins that asks the tree's own git, at ROOT. Git would run the tree's hooks and filters, which might change the tree.
IN_TREE: Final = r"""
exec 2>/dev/null
cd ROOT || exit 1
set -f
IFS='
'
number=0
for key in $(git config --name-only --get-regexp '^filter\..*\.(clean|process|required)$'); do
  export "GIT_CONFIG_KEY_$number=$key" "GIT_CONFIG_VALUE_$number="
  number=$((number + 1))
done
export GIT_CONFIG_COUNT=$number GIT_OPTIONAL_LOCKS=0
"""
# What `git ls-files` says of files that are in no commit and that a patch would have
UNTRACKED: Final = " ".join(["--others", "--exclude-standard", *(f"--exclude='{name}'" for name in LEFTOVERS)])

COMMAND: Final = rf"""{IN_TREE}
git -c core.fsmonitor=false diff --numstat -z --no-renames --no-ext-diff --no-textconv --ignore-submodules=all BASE -- &&
  git -c core.fsmonitor=false ls-files -z -t {UNTRACKED}
"""


class Changes:
    def __init__(
        self,
        checkout: Checkout,
        shell: Shell,
        emitter: Emitter,
        interrupts: Interrupts,
        then: Callable[[], None] | None = None,
    ) -> None:
        """`then` is called after each step that may have changed the tree."""
        self._command = COMMAND.replace("BASE", checkout.base).replace("ROOT", shlex.quote(str(checkout.folder)))
        self._root = checkout.folder
        self._shell = shell
        self._emitter = emitter
        self._interrupts = interrupts
        self._then = then or (lambda: None)
        self._told = (0, 0, 0)
        self._failures = 0
        self._credit, self._since = float(BURST), time.monotonic()

    def tell(self, step: int) -> None:
        """Emits an event if the numbers have changed. Emits nothing if they are not available quickly, or were asked for too often."""
        self._count(step)
        self._then()

    def _count(self, step: int) -> None:
        if self._failures >= FAILURES or not self._may_ask():
            return
        output = self._asked()
        self._failures = self._failures + 1 if output is None else 0
        if output is None:
            return
        numbers = self._numbers(output)
        if numbers != self._told:
            self._told = numbers
            self._emitter.emit("changes", step=step, files=numbers[0], additions=numbers[1], deletions=numbers[2])

    def _may_ask(self) -> bool:
        now = time.monotonic()
        self._credit = min(BURST, self._credit + (now - self._since) / PAUSE)
        self._since = now
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def _asked(self) -> bytes | None:
        output = bytearray()
        done = self._shell.run(
            self._command,
            seconds=SECONDS,
            write=lambda data: output.extend(data[: OUTPUT + 1 - len(output)]),
            stop=lambda: self._interrupts.stop() or len(output) > OUTPUT,
        )
        return bytes(output) if done.exit_code == 0 and len(output) <= OUTPUT else None

    def _numbers(self, output: bytes) -> tuple[int, int, int]:
        """Returns files, lines added, lines removed."""
        entries = [found for line in output.split(b"\0") if (found := ENTRY.fullmatch(line))]
        tracked = [(found[1], found[2]) for found in entries if found[1] is not None]
        new = [found[3] for found in entries if found[1] is None]
        added = sum(int(lines) for lines, _ in tracked if lines != b"-")
        return len(entries), added + self._lines(new), sum(int(lines) for _, lines in tracked if lines != b"-")

    def _lines(self, paths: list[bytes]) -> int:
        """Counts lines as git does: a file that is not text has none."""
        lines = 0
        deadline = time.monotonic() + NEW_SECONDS
        for path in paths[:NEW_FILES]:
            if time.monotonic() >= deadline:
                break
            try:
                data = files.read(self._root, path.decode(errors="surrogateescape"), NEW_BYTES)
            except FileRefused:  # too large, or a link
                continue
            if b"\0" not in data[:8000]:
                lines += data.count(b"\n") + bool(data and not data.endswith(b"\n"))
        return lines
