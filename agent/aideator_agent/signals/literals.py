"""Finds the literals of source code with their places: strings, numbers, and lists or tables that hold nothing else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from aideator_agent.patterns import lazy
from aideator_agent.values import frozen

Kind = Literal["string", "number", "list", "record", "word", "sign", "line", "other"]

_HASH: Final = frozenset(("python", "shell", "ruby", "perl"))  # languages whose comments begin with #
_STRING: Final = (
    r'[rRbBuUfF]{0,2}"""(?:[^\\]|\\.)*?"""|[rRbBuUfF]{0,2}' + r"'''(?:[^\\]|\\.)*?'''"
    r'|[rRbBuUfF]{0,2}"(?:[^"\\\n]|\\.)*"|[rRbBuUfF]{0,2}' + r"'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`"
)
_NUMBER: Final = r"(?<![\w.])\d[\d_]*(?:\.\d+)*(?:[eE][+-]?\d+)?"
_WORD: Final = r"[^\W\d][\w$]*"
_DASHED: Final = (
    r"(?<![\w./$-])[A-Za-z0-9][\w+]*(?:[-.@:][\w+]+)+(?![\w/])"  # a word of a shell that is data rather than a command
)
_SIGN: Final = r"===|!==|==|!=|<=|>=|=>|->|:=|&&|\|\||<<|>>|\*\*|\+\+|--|[^\s\w]"
_COMMENTS: Final = {True: r"(?<![\w$])#[^\n]*", False: r"//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/"}
_REST: Final = rf"(?P<number>{_NUMBER})|(?P<word>{_WORD})|(?P<line>\n)|(?P<sign>{_SIGN})"
_TOKEN: Final = {
    hashed: lazy(rf"(?P<string>{_STRING})|(?P<comment>{comment})|{_REST}", re.DOTALL)
    for hashed, comment in _COMMENTS.items()
}
_SHELL: Final = lazy(
    rf"(?P<string>{_STRING})|(?P<comment>{_COMMENTS[True]})|(?P<version>\d+(?:\.\d+)+(?![\w-]))|(?P<dashed>{_DASHED})|{_REST}",
    re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_PLACEHOLDER: Final = {
    "python": lazy(r"\{"),
    "javascript": lazy(r"\$\{"),
    "shell": lazy(r"\$[\w{(*@#?]|`"),
    "perl": lazy(r"[$@][\w{]"),
}
_OPEN: Final = {"[": "]", "(": ")", "{": "}"}
_CONSTANTS: Final = frozenset(("True", "False", "None", "true", "false", "null", "nil", "undefined"))
_BEHIND: Final = ("(", "{", "=", ":")  # a name
_UNARY_AFTER: Final = frozenset("=([{,:?") | {"==", "===", "!=", "!==", "=>", ":="}


@frozen
class Token:
    kind: Kind
    value: str  # of a string: what it says; of a list: its text without spaces, in square brackets
    line: int
    at: int = 0  # the position of its first token
    end: int = 0  # the position behind its last token
    leaves: int = 1  # literals in a list
    deep: bool = False  # whether a list holds lists
    inside: int = -1  # the position of the bracket around it
    computed: bool = False  # a number that is added, compared for size or the like


class Source:
    """The tokens of one stretch of code. `number`: the line that it begins with."""

    def __init__(self, text: str, language: str, number: int = 1) -> None:
        self.language = language
        self.tokens: Sequence[Token] = list(_tokens(text, language, number))

    @cached_property
    def literals(self) -> Sequence[Token]:
        """Returns strings, numbers and lists by their positions; a list comes before what it holds."""
        found = (each for each in self._found if each.kind != "record")
        return sorted(found, key=lambda each: (each.at, -each.end))

    @property
    def records(self) -> Iterator[Token]:
        """Returns lists of objects and calls, without their names: `[[1,3]]` for `[Span(1, end=3)]`."""
        return (each for each in self._found if each.kind == "record")

    @cached_property
    def _found(self) -> Sequence[Token]:
        return list(_literals(self.tokens))


def _tokens(text: str, language: str, line: int) -> Iterator[Token]:
    pattern = _SHELL if language == "shell" else _TOKEN[language in _HASH]
    for found in pattern.finditer(text):
        kind, raw = found.lastgroup, found[0]
        if kind == "string":
            yield _string(raw, language, line, statement=_begins_statement(text, found.start()))
        elif kind == "dashed":
            yield Token("string", raw, line)
        elif kind in ("number", "version"):
            yield Token("number", raw.replace("_", ""), line)
        elif kind == "sign" and raw == "=" and language == "shell" and text[found.start() - 1 : found.start()] == " ":
            yield Token("sign", "==", line)  # `[ "$a" = b ]`
        elif kind == "word":
            yield Token("word", raw, line)
        elif kind in ("sign", "line"):
            yield Token("sign" if kind == "sign" else "line", raw, line)
        line += raw.count("\n")


def is_imported(tokens: Sequence[Token], literal: Token) -> bool:
    """Whether it is the name of a module: `require("node:fs")`. What `yield from` gives is none."""
    if literal.kind != "string":
        return False
    before = [token.value for token in tokens[max(literal.at - 2, 0) : literal.at]]
    if before == ["yield", "from"]:
        return False
    return before[-1:] in (["from"], ["import"]) or before in (["require", "("], ["import", "("])


def documented(text: str) -> Iterator[int]:
    """Yields the numbers of the lines inside Python's docstrings, without those that have their quotes."""
    line = at = 0
    for found in _TOKEN[True].finditer(text):
        is_triple = found.lastgroup == "string" and found[0].endswith(('"""', "'''")) and "\n" in found[0]
        if is_triple and _begins_statement(text, found.start()):
            line, at = line + text.count("\n", at, found.start()), found.start()
            yield from range(line + 2, line + 1 + found[0].count("\n"))


