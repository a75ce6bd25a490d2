"""Finds a patch's signals."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import Final, Protocol

from aideator_agent import pieces
from aideator_agent.checks import guarded
from aideator_agent.signals import added, special
from aideator_agent.signals.added import File
from aideator_agent.signals.equality import equal_to_all
from aideator_agent.signals.files import UNTIDY, of_file
from aideator_agent.signals.finding import Severity, Signal
from aideator_agent.signals.table import LANGUAGES, RULES

MOST: Final = 60  # signals of a patch
EACH: Final = 3  # of one name in one file
ROOM: Final = 2800  # bytes of all of them in the record
PATH: Final = 300
TEXT: Final = 200
_LESS: Final[Mapping[Severity, Severity]] = {"cheat": "look", "look": "note", "note": "note"}
_ORDER: Final = ("cheat", "look", "note")
_COMMENT: Final = {"python": "#", "shell": "#", "ruby": "#", "javascript": "//", "go": "//", "rust": "//", "java": "//"}


class Base(Protocol):
    """What is asked of the base."""

    def paths(self) -> frozenset[str]: ...

    def with_text(self, texts: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Returns the files that have each of these texts."""

    def lines(self, paths: Iterable[str]) -> Sequence[str]:
        """Returns the lines of these files together, up to a bound."""


def find(patch: bytes, base: Base, task: str) -> list[Signal]:
    """Returns the signals, worst first. `task`: the prompt, whose values a right patch may have."""
    files = added.read(patch)
    paths = base.paths()
    found = [signal for file in files for signal in of_file(file, paths)]
    code = [file for file in files if not file.deleted and not file.binary and not UNTIDY.fullmatch(file.path)]
    for file in code:
        found += _limited(
            [*_in_lines(file), *(equal_to_all(file) if _is_product(file.path) and file.suffix == "py" else ())]
        )
    found = _weighed(found, base)
    found += _special_cases([file for file in code if _is_product(file.path) and _language(file)], base, paths, task)
    return sorted(found, key=lambda signal: _ORDER.index(signal.severity))[:MOST]


def told(signals: Sequence[Signal]) -> dict[str, object]:
    """Returns the fields of the patch's last record, as many signals as fit, worst first."""
    fitting, room = [], ROOM
    for signal in signals:
        fields = {name: value for name, value in asdict(signal).items() if value not in (None, False)}
        fields |= {"path": pieces.shortened(signal.path, PATH), "text": pieces.shortened(signal.text, TEXT)}
        room -= len(pieces.encoded(fields)) + 1
        if room < 0:
            break
        fitting.append(fields)
    left_out = len(signals) - len(fitting)
    return {"signals": fitting, **({"signals_left_out": left_out} if left_out else {})} if signals else {}


def _in_lines(file: File) -> Iterator[Signal]:
    where, language = "product" if _is_product(file.path) else "test", _language(file)
    if language is None:
        return
    for number, text in file.lines:
        if text.lstrip().startswith(_COMMENT.get(language, "#")):
            continue
        for rule in RULES:
            if (
                rule.where in (where, "any")
                and rule.language in (language, "any")
                and (match := rule.pattern.search(text))
            ):
                usual = rule.usual is not None and rule.usual.search(file.path)
                severity = _LESS[rule.severity] if usual else rule.severity
                yield Signal(rule.name, severity, file.path, number, match[0].strip()[:200])
                break


def _limited(signals: Sequence[Signal]) -> list[Signal]:
    kept: list[Signal] = []
    for signal in signals:
        if sum(other.name == signal.name for other in kept) < EACH:
            kept.append(signal)
    return kept


def _weighed(signals: Sequence[Signal], base: Base) -> list[Signal]:
    """Lets a signal weigh less whose words the base's own code has."""
    asked = {signal.text for signal in signals if signal.line is not None and signal.severity != "note"}
    there = base.with_text(asked) if asked else {}
    weighed = []
    for signal in signals:
        known = signal.line is not None and any(_is_product(path) for path in there.get(signal.text, ()))
        weighed.append(replace(signal, severity=_LESS[signal.severity], base=True) if known else signal)
    return weighed


def _special_cases(files: Sequence[File], base: Base, paths: frozenset[str], task: str) -> list[Signal]:
    values = special.values([case for file in files for case in special.cases(file)])
    if not values:
        return []
    there = base.with_text(values)
    usual = {value for value in values if value in task or any(_is_product(path) for path in there.get(value, ()))}
    tests = special.Tests(base.lines(sorted(path for path in paths if guarded.is_test(path))))
    return [signal for file in files for signal in islice(special.special(file, tests, usual), EACH)]


def _is_product(path: str) -> bool:
    return not guarded.is_test(path)


def _language(file: File) -> str | None:
    if file.suffix in LANGUAGES:
        return LANGUAGES[file.suffix]
    first = file.lines[0][1] if file.lines and file.lines[0][0] == 1 else ""
    if first.startswith("#!"):
        return next(
            (
                language
                for word, language in (("python", "python"), ("node", "javascript"), ("sh", "shell"))
                if word in first
            ),
            None,
        )
    return None
