"""Amounts of CPU, memory and disk as Kubernetes writes them: `250m`, `1.5`, `512Mi`, `2G`."""

import re
from decimal import Decimal
from typing import Final

from aideator_cli.errors import usage

_QUANTITY: Final = re.compile(
    r"(\d{1,30}(?:\.\d{0,9})?|\.\d{1,9})(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d{1,2}))?"
)
_BINARY: Final = {unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_POWERS: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL: Final = {unit: Decimal(10) ** power for unit, power in _POWERS.items()}
_UNITS: Final = {**_BINARY, **_DECIMAL}


def quantity(text: str) -> Decimal:
    """Returns the amount in cores or bytes. Raises `ValueError` if it is no quantity."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    number, unit, exponent = found.groups()
    return Decimal(number) * (_UNITS[unit] if unit else Decimal(10) ** int(exponent or 0))


def byte_count(option: str, text: str) -> int:
    """Returns the bytes of `10M`, `10Mi`, `10 MiB` or `10MB`. Raises `AideatorError` (usage), which names the option."""
    try:
        return int(quantity(re.sub(r"\s*([kKMGT]i?)?B?\Z", _unit, text.strip())))
    except ValueError as error:
        raise usage(f"{option} takes a size such as 512Ki, 20Mi or 1G, not {text!r}") from error


def _unit(found: re.Match[str]) -> str:
    return (found[1] or "").replace("K", "k").replace("ki", "Ki")


def amount(text: object) -> Decimal | None:
    """Returns None for what is no quantity, in an object of the cluster."""
    try:
        return quantity(str(text))
    except ValueError:
        return None
