"""A sign for an agent's state, which can be read without colour."""

from typing import TYPE_CHECKING

from aideator_cli.domain.result import Result

if TYPE_CHECKING:
    from aideator_cli.views.course.transcript import Transcript

WAITING, WORKING, STOPPING = "○", "●", "◌"
TOLD = "»"  # before what a person says to the agent


def sign(transcript: "Transcript") -> tuple[str, str]:
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
