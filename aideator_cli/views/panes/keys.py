"""What the keys do: one list for the bindings, the help and the palette."""

from typing import Final

from textual.binding import Binding

from aideator_agent.values import frozen


@frozen
class Key:
    keys: str  # as Textual names them
    shown: str  # in the help; empty: it stands with the one before
    action: str
    words: str
    command: str = ""  # its name in the palette; empty: it isn't there
    line: tuple[str, str] | None = None  # in the help, for the next one, too; None: as above


NOT_IN_HELP: Final = ("", "")
KEYS: Final = (
    Key("tab,right_square_bracket", "Tab ]", "turn(1)", "the next pane", "Next pane", ("Tab ] [", "the next pane; the previous one")),
    Key("shift+tab,left_square_bracket", "S-Tab [", "turn(-1)", "the previous pane", "Previous pane", NOT_IN_HELP),
    Key("", "1 … 9", "", "that variation's pane"),
    Key("z,f", "z f", "full", "show only this pane, and back", "Full screen"),
    Key("", "j k ↓ ↑", "", "move by a line; moving up stops following"),
    Key("", "PgDn PgUp", "", "move by a page"),
    Key("", "g G Home End", "", "go to the start; go to the end and follow it"),
    Key("s", "s", "app.settle", "follow the end; when all have ended: select the winner", "Follow, or select the winner"),
    Key("enter", "Enter", "open", "show all of the marked entry, or of the last one", "Open the entry"),
    Key("y", "y", "copy", "copy the marked entry, or where its changes are shown, the patch", "Copy",
        ("y Y", "copy the marked entry, or the patch; copy its command")),
    Key("Y", "Y", "copy_command", "copy the command of the marked entry", "Copy the command", NOT_IN_HELP),
    Key("M", "M", "app.mouse", "leave the mouse to the terminal, and take it back", "Mouse",
        ("drag M", "select and copy; leave the mouse to the terminal, and back")),
    Key("slash", "/", "search", "search in all panes", "Search"),
    Key("n", "n N", "hit(1)", "the next match; the previous match"),
    Key("N", "", "hit(-1)", ""),
    Key("d", "d", "diff", "show its changes, and back; of two marked panes, both", "Changes"),
    Key("space", "Space", "mark", "mark this pane for comparing", "Mark the pane"),
    Key("equals_sign", "=", "compare", "show the changes of two marked panes side by side", "Compare the marked panes"),
    Key("w", "w", "wrap", "wrap or cut long lines of tool output", "Wrap long lines", ("w t", "wrap long lines of output; show times")),
    Key("t", "t", "times", "show times", "Times", NOT_IN_HELP),
    Key("o", "o", "outcome", "go to the table of all agents; close it", "Table"),
    Key("m", "m", "app.tell", "tell this agent something, which it gets before its next turn", "Tell this agent something"),
    Key("c", "c", "app.cancel_one", "stop this agent; its work so far is kept", "Cancel this agent",
        ("c C", "stop this agent; stop all; their work so far is kept")),
    Key("C", "C", "app.cancel_all", "stop all agents; their work so far is kept", "Cancel all agents", NOT_IN_HELP),
    Key("", "Ctrl+P", "", "all commands, and a light theme"),
    Key("question_mark", "?", "help", "this help", "Help"),
    Key("q,ctrl+c", "q", "app.leave", "leave; the agents go on", "Leave"),
)  # fmt: skip


def bindings() -> list[Binding]:
    digits = [Binding(str(digit), f"pane({digit})", show=False) for digit in range(1, 10)]
    return [Binding(key.keys, key.action, key.words, show=False) for key in KEYS if key.keys] + digits
