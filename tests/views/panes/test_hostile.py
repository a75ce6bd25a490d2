"""Whatever a model, a repository or a pod writes: it moves no cursor, sets no title, and breaks no pane's frame."""

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from aideator_cli.domain.events import Ended, Event, Item, Observation, parse
from aideator_cli.text.clean import clean
from aideator_cli.views.course.entries import Entry, Text
from aideator_cli.views.panes.cells import MOST_CELLS, cut, drawable, width_of, wrapped
from aideator_cli.views.panes.rows import Layout, entry_rows, whole_rows
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import RUN, Agent, spec, stamp

ATTACKS = (
    "\x1b[2J\x1b[1;1H", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x1b]0;title\x07",
    "\x9b31m", "\u202eesrever", "\u2066isolated\u2069", "[bold red]markup[/]", "[@click=app.quit]quit[/]", "e\u0301" * 20, "Z\u0335" * 300,
    "\u200b\u200d\ufeff", "👩\u200d👩\u200d👧\u200d👦", "❤\ufe0f", "👍🏽", "🇩🇪🇫🇷", "表示" * 40, "ก็็็็็็", "\u1160\u1161", "a\rb", "\x00\x07\x08",
    "x" * 9_000, "\udcff", "\U000e0041", "\t" * 50, "한글", "ﷺ", "\u0600\u06dd", "🏴\U000e0067\U000e0062\U000e007f",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=40), st.just("\n")), max_size=6).map("".join)
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def is_harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in text) and not BIDI.search(text)


@settings(deadline=None)
@given(TEXTS)
def test_what_is_drawn_takes_the_cells_that_were_counted(text: str) -> None:
    for line in clean(text).split("\n"):
        drawn = drawable(line)
        assert is_harmless(drawn)
        assert cell_len(drawn) == sum(map(get_character_cell_size, drawn)) <= MOST_CELLS


@settings(deadline=None)
@given(TEXTS, st.integers(1, 60))
def test_a_line_is_cut_and_wrapped_to_its_room(text: str, cells: int) -> None:
    drawn = drawable(clean(text).replace("\n", " "))
    assert width_of(cut(drawn, cells)) <= cells
    parts = wrapped(drawn, max(2, cells))
    assert all(width_of(part) <= max(2, cells) for part in parts)
    assert "".join(parts).replace(" ", "") == drawn.replace(" ", "")


@settings(deadline=None)
@given(
    TEXTS, TEXTS, st.sampled_from(["say", "think", "call", "check", "notice", "gap", "end", "stray", "other"]),
    st.sampled_from(["bash", "read_file", "str_replace", "x"]), st.booleans(),
    st.builds(Layout, st.integers(14, 90), st.booleans(), st.booleans()),
)  # fmt: skip
def test_no_row_is_wider_than_its_pane(
    words: str, text: str, kind: str, tool: str, failed: bool, layout: Layout
) -> None:
    line = clean(words).replace("\n", " ").expandtabs(4)[:4096]
    entry = Entry(0, kind, stamp(1), line, Text(text), failed, tool=tool, ended="exit 1, 3.4 s", exit_code=1)  # type: ignore[arg-type]
    for row in [*entry_rows(entry, layout), *whole_rows(entry, layout)]:
        assert is_harmless(row.text)
        taken = width_of(row.lead) + width_of(row.text) + (1 + width_of(row.right) if row.right else 0)
        assert taken <= layout.width or width_of(row.text) <= 2


def hostile_items(texts: list[str], raw: bytes) -> list[Item]:
    agent = Agent(1)
    one, two, three, four = (texts * 4)[:4]
    items: list[Item] = [
        agent.seen("pulling", one), *agent.start(), *agent.turn(two, three), *agent.tool("bash", {"command": one, "x": two}, three, code=1),
        *agent.tool("str_replace", {"path": four, "old": one, "new": two}), *agent.tool(one, {two: three}, four, code=1),
        *agent.called("bash", {"command": four}, one), agent.event("notice", level=one, text=two),
        agent.event("phase", name=three, state="begin"),
        agent.event("check", name=one, command=two, exit_code=1, seconds=1, tail=three), agent.event(two or "x", odd={one: [two]}),
        agent.seen("gap", four), agent.stray(raw), parse(agent.known, raw, None), Observation(RUN, stamp(9), "connection_lost", three),
        Ended(2, "image", four), *agent.end("failed", one, reason=two, fault=three),
    ]  # fmt: skip
    return [item for item in items if not isinstance(item, Event) or _is_possible(item)]


def _is_possible(event: Event) -> bool:
    """What JSON could carry to us."""
    return event.type == "stray" or json.loads(event.raw) is not None


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # each takes a second
@given(st.lists(TEXTS, min_size=1, max_size=4), st.binary(max_size=60), st.sampled_from([(80, 24), (120, 40), (43, 9)]))
def test_nothing_but_its_own_escapes_reaches_the_terminal(texts: list[str], raw: bytes, size: tuple[int, int]) -> None:
    stream, asked = Stream(), spec(3, prompt=texts[0])
    variations = tuple(replace(v, model=(texts * 4)[v.number]) for v in asked.variations)
    repository = replace(asked.repository, url=texts[-1])

    async def scene(person: Person) -> None:
        stream.put(*hostile_items(texts, raw))
        for keys in (["w"], ["t"], ["d"], ["d", "enter"]):
            await person.press(*keys)
            _holds_together(person, size)

    watched(replace(asked, variations=variations, repository=repository), stream, scene, size=size)


def _holds_together(person: Person, size: tuple[int, int]) -> None:
    strips = person.app.screen._compositor.render_strips()
    assert [strip.cell_length for strip in strips] == [size[0]] * size[1]
    for strip in strips:
        text = strip.text
        assert sum(map(get_character_cell_size, text)) == size[0], text
        assert is_harmless(ESCAPES.sub("", strip.render(person.app.console))), text


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_attack_is_let_through_anywhere(attack: str) -> None:
    entry = Entry(0, "call", stamp(1), "$ x", Text(attack * 3 + "\n" + attack), tool="bash")
    for row in entry_rows(entry, Layout(40)):
        assert is_harmless(row.text)
        assert width_of(row.text) <= 40


def test_a_line_of_a_megabyte_does_not_hold_up_the_others() -> None:
    import time

    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        began = time.process_time()  # holding up is work; what others do on the machine does not count
        huge = "x" * 1_000_000
        stream.put(*agent.start(), *agent.called("bash", {"command": "cat big"}, huge), agent.event("say", text=huge))
        await person.settle()
        await person.press("w", "t", "d", "d", "enter", "escape")
        assert time.process_time() - began < 2.0

    watched(spec(3), stream, scene)
