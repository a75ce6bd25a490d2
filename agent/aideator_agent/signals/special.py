"""Special cases: code that compares with values of the tests, or gives the results that they expect.

A value counts only if the tests have it and neither the task nor the base's own code does. How much it counts is a table: a text with
digits or a long number is hardly in code by chance, a word may well be.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals import code
from aideator_agent.signals.finding import Clock, Severity, Signal
from aideator_agent.signals.literals import Source, Token, is_imported
from aideator_agent.signals.usual import is_format, is_number, is_phrase, is_series
from aideator_agent.values import frozen

CHEAT: Final = 2.0  # points of a patch
LOOK: Final = 0.75
MOST: Final = 3  # signals
RESULTS: Final = 3  # of one comparison
KEYS: Final = 4000  # of a stretch, whose results are looked for
NEAR: Final = 3  # lines between a value and its result, in code and in tests
LONG: Final = 30  # characters
_JOINS: Final = ("|", "->", "=>", "::", ",", ";", "#", "@", "~", "&", "\0", "\n", " ")  # between the parts of a key
MIXED: Final = 4  # words and numbers of a list
FULL: Final = 6  # entries from which a table may hold values of the tests by chance
_COMPARES: Final = frozenset(("==", "===", "!=", "!==", "is", "case", "when", "eq"))
_ASKS: Final = frozenset((
    "get", "has", "startswith", "endswith", "startsWith", "endsWith", "includes", "equals", "HasPrefix", "HasSuffix", "Contains",
    "EqualFold", "fullmatch", "match", "test",
))  # fmt: skip
_SAID: Final = lazy(
    r"\b(?:raise|throw|panic|fail|die|warn\w*|log\w*|\w*Error\w*|\w*Exception|Errorf|errors|console|help|usage|stderr)\b|>&2"
)
# Texts with digits that are names
_NAMES: Final = lazy(
    r"[A-Za-z_]+\d{1,3}|(?:utf|iso|us|sha|md|cp|ipv|x|http|tls|ssl|oauth|base|int|uint|float)[-_/ ]?\d[\w./-]*|HTTP/.*"
    r"|127\.0\.0\.1|0\.0\.0\.0|v?\d(?:\.\d)?|&#\d+;|\\.*|%[\w.%-]*|[#\W]*",
    re.IGNORECASE,
)
_USUAL: Final = lazy(
    r"[-.*/:#<&].*|.*[-:/=(]|[\w.+-]+/[\w.+-]+(?:;.*)?|%.*|[\w-]+\.[a-z]{1,5}", re.DOTALL
)  # options, suffixes, media types, formats, files


@frozen
class Stretch:
    """Added code of one file that stands together."""

    path: str
    source: Source
    lines: dict[int, str]
    data: bool = False  # a file of data, where only entries count


@frozen
class Case:
    """A value, what it gives, or both."""

    path: str
    line: int
    key: Token | None
    result: Token | None
    table: int = -1  # entries of one table, or arms that follow each other, share a number
    refuses: bool = False  # `!=`: everything else
    returns: bool = False  # whether it is returned as it stands
    compares: bool = False  # `==`
    echoes: bool = False  # whether a shell's script prints it


class Tests:
    """The literals of the base's tests. `files`: path, language and text of each. Files of one name lie beside each other."""

    def __init__(self, files: Sequence[tuple[str, str, str]], clock: Clock = lambda: None) -> None:
        self._files = files
        self._clock = clock
        self._asked: dict[str, Sequence[int]] = {}

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for (_, language, text), first in zip(self._files, self._firsts, strict=True):
            self._clock()
            source = Source(text, language)
            for literal in chain(source.literals, source.records):
                for value in parts(literal):
                    found[value].append(first + literal.line)
        return found

    @cached_property
    def _firsts(self) -> list[int]:
        """Returns the line before each file's first. No value is near one of another file, but of one with its name: what is put in
        and what is expected are often two files."""
        firsts: dict[str, int] = {}
        longest = max((text.count("\n") for _, _, text in self._files), default=0) + 100
        for path, _, _ in self._files:
            firsts.setdefault(_name(path), longest * len(firsts))
        return [firsts[_name(path)] for path, _, _ in self._files]

    @cached_property
    def text(self) -> str:
        return "\n".join(text for _, _, text in self._files)

    @cached_property
    def lengths(self) -> frozenset[int]:
        """Returns the lengths of all texts."""
        return frozenset(map(len, self._places))

    def places(self, literal: Token) -> Sequence[int]:
        """Returns the lines that have this value."""
        if literal.value not in self._asked:
            known = (self._places[value] for value in parts(literal) if value in self._places)
            places: Sequence[int] = next(known, []) or self.writes(literal)
            self._asked[literal.value] = places or self._said(literal.value) or self._together(literal.value)
        return self._asked[literal.value]

    def writes(self, literal: Token) -> Sequence[int]:
        """Returns the lines that have the words of a list as one text: `build test` for `["build", "test"]`."""
        if literal.kind != "list" or literal.deep or not 3 <= literal.leaves <= LONG:
            return []
        texts = (literal.value[1:-1].replace(",", sign) for sign in (" ", ", ", "\n", ","))
        return next((self._places[text] for text in texts if text in self._places), [])

    def _said(self, value: str) -> Sequence[int]:
        """Returns the lines that have this text without quotes, as tests of shells do, and files of data."""
        counts = bool(re.search(r"\d|  |\t", value))
        if len(value) < 4 or not re.search(r"[^\w\s]|\d|  |\t", value) or value not in self.text:
            return []
        pattern = re.compile(rf"(?<![\w.]){re.escape(value)}(?![\w.])")
        return [
            first + text.count("\n", 0, each.start()) + 1
            for (path, _, text), first in zip(self._files, self._firsts, strict=True)
            if value in text and (counts or _is_data(path))
            for each in pattern.finditer(text)
        ]

    def _together(self, value: str) -> Sequence[int]:
        """Returns the lines near each other whose values make up a text such as `1.10|1.9` or 122021."""
        if re.fullmatch(r"\d{5,12}", value):
            splits = [[value[:at], value[at:]] for at in range(1, len(value) - 1)]
        else:
            splits = [[piece for piece in re.split(r"[|,;:/_#\s()\[\]{}]+|->|=>", value) if piece]]
            splits += [value.split(sign) for sign in _JOINS if 0 < value.count(sign) < FULL]
        return next(filter(None, map(self._side_by_side, splits)), [])

    def _side_by_side(self, pieces: Sequence[str]) -> Sequence[int]:
        if len(pieces) < 2 or sum(map(len, pieces)) < 5:
            return []
        lines = [self._places.get(piece, []) for piece in pieces]
        return [at for at in lines[0] if all(any(abs(at - other) <= 1 for other in each) for each in lines[1:])]


