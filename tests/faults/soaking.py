"""How much of each fault: a little in CI, much with AIDEATOR_SOAK=1."""

import os
from typing import TypeVar

Amount = TypeVar("Amount", int, float)
SOAK = os.environ.get("AIDEATOR_SOAK") == "1"


def amount(short: Amount, *, soak: Amount) -> Amount:
    return soak if SOAK else short
