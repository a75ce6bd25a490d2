"""A pane's second view: what its agent has changed so far, or in the end."""

from collections.abc import Sequence

from textual.events import Resize

from aideator_cli.views.changes import FileChange, of_entries, of_patch
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.panes.difference import Colours, change_rows
from aideator_cli.views.panes.rows import Row
from aideator_cli.views.panes.scroller import Scroller


class Difference(Scroller):
    """Its edits, until the patch of record is there."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__(follows=False)
        self.transcript = transcript
        self.patch: bytes | None = None
        self.asked = False  # for the patch of record
        self._drawn: tuple[object, ...] = ()

    @property
    def title(self) -> str:
        return "its patch" if self.patch is not None else "its edits so far"

    def files(self) -> Sequence[FileChange]:
        return of_entries(self.transcript.entries) if self.patch is None else of_patch(self.patch)

    def sync(self) -> None:
        edits = [entry.number for entry in self.transcript.entries if entry.is_edit and not entry.running]
        drawn = (len(edits), edits[-1:], self.patch, self.width, self.app.current_theme.dark)
        if drawn == self._drawn or not self.size.width:
            return
        self._drawn = drawn
        files = self.files()
        rows = change_rows(files, self.width, Colours(dark=self.app.current_theme.dark))
        self.replace(0, rows or [Row(-1, "", self._none(), "dim")])

    def _none(self) -> str:
        return "nothing changed" if self.transcript.state == "ended" else "no edit yet; commands may have changed files"

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.sync()
