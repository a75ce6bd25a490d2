"""The names of a repository, by which statistics and notes know it: a clone has those of its remotes, too."""

import os
from pathlib import Path

from aideator_cli.domain.repositories import plain
from aideator_cli.intake.repository import is_url
from aideator_cli.system.configuration.repository import root_of
from aideator_cli.system.git import Git


def of_run(url: str, path: Path | None) -> tuple[str, ...]:
    """Returns the names of the repository of an earlier run. `path`: the clone where it began."""
    return tuple(dict.fromkeys([*(names(str(path)) if path is not None and path.is_dir() else ()), plain(url)]))


def names(repo: str) -> tuple[str, ...]:
    """Returns each name once, the one that most have in common first: `origin`'s, else that of another remote, else the path."""
    if is_url(repo):
        return (plain(repo),)
    root = root_of(Path(repo))
    if root is None:
        return (plain(str(Path(repo).expanduser().absolute())),)
    done = Git(root).run("config", "--get-regexp", r"^remote\..*\.url$")
    lines = done.out.decode(errors="replace").splitlines() if done.code == 0 else []
    remotes = dict(line.split(" ", 1) for line in lines if " " in line)
    ordered = sorted(remotes, key=lambda name: name != "remote.origin.url")
    return tuple(dict.fromkeys([*(plain(_from(root, remotes[name])) for name in ordered), plain(str(root))]))


def _from(root: Path, remote: str) -> str:
    """Returns the path that a relative one means here: `../todo` is another repository beside another clone."""
    return str(Path(os.path.normpath(root / remote))) if ":" not in remote.partition("/")[0] else remote
