"""Attempts: who worked on a variation."""

from dataclasses import field

from aideator_agent.values import frozen


@frozen
class Attempt:
    """One pod, or one local process, that worked on a variation."""

    id: str  # the pod's UID; local: a UUID
    run: str
    variation: int
    created: str  # RFC 3339, UTC; the attempts of a variation are numbered in this order
    name: str  # the pod's name; local: the log file's path
    submission: int = field(default=1, compare=False)  # the submission that made it; known only while it is live
