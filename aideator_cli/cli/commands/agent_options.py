"""What `run` can be told about who works: AIdeator's own loop, or a coding agent that is a program of its own."""

from typing import Annotated

import typer

Agent = Annotated[
    list[str] | None,
    typer.Option(
        "--agent",
        metavar="NAME[/MODEL][:K],…",
        help="Coding agents: claude, codex, gemini, opencode, qwen, aider, own (AIdeator's own loop, the default) or a YAML file, "
        "each with an optional model and count. Repeatable. See docs/agents.md.",
        show_default=False,
    ),
]
AgentHome = Annotated[
    bool,
    typer.Option(
        "--agent-home",
        help="With --backend local: run coding agents in your own HOME, with your login. Less safe: there is no key proxy, and only "
        "--timeout holds.",
    ),
]
AgentCommand = Annotated[
    str | None,
    typer.Option(
        metavar="CMD",
        help="Any other coding agent: a command for /bin/sh, in which {prompt} is the path of a file with the task.",
        show_default=False,
    ),
]
