"""Reads the file of `run --matrix FILE`: prompts × agents × models × temperatures × roles, each cell n times.

The command line supplies what the file leaves out.

prompts:                     # by name: a text, or a file beside this one
  short: Fix the parser.
  careful: {file: prompts/careful.md}
agents: [own, opencode, claude/claude-haiku-4-5]  # one without a model works with each of `models`
models: [claude-sonnet-4-5, gpt-5]
temperatures: [0, 0.7]
roles: [backend, roles/careful.md]
n: 2
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake import models, prompts
from aideator_cli.intake.agents import team
from aideator_cli.intake.agents.presets import is_file
from aideator_cli.intake.agents.team import Named, Worker
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.roles import dealing, finding
from aideator_cli.intake.roles.role import Role
from aideator_cli.system.yaml_file import Placed, read_placed

FIELDS: Final = ("prompts", "agents", "models", "temperatures", "roles", "n")
MOST: Final = 200  # maximum number of variations
ASKED_ABOVE: Final = 20  # up to this many variations start without a confirmation
MOST_NAME: Final = 60  # characters
EXAMPLE: Final = (
    "for example: {prompts: {short: Fix the parser.}, models: [claude-sonnet-4-5, gpt-5], temperatures: [0, 0.7], "
    "roles: [backend, qa], n: 2}"
)


@frozen
class Prompt:
    text: str
    name: str | None = None  # None: the run's only prompt, from the command line


@frozen
class Cell:
    """The input of one variation."""

    worker: Worker
    role: Role
    temperature: float | None = None  # None: the model's default
    prompt: Prompt | None = None  # None: the run's prompt


@frozen
class Matrix:
    """The contents of the file. An axis that it leaves out is empty."""

    prompts: tuple[Prompt, ...] = ()
    agents: tuple[Named, ...] = ()
    models: tuple[str, ...] = ()
    temperatures: tuple[float | None, ...] = ()
    roles: tuple[Role, ...] = ()
    n: int = 1
    places: Mapping[str, str] = field(default_factory=dict)  # model -> the place in the file that names it

    def cells(self, workers: Sequence[Worker], temperature: float | None, roles: Sequence[Role]) -> list[Cell]:
        """Returns the cells by prompt, worker, temperature and role. The last two arguments replace axes that the file leaves out."""
        axes = (self.prompts or (None,), workers, self.temperatures or (temperature,), self.roles or roles)
        count = prod(map(len, axes)) * self.n
        if count > MOST:
            raise usage(f"the matrix has {count} cells; a run takes at most {MOST}", hint="split it into several files")
        cells = product(*axes, range(self.n))
        return [Cell(worker, role, degree, prompt) for prompt, worker, degree, role, _ in cells]


def load(path: Path, own_roles: Path) -> Matrix:
    """`own_roles`: the folder of the user's roles. Raises `AideatorError` (usage) with the file and the line of a mistake."""
    return _matrix(_checked(read_placed(path, "matrix")), path.parent, own_roles)


def given(data: Mapping[str, Any], own_roles: Path) -> Matrix:
    """As `load`, of a matrix that came with a request. No file is beside it: its prompts are texts, and paths are whole."""
    return _matrix(_checked(Placed(dict(data), None, "the matrix")), None, own_roles)


def as_sent(path: Path) -> dict[str, Any]:
    """Returns what the file says for a server, which can't read what is beside it: prompts as texts, and scripts by whole paths.

    Raises `AideatorError` (usage), also for agents and roles that are files.
    """
    file, folder = _checked(read_placed(path, "matrix")), path.parent.absolute()
    told = dict(file.value)
    for name, check, is_of_file in (("agents", _agent, is_file), ("roles", _role, finding.is_path)):
        for at, word in enumerate(_list(file, name, check) if name in told else ()):
            if is_of_file(word.partition("/")[0] if name == "agents" else word):
                raise usage(f"{file.where(name, at)}: a server can't read {word}", "name one that it knows by name")
    if "models" in told:
        models_ = enumerate(_list(file, "models", _model))
        told["models"] = [_beside(folder, model, file.where("models", at)) for at, model in models_]
    if "prompts" in told:
        told["prompts"] = {each.name: each.text for each in _prompts(file, folder)}
    return told


def _checked(file: Placed) -> Placed:
    data = file.value
    if not isinstance(data, dict) or not data:
        raise usage(f"{file.where()} must be a mapping of {', '.join(FIELDS)}", EXAMPLE)
    for name in data:
        if name not in FIELDS:
            raise usage(f"{file.where(name)}: unknown field '{name}'", f"fields: {', '.join(FIELDS)}")
    n = data.get("n", 1)
    if type(n) is not int or not 1 <= n <= MOST:
        raise usage(f"{file.where('n')}: n is {n!r}; it takes 1 to {MOST}")
    return file


