"""A list of things to do, one a line: `[ ] water the plants @garden`."""

import re
import sys
from dataclasses import dataclass

LINE = re.compile(r"\[(?P<mark>[ x])\] (?P<text>.+)")
PLACE = re.compile(r" @(?P<place>\w+)$")


class ParseError(ValueError):
    pass


@dataclass(frozen=True)
class Item:
    text: str
    done: bool = False
    place: str = ""


def parse(source):
    """The items in the text; raises ParseError, with the line's number, for a line that is none."""
    items = []
    for number, line in enumerate(source.splitlines(), start=1):
        line = line.strip()
        if not line:
            continue
        items.append(parse_line(line, number))
    return items


def parse_line(line, number):
    found = LINE.fullmatch(line)
    if not found:
        raise ParseError(f"line {number}: {line!r} is no item")
    text = found["text"]
    place = PLACE.search(text)
    if place:
        text = text[: place.start()]
    return Item(text, found["mark"] == "x", place["place"] if place else "")


def write(items):
    """The text of which `parse` makes these items."""
    return "".join(f"[{'x' if item.done else ' '}] {item.text}{f' @{item.place}' if item.place else ''}\n" for item in items)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        for item in parse(file.read()):
            if not item.done:
                print(item.text, f"({item.place})" if item.place else "")
