"""The application around the panes: it takes the stream, draws ten times a second, and does what a person asks for."""

import asyncio
import contextlib
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Print
from textual.filter import LineFilter
from textual.screen import Screen

from aideator_agent.spec import RunSpec
from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.reasons import obstacle
from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import check_names
from aideator_cli.domain.events import Item
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError
from aideator_cli.system import clock, tmux
from aideator_cli.system.clock import seconds_between
from aideator_cli.text.clean import clean
from aideator_cli.text.figures import plural
from aideator_cli.views.actions import Actions
from aideator_cli.views.course.transcripts import Transcripts
from aideator_cli.views.look import USUAL, Look
from aideator_cli.views.panes.board import Board
from aideator_cli.views.panes.cells import drawable
from aideator_cli.views.panes.clipboard import bounded, osc_52
from aideator_cli.views.panes.colourless import CSS, Colourless
from aideator_cli.views.panes.dialogs import Line, Question
from aideator_cli.views.panes.difference_view import Difference
from aideator_cli.views.panes.feed import Background, Feed
from aideator_cli.views.panes.keys import KEYS
from aideator_cli.views.panes.palette import DARK, LIGHT
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.panes.terminal_gone import outliving

REFRESH_SECONDS: Final = 0.1  # between two pictures, where drawing is cheap
LONGEST_SECONDS: Final = 0.4  # where it is not
SHARE: Final = 0.08  # of a core that drawing may take
CATCHING_UP_SECONDS: Final = 0.01
LOOKING_SECONDS: Final = 1.0  # between two looks at the terminal
FOLDING_SECONDS: Final = 0.01  # at a time; keys are answered in between
WARNING_SECONDS: Final = 15.0  # that a person can read a warning which the panes cover
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PanesApp(App[None]):
    TITLE = "AIdeator"
    CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False  # of Textual, which knows no panes; see dragging.py

    def __init__(
        self,
        spec: RunSpec,
        batches: Iterator[list[Item]],
        actions: Actions = Actions(),  # noqa: B008 -- frozen
        now: Callable[[], str] = clock.now,
        look: Look = USUAL,
    ) -> None:
        """`now` tells the time as RFC 3339, UTC."""
        super().__init__()
        self.transcripts = Transcripts(spec)
        if not actions.live:
            self.transcripts.read(batches)  # and then nothing is left of them
        self.feed = Feed(batches)
        self.board = Board(self.transcripts, self._fetch_patch, self.help_lines)
        self._actions = actions
        self._now = now
        self._background = Background()
        self.settled = False  # the last results are shown
        self.signal: int | None = None  # that asked to leave
        self._asked = False  # for them
        self._remarked = self.transcripts.remarked
        self._used = 0.0  # seconds of this thread's processor time, when something was drawn last
        self._behind = False
        self._selected: int | None = None
        self._look = look
        self._has_mouse = look.mouse
        self._colourless = Colourless()

    def get_driver_class(self) -> type[Driver]:
        return outliving(super().get_driver_class())

    @property
    def over(self) -> bool:
        """All have ended, and all of it was shown."""
        return self.feed.exhausted and self.feed.error is None

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = (LIGHT if self._look.light else DARK).name
        self.theme_changed_signal.subscribe(self, lambda _: self.board.repaint())
        self.begin_capture_print(self)
        for number in SIGNALS:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread
                asyncio.get_running_loop().add_signal_handler(number, self._leave_for, number)
        self.push_screen(self.board)
        for warning in self._actions.warnings:
            self.notify(_drawable(warning), severity="warning", markup=False, timeout=WARNING_SECONDS)
        self.feed.start()
        self._watch_terminal()
        self._beat()

    def _watch_terminal(self) -> None:
        """Leaves when the terminal is gone. nohup ignores SIGHUP, and a process in a session of its own gets none."""
        if not self.is_headless and sys.__stdin__ is not None:
            terminal = select.poll()
            terminal.register(sys.__stdin__.fileno(), 0)  # a hang-up is told whatever one asks for
            self.set_interval(LOOKING_SECONDS, lambda: self._leave_for(signal.SIGHUP) if terminal.poll(0) else None)

    def _beat(self) -> None:
        """Draws, and schedules the next picture. The delay grows with the time that drawing takes on this machine."""
        self.tick()
        used = time.thread_time()
        self._used, pause = used, (used - self._used) / SHARE
        longest = REFRESH_SECONDS if self._background.busy else LONGEST_SECONDS  # a person waits for an answer
        self.set_timer(min(max(pause, REFRESH_SECONDS), longest), self._beat)

    def tick(self) -> None:
        """Takes what has come, and draws it."""
        for answer in self._background.answers():
            if answer.error is None:
                answer.then(answer.value)
            else:
                self._tell_error(answer.error)
        if self._fold() and not self._behind:
            self._behind = True
            self.set_timer(CATCHING_UP_SECONDS, self._catch_up)
        if self.transcripts.remarked != self._remarked:
            self._remarked = self.transcripts.remarked
            self.board.footer.remark("" if self.transcripts.lost else self.transcripts.remarks[-1])
        if self.feed.error is not None:
            self.exit()
        elif self.feed.exhausted and self.board.stands and not self._asked:
            self._settle()
        self.board.sync(self._seconds(), self._keys(), ("q", f"leave{self._leaving()}"))

    def _fold(self) -> bool:
        """Whether there is more."""
        until = time.monotonic() + FOLDING_SECONDS
        while time.monotonic() < until:
            batch = self.feed.take()
            if batch is None:
                return False
            for item in batch:
                self.transcripts.add(item)
        return True

    def _catch_up(self) -> None:
        """Takes what has come, without drawing."""
        self._behind = self._fold()
        if self._behind:
            self.set_timer(CATCHING_UP_SECONDS, self._catch_up)

    def _seconds(self) -> float:
        """Since the run was asked for; of one that is over until its last event."""
        lasts = [transcript.last for transcript in self.transcripts if transcript.last]
        end = max(lasts, default="") if self.transcripts.ended else ""
        try:
            return max(0.0, seconds_between(self.transcripts.spec.created, end or self._now()))
        except ValueError:
            return 0.0

    def _keys(self) -> list[tuple[str, str]]:
        if self.board.outcome.has_focus:
            return [("↑ ↓", "line"), ("y", "copy"), ("o", "close the table"), ("Esc", "back to the panes")]
        count = min(9, len(self.transcripts.each))
        takeable = any(_has_work(each.result) for each in self.transcripts)
        select = self._actions.select if takeable else None
        key, word, deed = ("s", "select", select) if self.over else ("c", "cancel", self._actions.cancel)
        ended = [*([(key, word)] if deed is not None else []), ("o", "table")]
        if not self.over and self._actions.tell is not None:
            ended.insert(0, ("m", "tell"))
        behind = [] if self.board.follows else [("End", "follow")]
        return [
            *behind, ("1" if count == 1 else f"1–{count}", "pane"), ("?", "help"), ("z", "full"), ("d", "diff"), ("Enter", "open"),
            ("/", "search"), *ended, ("Tab", "next"), ("w", "wrap"), ("t", "times"), ("Space", "mark"), ("=", "compare"),
        ]  # fmt: skip

    def _leaving(self) -> str:
        return "" if self.over or not self._actions.leaving else f" ({self._actions.leaving})"

    def help_lines(self) -> list[tuple[str, str]]:
        """The keys that do something here, and what."""
        without = {"help", *(("app.cancel_one", "app.cancel_all") if self._actions.cancel is None else ())}
        without |= {"app.tell"} if self._actions.tell is None else set()
        leave = f"leave; {self._actions.leaving}" if self._actions.leaving else "leave"
        follow = "follow the end" if self._actions.select is None else None
        words = {"app.settle": follow, "app.leave": leave}
        lines = [(key, key.line or (key.shown, words.get(key.action) or key.words)) for key in KEYS]
        return [line for key, line in lines if line[0] and key.action not in without]

    # When all have ended

    def _settle(self) -> None:
        self._asked = True
        self.board.footer.remark("")
        if self._actions.results is None:
            self._show_outcome()
        else:
            self._background.do(self._actions.results, self._take_results)

    def _take_results(self, results: Any) -> None:
        self.transcripts.settle(results)
        self._show_outcome()

    def _show_outcome(self) -> None:
        results = self.transcripts.named_results
        steps = self._actions.next_steps(results) if self._actions.next_steps else ()
        self.board.show_outcome(results, steps, self._selected)
        self.settled = True
        if not self._actions.stays:
            self.exit()
        elif self._actions.ring is not None:
            self._background.do(partial(self._actions.ring, results), self._write)

    # What a person asks for

    def _leave_for(self, number: int) -> None:
        self.signal = number
        self.action_leave()

    def action_leave(self) -> None:
        self.feed.leave()
        self.exit()

    def action_help_quit(self) -> None:
        self.action_leave()

    async def action_quit(self) -> None:
        self.action_leave()

    def action_settle(self) -> None:
        if not self.over:
            self.board.pane.body.action_follow()
        else:
            self._ask_to_select(self.board.current)

    def _ask_to_select(self, number: int) -> None:
        name, result = f"{self.transcripts.spec.id}/{number}", self.transcripts[number].result
        if not _has_work(result):
            what = "answer" if self.transcripts.spec.answer else "patch"
            self.board.footer.tell(f"{name} can't be selected: it has no {what} ({status(result)})")
        elif self._actions.select is None:
            self.board.footer.tell(
                f"can't select in a replay; afterwards: aideator select {self.transcripts.spec.id} {number}"
            )
        else:
            line = Line(f"select {name}; why (optional):", warning=self._warning(number))
            self.push_screen(line, partial(self._select, number))

    def _warning(self, number: int) -> str:
        """Returns a reason against selecting it, or an empty text."""
        results = self.transcripts.results
        everyone = candidates(results, check_names([check.name for check in self.transcripts.spec.checks], results))
        asked = next(each for each in everyone if each.number == number)
        return "" if asked.passes else drawable(f"warning: {self.transcripts.spec.id}/{number} {obstacle(asked)}")

    def _select(self, number: int, note: str | None) -> None:
        if note is None or self._actions.select is None:
            return
        select = self._actions.select

        def selected(_: Any) -> None:
            self._selected = number
            self._show_outcome()
            self.board.footer.tell(f"selected {self.transcripts.spec.id}/{number}")

        self._background.do(lambda: select(number, note.strip() or None), selected)

    def action_tell(self) -> None:
        number = self.board.current
        name = f"{self.transcripts.spec.id}/{number}"
        if self._actions.tell is None or self.transcripts[number].state == "ended":
            why = "it has ended" if self._actions.tell is not None else "it is not at work here"
            self.board.footer.tell(f"{name} can't be told anything: {why}")
        else:
            self.push_screen(Line(f"tell {name}:"), partial(self._tell, number))

    def _tell(self, number: int, text: str | None) -> None:
        tell = self._actions.tell
        if tell is None or not text or not text.strip():
            return
        told = f"sent to {self.transcripts.spec.id}/{number}, which shows the message when it has arrived"
        self._background.do(lambda: tell(number, text), lambda _: self.board.footer.tell(told))

    def action_cancel_one(self) -> None:
        self._ask_to_cancel([self.board.current])

    def action_cancel_all(self) -> None:
        self._ask_to_cancel(list(self.transcripts.each))

    def _ask_to_cancel(self, numbers: list[int]) -> None:
        active = [number for number in numbers if self.transcripts[number].state != "ended"]
        if self._actions.cancel is None or not active:
            self.board.footer.tell("nothing to cancel: it has ended" if not active else "can't be cancelled here")
            return
        names = ", ".join(str(number) for number in active)
        whom = f"agent {names}" if len(active) == 1 else f"{plural(len(active), 'agent')} ({names})"
        text = f"Ask {whom} to stop? Work so far is kept."
        self.push_screen(Question(text), partial(self._cancel, active))

    def _cancel(self, numbers: list[int], yes: bool | None) -> None:
        cancel = self._actions.cancel
        if not yes or cancel is None:
            return

        def asked(_: Any) -> None:
            for number in numbers:
                self.transcripts[number].stop()

        self._background.do(lambda: cancel(numbers), asked)

    def _fetch_patch(self, difference: Difference) -> None:
        patch, transcript = self._actions.patch, difference.transcript
        if patch is None or transcript.state != "ended":
            return
        difference.asked = True

        def fetched(found: Any) -> None:
            difference.patch = found

        self._background.do(lambda: patch(transcript.number), fetched)

    # The clipboard, and the mouse

    def on_scroller_copied(self, event: Scroller.Copied) -> None:
        copy = bounded(event.text)
        self.copy_to_clipboard(copy.text)
        self.say(copy.told)

    def copy_to_clipboard(self, text: str) -> None:
        """OSC 52; within tmux, which by default ignores that, tmux's own command first."""
        self._clipboard = text
        if not tmux.is_around():
            self._write(osc_52(text))
            return

        def taken(took: Any) -> None:
            if not took:
                self._write(osc_52(text) + tmux.passed_through(osc_52(text)))

        self._background.do(lambda: tmux.load_buffer(text), taken)

    def say(self, text: str) -> None:
        """In the footer, or before what covers it."""
        if self.screen is self.board:
            self.board.footer.tell(text)
        else:
            self.notify(drawable(text), markup=False)

    def action_mouse(self) -> None:
        """Leaves the mouse to the terminal, or takes it back."""
        self._has_mouse = not self._has_mouse
        driver: Any = self._driver
        if isinstance(driver, LinuxDriver):
            driver._mouse = True
            (driver._enable_mouse_support if self._has_mouse else driver._disable_mouse_support)()
            driver._mouse = self._has_mouse  # as it is taken up again after Ctrl+Z
        self.say("the panes have the mouse again" if self._has_mouse else "the terminal has the mouse; M takes it back")

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    # Around it

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._colourless] if self.no_color else super().get_line_filters()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """What the palette offers."""
        for key in KEYS:
            if key.command:
                yield SystemCommand(key.command, f"{key.shown}: {key.words}", partial(self._run_key, key.action))
        if self.no_color:
            return
        other = LIGHT if self.current_theme.dark else DARK
        yield SystemCommand(
            "Light theme" if other is LIGHT else "Dark theme",
            "Other colours",
            partial(setattr, self, "theme", other.name),
        )

    def _run_key(self, action: str) -> None:
        self.call_later(self.run_action, action, self.board)

    def on_key(self, event: Key) -> None:
        """Keys come in bursts where a connection is slow: those of a line of text, while it is not in front yet, too."""
        if isinstance(self.screen, Line) and event.is_printable and event.character:
            self.screen.take(event.character)

    def on_print(self, event: Print) -> None:
        """Shows printed text as a message, so that nothing overwrites the panes."""
        if event.text.strip():
            self.notify(_drawable(event.text.strip()), markup=False)

    def _tell_error(self, error: AideatorError) -> None:
        text = f"{error.message}\n{error.hint}" if error.hint else error.message
        self.notify(_drawable(text), severity="error", markup=False, timeout=10)


def _drawable(text: str) -> str:
    return "\n".join(drawable(line) for line in clean(text).split("\n"))


def _has_work(result: Result) -> bool:
    """Whether it left something that can be selected."""
    return bool(result.files or result.answer_sha256)
