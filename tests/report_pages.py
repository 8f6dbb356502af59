"""A report's page read back: its numbers with the places in the document that they say they are from."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "img", "link", "input", "hr"}


@dataclass
class Number:
    """A ``<data>``: ``value``, the ``path`` in the document or None, and what is shown."""

    value: float
    path: str | None
    text: str = ""


@dataclass
class Page(HTMLParser):
    """What a page holds. ``open``: elements without an end, which a page must not have; ``tags``: all of
    them, with attributes; ``numbers``; ``text`` without style and scripts."""

    source: str
    open: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "data":
            self.numbers.append(Number(float(attributes["value"] or "nan"), attributes.get("data-of")))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "data":
            self.numbers[-1].text += data
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def at(document: Any, path: str) -> Any:
    """What stands at a JSON pointer without its first slash."""
    for part in path.split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def check_numbers(page: Page, document: Any) -> set[str]:
    """Each number of the page is the document's, and what is shown is that number; the paths found."""
    found = set()
    for number in page.numbers:
        assert number.text.strip()
        if number.path is not None:
            assert number.value == at(document, number.path), number
            found.add(number.path)
    return found
