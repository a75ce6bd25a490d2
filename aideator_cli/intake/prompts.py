"""Renders an agent's first messages: its role with the rules of the work (templates/prompt/), and the task."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aideator_agent.spec import SEARCH, Repository
from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake.agents.presets import TOOLS
from aideator_cli.intake.roles.finding import NEUTRAL
from aideator_cli.intake.roles.role import Role
from aideator_cli.intake.variables import Variables

MOST_BYTES: Final = 256 * 1024  # maximum size of a prompt


@frozen
class Messages:
    """The first messages of a run's variations."""

    system: Mapping[str, str]  # role -> system message
    task: str  # of the first variation
    tasks: tuple[str | None, ...]  # of each variation; None: the one above


@frozen
class Briefed:
    """What one variation is told."""

    role: Role
    prompt: str
    ours: bool = True  # whether our own loop works, which has a system message
    answer: bool = False  # whether it answers a question, and changes nothing
    search: bool = True  # whether the run lets agents search
    asks: bool = False  # whether it can ask other roles
    earlier: str = ""  # what the work that it begins with was done for; empty: it begins with none


def messages(repository: Repository, told: Sequence[Briefed], variables: Variables) -> Messages:
    """Returns the messages for each variation. Raises `AideatorError` (usage) for a role that can't be rendered."""
    each = list(dict.fromkeys(told))
    system = {one.role.name: system_message(one, repository, variables) for one in each if one.ours}
    rendered = {one: task_message(one, repository, variables) for one in each}
    task = rendered[told[0]]
    return Messages(system, task, tuple(None if rendered[one] == task else rendered[one] for one in told))


def system_message(told: Briefed, repository: Repository, variables: Variables) -> str:
    """Returns what the role says, and below it how the agent works and with which tools."""
    tools = [tool for tool in (TOOLS if told.role.tools is None else told.role.tools) if tool != SEARCH or told.search]
    rules = _message("researching" if told.answer else "working", {"tools": tools, "asks": told.asks})
    return f"{role_text(told.role, repository, variables)}\n\n{rules}"


def task_message(told: Briefed, repository: Repository, variables: Variables) -> str:
    """Returns the first user message. It contains the prompt unchanged, including braces."""
    place = {
        "name": _name(repository.url), "ref": repository.ref, "subdir": repository.subdir,
        "prompt": told.prompt, "earlier": told.earlier,
    }  # fmt: skip
    if told.ours:
        return _message("question" if told.answer else "task", place)
    neutral = told.role.is_shipped and told.role.name == NEUTRAL
    role = "" if neutral else role_text(told.role, repository, variables)
    return _message("agent_task", {**place, "role": role, "answer": told.answer, "asks": told.asks})


def role_text(role: Role, repository: Repository, variables: Variables) -> str:
    from aideator_cli.system.sandbox import render_foreign  # importing Jinja2 takes 40 ms

    own = {
        "repository": _name(repository.url),
        "ref": repository.ref,
        "subdir": repository.subdir,
        "shell": role.has_shell,
    }
    return render_foreign(role.text, {**variables.values, **own}, role.what, role.line)


def filled(prompt: str, variables: Variables, what: str = "the prompt") -> str:
    """Returns the prompt with the values of its variables. Only with `--var` or `--var-file` is a prompt a template.

    Raises `AideatorError` (usage).
    """
    if not variables.given:
        return prompt
    from aideator_cli.system.sandbox import render_foreign

    return checked(render_foreign(prompt, variables.values, what))


def unused(variables: Variables, prompts: Sequence[str], roles: Sequence[Role]) -> tuple[str, ...]:
    """Returns a remark for each variable that no prompt and no role uses."""
    if not variables.given:
        return ()
    from aideator_cli.system.sandbox import variables_of

    texts = [*((prompt, "the prompt", 1) for prompt in prompts), *((role.text, role.what, role.line) for role in roles)]
    used = {name for text in texts for name in variables_of(*text)}
    return tuple(f"no prompt and no role uses the variable '{name}'" for name in variables.values if name not in used)


def checked(prompt: str) -> str:
    """Returns the prompt unchanged. Raises `AideatorError` (usage) if it is empty or too large."""
    if len(prompt.encode(errors="replace")) > MOST_BYTES:
        raise usage(
            f"the prompt is larger than {MOST_BYTES // 1024} KiB", "move long quotations into files in the repository"
        )
    if not prompt.strip():
        raise usage("the prompt is empty", 'aideator run REPO "What the agents should do"')
    return prompt


def _message(name: str, values: Mapping[str, Any]) -> str:
    from aideator_cli.system import templates  # importing Jinja2 takes 40 ms

    return templates.render(f"prompt/{name}.j2", values).removesuffix("\n")


def _name(url: str) -> str | None:
    """Returns the last part of the repository's URL or path, without `.git`. The model needs no more than this name."""
    last = re.split(r"[/\\:]", url.rstrip("/\\"))[-1].removesuffix(".git")
    return last if re.fullmatch(r"[\w.+-]{1,100}", last) else None
