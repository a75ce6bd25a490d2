"""Endpoints and models that are not like OpenAI's, over real HTTP and the real LiteLLM: the work goes on, and what is different is said."""

from typing import Any

import pytest

from aideator_agent.models import Understanding
from aideator_agent.models.base import Piece, Remark, Say, Think, Turn
from aideator_agent.models.endpoint import ON_DEMAND
from aideator_agent.spec import Limits, Price, VariationSpec
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.agent.test_litellm import KEY, TOOLS, environment, model
from tests.fixtures.awkward import Form
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import Awkward, OpenAIServers, ScriptedOpenAI

__all__ = ["environment"]

SCRIPT = [{"think": "Let me look.", "say": "I change it.", **bash("echo y > a.py")}, submit("Changed.")]
ASKED = [{"role": "system", "content": "You are an engineer."}, {"role": "user", "content": "Make it right."}]


@pytest.fixture
def agent(asking: Agent) -> Agent:
    return asking


def attempt(agent: Agent, repository: LocalRepository, server: ScriptedOpenAI, **more: Any) -> Record:
    limits = more.pop("limits", Limits())
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",), api_base=server.url, **more)
    return agent.run(spec_of(str(repository.path), variations=(variation,), limits=limits), OPENAI_API_KEY=KEY)


def pieces(server: ScriptedOpenAI, **more: Any) -> list[Piece]:
    return list(Understanding(model(server.url, **more)).turn(ASKED, TOOLS))


def remarks(found: list[Piece]) -> str:
    return "\n".join(piece.text for piece in found if isinstance(piece, Remark))


def last(found: list[Piece]) -> Turn:
    assert isinstance(found[-1], Turn)
    return found[-1]


@pytest.mark.parametrize("form", ["tags", "function", "json", "fence"])
def test_calls_as_text_do_the_work_and_are_asked_for_in_that_form(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers, form: Form
) -> None:
    script = [{key: value for key, value in turn.items() if key != "say"} for turn in SCRIPT]
    server = openai_server({"m": script}, key=KEY, awkward=Awkward(writes=form))
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "Changed."
    assert b"+y" in record.patch
    assert record.notices("warning").count("writes its calls as text") == 1
    first, second = server.requests
    assert first.tools
    assert not second.tools
    told = {"tags": "<tool_call>\n{", "function": "<function=bash>", "json": "```json\n{", "fence": "```json\n{"}[form]
    assert told in second.messages[0]["content"]
    assert [message["role"] for message in second.messages] == ["system", "user", "assistant", "user"]
    assert told in second.messages[2]["content"]
    assert "[exit code 0]" in second.messages[3]["content"]


def test_an_example_of_a_call_in_prose_is_not_run(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    example = '{"name": "bash", "arguments": {"command": "echo run > ran.txt"}}'
    prose = [
        f"The README shows this call:\n\n{text}\n\nIt is an example."
        for text in (example, f"<tool_call>{example}</tool_call>")
    ]
    quoting = {"say": f"It says:\n\n<tool_call>{example}</tool_call>"}
    look = bash(f"printf '%s' '<tool_call>{example}</tool_call>' > README; cat README")
    script = [{"say": prose[0]}, bash("true"), {"say": prose[1]}, look, quoting, submit()]
    record = attempt(agent, repository, openai_server({"m": script}, key=KEY))
    assert record.outcome == ("succeeded", None, "")
    assert b"ran.txt" not in record.patch.replace(b"echo run > ran.txt", b"")
    assert len(record.of("call")) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (404, 'No endpoints found that support tool use. Try disabling "bash".'),
        (422, "body.tools: Extra inputs are not permitted"),
        (500, "tools param requires --jinja flag"),
    ],
)
def test_an_endpoint_that_refuses_tools_gets_the_text_form_from_the_start(
    openai_server: OpenAIServers, status: int, words: str
) -> None:
    server = openai_server(
        {"m": [bash("ls")]}, key=KEY, awkward=Awkward(refuses={"tools": words}, status=status, writes="tags")
    )
    asked = Understanding(model(server.url))
    first, second = (list(asked.turn(ASKED, TOOLS)) for _ in range(2))
    assert [(call.tool, call.arguments) for call in last(first).calls] == [("bash", {"command": "ls"})]
    assert "The endpoint takes no tools" in remarks(first)
    assert not remarks(second)
    assert [bool(request.tools) for request in server.requests] == [True, False, False]


