"""A place in the repository that an answer names, as both ends of the protocol know it."""

from typing import Literal

from aideator_agent.values import frozen

Problem = Literal["", "no_file", "no_line"]


@frozen
class Citation:
    """A place that an answer names."""

    text: str  # as the answer writes it, without the name of a link
    path: str  # from the top of the repository; as written if there is no such file
    first: int | None  # line, from 1; None: the file as a whole
    last: int | None
    problem: Problem = ""  # empty: the place exists
    lines: int | None = None  # how many the file has, if they are too few
