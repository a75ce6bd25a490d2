"""The house: which rooms there are, what each says of itself, and that only one of them speaks to a person."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "aideator_cli"
ROOMS = sorted(path.parent.name for path in HOUSE.glob("*/__init__.py"))
DOORS = {"__init__", "__main__", "main"}  # the modules at the top
BELOW_CLI = [path for room in ROOMS if room != "cli" for path in sorted((HOUSE / room).rglob("*.py"))]
STREAMS = ("stdin", "stdout", "stderr", "exit", "argv", "__stdout__", "__stderr__")


def test_there_are_at_most_sixteen_rooms_and_no_loose_module_but_the_doors() -> None:
    assert {path.stem for path in HOUSE.glob("*.py")} == DOORS
    assert len(ROOMS) + len(DOORS - {"__init__", "__main__"}) <= 16


def test_the_contract_names_every_room() -> None:
    contract = re.search(
        r'containers = \["aideator_cli"\]\nexhaustive = true\nlayers = \[(.*?)\]', _pyproject(), re.DOTALL
    )
    assert contract
    assert sorted(re.findall(r'"(\w+)"', contract[1])) == sorted([*ROOMS, *DOORS - {"__init__"}])


def test_the_page_on_the_architecture_shows_the_rooms_in_the_contracts_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    shown = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE)
    contract = re.search(r"exhaustive = true\nlayers = \[(.*?)\]", _pyproject(), re.DOTALL)
    assert contract
    assert shown == [name for name in re.findall(r'"(\w+)"', contract[1]) if name != "__main__"]


@pytest.mark.parametrize("package", ["aideator_cli", "aideator_agent"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    """Not even late, within a function, or for types alone."""
    graph = grimp.build_graph(package)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_owns_and_what_it_must_not_know(room: str) -> None:
    said = ast.get_docstring(ast.parse((HOUSE / room / "__init__.py").read_text())) or ""
    assert len(re.findall(r"[.:](?:\s|$)", said)) >= 2, "two sentences"


@pytest.mark.parametrize("path", BELOW_CLI, ids=lambda path: str(path.relative_to(HOUSE)))
def test_below_the_command_line_nothing_prints_reads_a_terminal_or_exits(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
        )
        assert not (isinstance(node, ast.Name) and node.id == "SystemExit")
        if isinstance(node, ast.Attribute):
            of_sys = isinstance(node.value, ast.Name) and node.value.id == "sys"
            assert not (of_sys and node.attr in STREAMS), f"line {node.lineno}: sys.{node.attr}"
            assert node.attr != "get_terminal_size", f"line {node.lineno}"


def test_tests_stand_by_the_rooms_that_they_test() -> None:
    others = {
        "agent",
        "api",
        "bench",
        "charts",
        "cluster",
        "docs",
        "end_to_end",
        "faults",
        "fixtures",
        "agents",
        "forge",
        "servers",
    }
    folders = {path.name for path in (ROOT / "tests").iterdir() if (path / "__init__.py").exists()}
    assert folders <= {*ROOMS, *others}


def test_the_distribution_has_every_package() -> None:
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in HOUSE.rglob("__init__.py")}
    listed = re.search(r"\[tool\.setuptools\]\npackages = \[(.*?)\]", _pyproject(), re.DOTALL)
    assert listed
    assert set(re.findall(r'"([\w.]+)"', listed[1])) == {*packages, "aideator_templates"}


def _pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()
