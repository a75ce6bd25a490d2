"""Words for events, the same in every view. The returned text is still foreign: views clean it."""

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aideator_agent.colleague import PERSON
from aideator_cli.choice.signals import told
from aideator_cli.choice.status import CHEAT
from aideator_cli.choice.verdicts import HIDDEN, RESTORED, Verdict, Word
from aideator_cli.domain.result import signals as found
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, duration, plural

if TYPE_CHECKING:
    from aideator_cli.domain.events import Observation

# Kinds of observations.
TOLD_BY_EVENTS = ("running", "starting", "completed", "error", "ended", "cancelled", "scheduling")
COMMAND_CELLS = 400  # of a command's first line
COMPARED = 1_000_000  # pairs of lines; more are counted without looking for what is equal

NOTHING_YET = "nothing is known yet"
STARTING = "starting"
ASKING = "asking the model"
DOING = {"say": "answering", "think": "thinking"}
WAITING = {  # why an agent does not work yet, by the observation's kind
    "scheduling": "waiting for a node",
    "unschedulable": "no suitable node",
    "queued": "queued",
    "unsubmitted": "waiting for a free place",
    "quota": "blocked by the quota",
    "policy": "refused by a policy",
    "pulling": "pulling the image",
    "image": "can't pull the image",
    "secret": "a key is missing",
    "config": "can't be set up",
    "start_error": "can't start",
    "starting": STARTING,
    "running": STARTING,
    "preempted": "preempted, queued again",
    "retried": "retried",
}
_VERDICTS = {Word.CHEAT: CHEAT, Word.FAILED_BEFORE: "failed as before", Word.NOT_RUN: "–"}
_REASONS = {"timeout": "timed out", "waiting": "waited for input"}  # what ended a command that did not exit
_PHASES = {
    "clone": "cloning",
    "work": ASKING,
    "patch": "making the patch",
    "answer": "looking up what it cites",
    "verify": "checking",
}
_TOOLS = {
    "bash": "running",
    "ask": "asking",
    "search_code": "searching",
    "read_file": "reading",
    "write_file": "writing",
    "str_replace": "editing",
}


_SUBJECTS = {
    "bash": "command",
    "search_code": "query",
    "ask": "role",
}  # the argument that says what a tool is at work on


def lost(text: str, told: "Observation | None") -> str:
    """Returns why an attempt ended that left no word. `told` was shown of it last and is not said again: it may fill many lines."""
    if told is None:
        return text
    return in_short(told.kind) if text == told.text else text.removesuffix(f": {told.text}")


def observed(kind: str, text: str) -> str:
    """Returns an observation on one line. A text that begins with its kind, such as `queued by Kueue in team`, needs no other name."""
    name, words = one_line(kind.replace("_", " ")), one_line(text)
    return words if words.casefold().startswith(name) else f"{name}: {words}"


def in_short(kind: str) -> str:
    return WAITING.get(kind) or kind.replace("_", " ")


def call(tool: str, arguments: Mapping[str, Any]) -> str:
    """What the model asked a tool to do, on one line."""
    path = one_line(str(arguments.get("path", "")))
    if tool == "ask":
        role, question = (one_line(str(arguments.get(name) or "")).strip() for name in ("role", "question"))
        return f"asks {role or 'a role'}: {question[:COMMAND_CELLS]}"
    if tool == "search_code":
        query = one_line(str(arguments.get("query") or "")).strip()
        return (
            f"searches {path or 'the repository'} for {query[:COMMAND_CELLS]}"
            if query
            else "looks at the map of the repository"
        )
    if tool == "bash":
        lines = str(arguments.get("command", "")).strip().split("\n")
        more = f"  … {plural(len(lines) - 1, 'line')} more" if len(lines) > 1 else ""
        return f"$ {one_line(lines[0])[:COMMAND_CELLS]}{more}"
    if tool == "read_file":
        return f"reads {path}"
    if tool == "write_file":
        return f"writes {path}  {plural(len(str(arguments.get('content', '')).splitlines()), 'line')}"
    if tool == "str_replace":
        added, removed = edited(str(arguments.get("old", "")), str(arguments.get("new", "")))
        return f"edits {path}  {changes(added, removed)}"
    return f"calls {one_line(tool) or 'a tool'}"


def doing(tool: str, arguments: Mapping[str, Any]) -> str:
    """Returns what an agent is doing, in a word or two."""
    if tool == "submit":
        return "submitting"
    what = one_line(str(arguments.get(_SUBJECTS.get(tool, "path"), "")).strip().split("\n")[0])
    return f"{_TOOLS[tool]} {what}"[:COMMAND_CELLS].rstrip() if tool in _TOOLS else f"calling {one_line(tool)}"


def phase(name: str) -> str:
    return _PHASES.get(name) or one_line(name)


def answered(data: Mapping[str, Any]) -> str:
    """Returns who has answered a question, by the `done` of its call: `cto`, or `you`. Empty for all other calls."""
    by = one_line(str(data.get("by") or "")).strip()
    return "you" if by == PERSON else by


def resumed(data: Mapping[str, Any]) -> str:
    """`goes on after step 12 of the attempt that was lost, with its changes and its conversation`."""
    step, with_words = data.get("step"), " and its conversation" if data.get("messages") else ""
    return f"goes on after step {step if type(step) is int else '?'} of the attempt that was lost, with its changes{with_words}"


