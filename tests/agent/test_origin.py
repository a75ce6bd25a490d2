"""A run that begins with what others did: agents find it in the history, and their patches hold it too."""

from dataclasses import replace

from aideator_agent.spec import Check, Origin, RunSpec, Sent, VariationSpec
from tests.agent.checks.checking import ran
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.agent.test_sent import put
from tests.fixtures.repositories import LocalRepository, git

CONTINUED = Origin(("k3v9x2q/1",), ("Accept comments.",))
MERGED = Origin(("k3v9x2q/1", "k3v9x2q/2"), merged=True)


def earlier(repository: LocalRepository, command: str) -> bytes:
    """The patch of a variation that ran this command."""
    git(repository.path, "switch", "--quiet", "--detach")
    try:
        done = Agent(repository.path.parent / "earlier")
        done.folder.mkdir()
        return done.run(spec_of(str(repository.path), [bash(command), submit()])).patch
    finally:
        git(repository.path, "switch", "--quiet", "main")


def ran_upon(agent: Agent, spec: RunSpec, patch: bytes, origin: Origin, **environment: str) -> Record:
    sent = Sent(patch=put(agent, "patch", patch))
    return agent.run(replace(spec, sent=sent, origin=origin), AIDEATOR_SENT=str(agent.folder / "sent"), **environment)


def test_an_agent_goes_on_from_what_was_done_and_its_patch_holds_both(
    agent: Agent, repository: LocalRepository
) -> None:
    base = repository.git("rev-parse", "HEAD")
    patch = earlier(repository, "echo 'x = 2' > a.py; echo new > new.txt")
    look = bash("git log --format=%s%n%b; git diff --stat HEAD; cat a.py new.txt; echo more > more.txt")
    record = ran_upon(agent, spec_of(str(repository.path), [look, submit()], base=base), patch, CONTINUED)
    assert record.text("output").startswith("The work of k3v9x2q/1\nAccept comments.\n")
    assert record.text("output").endswith("\nx = 2\nnew\n")
    assert (record.outcome, record.end["base"]) == (("succeeded", None, ""), base)
    git(repository.path, "apply", "-", given=record.patch)
    assert {name: (repository.path / name).read_text() for name in ("a.py", "new.txt", "more.txt")} == {
        "a.py": "x = 2\n",
        "new.txt": "new\n",
        "more.txt": "more\n",
    }


def test_who_adds_nothing_has_changed_nothing(agent: Agent, repository: LocalRepository) -> None:
    patch = earlier(repository, "echo 'x = 2' > a.py")
    record = ran_upon(agent, spec_of(str(repository.path), [bash("ls"), submit()]), patch, CONTINUED)
    assert (record.outcome[0], record.patch) == ("no_changes", b"")


def test_taking_it_all_back_is_no_patch_either(agent: Agent, repository: LocalRepository) -> None:
    patch = earlier(repository, "echo 'x = 2' > a.py")
    record = ran_upon(agent, spec_of(str(repository.path), [bash("echo 'x = 1' > a.py"), submit()]), patch, CONTINUED)
    assert (record.outcome[0], record.patch) == ("no_changes", b"")


def test_a_deleted_test_stays_missed_however_often_the_work_goes_on(agent: Agent, repository: LocalRepository) -> None:
    """The checks compare with the base of the first run: nobody can make a patch good by continuing it."""
    repository.commit({"test_a.py": "assert False\n"})
    patch = earlier(repository, "rm test_a.py")
    spec = spec_of(str(repository.path), [bash("echo more > more.txt"), submit()])
    checks = (Check("all", "for test in test_*.py; do test ! -e $test || python3 $test || exit 1; done"),)
    record = ran_upon(agent, replace(spec, checks=checks), patch, CONTINUED)
    assert (ran(record, "base"), ran(record, "patch"), ran(record, "restored")) == (
        [("all", 1)],
        [("all", 0)],
        [("all", 1)],
    )


def test_a_merge_is_checked_and_nobody_works_on_it(agent: Agent, repository: LocalRepository) -> None:
    patch = earlier(repository, "echo 'x = 2' > a.py")
    spec = spec_of(str(repository.path), checks=(Check("two", "grep 2 a.py"),), variations=(VariationSpec(1, "merge"),))
    record = ran_upon(agent, spec, patch, MERGED)
    assert (record.outcome, record.patch) == (("succeeded", None, ""), patch)
    assert [event["name"] for event in record.of("phase") if event["state"] == "begin"] == ["clone", "patch", "verify"]
    assert (ran(record, "base"), ran(record, "patch")) == ([("two", 1)], [("two", 0)])
    assert record.end["summary"] == "Make it right.\n\nMerged from k3v9x2q/1 and k3v9x2q/2."


def test_a_patch_that_does_not_fit_the_base_is_said_to(agent: Agent, repository: LocalRepository) -> None:
    patch = earlier(repository, "echo 'x = 2' > a.py")
    repository.commit({"a.py": "y = 1\n"})
    record = ran_upon(agent, spec_of(str(repository.path), [submit()]), patch, CONTINUED)
    outcome, fault, reason = record.outcome
    assert (outcome, fault) == ("failed", "repository")
    assert "the work that the run begins with does not fit commit" in reason
    assert "a.py" in reason
