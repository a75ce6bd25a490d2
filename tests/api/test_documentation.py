"""The examples of docs/api.md, executed as they stand, one after the other."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions.demo_material import demo_files, demo_scripts
from aideator_cli.api import AideatorError, ExitCode

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def clone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- the data folder
    folder = tmp_path / "todo"
    folder.mkdir()
    for name, content in demo_files().items():
        (folder / name).write_bytes(content)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init", "-qb", "main"], ["add", "-A"], [*author, "commit", "-qm", "A todo list"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    for script in demo_scripts():
        (folder / script.name).write_bytes(script.read_bytes())
    monkeypatch.chdir(folder)
    return folder


def test_they_run_as_they_stand_and_nothing_is_printed_but_by_the_caller(
    clone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    names: dict[str, Any] = {"print": lambda *words: said.append(" ".join(map(str, words)))}
    before = (clone / "todo.py").read_text()
    for example in EXAMPLES:
        exec(compile(example, str(PAGE), "exec"), names)
        if "run.apply()" in example:
            assert (clone / "todo.py").read_text() == before, "undo gave it back"
    assert capfd.readouterr() == ("", "")
    shown = "\n".join(said)
    assert f"{names['run'].id} 2" in shown
    assert f"{names['run'].id}/1 submit" in shown
    assert "2 succeeded False" in shown
    assert names["selection"].variation == 1
    assert "there is no run nosuchrun" in shown
    assert "<html" in (clone / "report.html").read_text()
    assert (clone / "exported" / "result.json").is_file()


def test_what_goes_wrong_is_an_error_with_a_hint_and_a_code(clone: Path) -> None:  # noqa: ARG001
    names: dict[str, Any] = {}
    exec(compile(EXAMPLES[0], str(PAGE), "exec"), names)
    run = names["run"]
    run.wait(120)
    with pytest.raises(AideatorError, match="has no variation 7") as told:
        run.select(7)
    assert (told.value.hint, told.value.code) == ("its variations are 1 to 2", ExitCode.USAGE)
    with pytest.raises(AideatorError, match="has no selected variation") as told:
        run.apply()
    assert told.value.hint == f"aideator select {run.id} N, or aideator apply {run.id}/N"
