"""What the keys do: one list for the bindings, the help and the palette."""

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    keys: str  # as Textual names them
    shown: str
    action: str
    words: str
    command: str = ""  # its name in the palette; empty: it isn't there


KEYS: Final = (
    Key("tab,right_square_bracket", "Tab ]", "turn(1)", "the next pane", "Next pane"),
    Key("shift+tab,left_square_bracket", "S-Tab [", "turn(-1)", "the pane before", "Previous pane"),
    Key("", "1 … 9", "", "that variation's pane"),
    Key("z,f", "z f", "full", "this pane alone, and back", "Full screen"),
    Key("", "j k ↓ ↑", "", "a line down or up; going up stops following"),
    Key("", "PgDn PgUp", "", "a page"),
    Key("", "g  Home", "", "to the beginning"),
    Key("", "G  End", "", "to the end, and follow it"),
    Key("s", "s", "app.settle", "follow the end; when all have ended: select the winner", "Follow, or select the winner"),
    Key("enter", "Enter", "open", "the whole of what is marked, or of what came last", "Open the entry"),
    Key("slash", "/", "search", "search in all panes", "Search"),
    Key("n", "n", "hit(1)", "the next hit"),
    Key("N", "N", "hit(-1)", "the hit before"),
    Key("d", "d", "diff", "what it has changed, and back; of two marked ones both", "Changes"),
    Key("space", "Space", "mark", "mark this pane for comparing", "Mark the pane"),
    Key("equals_sign", "=", "compare", "the changes of the two marked panes, side by side", "Compare the marked panes"),
    Key("w", "w", "wrap", "wrap what tools print, or cut it", "Wrap long lines"),
    Key("t", "t", "times", "times before the entries", "Times"),
    Key("o", "o", "outcome", "the table of all", "Table"),
    Key("c", "c", "app.cancel_one", "ask this agent to stop; it keeps what it has", "Cancel this agent"),
    Key("C", "C", "app.cancel_all", "ask all agents to stop", "Cancel all agents"),
    Key("", "Ctrl+P", "", "all commands; there is a light theme, too"),
    Key("question_mark", "?", "help", "this help", "Help"),
    Key("q,ctrl+c", "q", "app.leave", "leave; the agents go on", "Leave"),
)  # fmt: skip


def bindings() -> list[Binding]:
    digits = [Binding(str(digit), f"pane({digit})", show=False) for digit in range(1, 10)]
    return [Binding(key.keys, key.action, key.words, show=False) for key in KEYS if key.keys] + digits
