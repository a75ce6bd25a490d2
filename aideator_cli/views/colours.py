"""Colours of the terminal: SGR codes, and one for each variation (the design system's agents 1 to 5, then again)."""

DIM, RED, GREEN, YELLOW, BOLD = "2", "31", "32", "33", "1"
AGENTS = ((239, 67, 67), (250, 170, 10), (16, 183, 127), (36, 99, 235), (140, 81, 248))
_BASIC = ("31", "33", "32", "34", "35")


def paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def variation_colour(number: int, *, true_colour: bool) -> str:
    """The nearest of the eight where there is no true colour."""
    index = (number - 1) % len(AGENTS)
    if true_colour:
        return "38;2;" + ";".join(str(part) for part in AGENTS[index])
    return _BASIC[index]
