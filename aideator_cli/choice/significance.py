"""Finds the significant text of a source line: its tokens without comments and white space. Indentation stays if the language needs it."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST_NAME: Final = 100
LONGEST_LINE: Final = 1_000  # characters; lexer patterns can be slow on longer lines
LARGEST_TEXT: Final = 100_000
MEMORY: Final = 100_000  # lines
# The pygments languages in which leading white space has no meaning.
FREE_FORM: Final = frozenset((
    "Bash", "C", "C#", "C++", "CSS", "Clojure", "Dart", "Elixir", "Erlang", "Go", "Groovy", "HCL", "JSON", "Java", "JavaScript", "Julia",
    "Kotlin", "Lua", "Objective-C", "PHP", "Perl", "PowerShell", "Protocol Buffer", "R", "Ruby", "Rust", "SCSS", "SQL", "Scala", "Swift",
    "TOML", "Terraform", "TypeScript", "Zig",
))  # fmt: skip
# Here a blank may also mean something between two signs: `.a .b`, `x = 1`, `f [1]`, `a: - b`
SPACED: Final = frozenset(("Bash", "CSS", "Elixir", "PowerShell", "Ruby", "SCSS", "YAML"))
KNOWN: Final = FREE_FORM | {"Python", "YAML"}  # of which it is known what begins a string or comment
PLAIN: Final = (
    "Text only",
    "Text output",
    "Markdown",
    "reStructuredText",
    "Diff",
)  # here everything except spacing is significant
KEPT: Final = ("Token.Comment.Preproc", "Token.Comment.Hashbang")  # comments to pygments, but not to compilers
# Delimiters of strings and comments that may span lines. A pair on one line is removed first.
_PAIRS: Final = re.compile(r'""".*?"""|\'\'\'.*?\'\'\'|`[^`\n]*`|/\*.*?\*/|<!--.*?-->|\{-.*?-\}')
_MARKS: Final = ('"""', "'''", "`", "/*", "*/", "<!--", "-->", "{-", "-}", "=begin", "=end", "<<", "\\", "--[")
_OVER_LINES: Final = re.compile(r'"""|\'\'\'|`|/\*|\*/|<!--|-->|\{-|-\}|^=(?:begin|end)|<<|\\$|--\[', re.MULTILINE)
_WORD: Final = re.compile(r"\w")
_PLAIN_CODE: Final = re.compile(
    r"[\w\s=+\-*.,:()\[\]{}<>!&|]*"
)  # none of these characters begins a string, comment or pattern
_SPECIAL: Final = ("-", "--", "[[", "<!--", "<<", "!", "::", "|")  # of these characters, what does in some languages
_SAMPLE: Final = "a = b . c * d , e : f (g [h]) + {i} < j & k > l  m"
_AFTER: Final = re.compile(r"[\w\s]|$")  # a mark that surely begins a comment
_SIGNS: Final = "+*/&|<>=.:-"  # two of one kind may be another sign together: `a + +b` is not `a ++b`
# White space that parts neither two words nor two such signs
_NEEDLESS: Final = re.compile(rf"(?<=([{_SIGNS}]))\s++(?!\1)|(?<=\w)\s++(?!\w)|(?<![\w\s{_SIGNS}])\s+")


class Language:
    """How to read one kind of file."""

    def __init__(self, lexer: "Lexer | None") -> None:
        self._lexer = None if lexer is None or lexer.name in PLAIN else lexer
        self._indented = lexer is None or lexer.name not in FREE_FORM
        self._spaced = lexer is not None and lexer.name in SPACED
        self.line = lru_cache(MEMORY)(self._alone)  # the cached significant text of a line that stands alone

    def lines(self, text: Sequence[str]) -> list[str]:
        """Returns the significant text of each of these consecutive lines. Empty means that nothing in the line counts."""
        whole = "\n".join(text)
        return [self.line(line) for line in text] if self.stands_alone(whole) else self._lexed(whole)

    def same(self, one: str, other: str) -> bool:
        """Whether two lines, each read alone, have the same significant text."""
        if one == other:
            return True
        left, right = self._plain_code(one), self._plain_code(other)
        if left is None or right is None:
            return self.line(one) == self.line(other)
        if self._indented and left and right and _indentation(one) != _indentation(other):
            return False
        return left == right

    def _plain_code(self, line: str) -> str | None:
        """Returns the line's significant text, not indented, where that is plain to see without the lexer: it is much faster."""
        if not self._is_usual:
            return None
        code = _PLAIN_CODE.match(line)[0]  # type: ignore[index]  # it matches nothing, too
        comment = line[len(code) :]
        if comment and (code[-1:].strip() or not self._is_comment(comment)):
            return None
        return None if any(mark in code for mark in self._special) else self._closed_up(code)

    @cached_property
    def _is_usual(self) -> bool:
        """Whether the lexer sees nothing special in plain code."""
        return self._lexer is not None and self._lexer.name in KNOWN and not self._is_special(_SAMPLE)

    def _is_comment(self, text: str) -> bool:
        """Whether it surely is one. `#!` and `//!` may mean more."""
        mark = next((mark for mark in self._comments if text.startswith(mark)), None)
        return mark is not None and bool(_AFTER.match(text, len(mark)))

    @cached_property
    def _special(self) -> tuple[str, ...]:
        samples = ("a = b {} c  d", "{} c  d", "{}c  d")
        return tuple(mark for mark in _SPECIAL if any(self._is_special(sample.format(mark)) for sample in samples))

    def _is_special(self, code: str) -> bool:
        return self._lexed(code)[0].strip() != self._closed_up(code)

    def _closed_up(self, code: str) -> str:
        return " ".join((code if self._spaced else _NEEDLESS.sub("", code)).split())

    @cached_property
    def _comments(self) -> tuple[str, ...]:
        """What begins a comment to the line's end, of the marks that most languages have."""
        return tuple(mark for mark in ("#", "//") if self._lexed(f"a = b {mark} c d") == self._lexed("a = b"))

    def stands_alone(self, text: str) -> bool:
        """Whether each line can be read without the others: nothing spans lines, or the text is too long to check."""
        if self._lexer is None or len(text) > LARGEST_TEXT or not any(mark in text for mark in _MARKS):
            return True
        if any(len(line) > LONGEST_LINE for line in text.split("\n")):
            return True
        return not _OVER_LINES.search(_PAIRS.sub("", text))

    def _alone(self, line: str) -> str:
        if self._lexer is None or len(line) > LONGEST_LINE:
            return self._words(line)
        return self._lexed(line)[0]

    def _words(self, line: str) -> str:
        words = " ".join(line.split())
        return _indentation(line) + words if self._indented and words else words

    def _lexed(self, text: str) -> list[str]:
        from pygments.token import Comment, Text, Whitespace

        lines = [_Line(self._spaced)]
        assert self._lexer is not None
        for _, kind, value in self._lexer.get_tokens_unprocessed(f"{text}\n"):  # some comments need the newline to end
            dropped = kind in Comment and not str(kind).startswith(KEPT)
            blank = kind in Whitespace or (kind in Text and value.isspace())
            for number, part in enumerate(value.split("\n")):
                if number:
                    lines.append(_Line(self._spaced))
                lines[-1].add("" if dropped or blank else part)
        read = [line.text for line in lines[:-1]]
        if not self._indented:
            return read
        return [_indentation(raw) + text if text else "" for raw, text in zip(text.split("\n"), read, strict=True)]


class _Line:
    """Joins tokens, with a blank only where two words or equal signs would run together, or where there is one in a `spaced` language."""

    def __init__(self, spaced: bool) -> None:
        self.text = ""
        self._spaced = spaced
        self._gap = False

    def add(self, token: str) -> None:
        if not token:
            self._gap = True
            return
        if self._gap and self.text and (self._spaced or _runs_together(self.text[-1], token[0])):
            self.text += " "
        self.text += token
        self._gap = False


def _runs_together(left: str, right: str) -> bool:
    return (left == right and left in _SIGNS) or bool(_WORD.match(left) and _WORD.match(right))


def language(path: str) -> Language:
    """Returns the language for the file's name."""
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
