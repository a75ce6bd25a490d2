"""Hints on what to do next, with commands as data: only the command line knows the name that the program was called by."""

import shlex

from aideator_agent.values import frozen


@frozen
class Command:
    """A call of this program: the words after its name."""

    words: tuple[str, ...]

    def written(self, program: str = "aideator") -> str:
        """Returns the command as text that can be pasted into a shell."""
        return " ".join([program, *map(shlex.quote, self.words)])

    def __format__(self, _spec: str) -> str:
        raise TypeError("a command stays data until the command line writes it: put it beside the text, not into it")


Hint = str | Command | tuple[str | Command, ...]  # the parts of a tuple are joined without separator


def command(*words: str) -> Command:
    return Command(words)


def words(hint: Hint, program: str = "aideator") -> list[str]:
    """Returns the hint's words. A command is one of them: it stays whole, to be copied."""
    found = [""]
    for part in hint if isinstance(hint, tuple) else (hint,):
        first, *more = part.split(" ") if isinstance(part, str) else [part.written(program)]
        found[-1] += first
        found += more
    return found


def written(hint: Hint, program: str = "aideator") -> str:
    parts = hint if isinstance(hint, tuple) else (hint,)
    return "".join(part if isinstance(part, str) else part.written(program) for part in parts)
