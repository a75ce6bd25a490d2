"""What `run` can be told about the agents' instructions."""

from pathlib import Path
from typing import Annotated

import typer

Role = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="NAME|FILE[:K],…",
        help="Roles, each with an optional count: cto, backend, frontend, qa, devops, your own, or a file. Repeatable.",
        show_default=False,
    ),
]
Var = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help="Value for {{ NAME }} in the prompt and in roles. With any, the prompt is a template. Repeatable.",
        show_default=False,
    ),
]
VarFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--var-file",
        metavar="FILE",
        help="YAML or JSON file with such values, by name. Repeatable.",
        show_default=False,
    ),
]
Search = Annotated[
    str,
    typer.Option(
        metavar="own|all|none",
        help="Who gets the tool search_code: AIdeator's own agent, the other agents too, or nobody. A role's tools say it, too.",
    ),
]
NoMemory = Annotated[
    bool, typer.Option("--no-memory", help="Don't give the agents the notes that you keep on the repository.")
]
Mcp = Annotated[
    list[Path] | None,
    typer.Option(
        "--mcp",
        metavar="FILE",
        help="JSON file with MCP servers (mcpServers), whose tools the agents get. Repeatable.",
        show_default=False,
    ),
]
