"""Finds a patch's signals."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial
from typing import Final

from aideator_agent import pieces
from aideator_agent.checks import guarded
from aideator_agent.signals import added, code, examples, stretches
from aideator_agent.signals.added import File
from aideator_agent.signals.base import Base
from aideator_agent.signals.callers import by_callers
from aideator_agent.signals.characters import characters
from aideator_agent.signals.chosen import by_digits, by_folder, by_length, by_size, by_sum, by_words, chosen
from aideator_agent.signals.equality import equal_to_all
from aideator_agent.signals.fakes import of_fakes
from aideator_agent.signals.files import builds, left_behind, of_file, read_by
from aideator_agent.signals.finding import Clock, Signal, TooLong
from aideator_agent.signals.material import expected, material
from aideator_agent.signals.names import exported, shared
from aideator_agent.signals.replaced import replaced
from aideator_agent.signals.special import Tests, cases, special
from aideator_agent.signals.support import NONE, Support, inside, tests_among, weakened
from aideator_agent.signals.turns import in_turns

MOST: Final = 60  # signals of a patch
EACH: Final = 3  # of one name in one file
ROOM: Final = 2800  # bytes of all of them in the record
PATH: Final = 300
TEXT: Final = 200
ASKED: Final = 1000  # texts of the base that are remembered
_ORDER: Final = ("cheat", "look", "note")


def find(
    patch: bytes,
    base: Base,
    task: str,
    clock: Clock = lambda: None,
    commands: Sequence[str] = (),
    support: Support = NONE,
) -> list[Signal]:
    """Returns the signals, worst first.

    `task`: the prompt, whose values a right patch may have. `clock` is called all the time. It ends the search with `TooLong`: what
    was found until then is returned, beside a signal that says so. `commands`: the checks', whose scripts are tests. `support`: what
    only tests use.
    """
    found: list[Signal] = []
    files = added.read(patch)
    try:
        _search(files, base, task, clock, found, guarded.named_in(commands), support)
    except TooLong as error:
        first = files[0].path if files else ""
        found.append(Signal("unsearched", "look", first, None, str(error)))
    return sorted(found, key=lambda signal: _ORDER.index(signal.severity))[:MOST]


def _search(
    files: Sequence[File],
    base: Base,
    task: str,
    clock: Clock,
    found: list[Signal],
    scripts: frozenset[str],
    support: Support,
) -> None:
    paths = base.paths()
    tests = tests_among(paths, scripts) | {path for path in paths if support.has(path)}
    found += [signal for file in files for signal in of_file(file, paths)]
    binaries = [file.path for file in files if file.binary and not file.deleted]
    left = left_behind(files, paths)
    kept = [file for file in files if not (file.deleted or file.binary or file.path in left or support.has(file.path))]
    before = base.texts([file.path for file in kept if file.path in paths and code.is_product(file.path)])

    @lru_cache(ASKED)
    def having(text: str) -> Collection[str]:
        """Git searches the whole base for each text: a patch's lines ask for the same ones."""
        clock()
        return base.with_text([text]).get(text, ())

    def in_base(text: str) -> bool:
        return any(code.is_product(path) and path not in tests for path in having(text))

    around = code.Around(task, in_base, clock)
    folders = support.names | {"t"} & {path.partition("/")[0] for path in tests}
    names = support.file_names
    for file in kept:
        clock()
        found += _limited(_in_code(file, before.get(file.path, ""), around))
        if code.is_product(file.path) and code.language(file, before.get(file.path, "")):
            found += _limited(
                [
                    *material(file, folders, names, tests, paths),
                    *expected(file, tests, partial(_is_word, around), having),
                    *builds(file, before.get(file.path, "")),
                    *read_by(binaries, file),
                ]
            )
    found[:] = _weighed(found, base, tests)
    found += _limited(list(weakened(kept, before, task)))
    product = [file for file in kept if code.is_product(file.path) and file.path not in tests]
    shown = base.texts(sorted(support.examples))
    found += _special_cases(product, base.texts(sorted(tests)), shown, before, base, around)


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


def _in_code(file: File, before: str, around: code.Around) -> Sequence[Signal]:
    """Returns the signals of a file's lines. One of a kind that the file has on the base already weighs less."""
    language = code.language(file, before)
    if language is None:
        return []
    found = list(_signals(code.readable(file), language, before, around))
    if not before or not any(signal.severity == "cheat" for signal in found):
        return found
    whole = File(file.path, lines=list(enumerate(before.split("\n"), 1)))
    usual = {each.name for each in _signals(whole, language, before, around) if each.severity == "cheat"}
    return [
        replace(each, severity=code.LESS[each.severity], base=True) if each.name in usual else each for each in found
    ]


