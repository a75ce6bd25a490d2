"""The event protocol that both ends share: one JSON object per line, ASCII only, at most `LINE_BYTES` including the newline.

Either end may be newer than the other: readers keep unknown types and fields and show them plainly.
"""

from typing import Final, Literal

VERSION: Final = 1
LINE_BYTES: Final = 8192
OUTPUT_BYTES: Final = 8 * 1024 * 1024  # the agent's whole output, below kubelet's rotation at 10 MiB
PATCH_BYTES: Final = 5 * 1024 * 1024  # a patch as it is encoded in its records
ANSWER_BYTES: Final = 256 * 1024  # an answer as it is encoded in its records
BEAT_SECONDS: Final = 15.0

Outcome = Literal["succeeded", "no_changes", "limit", "cancelled", "failed"]
Fault = Literal["agent", "model", "repository", "infrastructure", "verifier"]

EVENT_TYPES: Final = (
    "start", "phase", "say", "think", "call", "output", "done", "usage", "sent", "told", "changes", "checkpoint",
    "resumed", "patch", "answer", "check", "cross", "notice", "beat", "end",
)  # fmt: skip
# An attempt makes a patch, or gives an answer; a referee tries patches (cross)
PHASES: Final = ("clone", "work", "patch", "answer", "verify", "cross")
