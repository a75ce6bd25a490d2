"""A sign for how an agent stands, so that it reads without colour."""

from aideator_cli.result import Result
from aideator_cli.views.transcript import Transcript

WAITING, WORKING, STOPPING = "○", "●", "◌"


def sign(transcript: Transcript) -> tuple[str, str]:
    """The sign, and what it says in a word."""
    if transcript.state == "ended":
        return ended_sign(transcript.result)
    if transcript.stopping:
        return STOPPING, "stopping"
    return (WORKING, "at work") if transcript.state == "working" else (WAITING, "waiting")


def ended_sign(result: Result) -> tuple[str, str]:
    if result.succeeded:
        return "✓", "succeeded"
    return ("✗", "failed") if result.outcome in ("failed", "succeeded") else ("–", result.outcome.replace("_", " "))
