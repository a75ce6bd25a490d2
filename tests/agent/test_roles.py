"""What a role changes in the pod: which tools its model has, and which limits hold. And what the repository itself tells agents."""

from aideator_agent.spec import Limits, Repository, VariationSpec
from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

READER = VariationSpec(1, "scripted/turns.yaml", role="reader", tools=("read_file",))


def test_a_role_without_a_shell_runs_nothing(agent: Agent, repository: LocalRepository) -> None:
    turns = [bash("touch made"), {"calls": [call("write_file", path="b.py", content="x\n")]}, submit()]
    record = agent.run(spec_of(str(repository.path), turns, variations=(READER,)))
    assert record.outcome[0] == "no_changes"
    assert [event["exit_code"] for event in record.of("done")][:2] == [1, 1]
    assert "there are read_file, submit" in record.text("output")


def test_a_role_may_read_what_it_has_a_tool_for(agent: Agent, repository: LocalRepository) -> None:
    turns = [{"calls": [call("read_file", path="a.py")]}, submit()]
    record = agent.run(spec_of(str(repository.path), turns, variations=(READER,)))
    assert record.text("output").startswith("x = 1\n")


def test_a_roles_limits_end_the_attempt_and_keep_its_patch(agent: Agent, repository: LocalRepository) -> None:
    strict = VariationSpec(1, "scripted/turns.yaml", role="strict", limits=Limits(steps=1))
    record = agent.run(spec_of(str(repository.path), [bash("echo y = 2 >> a.py"), submit()], variations=(strict,)))
    assert record.outcome == ("limit", None, "steps")
    assert b"+y = 2" in record.patch
    assert record.of("start")[0]["limits"]["steps"] == 1


def test_what_earlier_attempts_have_left_of_the_cost_comes_before_a_roles_limit(
    agent: Agent, repository: LocalRepository
) -> None:
    strict = VariationSpec(1, "scripted/turns.yaml", role="strict", limits=Limits(cost=0.5))
    record = agent.run(spec_of(str(repository.path), [submit()], variations=(strict,)), AIDEATOR_MAX_COST="0.2")
    assert record.of("start")[0]["limits"]["cost"] == 0.2


def first_message(agent: Agent, repository: Repository) -> str:
    return agent.run(spec_of("", [submit()], repository=repository)).text("sent")


def test_a_repositorys_instructions_for_aideator_come_after_those_for_every_agent(
    agent: Agent, repository: LocalRepository
) -> None:
    repository.commit({"AGENTS.md": "Use tabs.", ".aideator/instructions.md": "Say why.", "api/AGENTS.md": "Be quick."})
    text = first_message(agent, Repository(str(repository.path), subdir="api"))
    assert text.index("Use tabs.") < text.index("Be quick.") < text.index(".aideator/instructions.md says")
    assert "Say why." in text


def test_they_come_with_a_part_of_the_folders_too(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({".aideator/instructions.md": "Say why.", "api/a.py": "", "web/b.py": ""})
    assert "Say why." in first_message(agent, Repository(str(repository.path), sparse=("api",)))


def test_hostile_instructions_reach_no_other_file_and_are_bounded(agent: Agent, repository: LocalRepository) -> None:
    (repository.path / ".aideator").mkdir()
    (repository.path / ".aideator/instructions.md").symlink_to("/etc/hostname")
    repository.commit({"AGENTS.md": "x" * 30_000})
    text = first_message(agent, Repository(str(repository.path)))
    assert "instructions.md" not in text
    assert "x" * 20_000 in text
    assert "x" * 20_001 not in text
    assert "[cut]" in text
