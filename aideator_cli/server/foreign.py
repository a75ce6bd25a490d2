"""What a caller who does not own the server's machine may not ask for: its files, its processes, and where its keys go."""

from collections.abc import Iterator
from http import HTTPStatus

from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.repository import is_url
from aideator_cli.intake.roles.finding import is_path
from aideator_cli.server.access import Caller
from aideator_cli.server.bodies import NewRun
from aideator_cli.server.problems import Problem


def check_run(caller: Caller, asked: NewRun) -> None:
    """Raises `Problem` (403) with everything that needs the scope admin."""
    if caller.owns_machine:
        return
    if wanted := list(_of_machine(asked)):
        text = f"this needs the scope admin: {'; '.join(wanted)}"
        raise Problem(HTTPStatus.FORBIDDEN, text, "leave it out, or ask for a token with that scope")


def _of_machine(asked: NewRun) -> Iterator[str]:
    if not is_url(asked.repository) or asked.repository.startswith("file:"):
        yield "a repository on the server's machine"
    if any(SCRIPTED in name for name in (*asked.models, *asked.agents)):
        yield "a script on the server's machine"
    if any(is_path(name) for name in asked.roles):
        yield "a role from a file"
    if asked.api_base is not None:
        yield "api_base, to which the server's keys would go"
    if asked.backend is not None or asked.allow_local_shell:
        yield "backend and allow_local_shell"
