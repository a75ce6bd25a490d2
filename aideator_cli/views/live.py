"""A live table with one line per agent, for small terminals. It uses the alternate screen, so that a resize breaks nothing."""

import time
from collections.abc import Callable, Iterator
from threading import Lock

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from aideator_agent.spec import RunSpec
from aideator_cli.domain.events import Event, Item, Observation
from aideator_cli.system import clock
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, cost, duration, plural, tokens
from aideator_cli.views import wording
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.course.transcripts import Transcripts
from aideator_cli.views.rich_table import plain_table
from aideator_cli.views.screen import Screen
from aideator_cli.views.signs import sign
from aideator_cli.views.text.names import model_name

REFRESHES = 4  # a second
DOING_CELLS = 14  # the least that is left to what an agent is at
LESSER = ("steps", "tokens", "+/−", "cost")  # the columns to leave out, in this order, if less than that is left
NUMBER, DOING = " ", ""  # the columns that need no title
FIGURES = ("steps", "tokens", "cost", "+/−", "time")
GAP = 2  # cells between two columns
KEPT = 50  # entries of a variation: none of them is shown
STYLES = {
    "waiting": "dim",
    "at work": "cyan",
    "stopping": "yellow",
    "succeeded": "green",
    "failed": "red",
}  # of signs, by their words
GOOD_NEWS = ("connection_back", "cancel_asked", "retried")

Seconds = Callable[[], float]


def show_live(screen: Screen, spec: RunSpec, batches: Iterator[list[Item]]) -> None:
    """Until the batches end; the screen is then as it was before."""
    state = _State(spec, time.monotonic)
    console = _console(screen)  # asks for its size at every picture
    with Live(
        console=console, screen=True, refresh_per_second=REFRESHES, redirect_stdout=False, redirect_stderr=False,
        get_renderable=lambda: state.table(console.width, console.height),
    ):  # fmt: skip
        for batch in batches:
            state.add(batch)


def record_live(screen: Screen, spec: RunSpec, batches: Iterator[list[Item]], now: Seconds) -> None:
    """Draws the table into a recording, with a fixed size and the recording's clock. The last picture stays."""
    state = _State(spec, now)
    console = _console(screen, (screen.width, screen.height))
    shown = now() - 1.0
    with Live(
        console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False,
        get_renderable=lambda: state.table(console.width, console.height - 1),  # the cursor stands below it
    ) as live:  # fmt: skip
        for batch in batches:
            state.add(batch)
            if now() - shown >= 1 / REFRESHES:
                shown = now()
                live.refresh()


def drawing(spec: RunSpec, items: list[Item], width: int, height: int) -> Group:
    """One picture of it."""
    state = _State(spec, lambda: 0.0)
    state.add(items)
    return state.table(width, height)


def _console(screen: Screen, size: tuple[int, int] | None = None) -> Console:
    width, height = size or (None, None)
    return Console(
        file=screen.out, width=width, height=height, force_terminal=True, no_color=not screen.colour,
        highlight=False, legacy_windows=False,
    )  # fmt: skip


