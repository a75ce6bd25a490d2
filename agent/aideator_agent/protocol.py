"""The event protocol, as both ends know it: one JSON object a line, ASCII only, at most `LINE_BYTES` with its newline.

The contract outlives a version of either end: readers keep unknown types and fields and show them plainly.
"""

from typing import Final, Literal

VERSION: Final = 1
LINE_BYTES: Final = 8192
OUTPUT_BYTES: Final = 8 * 1024 * 1024  # the agent's whole output, below kubelet's rotation at 10 MiB
PATCH_BYTES: Final = 5 * 1024 * 1024  # a patch as it is encoded in its records
BEAT_SECONDS: Final = 15.0

Outcome = Literal["succeeded", "no_changes", "limit", "cancelled", "failed"]
Fault = Literal["agent", "model", "repository", "infrastructure", "verifier"]

EVENT_TYPES: Final = (
    "start", "phase", "say", "think", "call", "output", "done", "usage", "sent", "changes", "patch", "check", "notice", "beat", "end",
)  # fmt: skip
PHASES: Final = ("clone", "work", "patch", "verify")
