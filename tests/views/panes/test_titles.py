"""What a pane's frame says of its agent, at a glance."""

import hashlib
from dataclasses import replace

from aideator_agent.spec import AgentProgram, RunSpec
from aideator_cli.domain.events import Item
from tests.views.panes.scenes import PATCH
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import Agent, spec

SHA256 = hashlib.sha256(PATCH).hexdigest()
NUMBERS = {"files": 1, "additions": 2, "deletions": 0}


def named(*models: str) -> RunSpec:
    asked = spec(len(models))
    return replace(asked, variations=tuple(replace(v, model=m) for v, m in zip(asked.variations, models, strict=True)))


def checked(number: int, **trees: int) -> list[Item]:
    """An agent that ends with a patch, and with these exit codes of its check on these trees."""
    agent = Agent(number)
    patch = agent.event("patch", part=1, parts=1, encoding="utf-8", text=PATCH.decode(), sha256=SHA256, **NUMBERS)
    checks = [
        agent.event("check", name="unittest", command="make test", on=on, exit_code=code, seconds=0.5, tail="")
        for on, code in trees.items()
    ]
    return [*agent.start(), patch, *checks, *agent.end(), agent.closed()]


def test_the_frame_says_how_full_the_models_context_is() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        agent = Agent(1)
        stream.put(*agent.start(), agent.event("usage", step=3, input=3000, output=200, cost=0.01, window=8000))
        await person.settle()
        assert "context 40% · step 3/100" in person.screen
        stream.put(agent.event("usage", step=4, input=None, output=None, cost=None, window=10**400))
        await person.settle()
        assert "context" not in person.screen

    watched(spec(1), stream, scene)


def test_a_suspicion_of_cheating_is_told_as_in_the_table() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*checked(1, patch=0, restored=1), *checked(2, patch=1))
        await person.settle()
        assert "1 ✗ claude-sonnet-4-5 · cheat? " in person.screen
        assert "2 ✗ claude-sonnet-4-5 · failed unittest " in person.screen

    watched(spec(2), stream, scene)


def test_a_check_that_fails_on_the_base_is_no_failure_and_no_success() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*checked(1, base=1, patch=0))
        await person.settle()
        assert "– check unittest on the base: failed  0.5 s" in person.screen
        assert "✓ check unittest: passed  0.5 s" in person.screen

    watched(spec(1), stream, scene)


def test_the_state_of_one_that_has_ended_is_whole_and_of_the_models_names_what_differs() -> None:
    stream = Stream()
    asked = named("scripted/demo/fix.yaml", "scripted/demo/wrong-approach.yaml", "scripted/demo/cheat.yaml")

    async def scene(person: Person) -> None:
        stream.put(*checked(1, patch=0), *checked(2, patch=1), *checked(3, patch=0, restored=1))
        await person.settle()
        titles = person.screen.split("\n")[1]
        assert "1 ✓ fix.yaml · succeeded " in titles
        assert "2 ✗ wrong-appro… · failed unittest " in titles
        assert "3 ✗ cheat.yaml · cheat? " in titles

    watched(asked, stream, scene)


def test_models_of_several_makers_keep_their_whole_names() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*Agent(1).start(), *Agent(2).start())
        await person.settle()
        assert "1 ● openai/gpt-5 · " in person.screen
        assert "2 ● anthropic/claude-opus · " in person.screen

    watched(named("openrouter/openai/gpt-5", "openrouter/anthropic/claude-opus"), stream, scene)


def program(name: str) -> AgentProgram:
    return AgentProgram(name, "acp", "x", "openai", "http://x")


def titles(*variations: dict[str, object]) -> str:
    """The screen of a run of these."""
    stream, screens = Stream(), list[str]()
    asked = spec(len(variations))
    changed = tuple(replace(old, **new) for old, new in zip(asked.variations, variations, strict=True))  # type: ignore[arg-type]

    async def scene(person: Person) -> None:
        await person.settle()
        screens.append(person.screen)

    watched(replace(asked, variations=changed), stream, scene, size=(200, 30))
    return screens[0]


def test_a_single_agent_is_named_together_with_its_model() -> None:
    claude = {"agent": program("claude"), "model": "anthropic/claude-sonnet-4-5"}
    assert " 1 ○ claude/claude-sonnet-4-5 · " in titles(claude)
    assert " 2 ○ claude/claude-sonnet-4-5 · " in titles(claude, claude)
    assert " 1 ○ gpt-5 · " in titles({"model": "openrouter/openai/gpt-5"})


def test_roles_prompts_and_temperatures_tell_agents_of_one_model_apart() -> None:
    one = {"model": "gpt-5", "role": "qa", "temperature": 0.2}
    other = {"model": "gpt-5", "role": "backend", "temperature": None}
    screen = titles(one, other)
    assert " 1 ○ qa at 0.2 gpt-5 · " in screen
    assert " 2 ○ backend gpt-5 · " in screen
    assert " 2 ○ gpt-5 long · " in titles(
        {"model": "o3", "prompt_name": "short"}, {"model": "gpt-5", "prompt_name": "long"}
    )


def test_a_merge_says_what_was_merged_and_not_that_it_was_submitted() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        agent = Agent(1)
        stream.put(*agent.start(), *agent.end("succeeded", "Accept comments\n\nMerged from k3v9x2q/1 and k3v9x2q/2."))
        await person.settle()
        assert "■ Merged from k3v9x2q/1 and k3v9x2q/2." in person.screen
        assert "submitted" not in person.screen

    watched(named("merge"), stream, scene)
