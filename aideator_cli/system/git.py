"""Git as a child process. The user's configuration applies, except where it would change the meaning of a command."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode, not_found, reason, unavailable

SETTINGS: Final = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.splitIndex=false", "core.untrackedCache=false", "core.quotePath=off",
    "core.safecrlf=false", "core.sparseCheckout=false", "core.ignoreStat=false", "apply.whitespace=nowarn", "apply.ignoreWhitespace=no",
    "color.ui=never", "core.protectHFS=true", "core.protectNTFS=true", "gc.auto=0", "maintenance.auto=false",
    "submodule.recurse=false", "diff.suppressBlankEmpty=false",
)  # fmt: skip
_WHERE: Final = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_ATTR_SOURCE", "GIT_DEFAULT_HASH",
)  # fmt: skip


@frozen
class Done:
    code: int
    out: bytes
    err: bytes

    @property
    def said(self) -> str:
        """Returns the line of git's error output that gives the reason."""
        lines = [line.strip() for line in self.err.decode(errors="replace").splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal:", "error:"))]
        line = (told or lines or ["git failed without a message"])[0]
        return line.removeprefix("fatal: ").removeprefix("error: ")


@frozen
class Git:
    """Runs git. `variables` extend the environment, from which everything that locates a repository is removed."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = SETTINGS

    def with_variables(self, variables: Mapping[str, str]) -> "Git":
        return replace(self, variables={**self.variables, **variables})

    def run(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Runs git and returns, whatever the exit code."""
        try:
            done = subprocess.run(
                self.words(*arguments), cwd=self.folder, input=stdin, capture_output=True, env=self.environment(), check=False
            )  # fmt: skip
        except FileNotFoundError as error:
            raise _cannot_start(self.folder, error) from error
        return Done(done.returncode, done.stdout, done.stderr)

    def need(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Returns stdout. Raises `AideatorError` (does not apply) with git's message."""
        done = self.run(*arguments, stdin=stdin)
        if done.code:
            raise AideatorError(f"git {arguments[0]}: {done.said}", code=ExitCode.DOES_NOT_APPLY)
        return done.out

    def line(self, *arguments: str, stdin: bytes = b"") -> str:
        return os.fsdecode(self.need(*arguments, stdin=stdin).removesuffix(b"\n"))

    def words(self, *arguments: str) -> list[str]:
        return ["git", *(word for setting in self.settings for word in ("-c", setting)), *arguments]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _WHERE}
        return {**kept, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", **self.variables}


def _cannot_start(folder: Path, error: FileNotFoundError) -> AideatorError:
    if not folder.is_dir():
        return not_found(f"there is no folder {folder}", hint="-C DIR takes an existing folder")
    return unavailable(f"git is not installed: {reason(error)}", hint="install git 2.32 or newer")
