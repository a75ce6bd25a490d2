"""How an agent's program can end, in words that say what to do."""

import re
from typing import Final

from aideator_agent.conversation import Conversation
from aideator_agent.program import AgentProgram
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

NOT_FOUND: Final = 127  # a shell's exit code
KILLED: Final = 137
SIGNALLED: Final = 128  # codes above say that a signal ended it
SAID: Final = 300  # characters of what it wrote last
STYLES: Final = re.compile(r"\x1b\[[0-9;]*m")


@frozen
class Worked:
    words: str  # the agent's last ones
    flaw: Ended | None = None  # what is wrong with its end if it has left nothing


def missing(program: AgentProgram) -> Ended:
    word = (program.command.split() or [program.command])[0]
    where = f"; {program.docs} describes an image that has it" if program.docs else ""
    return failed(
        "infrastructure", f"{program.name} is not where the commands run: its program {word} was not found{where}"
    )


def died(program: AgentProgram, conversation: Conversation, when: str) -> Ended:
    """`when` completes the sentence."""
    code = conversation.exit_code
    if code is None:
        return failed("infrastructure", f"the container of {program.name} was lost {when}")
    hint = "; if it ran out of memory, give it more with --memory" if code == KILLED else ""
    return failed("agent", f"{program.name} ended {when} (exit {code}){complaint(conversation)}{hint}")


def complaint(conversation: Conversation) -> str:
    """Returns the last line that the program wrote to standard error, in brackets; empty if there is none."""
    lines = [line for line in conversation.complaints.splitlines() if line.strip()]
    said = " ".join(STYLES.sub("", lines[-1]).split())[:SAID] if lines else ""
    return f" ({said})" if said else ""
