"""The conversation stays below the model's window: no attempt ends for it while something old can still be dropped."""

from typing import Any

import pytest

from aideator_agent.context import Context
from aideator_agent.models.base import Call, Message, assistant_message
from aideator_agent.models.provider_errors import translated
from aideator_agent.spec import VariationSpec
from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.agent.test_litellm import KEY
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import Awkward, OpenAIServers, ScriptedOpenAI

HEARD = "The user says: "
OPENING: list[Message] = [
    {"role": "system", "content": "You are an engineer."},
    {"role": "user", "content": "Make it right."},
]


@pytest.fixture
def agent(asking: Agent) -> Agent:
    return asking


def turn(number: int, output: str, arguments: dict[str, Any] | None = None) -> list[Message]:
    asked = Call(f"call_{number}", "bash", arguments or {"command": f"cat {number}"})
    return [assistant_message("", [asked]), {"role": "tool", "tool_call_id": asked.id, "content": output}]


def context(window: int | None, *turns: list[Message]) -> Context:
    made = Context(window, [], HEARD)
    made.open([dict(message) for message in OPENING])
    for each in turns:
        made.messages.extend(each)
    return made


def contents(made: Context) -> list[str]:
    return [str(message["content"]) for message in made.messages if message["role"] == "tool"]


def test_the_oldest_outputs_go_first_and_only_as_many_as_must() -> None:
    made = context(3000, *(turn(n, f"{n} " * 1000 + "\n[exit code 1]") for n in range(6)))
    assert made.is_tight
    assert made.drop() == "4 old outputs"
    assert contents(made)[0] == "[2,014 characters of output were dropped to save room] [exit code 1]"
    assert [content[:2] for content in contents(made)] == ["[2", "[2", "[2", "[2", "4 ", "5 "]
    assert not made.is_tight
    assert made.drop() == ""


def test_long_values_of_old_calls_go_next_and_the_newest_turn_stays() -> None:
    long = {"path": "a.py", "content": "x" * 9000}
    made = context(3000, turn(1, "Wrote it.", long), turn(2, "y" * 5000, long))
    assert made.drop() == "1 long calls"
    assert "8,900 characters were dropped" in str(made.messages[2])
    assert made.messages[4:] == turn(2, "y" * 5000, long)


def test_a_summary_takes_the_place_of_all_but_the_last_turn_and_of_what_the_user_said() -> None:
    made = context(
        3000,
        *(turn(n, "short") for n in range(5)),
        [{"role": "user", "content": HEARD + "Mind the tests."}],
        turn(9, "new"),
    )
    asked = made.to_sum_up()
    assert asked is not None
    assert [message["role"] for message in asked] == ["system", "user"]
    assert asked[1]["content"].startswith("Make it right.")
    assert 'You called bash {"command": "cat 0"}' in asked[1]["content"]
    assert "new" not in asked[1]["content"]
    made.summed_up("I changed a.py.")
    assert made.messages[:2] == OPENING
    assert made.messages[2]["content"].endswith("I changed a.py.")
    assert made.messages[3]["content"] == HEARD + "Mind the tests."
    assert made.messages[4:] == turn(9, "new")
    assert made.to_sum_up() is None


def test_the_newest_outputs_are_cut_where_nothing_else_is_left() -> None:
    made = context(1000, turn(1, "a" * 5000 + "b" * 5000))
    assert made.drop() == ""
    assert made.to_sum_up() is None
    assert made.squeeze() == "the middle of 1 new outputs"
    assert contents(made)[0] == "a" * 1000 + "\n[… 8,000 characters were dropped to save room …]\n" + "b" * 1000
    assert made.squeeze() == ""


@pytest.mark.parametrize(
    ("error", "window"),
    [
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.", 8192),
        ("the request exceeds the available context size (2048 tokens), try increasing it", 2048),
        ("request (5000 tokens) exceeds the available context size (2048 tokens), try increasing it", 2048),
        ("prompt is too long: 210342 tokens > 200000 maximum", 200_000),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1_048_576),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", None),
        ("Please reduce the length of the messages or completion.", None),
        ("context length exceeded", None),
    ],
)
def test_the_window_is_learnt_from_the_providers_own_error(error: str, window: int | None) -> None:
    assert type(translated(_BadRequest(error))).__name__ == "ContextExceeded"
    made = context(None, *(turn(n, f"{n} " * 600_000) for n in range(5)))
    made.learn(error)
    assert made.window is not None
    assert window is None or made.window == window
    assert made.is_tight
    assert made.drop()


def test_the_providers_count_corrects_the_estimate() -> None:
    made = context(10_000, turn(1, "word " * 4000))
    before = made.used
    made.counted(before * 2)
    assert made.used == pytest.approx(before * 2, rel=0.01)
    assert made.is_tight


class _BadRequest(Exception):
    status_code = 400


def attempt(agent: Agent, repository: LocalRepository, server: ScriptedOpenAI, context: int | None = None) -> Record:
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",), api_base=server.url, context=context)
    return agent.run(spec_of(str(repository.path), variations=(variation,)), OPENAI_API_KEY=KEY)


OUTPUTS = [bash(f"echo {n} >> a.py; yes {n} | head -c 4000") for n in range(12)]


def test_an_attempt_outlives_a_window_that_it_learns_from_the_error(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [*OUTPUTS, submit("Changed.")]}, key=KEY, awkward=Awkward(window=5000))
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert b"+11" in record.patch
    assert [asked.played for asked in server.requests].count("error 400") == 1
    assert "longer than the model's context window" in record.notices("warning")
    assert "old outputs" in record.notices("info")
    assert "window" not in record.of("usage")[0]
    assert record.of("usage")[-1]["window"] == 5000


def test_an_attempt_that_knows_its_window_never_meets_the_error(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [*OUTPUTS, submit("Changed.")]}, key=KEY, awkward=Awkward(window=5000))
    record = attempt(agent, repository, server, context=5000)
    assert record.outcome == ("succeeded", None, "")
    assert not [asked for asked in server.requests if asked.played == "error 400"]
    assert not record.notices("warning")


def test_where_outputs_are_not_enough_the_model_sums_up_and_goes_on(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    words = [{"say": f"{n}: " + "I think about it. " * 150, **bash(f"echo {n} >> a.py")} for n in range(5)]
    script = [*words, {"say": "I changed a.py five times."}, bash("echo six >> a.py"), submit("Changed.")]
    server = openai_server({"m": script}, key=KEY, awkward=Awkward(window=4600, in_order=True))
    record = attempt(agent, repository, server, context=4200)
    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "Changed."
    assert "the model has summed up" in record.notices("info")
    summary, after = server.requests[5:7]
    assert not summary.tools
    assert "Sum up your work so far" in summary.messages[-1]["content"]
    assert "I changed a.py five times." in str(after.messages)
    assert "I think about it" not in str(after.messages[:-2])
    assert b"+4\n+six" in record.patch


def test_a_task_that_is_longer_than_the_window_is_the_end(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [submit()]}, key=KEY, awkward=Awkward(window=5))
    record = attempt(agent, repository, server)
    assert record.outcome == ("limit", None, "tokens")
    assert len(server.requests) == 1


def test_a_large_file_that_is_written_does_not_end_the_attempt(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    writes = [{"calls": [call("write_file", path=f"{n}.txt", content=f"{n}" * 3000)]} for n in range(8)]
    server = openai_server({"m": [*writes, submit()]}, key=KEY, awkward=Awkward(window=4000))
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert record.of("patch")[-1]["files"] == 8
