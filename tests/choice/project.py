"""A small project with a test that fails; what agents leave of it is checked for real: their patches, and the agent's own checks."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aideator_agent.checkout import Checkout
from aideator_agent.checks.ground import Ground, LocalGround
from aideator_agent.checks.trees import Trees
from aideator_agent.checks.verifier import Verifier
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor
from aideator_agent.patch import Cutter
from aideator_agent.referee.crossing import Crossing
from aideator_agent.referee.work import work_of
from aideator_agent.signals.base import GitBase
from aideator_agent.signals.reading import find, told
from aideator_agent.signals.support import support_of
from aideator_agent.spec import Check, Referee, Repository, RunSpec, VariationSpec
from tests.fixtures.repositories import Files, LocalRepository, git

REPORT = "report.xml"
# Plugins take longer to load than these tests
PYTEST = f"env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider"
BASE: Files = {
    "calc/__init__.py": "",
    "calc/sums.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return 2 * a\n",
    "calc/texts.py": "def shout(text):\n    return text.upper()\n",
    "tests/test_sums.py": "from calc.sums import add, double\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\n"
    "def test_add_nothing():\n    assert add(1, 0) == 1\n\n\ndef test_double():\n    assert double(2) == 4\n",
    "tests/test_texts.py": "from calc.texts import shout\n\n\ndef test_shout():\n    assert shout('a') == 'A'\n",
    "pytest.ini": "[pytest]\npythonpath = .\n",
}


class Project:
    """The base, once; and agents' trees of it."""

    def __init__(
        self, folder: Path, files: Files = BASE, *, report: bool = True, check: str = "", task: str = "Make add add."
    ) -> None:
        """`report`: whether the check is asked for one. `check`: its command; pytest without one."""
        self.folder = folder
        self.report = report
        self.task = task
        self.check = check or f"{PYTEST}{f' --junitxml={REPORT}' if report else ''}"
        self.searched = 0.0  # seconds for the signals of all attempts
        self.repository = LocalRepository(folder / "source")
        self.base = self.repository.commit(files)

    def spec(self, repeat: int = 1) -> RunSpec:
        return RunSpec(
            "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository(str(self.repository.path), None, self.base),
            self.task, (VariationSpec(1, "gpt-5"),),
            checks=(Check("pytest", self.check),), verify_repeat=repeat, verify_report=REPORT if self.report else None,
        )  # fmt: skip

    def baseline(self) -> list[bytes]:
        """The events of the checks on the base."""
        with _Attempt(self, self.spec()) as attempt:
            attempt.verifier.run("base")
            return attempt.lines()

    def cross(
        self, patches: Mapping[int, bytes], seconds: Mapping[str, float] | None = None, ground: Ground | None = None
    ) -> list[bytes]:
        """The events of a referee that tries these patches. `seconds`: how long a check may take, by its name."""
        referee = Referee("k3v9x2q", tuple(patches), seconds or {})
        with _Attempt(self, replace(self.spec(), referee=referee)) as attempt:
            attempt.cross(patches, ground)
            return attempt.lines()

    def attempt(self, files: Files, ended: Mapping[str, object], repeat: int = 1) -> list[bytes]:
        """The events that an agent leaves from its patch on; `files`: its tree against the base."""
        with _Attempt(self, self.spec(repeat)) as attempt:
            attempt.leave(files)
            attempt.finish(ended)
            return attempt.lines()


class _Attempt:
    def __init__(self, project: Project, spec: RunSpec) -> None:
        self._spec = spec
        self._project = project
        self._room = project.folder / "attempt"
        self._tree = self._room / "tree"
        self._room.mkdir()
        git(self._room, "clone", "--quiet", str(project.repository.path), str(self._tree))
        shutil.copytree(self._tree / ".git", self._room / "private.git")
        self._checkout = Checkout(self._tree, self._room / "private.git", project.base)
        self._log = os.open(self._room / "log", os.O_WRONLY | os.O_CREAT)
        self._emitter = Emitter(self._log, Redactor(()))
        self._trees = Trees(self._checkout, self._room / "checks", lambda: None)
        self._ground = LocalGround(spec.repository, {})
        self.verifier = Verifier(spec, self._trees, self._ground, self._emitter, lambda: False, lambda: None)

    def __enter__(self) -> "_Attempt":
        return self

    def __exit__(self, *_: object) -> None:
        self._emitter.end()  # its clock would go on, and write to whatever the descriptor is then
        os.close(self._log)
        shutil.rmtree(self._room)

    def leave(self, files: Files) -> None:
        for name, content in files.items():
            path = self._tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)

    def finish(self, ended: Mapping[str, object]) -> None:
        (self._room / "home").mkdir()
        cutter = Cutter(self._checkout, self._room / "home", self._emitter.redactor, lambda: None, lambda _text: None)
        patch = cutter.cut()
        base = GitBase(cutter.private_git(lambda: None), self._checkout.base)
        began = time.monotonic()
        support = support_of(base, self._spec.check_commands, self._spec.prompt)
        patch = patch.marked(support.has)
        found = find(patch.data, base, self._spec.prompt, commands=self._spec.check_commands, support=support)
        self._project.searched += time.monotonic() - began
        self._emitter.patch(patch.encoding, patch.text, **patch.numbers(self._spec), **told(found))
        if patch.changes:
            guarded = patch.guarded(self._spec)
            if self.verifier.run("patch", patch.data) and guarded:
                self.verifier.run("restored", patch.data, guarded)
        self._emitter.end(**ended)

    def cross(self, patches: Mapping[int, bytes], ground: Ground | None) -> None:
        works = [work_of(number, patch, self._trees.changed(patch), self._spec) for number, patch in patches.items()]
        Crossing(self._spec, works, self._trees, ground or self._ground, self._emitter, Interrupts(600.0)).run()
        self._emitter.end(outcome="succeeded")

    def lines(self) -> list[bytes]:
        return (self._room / "log").read_bytes().splitlines()
