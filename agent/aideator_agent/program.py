"""A coding agent that is a program of its own: how it starts, and how it finds the model."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from aideator_agent.values import frozen

Protocol = Literal[
    "acp", "text"
]  # JSON-RPC on stdio; or any command, whose output is its words and whose exit is its end
Wire = Literal["anthropic", "openai", "responses", "gemini"]  # the API that it speaks to the model


@frozen
class SessionFile:
    """Where a program keeps a session's conversation: a file below HOME with a JSON object a line, the session's id in the first."""

    file: str  # its path, in which `*` stands for any part of a name
    without: tuple[str, ...] = ()  # `type` of lines that the program does not need to go on
    laid: str = ""  # how its name begins once it is laid back, for a program that would write a new one by its old name


@frozen
class AgentProgram:
    """What a preset, a user's file or `--agent-command` says, with the provider that the command-line tool chose.

    `command`, `env` and `files` hold the words {url}, {token}, {model}, {home} and {prompt} where the agent's own program puts the value:
    the address and token of the key proxy, the model, a fresh HOME, and the path of a file with the task.
    """

    name: str  # as the user named it
    protocol: Protocol
    command: str  # for /bin/sh
    wire: Wire
    upstream: str  # URL of the provider's API, to which the key proxy forwards
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # path below HOME -> content
    tools: tuple[str, ...] | None = None  # the only ones of its own that its model is offered; None: all
    version: str | None = None  # the command that prints its version
    docs: str | None = None  # where its image is described
    session: SessionFile | None = None  # None: its conversation is lost with its machine
    home: str | None = (
        None  # the user's own HOME, where the agent is logged in by itself; None: an empty one, and the key proxy
    )


def name_at_provider(model: str) -> str:
    """Returns a model's name without its provider, which only we need."""
    return model.partition("/")[2] or model
