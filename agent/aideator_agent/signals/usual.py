"""Values that a subject has by itself, so that tests and a right patch share them: formats of times, the last moments, statuses."""

from collections.abc import Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.literals import Token

LONGEST: Final = 60  # characters of a format
_NUMBERS: Final = frozenset((
    3600, 7200, 86400, 604800, 1440, 10080, 525600, 2592000, 31536000, 1900, 1970, 9999, 8080, 8443, 5432, 3306, 6379,
    360, 180, 365, 366, 400, 100, 200, 404, 500, 60, 24, 12, 10, 90, 30, 28, 29, 52, 97, 122, 65, 48, 57,
    # The first and the last moments, counted in seconds or days, and what lies between two such counts
    253402300799, 253402300800, 253402214400, 253402300799999, 62135596800, 62135596800000, 8640000000000000, 2208988800, 11644473600,
    116444736000000000, 3652059, 2932896, 719163, 719528, 25569,
    1114111, 1114112, 65533,  # of Unicode
))  # fmt: skip
# Of measures and of nature
_CONSTANTS: Final = frozenset((
    "0.3048", "0.9144", "1.8", "2.54", "25.4", "0.0254", "1.609344", "1609.344", "1.60934", "1.852", "1852", "0.621371", "3.28084",
    "0.45359237", "453.59237", "0.453592", "2.20462", "28.349523125", "28.3495", "3.785411784", "3.78541", "4.54609", "0.568261", "29.5735",
    "273.15", "459.67", "4.184", "4186", "4.1868", "9.80665", "9.81", "101325", "101.325", "133.322", "6.89476", "745.7", "735.49875",
    "299792458", "6371", "6371.0088", "6378137", "6356752", "6378.137", "298.257223563", "0.514444", "57.2958", "0.0174533", "2.71828",
    "2.718281828", "2.718281828459045", "3.1416", "3.14159", "3.14159265", "3.141592653589793", "1.41421356", "1.61803",
))  # fmt: skip
_STATUSES: Final = frozenset((  # of HTTP
    *range(100, 104), *range(200, 209), 226, *range(300, 309), *range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509),
    510, 511,
))  # fmt: skip
_PHRASES: Final = frozenset((
    *(status.phrase.lower() for status in HTTPStatus), "request entity too large", "payload too large", "content too large",
    "unprocessable entity", "unprocessable content", "request-uri too long", "uri too long", "range not satisfiable", "moved temporarily",
    "requested range not satisfiable", "non-authoritative information", "unavailable for legal reasons", "multi-status",
))  # fmt: skip
_MODES: Final = frozenset((400, 440, 444, 555, 600, 640, 644, 660, 664, 666, 700, 750, 755, 770, 775, 777))  # of files
_DAYS: Final = frozenset((28, 29, 30, 31))  # of a month
_ENDS: Final = frozenset((0, 23, 59, 999, 999999, 999999999))  # of a day, in hours, minutes, seconds and less
_MOMENT: Final = lazy(
    r"(?:9999-12-31|0001-01-01|1970-01-01|1900-01-01|1899-12-3[01]|1601-01-01|1582-10-15|2038-01-19)"
    r"(?:[T ][\d:.,]{5,18}(?:Z|[+-][\d:]{4,6})?)?"
)
_LAYOUT: Final = lazy(  # of Go
    r"(?:Mon(?:day)?|Jan(?:uary)?|MST|[Pp][Mm]|07(?::?00)?|2006|0[1-6]|15|_?[2-5]|[.,][09]{1,9}|[-/:., TZ])++"
)
_LETTERS: Final = lazy(r"(?:[yYuMdDHhmsSaAEeZzXx]|'[^'\n]{0,10}'|[-/:.,_ TQ\[\]])++")
_PAIRED: Final = lazy(r"(yy|YY|MM|dd|DD|HH|hh|mm|ss)")


def is_format(text: str) -> bool:
    """Whether it is a format of times, such as Go's `2006-01-02` and `yyyy-MM-dd`, or one of the moments that calendars end with."""
    if len(text) > LONGEST:
        return False
    if ("2006" in text or "15:04" in text) and _LAYOUT.fullmatch(text):
        return True
    return bool(_MOMENT.fullmatch(text) or (len(set(_PAIRED.findall(text))) >= 2 and _LETTERS.fullmatch(text)))


def is_number(value: str) -> bool:
    """Whether it is a number, without its sign, that code of many subjects has: a small one, a round one, a power of two or one less."""
    if value in _CONSTANTS:
        return True
    if not value.isdecimal() or len(value) > 20:
        return False
    number = int(value)
    power = number & (number - 1) == 0 or number & (number + 1) == 0
    return number in _NUMBERS or number < 10 or power or (number >= 100 and number % 1000 == 0)


def is_code(value: str) -> bool:
    """Whether it is one of the numbers by which the world calls something: a status of HTTP, or the mode of a file."""
    return value.isdecimal() and len(value) == 3 and (int(value) in _STATUSES or int(value) in _MODES)


def is_phrase(code: Token | None, text: Token | None) -> bool:
    """Whether it is a status of HTTP with its words."""
    return code is not None and text is not None and is_code(code.value) and text.value.lower() in _PHRASES


def is_series(values: Sequence[str]) -> bool:
    """Whether it is a list that many write alike: statuses, the days of months, growing powers of two, the last day of all."""
    if not values or not all(value.isdecimal() and len(value) <= 20 for value in values):
        return False
    numbers = [int(value) for value in values]
    grows = all(one < other for one, other in pairwise(numbers))
    return (
        all(map(is_code, values))
        or all(number in _DAYS for number in numbers)
        or (grows and all(number and number & (number - 1) == 0 for number in numbers))
        or (
            is_format("-".join(value.zfill(2 if at else 4) for at, value in enumerate(values[:3])))
            and _ENDS.issuperset(numbers[3:])
        )
    )