def test_a_model_whose_server_hides_the_tools_learns_the_form_from_the_reminder(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    script = [{"say": "How can I help?"}, bash("echo y > a.py"), submit()]
    server = openai_server({"m": script}, key=KEY, awkward=Awkward(writes="tags"))
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert b"+y" in record.patch
    assert [asked.messages[-1]["content"].count("If you cannot see your tools") for asked in server.requests] == [
        0,
        1,
        0,
    ]


def test_a_model_that_calls_tools_is_told_no_other_form(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [bash("true"), {"say": "Well."}, submit()]}, key=KEY)
    assert attempt(agent, repository, server).outcome[0] == "no_changes"
    assert "<tool_call>" not in str([asked.messages for asked in server.requests])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stream_options", "Unknown field: stream_options"),
        (
            "temperature",
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
        ),
        ("max_tokens", "max_tokens is too large: 99. This model's maximum context length is 64 tokens."),
    ],
)
def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    openai_server: OpenAIServers, name: str, words: str
) -> None:
    server = openai_server({"m": [bash("ls")]}, key=KEY, awkward=Awkward(refuses={name: words}))
    asked = Understanding(model(server.url, temperature=0.5, max_output=99))
    found = [*asked.turn(ASKED, TOOLS)]
    assert last(found).calls
    assert f"refuses {name}" in remarks(found)
    assert words in remarks(found)
    assert not remarks([*asked.turn(ASKED, TOOLS)])
    assert [name in request.body for request in server.requests] == [True, False, False]


@pytest.mark.parametrize("name", ["temperature", "max_tokens", "parallel_tool_calls"])
def test_a_parameter_that_is_required_is_sent_from_then_on(openai_server: OpenAIServers, name: str) -> None:
    server = openai_server({"m": [bash("ls")]}, key=KEY, awkward=Awkward(requires={name: f"{name}: field required"}))
    found = pieces(server)
    assert last(found).calls
    assert f"requires {name}" in remarks(found)
    assert server.requests[-1].body[name] == ON_DEMAND[name]


def test_a_limit_of_output_goes_by_the_name_that_the_endpoint_knows(openai_server: OpenAIServers) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server = openai_server({"m": [bash("ls")]}, key=KEY, awkward=Awkward(refuses={"max_tokens": words}))
    assert last(pieces(server, max_output=77)).calls
    assert server.requests[-1].body["max_completion_tokens"] == 77


def test_a_refusal_that_stays_is_the_end(openai_server: OpenAIServers) -> None:
    awkward = Awkward(refuses={"model": "temperature is bad, and so are tools that are not supported"})
    server = openai_server({"m": [bash("ls")]}, key=KEY, awkward=awkward)
    with pytest.raises(Exception, match="temperature is bad"):
        pieces(server, temperature=0.5)
    assert len(server.requests) < 6


