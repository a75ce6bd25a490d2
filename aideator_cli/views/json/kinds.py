"""Which types a line of each `kind` has."""

from collections.abc import Mapping
from typing import Final

from aideator_cli.views.json import choosing, comparing, judging, means, outcome, run, teams

VERSION: Final = 1  # a field that goes, or changes its meaning, raises it; a new field does not

LINES: Final[Mapping[str, tuple[type, ...]]] = {
    "agent": (means.Agent,),
    "answer": (outcome.Answer,),
    "applied": (choosing.Applied,),
    "cancelled": (run.Cancelled,),
    "check": (means.ModelCheck,),
    "comparison": (comparing.Comparison,),
    "deleted": (run.Deleted,),
    "difference": (choosing.Difference,),
    "doctor": (means.Doctor,),
    "du": (run.Du,),
    "estimate": (comparing.Estimate,),
    "event": (run.Event,),
    "exported": (run.ExportedTo,),
    "finding": (means.Finding,),
    "held": (run.Held,),
    "judgement": (judging.Judgement,),
    "key": (means.Key,),
    "model": (means.Model,),
    "name": (run.Name,),
    "note": (run.Note,),
    "observation": (run.Observation,),
    "patch": (outcome.Patch,),
    "places": (judging.Places,),
    "pruned": (run.Pruned,),
    "pull": (choosing.Pull,),
    "pushed": (choosing.Pushed,),
    "result": (outcome.Result,),
    "review": (comparing.Reviewed,),
    "role": (means.Role,),
    "route": (run.Route,),
    "run": (run.Run, run.Started),
    "selection": (choosing.Selection,),
    "sent": (run.Sent,),
    "setting": (means.Setting,),
    "stats": (comparing.Stats,),
    "stray": (run.Stray,),
    "tags": (run.Tags,),
    "team": (teams.StartedTeam,),
    "team_begun": (teams.TeamBegun,),
    "team_file": (teams.TeamFile,),
    "token": (means.Token,),
    "told": (run.Told,),
    "undone": (choosing.Undone,),
    "version": (means.Version,),
}
