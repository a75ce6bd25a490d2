"""Checks what the agents are to get of the repository: which folders, how much of its history, by which right."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from aideator_agent.git_failures import is_ssh
from aideator_agent.spec import Repository
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.intake.remotes import folder_at
from aideator_cli.intake.request import Cloning

MOST_FOLDERS = 200
NEEDS_KEY = "kubectl create secret generic git-key --from-file=ssh-privatekey=… --from-file=known_hosts=…"


def check(cloning: Cloning, url: str, git_secret: str | None, *, backend: str) -> None:
    """Checks what needs no look at the repository. Raises `AideatorError` (usage)."""
    if cloning.depth is not None and not 1 <= cloning.depth <= 1_000_000:
        raise usage(f"--depth takes 1 to 1000000 commits, not {cloning.depth}")
    if backend == "local" and cloning.git_secret:
        raise usage(
            "--git-secret applies only to a cluster, not to --backend local",
            hint="here git uses your ssh keys and credential helpers, and GIT_TOKEN",
        )
    if backend == "kubernetes" and is_ssh(url) and git_secret is None:
        raise usage(
            f"pods need an ssh key for {url}",
            hint=f"{NEEDS_KEY} and add --git-secret git-key",
        )


def part_of(repository: Repository, cloning: Cloning, path: Path | None) -> Repository:
    """Returns the repository with what is asked for of it. `path` is where it lies on this machine, if it does.

    Raises `AideatorError` if a folder has a wrong name or is not there, as far as that can be known here.
    """
    subdir = None if cloning.subdir is None else _folder("--subdir", cloning.subdir)
    sparse = [folder for folder in (_folder("--sparse", each) for each in cloning.sparse) if folder]
    if len(sparse) > MOST_FOLDERS:
        raise usage(f"--sparse takes at most {MOST_FOLDERS} folders, not {len(sparse)}")
    if path is not None and repository.base is not None:
        for option, folder in (("--subdir", subdir), *(("--sparse", each) for each in sparse)):
            if folder and not folder_at(path, repository.base, folder):
                raise _no_folder(option, folder, repository)
    if sparse and subdir and not any(f"{subdir}/".startswith(f"{folder}/") for folder in sparse):
        sparse.append(subdir)
    return replace(
        repository,
        subdir=subdir or None,
        depth=cloning.depth,
        sparse=tuple(dict.fromkeys(sparse)),
        submodules=cloning.submodules,
    )


def _no_folder(option: str, folder: str, repository: Repository) -> AideatorError:
    return not_found(
        f"the repository has no folder {folder} at {str(repository.base)[:7]}",
        hint=f"{option} takes a folder of the repository, from its top",
    )


def _folder(option: str, text: str) -> str:
    """Returns a path from the repository's top without what is superfluous. Empty for the top itself."""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not text.strip() or not text.isprintable():
        raise usage(
            f"{option} takes a folder of the repository, from its top, not {text!r}",
            hint=f"for example: {option} services/api",
        )
    if any(part.lower() == ".git" for part in path.parts):
        raise usage(f"{option} {text}: .git is not a folder of the repository")
    return "" if path == PurePosixPath() else str(path)
