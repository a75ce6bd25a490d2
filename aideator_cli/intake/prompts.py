"""What an agent is told first: the system message of its role, and the task, from templates/prompt/."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.spec import Repository
from aideator_cli.errors import usage

ROLES: Final = ("engineer",)
MOST_BYTES: Final = 256 * 1024  # of a prompt


def render(role: str, repository: Repository, prompt: str, allow_shell: bool) -> tuple[str, str]:
    """(system message, first user message). The prompt stands in the latter as it is, braces and all.

    Raises `AideatorError` (usage) for a role that does not exist.
    """
    if role not in ROLES:
        raise usage(f"unknown role '{role}'", f"roles: {', '.join(ROLES)}")
    task = {"name": _name(repository.url), "ref": repository.ref, "prompt": prompt}
    return _message(role, {"allow_shell": allow_shell}), _message("task", task)


def checked(prompt: str) -> str:
    """The same. Raises `AideatorError` (usage) for one that is empty or too large."""
    if len(prompt.encode(errors="replace")) > MOST_BYTES:
        raise usage(f"the prompt is larger than {MOST_BYTES // 1024} KiB", "put what it quotes into the repository")
    if not prompt.strip():
        raise usage("the prompt is empty", 'aideator run REPO "What the agents should do"')
    return prompt


def _message(name: str, values: Mapping[str, Any]) -> str:
    from aideator_cli import render as templates  # Jinja2 takes 40 ms

    return templates.render(f"prompt/{name}.j2", values).removesuffix("\n")


def _name(url: str) -> str | None:
    """What people call the repository: the last part of its URL or path, without `.git`; the model needs no more of it."""
    last = re.split(r"[/\\:]", url.rstrip("/\\"))[-1].removesuffix(".git")
    return last if re.fullmatch(r"[\w.+-]{1,100}", last) else None
