"""What of a source line counts: its tokens, without comments and without whitespace; indentation stays where the language reads it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST_NAME: Final = 100
LONGEST_LINE: Final = 1_000  # characters; lexers' patterns may take long over more
LARGEST_TEXT: Final = 100_000
MEMORY: Final = 100_000  # lines
# The languages of pygments in which white space at a line's beginning tells nothing.
FREE_FORM: Final = frozenset((
    "Bash", "C", "C#", "C++", "CSS", "Clojure", "Dart", "Elixir", "Erlang", "Go", "Groovy", "HCL", "JSON", "Java", "JavaScript", "Julia",
    "Kotlin", "Lua", "Objective-C", "PHP", "Perl", "PowerShell", "Protocol Buffer", "R", "Ruby", "Rust", "SCSS", "SQL", "Scala", "Swift",
    "TOML", "Terraform", "TypeScript", "Zig",
))  # fmt: skip
PLAIN: Final = (
    "Text only",
    "Text output",
    "Markdown",
    "reStructuredText",
    "Diff",
)  # here everything but spacing is text
KEPT: Final = ("Token.Comment.Preproc", "Token.Comment.Hashbang")  # what pygments calls comments, and compilers don't
# What may begin or end in one line a text or a comment that goes on in others; where both are on one line it is gone.
_PAIRS: Final = re.compile(r'""".*?"""|\'\'\'.*?\'\'\'|`[^`\n]*`|/\*.*?\*/|<!--.*?-->|\{-.*?-\}')
_MARKS: Final = ('"""', "'''", "`", "/*", "*/", "<!--", "-->", "{-", "-}", "=begin", "=end", "<<", "\\", "--[")
_OVER_LINES: Final = re.compile(r'"""|\'\'\'|`|/\*|\*/|<!--|-->|\{-|-\}|^=(?:begin|end)|<<|\\$|--\[', re.MULTILINE)
_WORD: Final = re.compile(r"\w")


class Language:
    """How one kind of file is read."""

    def __init__(self, lexer: "Lexer | None") -> None:
        self._lexer = None if lexer is None or lexer.name in PLAIN else lexer
        self._indented = lexer is None or lexer.name not in FREE_FORM
        self.line = lru_cache(MEMORY)(self._alone)  # the same of a line that stands alone

    def lines(self, text: Sequence[str]) -> list[str]:
        """What counts of each of these lines, which stand together; empty: nothing does."""
        whole = "\n".join(text)
        return [self.line(line) for line in text] if self.stands_alone(whole) else self._lexed(whole)

    def stands_alone(self, text: str) -> bool:
        """Whether each of its lines is read without the others: nothing goes over lines, or there is too much of it to look."""
        if self._lexer is None or len(text) > LARGEST_TEXT or not any(mark in text for mark in _MARKS):
            return True
        if any(len(line) > LONGEST_LINE for line in text.split("\n")):
            return True
        return not _OVER_LINES.search(_PAIRS.sub("", text))

    def _alone(self, line: str) -> str:
        if self._lexer is None or len(line) > LONGEST_LINE:
            return self._spaced(line)
        return self._lexed(line)[0]

    def _spaced(self, line: str) -> str:
        words = " ".join(line.split())
        return _indentation(line) + words if self._indented and words else words

    def _lexed(self, text: str) -> list[str]:
        from pygments.token import Comment, Text, Whitespace

        lines = [_Line()]
        assert self._lexer is not None
        for _, kind, value in self._lexer.get_tokens_unprocessed(f"{text}\n"):  # some comments want their end
            dropped = kind in Comment and not str(kind).startswith(KEPT)
            blank = kind in Whitespace or (kind in Text and value.isspace())
            for number, part in enumerate(value.split("\n")):
                if number:
                    lines.append(_Line())
                lines[-1].add("" if dropped or blank else part)
        read = [line.text for line in lines[:-1]]
        if not self._indented:
            return read
        return [_indentation(raw) + text if text else "" for raw, text in zip(text.split("\n"), read, strict=True)]


class _Line:
    """Tokens put together; a blank stands only where two words would run into one."""

    def __init__(self) -> None:
        self.text = ""
        self._gap = False

    def add(self, token: str) -> None:
        if not token:
            self._gap = True
            return
        if self._gap and self.text and _WORD.match(self.text[-1]) and _WORD.match(token[0]):
            self.text += " "
        self.text += token
        self._gap = False


def language(path: str) -> Language:
    """By the file's name."""
    base = path.rpartition("/")[2]
    dot = base.rfind(".")
    return _language(base if dot <= 0 else f"x{base[dot:]}")


@lru_cache(1000)
def _language(name: str) -> Language:
    from pygments.lexers import find_lexer_class, find_lexer_class_for_filename, get_all_lexers

    if len(name) > LONGEST_NAME:
        return Language(None)
    patterns = (name, f"*{name[1:]}")
    named = [known[0] for known in get_all_lexers(plugins=False) if any(pattern in known[2] for pattern in patterns)]
    found = find_lexer_class(named[0]) if len(named) == 1 else find_lexer_class_for_filename(name)
    return Language(found(stripnl=False, ensurenl=False) if found else None)


def _indentation(line: str) -> str:
    expanded = line.expandtabs()
    return " " * (len(expanded) - len(expanded.lstrip()))