def _signals(file: File, language: str, before: str, around: code.Around) -> Iterator[Signal]:
    yield from code.in_lines(file, language, before, around)
    if code.is_product(file.path):
        yield from equal_to_all(file, language)
        yield from replaced(file, language, before)
        yield from by_callers(file, language, around.task)
        yield from in_turns(file)
        yield from chosen(file)
        yield from by_sum(file)
        yield from by_size(file)
        yield from by_digits(file)


def _limited(signals: Sequence[Signal]) -> list[Signal]:
    """Returns at most one signal of each line, the worst."""
    kept: list[Signal] = []
    lines: set[int | None] = set()
    for signal in sorted(signals, key=lambda signal: _ORDER.index(signal.severity)):
        if signal.line not in lines and sum(other.name == signal.name for other in kept) < EACH:
            lines.add(signal.line)
            kept.append(signal)
    return kept


def _weighed(signals: Sequence[Signal], base: Base, tests: Collection[str]) -> list[Signal]:
    """Lets a signal weigh less whose words the base's own code has. `tests`: the paths of its tests, which are none of it."""
    asked = {
        signal.text for signal in signals if signal.line is not None and signal.severity != "note" and not signal.base
    }
    there = base.with_text(asked) if asked else {}
    weighed = []
    for signal in signals:
        having = [path for path in there.get(signal.text, ()) if code.is_product(path) and path not in tests]
        known = signal.line is not None and bool(having)
        less = known and not signal.base
        weighed.append(replace(signal, severity=code.LESS[signal.severity], base=True) if less else signal)
    return weighed


def _special_cases(
    files: Sequence[File],
    texts: Mapping[str, str],
    shown: Mapping[str, str],
    before: Mapping[str, str],
    base: Base,
    around: code.Around,
) -> Iterable[Signal]:
    """`texts`: of the tests. `shown`: of files with examples that doctest runs."""
    inner = inside(before)  # of files with product, too
    run, rest = examples.apart(shown)
    if not texts and not inner and not run:
        return ()
    besides = rest | dict.fromkeys(texts, "") | {path: before[path][: -len(text)] for path, text in inner.items()}
    known_tests = [(path, code.of_path(path) or "python", text) for path, text in {**texts, **inner}.items()]
    tests = Tests([*known_tests, *((path, "python", text) for path, text in run.items())], around.clock)
    found = []
    for stretch in stretches.of(files, before):
        around.clock()
        found += list(cases(stretch))
    values = {each for case in found for each in (case.key, case.result) if each and tests.places(each)}
    known = stretches.usual(values, base.with_text, before, besides, around.task)

    def is_usual(word: str) -> bool:
        return word in around.task or around.in_base(f".{word}")

    quoted = tests.text.replace('"', "'")
    by_eye = [
        signal
        for file in files
        for signal in (
            *by_length(file, tests.lengths),
            *by_words(file, lambda word: f"'{word}'" in quoted and not _is_word(around, word)),
            *by_folder(file, code.language(file, before.get(file.path, "")), f"{tests.text}\n{' '.join(texts)}"),
            *characters(file, tests.text, around.task),
            *of_fakes(file, code.language(file, before.get(file.path, "")), tests.text, is_usual),
        )
    ]
    return [*special(found, tests, partial(_is_in, known)), *by_eye, *_of_scripts(files, texts, before, around)]


def _is_word(around: code.Around, name: str) -> bool:
    """Whether the task or the base's own code has a name."""
    return bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", around.task)) or around.in_base(name)


def _of_scripts(
    files: Sequence[File], texts: Mapping[str, str], before: Mapping[str, str], around: code.Around
) -> Sequence[Signal]:
    """Returns what the patch's scripts share with those of the tests."""
    scripts = [file for file in files if code.language(file, before.get(file.path, "")) == "shell"]
    tests = "\n".join(text for path, text in texts.items() if code.of_path(path) == "shell") if scripts else ""

    def is_usual(word: str) -> bool:
        named = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", around.task)
        return bool(named) or any(map(around.in_base, (f"${word}", f"${{{word}", f"{word}()", f"{word}=")))

    return _limited(
        [*shared(scripts, before, tests, is_usual), *exported(scripts, before, tests, partial(_is_word, around))]
    )


def _is_in(usual: Collection[str], literal: object) -> bool:
    return getattr(literal, "value", "") in usual