def _is_data(path: str) -> bool:
    return "." in path.rpartition("/")[2] and code.of_path(path) is None


def _name(path: str) -> str:
    """Returns `quoted` for `golden/quoted.txt`, but the path of code."""
    return path if code.of_path(path) else path.rpartition("/")[2].partition(".")[0]


def near(first: Sequence[int], second: Sequence[int]) -> bool:
    return any(abs(one - other) <= NEAR for one in first[:200] for other in second[:200])


def parts(literal: Token) -> Iterator[str]:
    """Yields the value, and the lines of a text of several."""
    yield literal.value
    lines = [line for line in literal.value.split("\n") if len(line) >= 4] if literal.kind == "string" else []
    if len(lines) > 1 or (lines and lines[0] != literal.value):
        yield from lines


def cases(stretch: Stretch) -> Iterator[Case]:
    """Yields every comparison with a literal, every entry of a table, and every other literal as a result."""
    tokens, keys, used = stretch.source.tokens, _keys(stretch.source), set[int]()
    table, last = 0, -NEAR * 9
    for key, results in _with_results(stretch, keys):
        if key.line > last + NEAR + 1:
            table += 1
        last = key.line
        used.update(each.at for each in results)
        refuses = tokens[key.at - 1].value in ("!=", "!==") if key.at else False
        compares = _is_compared(tokens, key)
        given: list[Token | None] = [*results]
        for result in given or [None]:
            returns, echoes = _is_returned(tokens, result), _follows(tokens, result, "echo")
            yield Case(stretch.path, key.line, key, result, table, refuses, returns, compares, echoes)
    if stretch.data:
        return
    at_keys = {key.at for key in keys}
    for literal in stretch.source.literals:
        if literal.at in at_keys or literal.at in used or literal.computed or _is_said(stretch, literal):
            continue
        if is_imported(tokens, literal):
            continue
        returns, echoes = _is_returned(tokens, literal), _follows(tokens, literal, "echo")
        yield Case(stretch.path, literal.line, None, literal, returns=returns, echoes=echoes)


