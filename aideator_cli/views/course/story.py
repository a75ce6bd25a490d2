"""What one agent said and did, entry by entry, in bounded memory: the oldest entries go, and are counted."""

from collections import deque
from collections.abc import Iterable

from aideator_cli.text.clean import clean
from aideator_cli.views.course.entries import Entry, Kind, Text

ENTRIES = 3000  # of one variation that are kept
CHARACTERS = 2 * 1024 * 1024  # of one variation's entries together
WORDS_CHARACTERS = 8 * 1024  # of the model's words in one entry; then another one begins at the next line
LINE_CHARACTERS = 4096  # of an entry's own line


class Story:
    """`version` is that of all that is known of the agent; an entry that changes takes it over."""

    def __init__(self, entries: int, characters: int) -> None:
        self.version = 0
        self.entries: deque[Entry] = deque()
        self.left_out = 0  # entries that stood before those that are kept
        self._most_entries, self._most_characters = entries, characters
        self._characters = 0
        self._count = 0
        self._speech: Entry | None = None  # what the model is saying; other things may be told in between

    def steady(self, open_: Iterable[Entry]) -> int:
        """Entries before this number no longer change. Only open entries and the newest one can change."""
        last = [self.entries[-1]] if self.entries else []
        speech = [self._speech] if self._speech else []
        return min((entry.number for entry in (*last, *speech, *open_)), default=0)

    def add(self, kind: Kind, time: str, words: str = "", *, text: Text | None = None, failed: bool = False) -> Entry:
        line = clean(words[:LINE_CHARACTERS]).replace("\n", " ").expandtabs(4)
        entry = Entry(self._count, kind, time, line, text or Text(), failed, self.version)
        self._count += 1
        self.entries.append(entry)
        self.grow(entry.characters)
        return entry

    def extend(self, entry: Entry, text: str) -> None:
        before = entry.text.characters
        entry.text.add(text)
        entry.version = self.version
        if entry.number >= self._count - len(self.entries):
            self.grow(entry.text.characters - before)

    def speak(self, kind: Kind, time: str, text: str) -> None:
        """The model's words, which come in pieces: an entry a turn, or several where there are very many."""
        last = self._speech
        if last is None or last.kind != kind:
            if text.strip():
                self._speech = self.add(kind, time, text=Text(text.lstrip("\n")))
            return
        head, newline, rest = text.partition("\n")
        if last.text.characters < WORDS_CHARACTERS:
            self.extend(last, text)
        else:
            self.extend(last, head)
            if newline:
                self._speech = self.add(kind, time, text=Text(rest))

    def end_turn(self) -> None:
        """What the model says from here on is another entry."""
        self._speech = None

    def join(self, kind: Kind, time: str, text: str) -> None:
        """Adds text to the newest entry if it is of the same kind."""
        last = self.entries[-1] if self.entries else None
        if last is not None and last.kind == kind and not last.words and last.text.characters < WORDS_CHARACTERS:
            self.extend(last, text)
        elif text:
            self.add(kind, time, text=Text(text))

    def grow(self, characters: int) -> None:
        """Counts the characters that an entry gained. Older entries go; the newest one stays, whatever its size."""
        self._characters += characters
        while len(self.entries) > 1 and (
            len(self.entries) > self._most_entries or self._characters > self._most_characters
        ):
            self._characters -= self.entries.popleft().characters
            self.left_out += 1
