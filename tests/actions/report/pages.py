"""A page as a browser reads it: its elements, their attributes and texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = ("meta", "br", "hr", "img", "input", "link")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parent: "Element | None" = None
    children: list["Element"] = field(default_factory=list)
    text: str = ""  # its own and its children's

    def all(self, tag: str, **attributes: str) -> list["Element"]:
        own = [self] if self.tag == tag and attributes.items() <= self.attributes.items() else []
        return own + [found for child in self.children for found in child.all(tag, **attributes)]

    def one(self, tag: str, **attributes: str) -> "Element":
        (found,) = self.all(tag, **attributes)
        return found

    def shape(self) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
        """Every element with its attributes, in order."""
        return [
            (self.tag, tuple(self.attributes.items())),
            *(part for child in self.children for part in child.shape()),
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {})
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        element = Element(tag, dict(attrs), self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, dict(attrs), self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> ends <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self.at
        while element is not None:
            element.text += data
            element = element.parent

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def read(html: str) -> Element:
    """The page; every element must be closed in its turn, and there are no comments."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root
    assert reader.comments == []
    return reader.root