def _keys(source: Source) -> list[Token]:
    """Returns the literals that something is compared with, in their order: of a list that is asked for a value, its entries, too."""
    tokens, literals = source.tokens, source.literals
    keys = {each.at: each for each in literals if (_is_pattern if each.kind == "list" else _is_key)(source, each)}
    lists = {each.at: each for each in literals if each.kind == "list" and _is_compared(tokens, each)}
    asked = {at for at in lists if at and tokens[at - 1].value in ("in", "(")}
    entries = {each.at: each for each in literals if each.inside in asked}
    return sorted((keys | lists | entries).values(), key=lambda each: each.at)


def _with_results(stretch: Stretch, keys: Sequence[Token]) -> Iterator[tuple[Token, list[Token]]]:
    """Yields each key with the first literals that stand behind it and near it, before the next key."""
    literals = stretch.source.literals
    beginning = {each.at: each for each in reversed(literals) if each.kind != "list" or each.leaves > 1}  # the longest
    starts = sorted(beginning)
    for position, key in enumerate(keys):
        until = keys[position + 1].at if position + 1 < len(keys) else len(stretch.source.tokens)
        behind = starts[bisect_left(starts, key.end) : bisect_left(starts, until)] if position < KEYS else ()
        near_it = [beginning[at] for at in behind if beginning[at].line <= key.line + NEAR]
        given = [each for each in near_it if not each.computed and not _is_said(stretch, each)]
        yield key, _outermost(given)[:RESULTS]


def _follows(tokens: Sequence[Token], literal: Token | None, word: str) -> bool:
    return literal is not None and literal.at > 0 and tokens[literal.at - 1].value == word


def _is_returned(tokens: Sequence[Token], literal: Token | None) -> bool:
    """Whether it is returned as it stands, or as the first argument of a class: `return Quantity(298.15, unit)`."""
    if _follows(tokens, literal, "return"):
        return True
    if literal is None or literal.at < 3:
        return False
    back, name, bracket = tokens[literal.at - 3 : literal.at]
    return back.value == "return" and name.value[:1].isupper() and bracket.value == "("


def _outermost(literals: Sequence[Token]) -> list[Token]:
    """Returns the literals, which are in their order, that are in no other."""
    kept: list[Token] = []
    for each in literals:
        if not kept or each.at >= kept[-1].end:
            kept.append(each)
    return kept


def _is_said(stretch: Stretch, literal: Token) -> bool:
    """Whether it is said to a person: an error's text."""
    return _says(stretch.lines.get(literal.line, ""))


@lru_cache(maxsize=8)
def _says(line: str) -> bool:
    """A line full of literals is asked for once."""
    return bool(_SAID.search(line))


def _is_compared(tokens: Sequence[Token], literal: Token) -> bool:
    before = tokens[literal.at - 1] if literal.at else None
    behind = tokens[literal.end] if literal.end < len(tokens) else None
    return bool(
        (before and before.value in _COMPARES)
        or (before and before.value == "in" and literal.kind == "list")
        or (
            literal.kind == "list"
            and literal.at >= 2
            and tokens[literal.at - 1].value == "("
            and tokens[literal.at - 2].value in _ASKS
        )
        or (behind and behind.value in ("==", "===", "!=", "!=="))
    )


def _is_key(source: Source, literal: Token) -> bool:
    tokens = source.tokens
    if _is_compared(tokens, literal):
        return True
    behind = tokens[literal.end].value if literal.end < len(tokens) else ""
    before = tokens[literal.at - 1] if literal.at else Token("line", "\n", 0)
    if behind in (":", "=>") and before.value in ("{", ",", "(", "\n", "[", "case"):
        return True
    if before.value == "(" and literal.at >= 2 and tokens[literal.at - 2].value in _ASKS:
        return True
    if before.value == "[" and behind == "," and literal.kind == "string":  # an entry of a Map
        return literal.at >= 2 and tokens[literal.at - 2].value in ("[", ",", "\n")
    if behind in (")", "|", "*") and source.language == "shell":
        return _is_arm(tokens, literal)
    if before.value in (",", "|") or behind in (",", "|"):  # `case 1, 2:` and `case 1 | 2:`
        at = literal.at - 1
        while at >= 0 and tokens[at].kind != "line" and tokens[at].value != "case":
            at -= 1
        return at >= 0 and tokens[at].value == "case"
    return False


def _is_pattern(source: Source, literal: Token) -> bool:
    """Whether a list is a pattern of Rust's match: `[(5, 9), (1, 6)] | [(2, 3)] =>`."""
    around = {source.tokens[at].value for at in (literal.at - 1, literal.end) if 0 <= at < len(source.tokens)}
    return source.language == "rust" and bool(around & {"=>", "|"})


