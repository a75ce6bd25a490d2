"""What whoever runs the tests of the others tells of it."""

from aideator_agent.values import frozen
from aideator_cli.domain.crossing import Crossing


@frozen
class Announced:
    """What is about to be run, about how long that takes, and at most (seconds). `resumed`: another process began it."""

    authors: tuple[int, ...]
    patches: tuple[int, ...]
    about: float
    most: float
    resumed: bool = False


@frozen
class Doing:
    """What the referee waits for or has done, for a person."""

    text: str


@frozen
class Failed:
    """The tests of the others could not be run. What is chosen now is chosen without them."""

    why: str


Told = Announced | Doing | Failed | Crossing