def _matrix(file: Placed, folder: Path | None, own_roles: Path) -> Matrix:
    data = file.value
    written = _list(file, "models", _model) if "models" in data else ()
    named = {_beside(folder, model, file.where("models", at)): at for at, model in enumerate(written)}
    return Matrix(
        prompts=_prompts(file, folder) if "prompts" in data else (),
        agents=_agents(file, folder) if "agents" in data else (),
        models=tuple(named),
        temperatures=_list(file, "temperatures", _temperature) if "temperatures" in data else (),
        roles=_roles(file, folder, own_roles) if "roles" in data else (),
        n=data.get("n", 1),
        places={model: file.where("models", at) for model, at in named.items()},
    )


def _list(file: Placed, name: str, check: Callable[[Any], str | None]) -> tuple[Any, ...]:
    values = file.value[name]
    if not isinstance(values, list) or not values:
        raise usage(f"{file.where(name)}: {name} takes a list", EXAMPLE)
    found: list[Any] = []
    for at, value in enumerate(values):
        if reason := check(value):
            raise usage(f"{file.where(name, at)}: {value!r} is not a valid {reason}")
        if value in found:
            raise usage(f"{file.where(name, at)}: {value!r} is listed twice", "n: 2 gives each cell to two agents")
        found.append(value)
    return tuple(found)


def _agents(file: Placed, folder: Path | None) -> tuple[Named, ...]:
    found = []
    for at, written in enumerate(_list(file, "agents", _agent)):
        where = file.where("agents", at)
        try:
            [(worker, count)] = team.parse([written], models.is_known)
        except AideatorError as error:
            raise usage(f"{where}: {error.message}", error.hint) from error
        if count is not None:
            raise usage(f"{where}: {written!r} counts", f"write n: {count}, which holds for every cell")
        agent = str(folder / worker.agent) if folder and is_file(worker.agent) else worker.agent
        model = None if worker.model is None else _beside(folder, worker.model, where)
        found.append((Worker(agent, model), None))
    return tuple(found)


def _agent(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() == value != "" and "," not in value else "agent's name"


def _model(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() == value != "" else "model name"


def _roles(file: Placed, folder: Path | None, own: Path) -> tuple[Role, ...]:
    """Returns the roles. One that is a file must be beside the matrix, as prompts must."""
    found: list[Role] = []
    for at, word in enumerate(_list(file, "roles", _role)):
        place = word
        if folder and finding.is_path(word):
            _inside(file.where("roles", at), folder, word)
            place = str(folder / word)
        try:
            found.append(finding.find(place, own))
        except AideatorError as error:
            raise usage(f"{file.where('roles', at)}: {error.message}", error.advice) from error
    dealing.check_names(found)
    return tuple(found)


def _role(value: Any) -> str | None:
    return (
        None if isinstance(value, str) and value.strip() == value != "" else "role: a name, or a file beside the matrix"
    )


def _temperature(value: Any) -> str | None:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 2):
        return None
    return "temperature: 0 to 2, or null for the model's own"


def _beside(folder: Path | None, model: str, where: str) -> str:
    """Resolves a script's path relative to the matrix file's folder."""
    if folder is None or not model.startswith(SCRIPTED):
        return model
    path = folder / model.removeprefix(SCRIPTED)
    if not path.exists():
        raise usage(
            f"{where}: there is no {model}", f"a script's path is relative to the matrix file: {path.resolve()}"
        )
    return f"{SCRIPTED}{path}"


def _prompts(file: Placed, folder: Path | None) -> tuple[Prompt, ...]:
    entries = file.value["prompts"]
    if not isinstance(entries, dict) or not entries:
        raise usage(f"{file.where('prompts')}: prompts takes a mapping of names to texts or files", EXAMPLE)
    return tuple(_prompt(file, folder, name, entry) for name, entry in entries.items())


def _prompt(file: Placed, folder: Path | None, name: str, entry: Any) -> Prompt:
    where = file.where("prompts", name)
    if not name.strip() or len(name) > MOST_NAME or not name.isprintable():
        raise usage(f"{where}: a prompt's name has 1 to {MOST_NAME} characters on one line")
    if folder and isinstance(entry, dict) and set(entry) == {"file"} and isinstance(entry["file"], str):
        entry = _read(where, folder, entry["file"])
    if not isinstance(entry, str):
        raise usage(f"{where}: prompt '{name}' is neither a text nor {{file: NAME}}", EXAMPLE)
    try:
        return Prompt(prompts.checked(entry), name)
    except AideatorError as error:
        raise usage(f"{where}: {error.message}", error.hint) from error


def _read(where: str, folder: Path, name: str) -> str:
    """Reads only files beside the matrix, so that a matrix from a repository can't send other files to a model."""
    path = _inside(where, folder, name)
    try:
        with path.open("rb") as file:
            return file.read(prompts.MOST_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise usage(f"{where}: {name} is not UTF-8 text") from error
    except OSError as error:
        raise usage(f"{where}: {name} can't be read: {error.strerror}") from error


def _inside(where: str, folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise usage(f"{where}: {name} is outside the matrix's folder", "put the file next to the matrix")
    return path
