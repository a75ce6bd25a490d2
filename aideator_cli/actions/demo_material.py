"""What `aideator demo` works on: a small project whose parser stops at comments, and the scripts of three agents."""

from importlib.resources import files
from pathlib import Path
from typing import Final

DEMO_PROMPT: Final = (
    "The README says that lines that begin with # are comments. The parser stops at them; make it skip them."
)
TEAM_PROMPT: Final = "Export the list as CSV and as JSON."
CHECK: Final = "python3 -m unittest"
STEPS: Final = 12  # the run's limit: enough for the first two of SCRIPTS, never for the third
SCRIPTS: Final = ("right", "wrong", "lost")

_PROJECT: Final = {
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "groceries.todo": "groceries.todo",
    "test_todo.py": "test_todo.py",
    "todo.py": "todo.py",
}


def demo_files() -> dict[str, bytes]:
    """Returns the project's files: path in the repository -> content. One of its seven tests fails."""
    folder = files("aideator_templates").joinpath("demo")
    return {path: folder.joinpath(name).read_bytes() for name, path in _PROJECT.items()}


def demo_scripts() -> tuple[Path, ...]:
    """Returns the agents' scripts in the order of `SCRIPTS`: one passes the check, one fails it, one reaches the limit."""
    folder = files("aideator_templates").joinpath("demo")
    return tuple(Path(str(folder.joinpath(f"{name}.yaml"))) for name in SCRIPTS)


def team_demo_files() -> dict[str, bytes]:
    """Returns the same project with its parser mended: all of its tests pass."""
    found = demo_files()
    broken, mended = b"        if not line:\n", b'        if not line or line.startswith("#"):\n'
    return {**found, "todo.py": found["todo.py"].replace(broken, mended)}


def team_demo_file() -> Path:
    """Returns the stages file of the demo's team, beside which the scripts of its roles are."""
    return Path(str(files("aideator_templates").joinpath("demo").joinpath("team").joinpath("demo.yaml")))