class _State:
    """The current state. One thread updates it, another draws it."""

    def __init__(self, spec: RunSpec, now: Seconds) -> None:
        self._spec = spec
        self._now = now
        self._lock = Lock()
        self._transcripts = Transcripts(spec, entries=KEPT)
        self._newest = ""  # time of the newest item; and when it came
        self._came = now()
        self._trouble: Observation | None = None

    def add(self, batch: list[Item]) -> None:
        with self._lock:
            for item in batch:
                self._transcripts.add(item)
                if isinstance(item, Event | Observation) and item.time > self._newest:
                    self._newest = item.time
                if isinstance(item, Observation) and _is_trouble(item):
                    self._trouble = item
            self._came = self._now()

    def table(self, width: int, height: int) -> Group:
        """At most so many cells wide and lines high."""
        with self._lock:
            below = self._below(width)
            room = max(1, height - 2 - len(below))
            each = sorted(self._transcripts, key=lambda t: (t.state == "ended", t.number))
            left = each[room - 1 :] if len(each) > room else []
            rows = each[: len(each) - len(left)]
            more = [Text(f"… {plural(len(left), 'variation')} more", style="dim")] if left else []
            at = self._at()
            return Group(self._head(width), _table(sorted(rows, key=lambda t: t.number), at, width), *more, *below)

    def _at(self) -> str:
        """Returns the agents' time: the newest one reported, plus the time since then."""
        try:
            return clock.shifted(self._newest, self._now() - self._came)
        except (ValueError, OverflowError):
            return clock.now()

    def _seconds(self) -> float:
        """Since the run was asked for, until now or until its last word."""
        try:
            return max(
                0.0, clock.seconds_between(self._spec.created, self._newest if self._transcripts.ended else self._at())
            )
        except ValueError:
            return 0.0

    def _head(self, width: int) -> Text:
        run = self._transcripts
        states = [transcript.state for transcript in run]
        counts = [
            (states.count("waiting"), "waiting"),
            (states.count("working"), "at work"),
            (states.count("ended"), "ended"),
        ]
        told = ", ".join(f"{count} {words}" for count, words in counts if count)
        figures = "  ".join([told, duration(self._seconds()), cost(run.cost), f"{tokens(run.tokens)} tokens"])
        prompt = f'  "{one_line(self._spec.prompt)}"'
        head = Text(self._spec.id, style="bold", no_wrap=True)
        head.append(f"  {figures}", style="not bold")
        head.append(prompt, style="not bold dim")
        head.truncate(width, overflow="ellipsis")
        return head

    def _below(self, width: int) -> list[Text]:
        lines = []
        if self._transcripts.lost:
            lines.append(Text(f"! {one_line(self._transcripts.lost)}", style="red", no_wrap=True))
        if (seen := self._trouble) and not self._is_over(seen):
            whose = f"{seen.variation} " if seen.variation else ""
            words = f"! {whose}{wording.observed(seen.kind, seen.text)}"
            lines.append(Text(words, style="yellow", no_wrap=True))
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def _is_over(self, seen: Observation) -> bool:
        """Returns whether the observed wait, or the lost connection, is over."""
        if seen.variation is None:
            return seen.kind == "connection_lost" and not self._transcripts.lost
        return seen.kind in wording.WAITING and self._transcripts[seen.variation].state != "waiting"


def _is_trouble(seen: Observation) -> bool:
    return seen.kind not in (*wording.TOLD_BY_EVENTS, *GOOD_NEWS, "connection_lost")


def _table(transcripts: list[Transcript], at: str, width: int) -> Table:
    digits = len(str(transcripts[-1].number))
    rows = [_cells(transcript, at, digits) for transcript in transcripts]
    models = min(max(row["model"].cell_len for row in rows), max(8, width // 4))
    titles = _titles(rows, width - models)
    table = plain_table()
    table.expand = True
    for title in titles:
        table.add_column(
            title if title in FIGURES else title.strip(), no_wrap=True, overflow="ellipsis",
            justify="right" if title in FIGURES else "left", max_width=models if title == "model" else None,
            ratio=1 if title == DOING else None,
        )  # fmt: skip
    for row in rows:
        table.add_row(*(row[title] for title in titles))
    return table


def _titles(rows: list[dict[str, Text]], room: int) -> list[str]:
    """The columns that are shown: lesser ones go until enough is left to what the agents are at. `room`: cells without the model's."""
    titles = list(rows[0])
    for lesser in (None, *LESSER):
        titles = [title for title in titles if title != lesser]
        fixed = [max(len(t), *(row[t].cell_len for row in rows)) for t in titles if t not in ("model", DOING)]
        if room - sum(fixed) - GAP * (len(titles) - 1) >= DOING_CELLS:
            break
    return titles


def _cells(transcript: Transcript, at: str, digits: int) -> dict[str, Text]:
    _, added, removed = transcript.changes
    drawn, word = sign(transcript)
    number = Text(f"{transcript.number:>{digits}} ")
    number.append(drawn, style=STYLES.get(word, ""))
    seconds = transcript.seconds(at)
    return {
        NUMBER: number,
        "model": Text(model_name(transcript.worker)),
        DOING: Text(_doing(transcript)),
        "steps": Text(str(transcript.step or "")),
        "tokens": Text("" if transcript.tokens == 0 else tokens(transcript.tokens)),
        "cost": Text(cost(transcript.result.cost) if transcript.step else ""),
        "+/−": Text(changes(added, removed) if added or removed else ""),
        "time": Text(duration(seconds) if seconds else ""),
    }


def _doing(transcript: Transcript) -> str:
    return f"stopping: {transcript.doing}" if transcript.stopping else transcript.doing
