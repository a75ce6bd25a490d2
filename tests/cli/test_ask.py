"""`aideator ask`: a question about a repository, and what can be done with the answers."""

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Said, Shell
from tests.fixtures.repositories import LocalRepository, git


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"parser.py": "def parse(text):\n    return text\n"})
    repository.commit({"parser.py": "def parse(text):\n    return text.strip()\n"})
    return repository


def script(folder: Path, name: str, *answers: str) -> str:
    turns = [{"calls": [{"tool": "submit", "arguments": {"answer": answer}}]} for answer in answers]
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    return f"scripted/{folder / name}.yaml"


def ask(aideator: Shell, repository: LocalRepository, *models: str, words: tuple[str, ...] = ()) -> Said:
    chosen = [word for model in models for word in ("--model", model)]
    return aideator("ask", str(repository.path), "What does parse do?", "--backend", "local", *chosen, *words)


def test_a_question_is_answered_and_the_answer_printed(
    aideator: Shell, repository: LocalRepository, tmp_path: Path
) -> None:
    good = script(tmp_path, "good", "It strips the text: `parser.py:2`.\n")
    wrong = script(tmp_path, "wrong", "It lexes the text: lexer.py:9 and parser.py:7.\n")

    done = ask(aideator, repository, good, wrong)
    assert done.code == 0
    assert "answer: cites 2 places, 2 of which do not exist" in done.out
    assert "show" in done.err
    assert "--answer 1" in done.err

    printed = aideator("show", "@last", "--answer", "1")
    assert (printed.code, printed.out, printed.err) == (0, "It strips the text: `parser.py:2`.\n", "")
    printed = aideator("show", "@last", "--answer", "2")
    assert printed.out == "It lexes the text: lexer.py:9 and parser.py:7.\n"
    assert (
        "cited, but not in the repository: lexer.py:9 (no such file), parser.py:7 (the file has 2 lines)" in printed.err
    )


def test_json_holds_the_answers(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    done = ask(aideator, repository, script(tmp_path, "good", "parser.py:2\n"), words=("-n", "1", "--json"))
    (result,) = [record for record in map(json.loads, done.out.splitlines()) if record["kind"] == "result"]
    assert (result["answer"], result["outcome"], result["patch_sha256"]) == ("parser.py:2\n", "succeeded", None)
    assert result["citations"][0]["path"] == "parser.py"

    shown = json.loads(aideator("show", "@last", "--json").out)
    assert shown["variations"][0]["answer"] == "parser.py:2\n"
    alone = json.loads(aideator("show", "@last", "--answer", "1", "--json").out)
    assert (alone["kind"], alone["answer"]) == ("answer", "parser.py:2\n")


def test_an_answer_is_selected_but_is_no_patch(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    ask(aideator, repository, script(tmp_path, "good", "parser.py:2\n"))
    selected = aideator("select", "@last", "1")
    assert selected.code == 0
    assert "--answer 1" in selected.err
    for words in (("apply", "@last"), ("diff", "@last"), ("push", "@last", "origin"), ("apply", "@last", "--check")):
        refused = aideator(*words)
        assert refused.code == 2
        assert "was asked for an answer, so it has no patch" in refused.err


def test_a_patch_run_has_no_answer(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    model = script(tmp_path, "any", "Hello.")
    aideator("run", str(repository.path), "x", "--backend", "local", "--model", model)
    refused = aideator("show", "@last", "--answer", "1")
    assert refused.code == 2
    assert "was asked for a patch, not for an answer" in refused.err


def test_without_an_answer_the_exit_code_is_1(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    done = ask(aideator, repository, script(tmp_path, "silent", *[" "] * 5))
    assert done.code == 1
    refused = aideator("show", "@last", "--answer", "1")
    assert (refused.code, "has no answer: failed" in refused.err) == (3, True)


def test_a_failed_check_of_an_answer_exits_with_7(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    model = script(tmp_path, "good", "It strips.")
    done = ask(aideator, repository, model, words=("--verify", "cites=grep -q parser.py:"))
    assert done.code == 7
    assert "check cites: failed" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--select", "auto", "--apply"), "--apply takes a patch"),
        (("--push", "origin"), "--push takes a patch"),
        (("--diff", "main"), "--diff takes A..B or A...B, not main"),
        (("--diff", "--output=x..y"), "--diff takes A..B or A...B"),
        (("--diff", "HEAD..HEAD"), "has no difference"),
        (("--diff", "nowhere..HEAD"), "has no branch, tag or commit nowhere"),
        (("--diff", "HEAD~1..", "--ref", "HEAD"), "--ref can't be combined with --diff"),
        (("--diff", "HEAD~1..", "--dirty"), "--dirty can't be combined with --diff"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(
    aideator: Shell, repository: LocalRepository, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    model = script(tmp_path, "good", "parser.py:2\n")
    refused = aideator("run", str(repository.path), "What?", "--answer", "--backend", "local", "--model", model, *words)
    assert refused.code in (2, 3)
    assert said in refused.err
    assert aideator("list").out == ""


def test_a_review_is_shown_the_difference_of_the_range(
    aideator: Shell, repository: LocalRepository, tmp_path: Path
) -> None:
    git(repository.path, "checkout", "-q", "-b", "feature")
    repository.commit({"lexer.py": "x = 1\n"})
    last = git(repository.path, "rev-parse", "HEAD")
    git(repository.path, "checkout", "-q", "-")
    repository.commit({"other.py": "y = 1\n"})
    model = script(tmp_path, "good", "Fine: lexer.py:1\n")

    done = aideator("ask", str(repository.path), "--diff", "HEAD...feature", "--backend", "local", "--model", model)
    assert done.code == 0, done.err
    record = json.loads(aideator("show", "@last", "--json").out)
    assert record["repository"]["base"] == last
    assert record["prompt"].startswith("Review this change.")
    sent = "".join(json.loads(line).get("text", "") for line in aideator("logs", "@last", "--json").out.splitlines())
    assert "+x = 1" in sent
    assert "-y = 1" not in sent  # ... begins where both have parted
    assert "does not exist" not in done.out


def test_a_repository_on_a_server_is_reviewed_too(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    model = script(tmp_path, "good", "Fine: parser.py:2\n")
    url = f"file://{repository.path}"
    branch = git(repository.path, "branch", "--show-current")
    first = git(repository.path, "rev-parse", "HEAD~1")
    done = aideator("ask", url, "--diff", f"{first}..{branch}", "--backend", "local", "--model", model)
    assert done.code == 0, done.err
    sent = "".join(json.loads(line).get("text", "") for line in aideator("logs", "@last", "--json").out.splitlines())
    assert "text.strip()" in sent


def test_a_long_answer_comes_back_whole(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> None:
    """It takes many records."""
    text = "".join(f'{number}. Grüße, "Ada" 🙂 parser.py:1\n' for number in range(3000))
    assert ask(aideator, repository, script(tmp_path, "long", text), words=("-n", "1")).code == 0
    assert aideator("show", "@last", "--answer", "1").out == text


def test_without_a_question_it_says_how_to_ask(aideator: Shell, repository: LocalRepository) -> None:
    refused = aideator("ask", str(repository.path), "--backend", "local")
    assert refused.code == 2
    assert "no question is given" in refused.err
    assert "--diff A..B" in refused.err
