"""The built wheels, installed as a user does it, in fresh environments: the tool says its version and follows a scripted agent to its end.

It downloads every dependency, and so runs with AIDEATOR_INSTALLS=1 alone (`make installs`).
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.repositories import LocalRepository

CHECKOUT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SCRIPT = """
- calls: [{tool: write_file, arguments: {path: b.py, content: "y = 2\\n"}}]
- calls: [{tool: submit, arguments: {summary: Done.}}]
"""
KEPT = ("HOME", "LANG", "PATH")  # besides those that say how to reach the package index

pytestmark = pytest.mark.skipif(
    not os.environ.get("AIDEATOR_INSTALLS"),
    reason="it downloads every dependency; AIDEATOR_INSTALLS=1 runs it (`make installs`)",
)


def run(*words: str | Path, folder: Path | None = None, **more: str) -> str:
    known = {
        name: value for name, value in os.environ.items() if name in KEPT or name.startswith(("PIP_", "UV_", "SSL_"))
    }
    environment = known | {"UV_PYTHON_DOWNLOADS": "never"} | more
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    run(UV, "build", "--quiet", "--wheel", "--all-packages", "--out-dir", folder, folder=CHECKOUT)
    return sorted(folder.glob("*.whl"))


def interpreter(version: str) -> Path:
    """This minor version of Python; a skip that says so if neither this machine nor tests/pythons/build has it."""
    found = (
        shutil.which(f"python{version}")
        or subprocess.run(
            [CHECKOUT / "tests/pythons/build", "--find", version], capture_output=True, text=True, check=False
        ).stdout.strip()
    )
    places = [
        *([Path(found)] if found else []),
        *sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python")),
    ]
    for place in places:
        done = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.startswith(f"Python {version}."):
            return place
    pytest.skip(f"there is no Python {version} on this machine")


def works(program: Path, tmp_path: Path) -> None:
    """It says its version, and an agent's patch comes of a run on this machine."""
    assert run(program, "version").startswith("aideator ")
    repository = LocalRepository(tmp_path / "project")
    repository.commit({"a.py": "x = 1\n"})
    (tmp_path / "script.yaml").write_text(SCRIPT)
    words = (
        "run",
        str(repository.path),
        "Do it.",
        "--model",
        f"scripted/{tmp_path / 'script.yaml'}",
        "--backend",
        "local",
        "--json",
    )
    records = [json.loads(line) for line in run(program, *words, AIDEATOR_HOME=str(tmp_path / "home")).splitlines()]
    assert next(record for record in records if record.get("kind") == "result")["outcome"] == "succeeded"


@pytest.mark.parametrize("version", PYTHONS)
def test_pip_installs_the_wheels_with_each_python(version: str, wheels: list[Path], tmp_path: Path) -> None:
    python = interpreter(version)
    run(python, "-m", "venv", tmp_path / "venv")
    run(tmp_path / "venv/bin/python", "-m", "pip", "install", "--quiet", *wheels)
    works(tmp_path / "venv/bin/aideator", tmp_path)


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_the_oldest_and_the_newest_dependencies_that_are_allowed_work(
    resolution: str, wheels: list[Path], tmp_path: Path
) -> None:
    run(UV, "venv", "--quiet", "--python", interpreter("3.11"), tmp_path / "venv")
    run(UV, "pip", "install", "--quiet", "--python", tmp_path / "venv/bin/python", "--resolution", resolution, *wheels)
    works(tmp_path / "venv/bin/aideator", tmp_path)


def with_uv(wheels: list[Path], tmp_path: Path) -> Path:
    agent, tool = sorted(wheels, key=lambda wheel: not wheel.name.startswith("aideator_agent"))
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    run(UV, "tool", "install", "--quiet", "--with", agent, tool, **folders)
    return tmp_path / "bin/aideator"


def with_pipx(wheels: list[Path], tmp_path: Path) -> Path:
    agent, tool = sorted(wheels, key=lambda wheel: not wheel.name.startswith("aideator_agent"))
    folders = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    run(UV, "tool", "run", "--quiet", "pipx", "install", "--quiet", "--preinstall", agent, tool, **folders)
    return tmp_path / "bin/aideator"


@pytest.mark.parametrize("install", [with_uv, with_pipx], ids=["uv tool", "pipx"])
def test_tools_that_keep_programs_apart_install_it(
    install: Callable[[list[Path], Path], Path], wheels: list[Path], tmp_path: Path
) -> None:
    works(install(wheels, tmp_path), tmp_path)
