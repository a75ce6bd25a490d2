"""The rows above and below the panes: the run, who is there, and what the keys do."""

from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from aideator_agent.spec import RunSpec
from aideator_cli.domain.teams import stage_of
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, tokens
from aideator_cli.views.asked import repository_name
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.course.transcripts import Transcripts
from aideator_cli.views.panes.cells import cut, drawable, width_of
from aideator_cli.views.panes.palette import agent_colour
from aideator_cli.views.signs import sign

LEAST_FIGURES = 2  # who is at work, and the time
PROMPT_CELLS = 12  # the least that is worth its room
REMARK_SECONDS: Final = 5.0  # as long as Textual shows a notice


class Bar(Widget):
    DEFAULT_CSS = "Bar { height: 1; width: 100%; background: $panel; color: $foreground; }"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._content = Content("")

    def render(self) -> RenderResult:
        return self._content

    def draw(self, content: Content) -> None:
        if content != self._content or content.spans != self._content.spans:
            self._content = content
            self.refresh()


class Header(Bar):
    """The run, its repository, the prompt; how many are at work, the time, cost and tokens."""

    def sync(self, transcripts: Transcripts, seconds: float) -> None:
        spec, width = transcripts.spec, self.size.width
        right = self._right(transcripts, seconds)[: 1 if transcripts.lost else None]
        while len(right) > 1 and width_of("   ".join(right)) > width // 2 + 10:
            right.pop()
        stages = "" if transcripts.lost else _stages(transcripts)
        while stages and len(right) > LEAST_FIGURES and width_of("   ".join([spec.id, stages, *right])) > width - 2:
            right.pop()  # how far a team is counts more
        figures = "   ".join(right)
        room = width - width_of(figures) - 3
        start = cut(f"{spec.id}  {_of(spec)}", room)
        if stages and room - width_of(start) - 2 < width_of(stages):
            start = cut(spec.id, room)
        left = room - width_of(start) - 2
        middle = ""
        if transcripts.lost:
            start, middle = cut(spec.id, room), "connection lost: " + drawable(transcripts.lost)
            middle = cut(middle, room - width_of(start) - 2)
        elif left >= PROMPT_CELLS:
            middle = cut(stages, left) or f'"{cut(drawable(one_line(spec.prompt)), left - 2)}"'
        gap = " " * max(0, room - width_of(start) - width_of(middle) - (2 if middle else 0))
        self.draw(
            Content.assemble(
                " ", (start, "bold"), "  " if middle else "", (middle, "bold $error" if transcripts.lost else ""), gap,
                " ", figures, " ",
            )
        )  # fmt: skip

    def _right(self, transcripts: Transcripts, seconds: float) -> list[str]:
        limit = transcripts.spec.limits.cost
        asked = f" of {cost(limit * len(transcripts.each))}" if limit is not None else ""
        return [
            _standing(transcripts),
            f"{seconds:.0f} s" if seconds < 10 else duration(seconds),
            cost(transcripts.cost) + asked,
            f"{tokens(transcripts.tokens)} tokens",
        ]


def _standing(transcripts: Transcripts) -> str:
    words = [sign(transcript)[1] if transcript.state != "ended" else "ended" for transcript in transcripts]
    counts = {word: words.count(word) for word in ("at work", "waiting", "stopping", "ended")}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _stages(transcripts: Transcripts) -> str:
    """Returns the stages of a team, with a sign for each that has begun. Empty: it is no team."""
    team = transcripts.spec.team
    if team is None or not team.key:
        return ""
    working: dict[str, bool] = {}
    for transcript in transcripts:
        stage = stage_of(transcript.variation.prompt_name or "")
        working[stage] = working.get(stage, False) or transcript.state != "ended"
    signs = {True: "● ", False: "✓ "}
    return " → ".join(f"{signs[working[name]] if name in working else ''}{name}" for name in team.key.split())


def _of(spec: RunSpec) -> str:
    commit = f"@{spec.repository.base[:7]}" if spec.repository.base else ""
    return drawable(one_line(repository_name(spec.repository.url))) + commit


class Tabs(Bar):
    """Every variation with its sign; for when not all have a pane in sight."""

    class Chosen(Message):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._ends: list[tuple[int, int]] = []  # the cell at which a tab ends, its number

    def sync(self, order: Sequence[Transcript], current: int, visible: Sequence[int]) -> None:
        parts: list[tuple[str, str]] = [(" ", "")]
        self._ends, at = [], 1
        for transcript in self._window(order, current):
            number = transcript.number
            word = f" {number} {sign(transcript)[0]} "
            word = f"[{word.strip()}]" if number == current else word
            style = "bold reverse" if number == current else "bold" if number in visible else ""
            parts += [(word, f"{style} {agent_colour(number)}".strip())]
            at += width_of(word)
            self._ends.append((at, number))
        self.draw(Content.assemble(*parts))

    def _window(self, order: Sequence[Transcript], current: int) -> Sequence[Transcript]:
        room = max(1, (self.size.width - 2) // 8)
        if len(order) <= room:
            return order
        at = next((index for index, transcript in enumerate(order) if transcript.number == current), 0)
        first = min(max(0, at - room // 2), len(order) - room)
        return order[first : first + room]

    def on_click(self, event: Click) -> None:
        if hit := next((number for end, number in self._ends if event.x < end), None):
            self.post_message(self.Chosen(hit))


class Footer(Bar):
    """The keys, the most needed ones first: a narrow terminal drops the others."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._told = self._remark = ""
        self._remarks_until = 0.0  # seconds of `monotonic`

    def tell(self, text: str) -> None:
        """In place of the keys, until one is pressed: it answers a person, who has just pressed one."""
        self._told, self._remark = text, ""

    def remark(self, text: str) -> None:
        """In place of the keys, but not for long: nobody has asked for it."""
        self._remark, self._remarks_until = text, monotonic() + REMARK_SECONDS

    def sync(self, keys: Sequence[tuple[str, str]], last: tuple[str, str]) -> None:
        told = self._told or (self._remark if monotonic() < self._remarks_until else "")
        if told:
            self.draw(Content.assemble(" ", (cut(drawable(told), self.size.width - 2), "bold")))
            return
        room = self.size.width - width_of(f"{last[0]} {last[1]}") - 2
        parts: list[str | tuple[str, str]] = [" "]
        for key, word in keys:
            taken = width_of(f"{key} {word}  ")
            if taken > room:
                break
            room -= taken
            parts += [(key, "bold $accent"), f" {word}  "]
        self.draw(Content.assemble(*parts, (last[0], "bold $accent"), f" {last[1]}"))
