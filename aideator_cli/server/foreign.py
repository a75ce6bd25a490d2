"""What a caller who does not own the server's machine may not ask for: its files, its processes, and where its keys go."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final, TypeVar

from aideator_agent.git_failures import host_of
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.repository import host_in, is_url
from aideator_cli.intake.roles.finding import is_path
from aideator_cli.intake.sending.received import SCHEME
from aideator_cli.intake.teams.finding import is_path as is_team_path
from aideator_cli.server.access import Caller
from aideator_cli.server.bodies import Continuing, NewRun, NewTeam, Order
from aideator_cli.server.problems import Problem
from aideator_cli.system import addresses
from aideator_cli.system.configuration.repository import file_in

LEAVE_OUT: Final = "leave it out, or ask for a token with that scope"
Started = TypeVar("Started", NewRun, NewTeam)
_COUNT: Final = re.compile(r":\d*\s*$")  # behind a name


def admissible(caller: Caller, asked: Started) -> Started:
    """Returns the run, or the team, as this caller may start it.

    Without the scope admin that is only on the cluster, whatever the server's settings say.

    Raises `Problem` (403) with everything that needs the scope admin.
    """
    if caller.owns_machine:
        return asked
    if wanted := list(_of_machine(asked)):
        text = f"this needs the scope admin: {'; '.join(wanted)}"
        raise Problem(HTTPStatus.FORBIDDEN, text, LEAVE_OUT)
    return asked.model_copy(update={"backend": "kubernetes"})


def check_going_on(caller: Caller, asked: Continuing, backend: str) -> None:
    """Raises `Problem` (403) with everything that needs the scope admin. `backend`: where the run is, and goes on."""
    check_place(caller, backend)
    wanted = [*_of_workers(asked), *(["allow_local_shell"] if asked.allow_local_shell else [])]
    if wanted and not caller.owns_machine:
        raise Problem(HTTPStatus.FORBIDDEN, f"this needs the scope admin: {'; '.join(wanted)}", LEAVE_OUT)


def check_judge(caller: Caller, model: str | None) -> None:
    """Raises `Problem` (403) for a judge that is a script on the server's machine."""
    if not caller.owns_machine and model is not None and SCRIPTED in model:
        text = "this needs the scope admin: a script on the server's machine"
        raise Problem(HTTPStatus.FORBIDDEN, text, LEAVE_OUT)


def check_place(caller: Caller, backend: str) -> None:
    """Raises `Problem` (403) if more agents of a run would be processes on the server's machine."""
    if backend == "local" and not caller.owns_machine:
        raise Problem(HTTPStatus.FORBIDDEN, "this needs the scope admin: agents on the server's machine", LEAVE_OUT)


def check_reached(repository: str) -> None:
    """Raises `AideatorError` (refused) for a host where a cloud tells its machines their keys: the server would ask it in its own name.

    Waits for the name to be resolved.
    """
    if repository.startswith(f"{SCHEME}://"):  # nobody clones it
        return
    name = host_in(repository.strip()) if "://" in repository else host_of(repository)
    if name:
        addresses.of_repository(name)


def _of_machine(asked: Order) -> Iterator[str]:
    if not is_url(asked.repository) or asked.repository.strip().lower().startswith("file:"):
        yield "a repository on the server's machine"
    if isinstance(asked, NewTeam) and asked.stages is None and is_team_path(asked.team):
        yield "a team from a file"
    yield from _of_workers(asked)
    if asked.backend is not None or asked.allow_local_shell:
        yield "backend and allow_local_shell"


def _of_workers(asked: Order | Continuing) -> Iterator[str]:
    """Yields what names files of the machine, or where its keys go."""
    yield from of_files(asked)
    if asked.api_base is not None:
        yield "api_base, to which the server's keys would go"


def of_files(asked: Order | Continuing) -> Iterator[str]:
    """Yields what names files of the machine."""
    agents, roles = [*asked.agents], [*asked.roles]
    if isinstance(asked, NewRun) and asked.matrix is not None:
        agents += asked.matrix.agents
        roles += asked.matrix.roles
    if any(SCRIPTED in name for name in asked.workers):
        yield "a script on the server's machine"
    if any(SCRIPTED not in value and file_in("agent", value) for value in agents):
        yield "an agent from a file"
    if any(is_path(_COUNT.split(item)[0].strip()) for value in roles for item in value.split(",")):
        yield "a role from a file"
