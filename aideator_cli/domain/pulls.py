"""What `pr` has pushed, and the pull request that it opened for it."""

from aideator_agent.values import frozen


@frozen
class PushedCommit:
    """A commit that was pushed, or was about to be."""

    run: str
    variation: int
    repository: str  # its address on the forge
    branch: str
    commit: str
    patch: str  # SHA-256
    number: int | None = None  # of the pull request; None: there is none yet
    url: str | None = None