def test_thoughts_in_the_text_are_thoughts_and_are_not_sent_back(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": SCRIPT}, key=KEY, awkward=Awkward(thinks=True))
    record = attempt(agent, repository, server)
    assert record.text("think").strip() == "Let me look."
    assert record.text("say") == "I change it."
    assert "Let me look." not in str(server.requests[-1].messages)
    assert server.requests[-1].messages[-2]["content"] == "I change it."


def test_thoughts_are_sent_back_where_the_endpoint_requires_them(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server(
        {"m": [SCRIPT[0], bash("cat a.py"), SCRIPT[1]]}, key=KEY, awkward=Awkward(wants_thoughts=True)
    )
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert record.notices("warning").count("requires the model's thoughts back") == 1
    thoughts = [m["reasoning_content"] for m in server.requests[-1].messages if m["role"] == "assistant"]
    assert thoughts == ["Let me look.", ""]


def test_thoughts_are_not_sent_back_otherwise(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": SCRIPT}, key=KEY)
    assert attempt(agent, repository, server).text("think") == "Let me look."
    assert "Let me look." not in str(server.requests[-1].messages)


def test_a_turn_of_nothing_but_thoughts_is_answered_not_repeated(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [{"think": "I must change a.py."}, *SCRIPT]}, key=KEY, awkward=Awkward(in_order=True))
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert len(server.requests) == 3
    assert "You called no tool" in server.requests[1].messages[-1]["content"]
    assert b"+y" in record.patch


def test_doctors_question_learns_too(openai_server: OpenAIServers) -> None:
    server = openai_server(
        {"m": [submit()]}, key=KEY, awkward=Awkward(refuses={"stream_options": "Unknown field: stream_options"})
    )
    assert model(server.url).touch().input is None
    assert [request.played for request in server.requests] == ["error 400", "turn 0"]


def test_thoughts_and_calls_may_both_stand_in_the_text(openai_server: OpenAIServers) -> None:
    found = pieces(openai_server({"m": SCRIPT}, key=KEY, awkward=Awkward(thinks=True, writes="tags")))
    assert "".join(piece.text for piece in found if isinstance(piece, Think)).strip() == "Let me look."
    assert last(found).text == "I change it."
    assert [call.arguments for call in last(found).calls] == [{"command": "echo y > a.py"}]


def test_tokens_that_nobody_has_counted_are_unknown(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": SCRIPT}, key=KEY, awkward=Awkward(counts=False))
    record = attempt(agent, repository, server, price=Price(1e-6, 1e-6), limits=Limits(cost=1.0))
    assert record.outcome == ("succeeded", None, "")
    unknown = dict.fromkeys(("input", "output", "cached", "reasoning", "cost"))
    assert [unknown.items() <= event.items() for event in record.of("usage")] == [True, True]
    assert unknown.items() <= record.end["totals"].items()


def test_a_limit_of_cost_holds_where_tokens_are_not_counted(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [bash("true"), bash("false"), submit()]}, key=KEY, awkward=Awkward(counts=False))
    record = attempt(agent, repository, server, price=Price(0.01, 0.01), limits=Limits(cost=0.5))
    assert record.outcome == ("limit", None, "cost")
    assert len(server.requests) == 1


def test_a_call_that_its_turns_limit_cuts_off_does_not_run_and_the_model_is_told(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    long = {
        "say": "I write it.",
        "calls": [*bash("echo y > a.py")["calls"], *bash("echo z >> a.py; : " + "z" * 500)["calls"]],
    }
    server = openai_server({"m": [long, submit()]}, key=KEY, awkward=Awkward(longest=400))
    record = attempt(agent, repository, server, limits=Limits(output=100))
    assert record.outcome == ("succeeded", None, "")
    assert server.requests[0].body["max_tokens"] == 100
    assert "reached the limit of its output" in record.notices("warning")
    assert "write a long file in several parts" in record.text("sent")
    assert b"+y" in record.patch
    assert b"+z" not in record.patch


def test_a_turn_that_repeats_itself_without_end_is_cut_off_and_the_work_goes_on(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    endless = {"say": "".join(f"I will look at file {n}. " for n in range(50_000)), "delay": 0.05}
    server = openai_server({"m": [endless, *SCRIPT]}, key=KEY)
    record = attempt(agent, repository, server)
    assert record.outcome == ("succeeded", None, "")
    assert "repeated itself without end" in record.notices("warning")
    assert len(record.text("say")) < 200_000
    assert len(server.requests[1].messages[-2]["content"]) < 100_000
    assert record.of("usage")[0]["output"] is None


def test_a_model_that_always_repeats_itself_is_ended(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [{"say": f"{n}" + "word " * 4000} for n in range(9)]}, key=KEY)
    record = attempt(agent, repository, server)
    assert record.outcome == (
        "failed",
        "agent",
        "the model's turn repeated itself without end and was cut off 4 times in a row",
    )
    assert len(server.requests) == 4


def test_words_are_said_once(openai_server: OpenAIServers) -> None:
    found = pieces(openai_server({"m": SCRIPT}, key=KEY))
    assert "".join(piece.text for piece in found if isinstance(piece, Say)) == last(found).text == "I change it."
