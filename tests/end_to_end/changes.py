"""What three agents do to a repository, as their models' turns; and the patch that git makes of the same by hand."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.script_player import Element

FILES = {
    "crlf.txt": b"one\r\ntwo\r\nthree\r\n",
    "old name.txt": "unverändert\n".encode() * 20,
    "gone.txt": b"to be deleted\n",
    "tool.sh": b"#!/bin/sh\necho tool\n",
    "src/app.py": b"x = 1\n",
    "image.bin": bytes(range(256)),
}
COMMANDS: dict[str, Sequence[str]] = {
    "every-kind": (
        "printf 'one\\r\\nTWO\\r\\nthree\\r\\nfour' > crlf.txt",
        "mv 'old name.txt' 'neuer Näme.txt' && rm gone.txt",
        "chmod 755 tool.sh && printf '\\000\\001\\377new' > new.bin && printf '\\377\\376' > 'latin-\\001.txt'",
        "ln -s src/app.py link && mkdir -p empty 'a b' && : > 'a b/empty' && printf 'no newline' > 'tab\\tname'",
    ),
    "small": ("printf 'x = 2\\n' > src/app.py",),
    "hostile": (
        "mkdir sub && (cd sub && git init -q . && git config core.fsmonitor 'touch owned' && echo x > y)",
        "git config filter.f.clean 'touch owned; cat' && git config core.fsmonitor 'touch owned' && echo '*.py filter=f' > .gitattributes",
        "printf '\\033]0;owned\\007\\033[2J' && printf 'y = 1\\n' > src/new.py",
    ),
}


def script(name: str) -> list[Element]:
    turns: list[Element] = [
        {
            "say": f"Step {number} of {name}.",
            "calls": [{"tool": "bash", "arguments": {"command": command}}],
            "usage": {"input": 100, "output": 10},
        }
        for number, command in enumerate(COMMANDS[name], 1)
    ]
    return [
        *turns,
        {
            "calls": [{"tool": "submit", "arguments": {"summary": f"Did {name}."}}],
            "usage": {"input": 100, "output": 10},
        },
    ]


def expected_patch(name: str, base: str, source: str, folder: Path) -> bytes:
    """The same commands by hand in a clean clone, and git's own binary diff of the tree that they leave."""
    git(folder.parent, "clone", "--quiet", source, str(folder))
    kept = folder.with_name(f"{folder.name}.git")
    subprocess.run(["cp", "-a", str(folder / ".git"), str(kept)], check=True)
    for command in COMMANDS[name]:
        subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    nested = ["find", str(folder), "-name", ".git", "-prune", "-exec", "rm", "-rf", "{}", "+"]
    subprocess.run(nested, check=True)
    where = ["--git-dir", str(kept), "--work-tree", str(folder)]
    subprocess.run(["git", *where, "add", "-A"], check=True, cwd=folder)
    form = shlex.split(
        "--cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames --src-prefix=a/ --dst-prefix=b/"
    )
    done = subprocess.run(
        ["git", "-c", "core.quotepath=off", *where, "diff", *form, base], check=True, capture_output=True
    )
    return done.stdout


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a working tree: its kind and mode, its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] == ".git" or (path.is_dir() and not path.is_symlink()):
            continue
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        found[str(name)] = (path.lstat().st_mode & 0o170111, content)
    return found


def make(repository: LocalRepository) -> str:
    return repository.commit(FILES)
