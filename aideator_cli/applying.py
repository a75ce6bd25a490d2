"""A patch into a working tree: whole or not at all, and never over changes of the user's."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from aideator_cli.errors import AideatorError, ExitCode, not_found, usage


@dataclass(frozen=True)
class Target:
    top: Path  # of the working tree


def working_tree(folder: Path) -> Target:
    done = _git(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise not_found(
            f"{folder} is in no git repository",
            hint="call it in a clone of the run's repository, or name one with -C DIR",
        )
    return Target(Path(done.stdout.decode().rstrip("\n")))


def default_tree(base: str | None, origin: Path | None) -> Target:
    """The current folder's tree; for a run of a local repository that repository's, unless the current one has its commit."""
    if origin is not None and not (base and _has_commit(Path.cwd(), base)):
        return working_tree(origin)
    return working_tree(Path.cwd())


def apply_patch(target: Target, patch: bytes, base: str | None, name: str) -> None:
    """Raises `AideatorError`: the tree is dirty, it is another repository's, or the patch does not apply."""
    if not patch:
        raise usage(f"{name} changed nothing: there is no patch to apply")
    _refuse_other(target, base, name)
    _refuse_dirty(target)
    done = _git(target.top, "apply", "--binary", "--whitespace=nowarn", "-", stdin=patch)
    if done.returncode:
        raise _does_not_apply(f"the patch of {name} does not apply: {_said(done)}", f"it was made on {base}")


def _refuse_other(target: Target, base: str | None, name: str) -> None:
    if base and not _has_commit(target.top, base):
        raise _does_not_apply(
            f"{target.top} does not have commit {base[:12]}, which {name} was made on",
            "is it a clone of the run's repository? git fetch",
        )


def _has_commit(folder: Path, commit: str) -> bool:
    return _git(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _refuse_dirty(target: Target) -> None:
    status = _git(target.top, "status", "--porcelain", "--untracked-files=no")
    if status.returncode:
        raise _does_not_apply(f"git status fails in {target.top}: {_said(status)}", None)
    changed = [line[3:] for line in status.stdout.decode(errors="replace").splitlines()]
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise _does_not_apply(
            f"{target.top} has uncommitted changes: {', '.join(changed[:3])}{more}", "commit or stash them first"
        )


def _does_not_apply(message: str, hint: str | None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.DOES_NOT_APPLY)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[0].removeprefix("error: ").removeprefix("fatal: ") if lines else "git failed without a word"


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(folder), *arguments], input=stdin, capture_output=True, check=False)
