"""What `run` can be told about many agents at once."""

from typing import Annotated

import typer

MANY = "Many at once"


def _option(help: str, metavar: str) -> typer.models.OptionInfo:  # noqa: A002
    found: typer.models.OptionInfo = typer.Option(help=help, metavar=metavar, show_default=False, rich_help_panel=MANY)
    return found


Queue = Annotated[str | None, _option("Kueue's LocalQueue that admits the Jobs. See docs/queues.md.", "NAME")]
QueuePriority = Annotated[str | None, _option("With --queue: Kueue's WorkloadPriorityClass of the Jobs.", "NAME")]
MaxParallel = Annotated[
    int | None, _option("Let at most K agents work at once. The next one starts as one ends, while you watch.", "K")
]