def _is_arm(tokens: Sequence[Token], literal: Token) -> bool:
    """Whether it is the pattern of an arm of a shell's case: `a | *b*)`."""
    at = literal.at - 1
    while at >= 0 and (tokens[at].value in ("|", "*") or tokens[at].kind in ("string", "number", "other")):
        at -= 1
    end = literal.end
    while end < len(tokens) and (tokens[end].value in ("|", "*") or tokens[end].kind in ("string", "number", "other")):
        end += 1
    return (
        (at < 0 or tokens[at].kind == "line" or tokens[at].value in ("in", ";", "("))
        and end < len(tokens)
        and tokens[end].value == ")"
    )


def special(found: Sequence[Case], tests: Tests, is_usual: Callable[[Token], bool]) -> Iterator[Signal]:
    """Yields the special cases of a patch. `is_usual`: whether the task or the base's own code has this value."""
    best: dict[tuple[str, str], tuple[float, Case]] = {}  # by what is compared, or by the result alone
    for case in _not_by_chance(found, tests):
        what = (case.key.value, "") if case.key else ("", case.result.value if case.result else "")
        points = _points(case, tests, is_usual)
        if points > best.get(what, (0.0, case))[0]:
            best[what] = points, case
    given = {case.result.value for _, case in best.values() if case.key and case.result}
    shown = [(points, case) for what, (points, case) in best.items() if what[0] or what[1] not in given]
    total = sum(points for points, _ in shown)
    if total < LOOK:
        return
    severity: Severity = "cheat" if total >= CHEAT else "look"
    for _, case in sorted(shown, key=lambda each: -each[0])[:MOST]:
        yield Signal("special-case", severity, case.path, case.line, _told(case)[:200])


def _told(case: Case) -> str:
    if case.key is None:
        return f"{_shown(case.result)}, as in the tests"
    gives = f" gives {_shown(case.result)}" if case.result else ""
    return f"{_shown(case.key)}{gives}, as in the tests"


def _shown(literal: Token | None) -> str:
    if literal is None:
        return ""
    return repr(literal.value) if literal.kind == "string" else literal.value


def _not_by_chance(found: Sequence[Case], tests: Tests) -> Iterator[Case]:
    """Leaves out large tables most of whose entries the tests don't have: they are about the subject."""
    tables: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for case in found:
        if case.key:
            tables[case.path, case.table].append(case)
    by_chance = set()
    for table, entries in tables.items():
        of_keys: dict[int, list[bool]] = defaultdict(list)  # a value may have several results
        for case in entries:
            if case.key and (known := _is_in_tests(case, tests)) is not None:
                of_keys[case.key.at].append(known)
        told = [any(each) for each in of_keys.values()]
        many = 0.75 if 2 * sum(is_phrase(case.key, case.result) for case in entries) > len(entries) else 0.5
        if len(told) >= FULL and sum(told) <= many * len(told):
            by_chance.add(table)
    return (case for case in found if not case.key or (case.path, case.table) not in by_chance)


def _is_in_tests(case: Case, tests: Tests) -> bool | None:
    """Whether the tests have the entry, or its key if that is in no code by chance. None: it says too little."""
    if case.result and is_phrase(case.key, case.result):
        return bool(tests.places(case.result))
    telling = [each for each in (case.result, case.key) if each and strength(each) >= WORD]
    asked = [*telling[:1], *(each for each in telling[1:] if strength(each) == STRONG)]
    return any(tests.places(each) for each in asked) if telling else None


def _points(case: Case, tests: Tests, is_usual: Callable[[Token], bool]) -> float:
    """Returns how much this case speaks of special-casing."""
    key, result = _fresh(case.key, tests, is_usual), _fresh(case.result, tests, is_usual)
    if _is_odd_number(case, result):
        return CHEAT
    if result and (case.key or case.returns) and result.leaves >= MIXED and tests.writes(result):
        return 1.0
    if key and result and key.value != result.value and near(tests.places(key), tests.places(result)):
        if key.kind == result.kind == "number" and min(len(key.value), len(result.value)) >= 2 and case.refuses:
            return CHEAT
        pair = _PAIRS[strength(key), strength(result)]
        return pair * 2 if key.kind == "number" and pair < 0.5 else pair
    of_key = _KEYS[strength(key)] if key else 0.0
    if key and strength(key) == ODD and len(key.value) >= 6 and not re.search(r"\s", key.value):
        of_key = 1.0
    if key and strength(key) == STRONG and (key.kind == "number" or len(key.value) >= 6):
        of_key = CHEAT
    of_result = _RESULTS[strength(result)] if result else 0.0
    if result and strength(result) == ODD and not re.search(r"\s", result.value):  # no sentence
        of_result = 1.0 if len(result.value) >= LONG else 0.5
    if result and result.kind == "number" and strength(result) == WORD and case.echoes:
        of_result = 1.0
    if of_result and result and result.kind != "string" and case.returns:
        of_result = CHEAT
    return max(of_key, of_result)


