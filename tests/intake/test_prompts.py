"""What an agent is told first."""

from dataclasses import replace

import pytest

from aideator_agent.spec import Repository
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake import variables
from aideator_cli.intake.prompts import Briefed, filled, messages, system_message, task_message, unused
from aideator_cli.intake.roles import finding, role
from aideator_cli.intake.variables import Variables

NEUTRAL = finding.shipped(finding.NEUTRAL)
QA = finding.shipped("qa")
REPOSITORY = Repository("/src/todo", subdir="web")
BRACES = "Use {{ braces }} and {% blocks %} & <tags>,\n\n  keep 'blanks'  \nand \"quotes\" \\ {# all #}"


def system(own: role.Role) -> str:
    return system_message(Briefed(own, "x"), REPOSITORY, Variables())


def task(repository: Repository, prompt: str) -> str:
    return task_message(Briefed(NEUTRAL, prompt), repository, Variables())


def test_the_prompt_reaches_the_agent_as_it_was_written() -> None:
    assert filled(BRACES, Variables()) == BRACES
    assert f"<task>\n{BRACES}\n</task>" in task(Repository("https://git.example/todo.git"), BRACES)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://git.example/team/todo.git", "The repository todo is checked out"),
        ("git@git.example:todo", "The repository todo is checked out"),
        ("/home/ada/src/todo/", "The repository todo is checked out"),
        ("/", "The repository is checked out"),
    ],
)
def test_the_repository_is_called_by_its_short_name(url: str, said: str) -> None:
    assert said in task(Repository(url), "x")


def test_the_ref_is_named_when_there_is_one() -> None:
    assert "todo (at v1.2) is" in task(Repository("/src/todo", "v1.2"), "x")


def test_every_tool_is_explained() -> None:
    text = system(NEUTRAL)
    assert all(
        f"`{tool}`" in text for tool in ("bash", "search_code", "read_file", "write_file", "str_replace", "submit")
    )


def test_the_search_is_not_explained_where_there_is_none() -> None:
    assert "search_code" not in system(replace(NEUTRAL, tools=("read_file",)))
    told = messages(REPOSITORY, [Briefed(NEUTRAL, "a", search=False)], Variables())
    assert "search_code" not in told.system[NEUTRAL.name]


def test_a_role_without_a_shell_is_not_told_to_run_anything() -> None:
    text = system(replace(NEUTRAL, tools=("read_file", "str_replace")))
    assert "bash" not in text
    assert "write_file" not in text
    assert "Run the project's own tests" not in text


def test_a_role_comes_before_the_rules_that_hold_for_all() -> None:
    text = system(QA)
    assert text.startswith("You are a QA engineer.")
    assert text.index("QA engineer") < text.index("You work alone, in a checkout")


def test_each_role_has_its_own_message_and_each_prompt_its_own_task() -> None:
    told = messages(REPOSITORY, [Briefed(NEUTRAL, "a"), Briefed(QA, "a"), Briefed(QA, "b")], Variables())
    assert set(told.system) == {"engineer", "qa"}
    assert told.tasks[:2] == (None, None)
    assert told.tasks[2] is not None
    assert "<task>\nb\n</task>" in told.tasks[2]


def test_another_agent_gets_its_role_with_the_task_and_nothing_about_our_tools() -> None:
    told = messages(
        REPOSITORY, [Briefed(NEUTRAL, "Fix it.", ours=False), Briefed(QA, "Fix it.", ours=False)], Variables()
    )
    assert not told.system
    assert told.task.startswith("Fix it.\n")
    assert told.tasks[1] is not None
    assert told.tasks[1].startswith("You are a QA engineer.")
    assert "Fix it." in told.tasks[1]
    assert "submit" not in told.task


@pytest.mark.parametrize("answer", [False, True])
def test_another_agent_is_told_of_the_tool_that_asks_other_roles_where_it_has_it(answer: bool) -> None:
    alone, in_team = (
        messages(REPOSITORY, [Briefed(QA, "Fix it.", ours=False, answer=answer, asks=asks)], Variables()).task
        for asks in (False, True)
    )
    assert "MCP tool `ask`" in in_team
    assert "Nobody else answers questions" in in_team
    assert "`ask`" not in alone
    assert "Nobody answers questions" in alone


def test_a_question_has_rules_and_a_message_of_its_own() -> None:
    told = messages(
        REPOSITORY, [Briefed(QA, "Why?", answer=True), Briefed(QA, "Why?", ours=False, answer=True)], Variables()
    )
    assert told.system["qa"].startswith("You are a QA engineer.")
    assert "Call `submit` with the whole answer" in told.system["qa"]
    assert "<question>\nWhy?\n</question>" in told.task
    assert told.tasks[1] is not None
    assert "Change nothing." in told.tasks[1]


@pytest.mark.parametrize("name", [*finding.NAMES, "new"])
def test_every_shipped_role_can_be_rendered(name: str) -> None:
    own = role.parse(finding.source(name), name, role.SHIPPED)
    assert own.description
    assert "{" not in system_message(Briefed(own, "x"), Repository("/"), Variables())


def test_a_role_can_use_what_is_known_of_the_repository_and_the_users_variables() -> None:
    own = role.parse("Care for {{ repository }} in {{ subdir }}, most of all {{ module }}.", "own", "own.md")
    text = system_message(Briefed(own, "x"), REPOSITORY, variables.parse(["module=parser"], ()))
    assert text.startswith("Care for todo in web, most of all parser.\n")


def test_variables_fill_a_prompt() -> None:
    told = variables.parse(["who=<b> & {{ x }}"], ())
    assert filled("Greet {{ who }}{% if loud is defined %}!{% endif %}", told) == "Greet <b> & {{ x }}"


@pytest.mark.parametrize(
    ("prompt", "complaint", "hint"),
    [
        ("Greet {{ whom }}.", "the prompt uses the variable 'whom', which has no value", "did you mean who?"),
        ("Greet\n{{ who", "the prompt, line 2:", "docs/roles.md"),
        ("{{ who.name }}", "the prompt: 'str object' has no attribute 'name'", "docs/roles.md"),
    ],
)
def test_an_undefined_variable_is_named(prompt: str, complaint: str, hint: str) -> None:
    with pytest.raises(AideatorError) as caught:
        filled(prompt, variables.parse(["who=Ada"], ()))
    assert caught.value.code is ExitCode.USAGE
    assert complaint in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_variable_that_nothing_uses_is_told() -> None:
    told = variables.parse(["who=Ada", "whom=Bob"], ())
    assert unused(told, ["Greet {{ who }}."], [NEUTRAL]) == ("no prompt and no role uses the variable 'whom'",)