def _string(raw: str, language: str, line: int, *, statement: bool) -> Token:
    quoted = raw.lstrip("rRbBuUfF")
    prefix = raw[: len(raw) - len(quoted)].lower()
    quotes = 3 if quoted[:3] in ('"""', "'''") and len(quoted) >= 6 else 1
    inner = quoted[quotes:-quotes]
    if statement and quotes == 3:
        return Token("other", "", line)  # a docstring
    fills_in = (
        (language == "python" and "f" in prefix)
        or (language in ("shell", "perl") and quoted[0] == '"')
        or quoted[0] == "`"
    )
    pattern = _PLACEHOLDER.get(language)
    if fills_in and pattern is not None and pattern.search(inner):
        return Token("other", "", line)
    plain = "r" in prefix or (quoted[0] == "`" and language == "go")
    return Token("string", inner if plain else re.sub(r"\\(.)", _unescaped, inner, flags=re.DOTALL), line)


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def _begins_statement(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


@dataclass
class _Frame:
    at: int
    opening: str
    parts: list[str]
    pure: bool = True
    named: bool = True  # whether only names of objects and of what they hold make it impure
    leaves: int = 0
    deep: bool = False


def _literals(tokens: Sequence[Token]) -> Iterator[Token]:
    frames: list[_Frame] = []
    for at, token in enumerate(tokens):
        if token.kind in ("string", "number"):
            literal = _one(tokens, at, frames[-1].at if frames else -1)
            yield literal
            if frames:
                frames[-1].parts.append(literal.value)
                frames[-1].leaves += 1
        elif token.kind == "sign" and token.value in _OPEN:
            frames.append(_Frame(at, token.value, []))
        elif token.kind == "sign" and token.value in _OPEN.values():
            if frames and _OPEN[frames[-1].opening] == token.value:
                yield from _closed(tokens, frames, at)
            else:
                frames.clear()
        elif frames and not _belongs(token):
            frames[-1].pure = False
            frames[-1].named = frames[-1].named and _is_name(tokens, at)


def _one(tokens: Sequence[Token], at: int, around: int) -> Token:
    token = tokens[at]
    if token.kind == "string":
        return Token("string", token.value, token.line, at, at + 1, inside=around)
    negative = _is_negative(tokens, at)
    value, begin = (f"-{token.value}", at - 1) if negative else (token.value, at)
    return Token("number", value, token.line, begin, at + 1, inside=around, computed=_is_computed(tokens, begin, at))


def _closed(tokens: Sequence[Token], frames: list[_Frame], at: int) -> Iterator[Token]:
    frame = frames.pop()
    text = f"[{','.join(frame.parts)}]"
    if frame.named and frame.leaves:
        around = frames[-1].at if frames else -1
        kind: Kind = "list" if frame.pure else "record"
        yield Token(kind, text, tokens[frame.at].line, frame.at, at + 1, frame.leaves, frame.deep, around)
    if frames:
        _close(frames[-1], frame, text)


def _close(outer: _Frame, frame: _Frame, text: str) -> None:
    outer.pure = outer.pure and frame.pure
    outer.named = outer.named and frame.named
    outer.leaves += frame.leaves
    if frame.named:
        outer.parts.append(text)
        outer.deep = True


def _belongs(token: Token) -> bool:
    """Whether the token may stand between the literals of a list."""
    return token.kind == "line" or token.value in (",", ":", "-") or token.value in _CONSTANTS


def _is_name(tokens: Sequence[Token], at: int) -> bool:
    """Whether the token is a name before what it is of: `Span(`, `Span {`, `end=` or `end:`. Its `=` belongs to it."""
    name = tokens[at - 1] if tokens[at].value == "=" and at else tokens[at]
    return name.kind == "word" and at + 1 < len(tokens) and (name is not tokens[at] or tokens[at + 1].value in _BEHIND)


def _is_negative(tokens: Sequence[Token], at: int) -> bool:
    if at == 0 or tokens[at - 1].value != "-":
        return False
    before = tokens[at - 2] if at >= 2 else None
    return before is None or before.kind == "line" or before.value in _UNARY_AFTER or before.kind == "word"


def _is_computed(tokens: Sequence[Token], begin: int, at: int) -> bool:
    before = tokens[begin - 1].value if begin else ""
    behind = tokens[at + 1].value if at + 1 < len(tokens) else ""
    signs = ("+", "-", "*", "/", "%", "<", ">", "<=", ">=", "<<", ">>", "**", "&", "++", "--")
    return before in signs or behind in signs
