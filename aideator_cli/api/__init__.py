"""The Python API: start runs, follow them, compare what came of them, and take the best.

    from aideator_cli.api import Aideator, Checking

    aideator = Aideator()
    run = aideator.start("https://git.example/todo.git", "Make the parser accept comments",
                         models=["claude-sonnet-4-5:2", "gpt-5"], checking=Checking(verify=["pytest -q"]))
    for item in run.events():
        ...
    run.select_best()
    run.apply(branch="comments")

Nothing here prints or asks. What goes wrong raises `AideatorError`, which has a `message`, a `hint` and an exit `code`. A run goes on
without this process: follow it again with `Aideator().run(ID).events()`. An `Aideator` belongs to the thread that made it; each thread
makes its own. Names that this module exports are stable: they change only with a new major version.
"""

from aideator_agent.citation import Citation
from aideator_cli.actions.applying import Undone
from aideator_cli.actions.sharing.exporting import Exported
from aideator_cli.actions.stats import Stats
from aideator_cli.api.aideator import Aideator
from aideator_cli.api.run import Run
from aideator_cli.api.team import Team
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.events import Closed, Ended, Event, Item, Observation, Opened
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.judgements import Judgement, Round
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import (
    Anew,
    Bounds,
    Briefing,
    Checking,
    Cloning,
    Identity,
    Placing,
    Pod,
    Question,
    Sending,
    Shares,
    Surroundings,
    Where,
)
from aideator_cli.workspace.pick import Applied
from aideator_cli.workspace.pushing import Pushed

__all__ = [
    "Aideator",
    "AideatorError",
    "Anew",
    "Applied",
    "Bounds",
    "Briefing",
    "CheckResult",
    "Checking",
    "Citation",
    "Cloning",
    "Closed",
    "Comparison",
    "Ended",
    "Event",
    "ExitCode",
    "Exported",
    "Identity",
    "Item",
    "Judgement",
    "Observation",
    "Opened",
    "Placing",
    "Pod",
    "Pushed",
    "Question",
    "Result",
    "Round",
    "Run",
    "Selection",
    "Sending",
    "Shares",
    "Stats",
    "Surroundings",
    "Team",
    "TeamState",
    "Undone",
    "Wanted",
    "Where",
]