def failed_call(tool: str, arguments: Mapping[str, Any], output: Sequence[str]) -> str:
    """Returns what a tool could not do, and the first line of its reason."""
    verb = {"search_code": "search", "read_file": "read", "write_file": "write", "str_replace": "edit"}.get(
        tool, f"call {one_line(tool)}"
    )
    why = f": {one_line(output[0])}" if output else ""
    return f"could not {verb} {one_line(str(arguments.get('path', '')))}".rstrip() + why


def ended_command(data: Mapping[str, Any]) -> str:
    """`exit 1, 3.4 s`; or what else ended it."""
    code = data.get("exit_code")
    reason = str(data.get("reason") or "ended")
    how = f"exit {code}" if code is not None else _REASONS.get(reason, reason)
    return f"{how}, {duration(data.get('seconds') or 0.0)}"


def edit_of(tool: str, arguments: Mapping[str, Any]) -> tuple[int, int]:
    """Returns how many lines a call adds and removes. The earlier content of a written file is unknown."""
    if tool == "write_file":
        return len(str(arguments.get("content", "")).splitlines()), 0
    return edited(str(arguments.get("old", "")), str(arguments.get("new", "")))


def edited(old: str, new: str) -> tuple[int, int]:
    """Lines added and removed."""
    before, after = old.splitlines(), new.splitlines()
    if len(before) * len(after) > COMPARED:
        return len(after), len(before)
    opcodes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    spans = [(b2 - b1, a2 - a1) for tag, a1, a2, b1, b2 in opcodes if tag != "equal"]
    return sum(added for added, _ in spans), sum(removed for _, removed in spans)


def patch(data: Mapping[str, Any]) -> str | None:
    """None for all but the last part, and for a patch without files."""
    if "sha256" not in data or not data.get("files"):
        return None
    return f"patch: {plural(data['files'], 'file')}  {changes(data.get('additions', 0), data.get('deletions', 0))}"


def signals(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The severity and the words of what a reviewer wants to know about a patch."""
    if "sha256" not in data:
        return []
    return [
        (one_line(each.severity), f"{one_line(each.severity)}: {told(each)}") for each in found(data.get("signals"))
    ]


def answer(data: Mapping[str, Any]) -> str | None:
    """What an answer names, and what was changed on the way to it. None for all but the last part."""
    if "sha256" not in data:
        return None
    places = data.get("citations")
    cited = [place for place in places if isinstance(place, dict)] if isinstance(places, list) else []
    count = len(cited) + _count(data, "citations_left_out")
    wrong = sum(bool(place.get("problem")) for place in cited)
    told = f"answer: cites {plural(count, 'place')}" + (
        f", {wrong} of which {'does' if wrong == 1 else 'do'} not exist" if wrong else ""
    )
    files = len(data["changed"]) if isinstance(data.get("changed"), list) else 0
    files += _count(data, "changed_left_out")
    return (
        f"{told}; it changed {plural(files, 'file')} on the way, which {'is' if files == 1 else 'are'} left out"
        if files
        else told
    )


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if type(value) is int else 0


def check(data: Mapping[str, Any]) -> str:
    """A check's run: on the patch, or where else it says."""
    failures = data.get("failed") or 0
    told = (
        "failed"
        if data.get("exit_code") != 0
        else f"exit 0, {plural(failures, 'test')} failed"
        if failures
        else "passed"
    )
    tree = {"base": " on the base", "restored": f" {RESTORED}"}.get(str(data.get("on")), "")
    unseen = HIDDEN if data.get("hidden") is True else ""
    return f"check {data.get('name')}{unseen}{tree}: {told}  {duration(data.get('seconds') or 0.0)}"


def verdict(found: Verdict) -> str:
    """`passed 41/41`, `failed 39/41`, `flaky 2 of 3`; short, for a table's cell."""
    if found.word is Word.FLAKY:
        return f"flaky {found.held} of {found.runs}"
    if found.word is Word.TOO_FEW_TESTS:
        return f"{found.tests} of {found.base_tests} tests" if found.tests and found.base_tests else "no tests"
    return f"{_VERDICTS.get(found.word, found.told)} {found.count}".rstrip()


def end(data: Mapping[str, Any], *, of_merge: bool = False) -> str:
    """`of_merge`: nobody worked, so nobody submitted anything; its summary ends with what was merged."""
    outcome, reason, summary = (str(data.get(name) or "") for name in ("outcome", "reason", "summary"))
    if outcome == "succeeded" and of_merge:
        return summary.rstrip().rpartition("\n")[2] or "merged"
    if outcome == "succeeded":
        return f"submitted: {summary}" if summary else "submitted"
    if outcome == "limit":
        return f"stopped: {reason or 'a'} limit reached"
    fault = str(data.get("fault") or "")
    said = ": ".join(part for part in ("" if reason.startswith(f"{fault} ") else fault, reason) if part)
    return outcome.replace("_", " ") + (f" ({said})" if said else "")


def unknown(data: Mapping[str, Any]) -> str:
    """An event of a type that this version does not know, plainly."""
    fields = {key: value for key, value in data.items() if key not in ("v", "seq", "time", "type")}
    return f"{data.get('type')}: {fields}"
