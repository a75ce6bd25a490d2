"""`run --matrix FILE`: prompts × models × temperatures, each cell n times. What the file leaves out the command line says.

prompts:                     # by name: a text, or a file beside this one
  short: Fix the parser.
  careful: {file: prompts/careful.md}
models: [claude-sonnet-4-5, gpt-5]
temperatures: [0, 0.7]
n: 2
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake import prompts
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.yaml_file import Placed, read_placed

FIELDS: Final = ("prompts", "models", "temperatures", "n")
MOST: Final = 200  # variations
ASKED_ABOVE: Final = 20  # so many are started without a question
MOST_NAME: Final = 60  # characters
EXAMPLE: Final = (
    "for example: {prompts: {short: Fix the parser.}, models: [claude-sonnet-4-5, gpt-5], temperatures: [0, 0.7], n: 2}"
)


@dataclass(frozen=True)
class Prompt:
    text: str
    name: str | None = None  # None: the run's only one, as the command line has it


@dataclass(frozen=True)
class Cell:
    """What one variation is given."""

    model: str  # as the user names it
    temperature: float | None = None  # None: the model's own
    prompt: Prompt | None = None  # None: the run's


@dataclass(frozen=True)
class Matrix:
    """What the file says; an axis that it leaves out is empty."""

    prompts: tuple[Prompt, ...] = ()
    models: tuple[str, ...] = ()
    temperatures: tuple[float | None, ...] = ()
    n: int = 1
    places: Mapping[str, str] = field(default_factory=dict)  # a model -> where the file names it

    def cells(self, models: Sequence[str], temperature: float | None) -> list[Cell]:
        """Prompt by prompt, model by model, temperature by temperature; the arguments stand in for what the file leaves out."""
        axes = product(
            self.prompts or (None,), self.models or models, self.temperatures or (temperature,), range(self.n)
        )
        found = [Cell(model, degree, prompt) for prompt, model, degree, _ in axes]
        if len(found) > MOST:
            raise usage(
                f"the matrix has {len(found)} cells; a run takes {MOST} at most", hint="split it into several files"
            )
        return found


def load(path: Path) -> Matrix:
    """Raises `AideatorError` (usage) with the file and the line for whatever is not as it should be."""
    file = read_placed(path, "matrix")
    data = file.value
    if not isinstance(data, dict) or not data:
        raise usage(f"{file.where()} must be a mapping of {', '.join(FIELDS)}", EXAMPLE)
    for name in data:
        if name not in FIELDS:
            raise usage(f"{file.where(name)}: unknown field '{name}'", f"fields: {', '.join(FIELDS)}")
    n = data.get("n", 1)
    if type(n) is not int or not 1 <= n <= MOST:
        raise usage(f"{file.where('n')}: n is {n!r}; it takes 1 to {MOST}")
    written = _list(file, "models", _model) if "models" in data else ()
    models = {_beside(path.parent, model, file.where("models", at)): at for at, model in enumerate(written)}
    return Matrix(
        prompts=_prompts(file, path.parent) if "prompts" in data else (),
        models=tuple(models),
        temperatures=_list(file, "temperatures", _temperature) if "temperatures" in data else (),
        n=n,
        places={model: file.where("models", at) for model, at in models.items()},
    )


def _list(file: Placed, name: str, check: Callable[[Any], str | None]) -> tuple[Any, ...]:
    values = file.value[name]
    if not isinstance(values, list) or not values:
        raise usage(f"{file.where(name)}: {name} takes a list", EXAMPLE)
    found: list[Any] = []
    for at, value in enumerate(values):
        if reason := check(value):
            raise usage(f"{file.where(name, at)}: {value!r} is no {reason}")
        if value in found:
            raise usage(f"{file.where(name, at)}: {value!r} stands twice", "n: 2 gives each cell to two agents")
        found.append(value)
    return tuple(found)


def _model(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() == value != "" else "model's name"


def _temperature(value: Any) -> str | None:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 2):
        return None
    return "temperature: 0 to 2, or null for the model's own"


def _beside(folder: Path, model: str, where: str) -> str:
    """A script's path begins where the matrix is."""
    if not model.startswith(SCRIPTED):
        return model
    path = folder / model.removeprefix(SCRIPTED)
    if not path.exists():
        raise usage(f"{where}: there is no {model}", f"a script's name starts at the matrix: {path.resolve()}")
    return f"{SCRIPTED}{path}"


def _prompts(file: Placed, folder: Path) -> tuple[Prompt, ...]:
    entries = file.value["prompts"]
    if not isinstance(entries, dict) or not entries:
        raise usage(f"{file.where('prompts')}: prompts takes a mapping from a name to a text or a file", EXAMPLE)
    return tuple(_prompt(file, folder, name, entry) for name, entry in entries.items())


def _prompt(file: Placed, folder: Path, name: str, entry: Any) -> Prompt:
    where = file.where("prompts", name)
    if not name.strip() or len(name) > MOST_NAME or not name.isprintable():
        raise usage(f"{where}: a prompt's name has 1 to {MOST_NAME} characters on one line")
    if isinstance(entry, dict) and set(entry) == {"file"} and isinstance(entry["file"], str):
        entry = _read(where, folder, entry["file"])
    if not isinstance(entry, str):
        raise usage(f"{where}: prompt '{name}' is neither a text nor {{file: NAME}}", EXAMPLE)
    try:
        return Prompt(prompts.checked(entry), name)
    except AideatorError as error:
        raise usage(f"{where}: {error.message}", error.hint) from error


def _read(where: str, folder: Path, name: str) -> str:
    """Only what lies beside the matrix: one that came with a repository can't send other files to a model."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise usage(f"{where}: {name} lies outside of the matrix's folder", "put the prompt's file beside the matrix")
    try:
        with path.open("rb") as file:
            return file.read(prompts.MOST_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise usage(f"{where}: {name} is no UTF-8 text") from error
    except OSError as error:
        raise usage(f"{where}: {name} can't be read: {error.strerror}") from error