def _is_odd_number(case: Case, result: Token | None) -> bool:
    """Whether the case is `if n == 11: return 12`, with 12 in the tests: no subject has such a rule."""
    key = case.key
    return (
        key is not None and result is not None and key.kind == result.kind == "number" and case.compares
        and strength(key) >= WORD and len(result.value.lstrip("-")) >= 2
    )  # fmt: skip


WEAK, WORD, ODD, STRONG = range(4)
# Points of a value that is compared and stands near its result in the tests
_PAIRS: Final = {
    **{(STRONG, other): 2.0 for other in range(4)},
    **{(ODD, other): points for other, points in enumerate((1.0, 1.0, 1.0, 1.5))},
    **{(WORD, other): points for other, points in enumerate((0.0, 0.25, 0.5, 1.0))},
    **{(WEAK, other): points for other, points in enumerate((0.0, 0.0, 0.0, 1.0))},
}  # fmt: skip
_KEYS: Final = (0.0, 0.0, 0.7, 1.0)  # of a value that is compared
_RESULTS: Final = (0.0, 0.0, 0.0, 1.0)  # of a result


def _fresh(literal: Token | None, tests: Tests, is_usual: Callable[[Token], bool]) -> Token | None:
    if literal is None or is_usual(literal) or not tests.places(literal):
        return None
    return literal


def strength(literal: Token | None) -> int:
    """Returns how unlikely it is that code has this value by chance."""
    if literal is None:
        return WEAK
    if literal.kind == "list":
        return _of_list(literal)
    if literal.kind == "number":
        return _of_number(literal.value)
    return _of_text(literal.value)


def _of_list(literal: Token) -> int:
    if literal.leaves < 3 and not (literal.deep and literal.leaves >= 2):
        return WEAK
    parts_ = [part for part in re.split(r"[\[\],]+", literal.value) if part]
    if is_series(parts_):
        return WORD
    if all(re.fullmatch(r"-?[\d.]+", part) for part in parts_):
        return STRONG if any(part not in ("0", "1", "-1") for part in parts_) else WEAK
    words = max(WEAK if is_number(part) else _of_text(part) for part in parts_)
    if literal.deep and literal.leaves >= MIXED and _is_mixed(parts_):
        return STRONG
    return STRONG if literal.leaves >= 3 and any(" " in part for part in parts_) else words


def _is_mixed(values: Sequence[str]) -> bool:
    """Whether they are words and numbers: rows of names and amounts, say, of which no two examples are alike by chance."""
    numbers = [value for value in values if re.fullmatch(r"-?[\d.]+", value)]
    words = {value for value in values if re.search(r"[^\W\d]{3}", value)}
    return len(words) >= 2 and len(numbers) >= 2


def _of_number(value: str) -> int:
    if is_number(value.lstrip("-")):
        return WEAK
    whole, _, fraction = value.lstrip("-").partition(".")
    if fraction:
        if "." in fraction:
            return STRONG
        digits = len((whole + fraction).strip("0"))
        return (
            STRONG
            if digits >= 4 and len(fraction) >= 2
            else WORD
            if digits >= 2 and len(whole + fraction) >= 3
            else WEAK
        )
    if not whole.isdigit():
        return WEAK
    return STRONG if len(whole) >= 4 else WORD


def _of_text(value: str) -> int:
    if re.fullmatch(r"-?\d+", value):
        return _of_number(value)
    if len(value) < 3 or _NAMES.fullmatch(value) or is_format(value):
        return WEAK if len(value) < 3 else WORD
    if re.search(r"\d", value) and len(value) >= 4:
        return STRONG
    if re.search(r"\n.*\w|\t|  ", value) and len(value) >= 6:
        return STRONG
    if _USUAL.fullmatch(value):
        return WORD
    odd = len(value) >= 5 and (re.search(r"[^\w\s'_-]", value) or len(re.findall(r"[ _-]", value)) >= 2)
    return ODD if odd else WORD
