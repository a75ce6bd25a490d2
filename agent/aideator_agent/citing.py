"""What an answer cites: `path:12`, `path:10-20`, `path#L10-L20`, and links to files. Each place is looked up in the base.

Text in fenced code blocks is left out, and so are addresses on the network: nothing there claims to be a place in the repository.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Protocol
from urllib.parse import unquote

from aideator_agent.citation import Citation

CITED: Final = 1000  # places that are looked up
LONGEST: Final = 300  # characters of a path
_LINES: Final = (
    r"(?::L?(?P<first>\d{1,7})(?:[-–]L?(?P<last>\d{1,7})|:\d{1,7})?|#L(?P<from>\d{1,7})(?:-L?(?P<to>\d{1,7}))?)"
)
_LINK: Final = re.compile(r"\]\(\s*<?(?P<target>[^)\s<>]{1,400}+)>?[^)\n]{0,200}+\)")
_SPAN: Final = re.compile(rf"`(?P<path>[^`\n:#]{{1,{LONGEST}}}){_LINES}`")
_BARE: Final = re.compile(
    rf"(?<![\w./:@+~\\-])(?P<path>(?:\.{{0,2}}/)*+[\w.@+~-]++(?:/[\w.@+~-]++)*+){_LINES}(?!\w|[.:/]\w)"
)
_TARGET: Final = re.compile(rf"(?P<path>[^#?:]{{1,{LONGEST}}}){_LINES}?\Z")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_NAMED: Final = re.compile(r"[^/]*\.[A-Za-z]\w*\Z")  # the last part of what looks like a file's path
_HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)*\.(com|org|net|io|dev|local|internal|lan|svc|example|test)\Z")


class Tree(Protocol):
    """The files of the base."""

    def named(self, path: str) -> list[str]:
        """Returns the files that a text may mean by this path."""

    def lines(self, path: str) -> int | None:
        """Returns how many lines a file has. None if nobody can say."""

    def has_name(self, name: str) -> bool:
        """Whether a file anywhere has this name, without its folder."""


def cited(text: str, tree: Tree) -> list[Citation]:
    """Returns the places that the text cites, each once, in their order."""
    found: dict[tuple[str, int | None, int | None], Citation] = {}
    for number, place in enumerate(_places(_prose(text), tree)):
        if number == CITED:
            break
        looked_up = _looked_up(place, tree)
        found.setdefault((looked_up.path, looked_up.first, looked_up.last), looked_up)
    return list(found.values())


def _prose(text: str) -> str:
    """Returns the text with its fenced blocks made blank."""
    lines = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append("")
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif mark:
            fence = mark[1]
            lines.append("")
        else:
            lines.append(line)
    return "\n".join(lines)


def _places(text: str, tree: Tree) -> Iterator[Citation]:
    taken: dict[int, tuple[int, Citation]] = {}
    rest = text
    for pattern, read in ((_LINK, _of_link), (_SPAN, _of_words), (_BARE, _of_words)):
        for match in pattern.finditer(rest):
            place = read(match)
            if place is not None and (pattern is _LINK or _may_be_file(place.path, tree)):
                taken[match.start()] = (match.end(), place)
        rest = _without(rest, taken)
    for start in sorted(taken):
        yield taken[start][1]


def _without(text: str, taken: dict[int, tuple[int, Citation]]) -> str:
    """Returns the text with blanks where a place stands, so that no other pattern finds it again."""
    pieces, at = [], 0
    for start, (end, _) in sorted(taken.items()):
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def _of_words(match: re.Match[str]) -> Citation | None:
    first, last = _lines(match)
    return Citation(match[0].strip("`"), match["path"].strip(), first, last)


def _of_link(match: re.Match[str]) -> Citation | None:
    """Returns None for a link that leads out of the repository, or only to another place of the answer."""
    target = _TARGET.match(unquote(match["target"]))
    if target is None or target["path"].startswith(("//", "mailto")):
        return None
    first, last = _lines(target)
    return Citation(match["target"], target["path"], first, last)


def _lines(match: re.Match[str]) -> tuple[int | None, int | None]:
    first, last = match["first"] or match["from"], match["last"] or match["to"]
    if first is None:
        return None, None
    return int(first), max(int(first), int(last or first))


def _may_be_file(path: str, tree: Tree) -> bool:
    """Whether the words before a line number are a file's path, not a host, a time or an image."""
    name = path.rpartition("/")[2]
    if "/" not in path and _HOST.match(path) and not tree.has_name(name):
        return False
    return bool(_NAMED.match(name)) or tree.has_name(name)


def _looked_up(place: Citation, tree: Tree) -> Citation:
    paths = tree.named(place.path)
    if not paths:
        return replace(place, problem="no_file")
    path = paths[0] if len(paths) == 1 else place.path
    counts = [tree.lines(each) for each in paths] if place.first is not None else [None]
    longest = None if None in counts else max(count for count in counts if count is not None)
    if place.first is None or place.last is None or longest is None or 1 <= place.first <= place.last <= longest:
        return replace(place, path=path)
    return replace(place, path=path, problem="no_line", lines=longest)
