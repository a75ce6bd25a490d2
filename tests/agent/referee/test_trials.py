"""What one trial leaves behind meets no other, although the trials of a patch share a container: seen in a container as a pod has it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aideator_agent.checks.ground import Ground, PodGround
from aideator_agent.settings import CheckContainer
from aideator_agent.spec import Repository
from aideator_cli.choice.comparison import compare
from tests.agent.shell.containers import PATIENCE, Container, can_isolate, running, word
from tests.choice.crossing import RIGHT, SQUARE, made, with_test
from tests.fixtures.repositories import Files

pytestmark = pytest.mark.skipif(not can_isolate(), reason="a container of one's own needs root and unshare")
TEST = "import subprocess\n\nfrom calc import double\n\n\ndef test_{0}():\n    assert double(3) == 6\n    {1}\n"
# Takes the words of the agent's for the server, and gives all back but the order to kill
THIEF = """
while read -r line; do
  case "$line" in kill*) ;; *) echo "$line" ;; esac
done <"$AIDEATOR_CHANNEL/req" >>"$AIDEATOR_CHANNEL/req" &
"""


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    for name in ("workspace", "home", "tmp", "channel"):
        (tmp_path / "check" / name).mkdir(parents=True)
    container = Container(tmp_path / "check" / "channel", ["sh"])
    container.start()
    yield container
    container.close()


@pytest.fixture
def ground(tmp_path: Path, container: Container) -> Ground:  # noqa: ARG001 -- it runs there
    place = tmp_path / "check"
    return PodGround(CheckContainer(place, place / "workspace"), Repository("repo"), PATIENCE)


def hostile(name: str, script: str) -> Files:
    """A right patch whose test passes, and leaves a shell behind."""
    call = f"subprocess.Popen(['/bin/sh', '-c', {script!r}], start_new_session=True)"
    return RIGHT | {f"test_{name}.py": TEST.format(name, call)}


def breaking(place: Path, mark: str, before: str = "") -> str:
    """A script that breaks every tree that comes, for as long as it lives."""
    tree = place / "check" / "workspace" / "repo" / "calc.py"
    return f"{before}while :; do echo 'double = lambda a: 0' > {tree}; sleep 0.01; done & exec sleep {mark}"


def seen(
    tmp_path: Path, ground: Ground, left: Files, seconds: Mapping[str, float] | None = None
) -> list[tuple[int, list[str], list[str]]]:
    """What each patch passes and fails of the tests by others; the first's tests leave something behind."""
    three = RIGHT | with_test("three", "double(3) == 6")
    found = made(tmp_path / "project", left, three, SQUARE, ground=ground, seconds=seconds)
    assert not found.crossing.problem, found.crossing.problem
    compared = compare(found.results, ["pytest"], crossing=found.crossing)
    told = [(each.number, each.crossed) for each in compared.order if each.crossed is not None]
    return sorted((n, sorted(t.name for t in of.passed), sorted(t.name for t in of.failed)) for n, of in told)


@pytest.mark.parametrize("thief", [False, True])
def test_a_process_that_a_test_leaves_behind_breaks_no_other_trial(tmp_path: Path, ground: Ground, thief: bool) -> None:
    mark = word()
    (tmp_path / "project").mkdir()
    left = hostile("left", breaking(tmp_path, mark, THIEF if thief else ""))
    assert seen(tmp_path, ground, left) == [
        (1, ["test_three::test_three"], []),
        (2, ["test_left::test_left"], []),
        (3, [], ["test_left::test_left", "test_three::test_three"]),
    ]
    assert running(mark) == []


def test_output_without_end_and_hundreds_of_processes_end_with_their_trial(tmp_path: Path, ground: Ground) -> None:
    mark = word()
    (tmp_path / "project").mkdir()
    storm = f"    [subprocess.Popen(['sleep', {mark!r}]) for _ in range(200)]\n"
    loud = "while not hasattr(calc, 'MINE'): print('x' * 100_000, flush=True)"
    test = (
        f"import subprocess\n\nimport calc\n\n\ndef test_loud():\n    assert calc.double(3) == 6\n{storm}    {loud}\n"
    )
    mine = {"calc.py": "MINE = 1\n\n\ndef double(a):\n    return 2 * a\n", "test_loud.py": test}
    assert seen(tmp_path, ground, mine, {"pytest": 3}) == [
        (1, ["test_three::test_three"], []),
        (2, [], []),
        (3, [], ["test_three::test_three"]),
    ], "a test that never ends on a patch says nothing of it"
    assert running(mark) == []
