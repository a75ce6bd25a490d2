"""The matrix file: what it says is checked at the door, each complaint with its line."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake import matrix as matrices
from aideator_cli.intake.agents.team import Worker
from aideator_cli.intake.matrix import Cell, Matrix
from aideator_cli.intake.roles import finding

ROLE = finding.shipped("qa")
WHOLE = """\
prompts:
  short: Fix the parser.
  careful: {file: prompts/careful.md}
models: [gpt-5, claude-sonnet-4-5]
temperatures: [0, 0.7]
n: 2
"""
OURS = Worker("own", "gpt-5")


def load(path: Path) -> Matrix:
    return matrices.load(path, path.parent / "own-roles")


def write(folder: Path, text: str) -> Path:
    path = folder / "matrix.yaml"
    path.write_text(text)
    return path


def cells_of(matrix: Matrix) -> list[Cell]:
    return matrix.cells([Worker("own", model) for model in matrix.models], None, [ROLE])


def test_every_combination_is_a_cell_as_often_as_n_says(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/careful.md").write_text("Read the tests first.\nThen fix the parser.\n")
    cells = cells_of(load(write(tmp_path, WHOLE)))
    assert len(cells) == 2 * 2 * 2 * 2
    assert cells[0] == cells[1]
    told = [(cell.prompt.name if cell.prompt else None, cell.worker.model, cell.temperature) for cell in cells[::2]]
    assert told[:3] == [("short", "gpt-5", 0), ("short", "gpt-5", 0.7), ("short", "claude-sonnet-4-5", 0)]
    assert told[-1] == ("careful", "claude-sonnet-4-5", 0.7)
    assert {cell.prompt.text for cell in cells[8:] if cell.prompt} == {"Read the tests first.\nThen fix the parser.\n"}


def test_what_it_leaves_out_comes_from_the_command_line(tmp_path: Path) -> None:
    matrix = load(write(tmp_path, "temperatures: [0, null]"))
    assert matrix.cells([OURS], 1.5, [ROLE]) == [Cell(OURS, ROLE, 0), Cell(OURS, ROLE, None)]
    matrix = load(write(tmp_path, "n: 2"))
    assert matrix.cells([OURS], 1.5, [ROLE]) == [Cell(OURS, ROLE, 1.5)] * 2


def test_a_script_lies_beside_the_matrix(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match=r"line 1: there is no scripted/a\.yaml"):
        load(write(tmp_path, "models: [scripted/a.yaml]"))
    (tmp_path / "a.yaml").touch()
    assert load(write(tmp_path, "models: [scripted/a.yaml]")).models == (f"scripted/{tmp_path}/a.yaml",)


def test_agents_and_their_files_lie_beside_the_matrix(tmp_path: Path) -> None:
    matrix = load(write(tmp_path, "agents: [own, opencode/gpt-5, ours.yaml]"))
    assert [worker for worker, _ in matrix.agents] == [
        Worker("own", None),
        Worker("opencode", "gpt-5"),
        Worker(f"{tmp_path}/ours.yaml", None),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "must be a mapping of prompts, agents, models, temperatures, roles, n"),
        ("[1]", "must be a mapping"),
        ("models: [gpt-5]\nmodel: [x]", "line 2: unknown field 'model'"),
        ("models: [gpt-5\nn: 1", "line 2, column 2:"),
        ("n: 1\nn: 2", "line 2, column 1: 'n' appears twice"),
        ("n: 0", "line 1: n is 0; it takes 1 to 200"),
        ("n: true", "line 1: n is True"),
        ("models: gpt-5", "line 1: models takes a list"),
        ("models: []", "line 1: models takes a list"),
        ("models:\n  - gpt-5\n  - 5", "line 3: 5 is not a valid model name"),
        ("models:\n  - gpt-5\n  - gpt-5", "line 3: 'gpt-5' is listed twice"),
        ("agents: claude", "line 1: agents takes a list"),
        ("agents:\n  - own\n  - cluade", "line 3: unknown agent 'cluade'"),
        ("agents: [claude:2]", "line 1: 'claude:2' counts"),
        ('agents: ["claude,own"]', "line 1: 'claude,own' is not a valid agent's name"),
        ("temperatures:\n  - 0\n  - 2.5", "line 3: 2.5 is not a valid temperature"),
        ("temperatures: [true]", "line 1: True is not a valid temperature"),
        ("roles: [qa, qb]", "line 1: there is no role 'qb'"),
        ("roles: [../qa.md]", "line 1: ../qa.md is outside the matrix's folder"),
        ("roles: [3]", "line 1: 3 is not a valid role"),
        ("prompts: [a, b]", "line 1: prompts takes a mapping of names to"),
        ("prompts:\n  a: {text: x}", "line 2: prompt 'a' is neither a text nor {file: NAME}"),
        ("prompts:\n  a: x\n  b: '  '", "line 3: the prompt is empty"),
        ('prompts:\n  "a\\eb": x', "line 2: a prompt's name has 1 to 60 characters on one line"),
        ("prompts:\n  a: {file: nothing.md}", "line 2: nothing.md can't be read: No such file"),
        ("prompts:\n  a: {file: ../secret}", "line 2: ../secret is outside the matrix's folder"),
        ("prompts:\n  a: {file: /etc/hostname}", "line 2: /etc/hostname is outside"),
        ("prompts:\n  a: {file: link}", "line 2: link is outside"),
        ("prompts:\n  a: {file: latin.md}", "line 2: latin.md is not UTF-8 text"),
        ("prompts:\n  a: &x b\n  c: *x\n  1: d", "a name must be text, not 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    with pytest.raises(AideatorError) as caught:
        load(write(tmp_path, text))
    assert caught.value.code == 2
    assert complaint in caught.value.message
    assert f"matrix {tmp_path}/matrix.yaml" in caught.value.message


def test_no_more_than_200_cells(tmp_path: Path) -> None:
    text = f"models: [{', '.join(f'openai/m{n}' for n in range(21))}]\nn: 10"
    with pytest.raises(AideatorError, match="the matrix has 210 cells; a run takes at most 200"):
        cells_of(load(write(tmp_path, text)))


def test_roles_are_an_axis_and_their_files_lie_beside_the_matrix(tmp_path: Path) -> None:
    (tmp_path / "careful.md").write_text("Be careful.\n")
    cells = load(write(tmp_path, "roles: [qa, ./careful.md]")).cells([OURS], None, [])
    assert [cell.role.name for cell in cells] == ["qa", "careful"]
