"""Lets a person change a text in an editor. Only a text that has no mistake is returned."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from aideator_cli.cli import terminal
from aideator_cli.errors import AideatorError, not_found


def edited(text: str, name: str, check: Callable[[str], None]) -> str:
    """Returns the text as the person leaves it. `check` raises `AideatorError` for a mistake; then a person at the terminal may mend it.

    Raises `AideatorError` if it is not mended; what was typed is kept in a file, which the error names.
    """
    folder = Path(tempfile.mkdtemp(prefix="aideator-"))
    copy = folder / name
    copy.write_text(text, encoding="utf-8")
    while True:
        _open(copy)
        try:
            new = copy.read_text(encoding="utf-8")
            check(new)
        except (AideatorError, UnicodeDecodeError) as error:
            problem = error if isinstance(error, AideatorError) else AideatorError(f"{copy} is not UTF-8")
            terminal.show_error(problem)
            if terminal.is_asked() and terminal.agrees("Edit it again?"):
                continue
            raise AideatorError(f"nothing was written; your text is in {copy}", code=problem.code) from error
        copy.unlink()
        folder.rmdir()
        return new


def _open(path: Path) -> None:
    words = _editor()
    try:
        code = subprocess.run([*words, str(path)], check=False).returncode
    except OSError as error:
        raise not_found(
            f"the editor {words[0]} can't be started: {error.strerror}", "set EDITOR to another one"
        ) from error
    if code:
        raise AideatorError(f"the editor {words[0]} failed with exit code {code}; nothing was written")


def _editor() -> Sequence[str]:
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(named) or ["vi"]
    except ValueError:
        return [named]
