"""The help of a command that starts agents: each option stands under what it is for."""

from typing import Final

from aideator_cli.cli.commands.pod_options import POD
from aideator_cli.cli.commands.queue_options import MANY
from aideator_cli.cli.commands.run_options import BEST, CHECKS, LIMITS
from aideator_cli.cli.panels import Panelled

_WHO, _WHAT, _WHERE, _WATCHING = "Who works", "The task and the repository", "Where", "Starting and watching"
_HEADINGS: Final = {
    **dict.fromkeys(
        ("n", "agent", "agent_command", "agent_home", "model", "escalate", "private", "matrix", "team", "role", "temperature", "api_base",
         "mcp", "search"),
        _WHO,
    ),
    **dict.fromkeys(
        ("issue", "var", "var_file", "no_memory", "answer", "diff", "ref", "dirty", "carry", "subdir", "depth", "sparse",
         "no_submodules", "withhold_secrets"),
        _WHAT,
    ),
    **dict.fromkeys(("backend", "server", "context", "namespace", "allow_local_shell", "git_secret", "env", "ca"), _WHERE),
    **dict.fromkeys(("push", "folder"), BEST),
    **dict.fromkeys(("yes", "profile", "no_repository_file", "detach", "dry_run", "estimate"), _WATCHING),
    **dict.fromkeys(("view", "plain", "no_mouse", "json", "on_interrupt", "notify", "help"), _WATCHING),
}  # fmt: skip


class Grouped(Panelled):
    order = (_WHO, _WHAT, _WHERE, LIMITS, CHECKS, BEST, MANY, POD, _WATCHING)
    headings = _HEADINGS
