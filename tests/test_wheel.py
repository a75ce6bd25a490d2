"""A wheel holds every room: pyproject.toml names the packages, since `templates/` is one under another name."""

import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent


def test_every_package_of_the_tool_is_in_its_wheel() -> None:
    named = setuptools(CHECKOUT)["packages"]
    assert sorted(named) == [*packages(CHECKOUT, "aideator_cli"), "aideator_templates"]


def test_every_package_of_the_agent_is_in_its_wheel() -> None:
    assert sorted(setuptools(CHECKOUT / "agent")["packages"]) == packages(CHECKOUT / "agent", "aideator_agent")


def setuptools(project: Path) -> dict[str, list[str]]:
    tables = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = tables["tool"]["setuptools"]
    return found


def packages(project: Path, name: str) -> list[str]:
    """Every folder with Python in it, as it is imported."""
    folders = {path.parent.relative_to(project) for path in (project / name).rglob("*.py")}
    return sorted(".".join(folder.parts) for folder in folders)
