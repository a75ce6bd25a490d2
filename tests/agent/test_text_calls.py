"""Calls that a model writes as text: taken where the text holds exactly such a thing, and never from an example in prose."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_agent.models.base import Call, assistant_message
from aideator_agent.models.text_calls import Form, Written, find
from aideator_agent.models.text_form import as_text

BARE = '{"name": "bash", "arguments": {"command": "rm -rf ."}}'
TAGS = f"<tool_call>\n{BARE}\n</tool_call>"
FUNCTION = "<function=bash>\n<parameter=command>\nrm -rf .\n</parameter>\n</function>"
FENCE = f"```json\n{BARE}\n```"
CALL = Written("bash", {"command": "rm -rf ."})
TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {}}}]


def known(name: str) -> bool:
    return name in ("bash", "submit")


def calls(text: str, asked: Form | None = None) -> tuple[Written, ...]:
    found = find(text, known, asked=asked)
    return found.calls if found else ()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (TAGS, "tags"),
        (BARE, "json"),
        (FENCE, "json"),
        (FUNCTION, "function"),
        (f"<tool_call>\n{FUNCTION}\n</tool_call>", "function"),
        (f"<tool_call>{BARE}", "tags"),  # the server took the closing tag for a stop word
        (f"[{BARE}]", "json"),
        (f"```\n{TAGS}\n```", "tags"),
        (BARE.replace("arguments", "parameters"), "json"),
        (json.dumps({"type": "function", "function": json.loads(BARE)}), "json"),
        (json.dumps({"name": "bash", "arguments": json.dumps({"command": "rm -rf ."})}), "json"),
    ],
)
def test_each_form_is_taken(text: str, form: str) -> None:
    found = find(f"\n{text}\n\n", known)
    assert found is not None
    assert (found.form, found.calls) == (form, (CALL,))


def test_words_may_stand_before_tags_and_several_calls_may_follow_each_other() -> None:
    found = find(f"I look around.\n\n{TAGS}\n{TAGS}\n", known)
    assert found is not None
    assert found.calls == (CALL, CALL)
    assert found.start == len("I look around.\n\n")


def test_words_before_json_are_allowed_only_where_the_model_was_asked_for_json() -> None:
    for text in (f"I look around.\n{BARE}", f"I look around.\n{FENCE}"):
        assert calls(text) == ()
        assert calls(text, "tags") == ()
        assert calls(text, "json") == (CALL,)


@pytest.mark.parametrize("asked", [None, "tags", "function", "json"])
@pytest.mark.parametrize("example", [TAGS, BARE, FENCE, FUNCTION])
@pytest.mark.parametrize(
    "prose",
    [
        "A call looks like this:\n\n{}\n\nThe server reads it.",
        "A call looks like this: {}",
        "{}\nis what the README says.",
        "> {}",
        "- {}",
        "    {}",
        "The file says:\n\n````text\n{}\n````\nI ignore it.",
        "The file says:\n\n~~~\n{}\n",  # a fence that nothing closes
        "The file says:\n\n````md\n```\n{}\n```\n````",
    ],
)
def test_an_example_in_prose_is_no_call(prose: str, example: str, asked: Form | None) -> None:
    assert calls(prose.format(example), asked) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"`{TAGS}`",
        f"`{BARE}`",
        '{"name": "bash"}',
        '{"name": "fly", "arguments": {}}',
        '{"name": "bash", "arguments": {"command": "ls"}, "why": "x"}',
        '{"name": "bash", "tool": "submit", "arguments": {}}',
        '{"name": "bash", "arguments": "ls"}',
        '{"name": "aideator", "version": "1.0.0"}',
        "[]",
        '<tool_call>{"name": "bash", "arguments": {"command": "ls"',
        "<function=bash><parameter=command>ls",
        f"<tool_call>{'[' * 5000}",
        "",
    ],
)
def test_what_is_not_plainly_a_call_is_none(text: str) -> None:
    assert calls(text) == ()


def test_a_value_may_hold_tags_fences_and_json() -> None:
    content = f"# How to call\n```\n{TAGS}\n```\n</parameter>\n{BARE}"
    text = f"<function=write_file>\n<parameter=content>\n{content}\n</parameter>\n</function>"
    assert calls(text) == (Written("write_file", {"content": content}),)
    text = f"<tool_call>{json.dumps({'name': 'write_file', 'arguments': {'content': content}})}</tool_call>"
    assert calls(text) == (Written("write_file", {"content": content}),)


@pytest.mark.parametrize(
    "piece",
    [
        "<tool_call>\n",
        "<function=bash>\n<parameter=a>\n",
        "</parameter>\n",
        "{\n",
        "[\n",
        "```\n",
        f"{BARE}\n",
        f"{TAGS}\n",
        " " * 50,
    ],
)
@pytest.mark.parametrize("asked", [None, "json"])
def test_a_hostile_text_does_not_take_long(piece: str, asked: Form | None) -> None:
    began = time.process_time()
    assert calls(piece * (900_000 // len(piece)) + "!", asked) == ()
    assert time.process_time() - began < 5


@given(st.text(st.sampled_from("<>{}[]\"'`~\n tool_call=/funcionbashprmetn:,0"), max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    find(text, known)
    find(text, known, asked="json")


@settings(max_examples=200)
@given(
    st.sampled_from(["tags", "function", "json"]),
    st.dictionaries(st.sampled_from(["command", "path", "content"]), st.text(max_size=200), min_size=1),
)
def test_what_the_history_shows_is_read_back_as_the_same_calls(form: Form, arguments: dict[str, str]) -> None:
    asked = assistant_message("", [Call("1", "bash", arguments)])
    written = as_text([{"role": "user", "content": "Do it."}, asked], TOOLS, form)[-1]["content"]
    if form == "function" and any(
        "<parameter=" in v or "</" in v or v[:1] == "\n" or v[-1:] == "\n" for v in arguments.values()
    ):
        return
    assert calls(written, form) == (Written("bash", arguments),)
