"""What can be printed: a small, frozen description of paper that knows no printer.

Pure. A receipt is laid out as a Document by those who know money and law, and
rendered to bytes by those who know a printer. A newcomer's mistake would be to
put widths or code pages here: a Document says "left and right on one row", the
renderer decides how many columns that is.

Text may still hold anything a stranger typed into a product name; renderers
strip control characters, not this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class BarcodeKind(StrEnum):
    EAN13 = "ean13"
    CODE128 = "code128"


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph; wraps at the paper's width. `double` is twice width and height."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """A row with text to the left and a figure to the right, which never wraps."""

    left: str
    right: str
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of hyphens over the whole width."""


@dataclass(frozen=True, slots=True)
class Feed:
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Barcode:
    kind: BarcodeKind
    data: str


@dataclass(frozen=True, slots=True)
class QrCode:
    """`or_text`: a printer that knows no such code prints its data as text, else nothing."""

    data: str
    or_text: bool = True


@dataclass(frozen=True, slots=True)
class Logo:
    """The picture stored in the printer under this two-character key."""

    key: str = "S1"


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed past the cutter, then cut."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """No paper: here the printer is asked to say that all before this is printed."""

    name: str


Element = Text | Columns | Rule | Feed | Barcode | QrCode | Logo | Cut | Checkpoint

_ELEMENTS: dict[str, type[Element]] = {kind.__name__: kind for kind in get_args(Element)}


@dataclass(frozen=True, slots=True)
class Document:
    elements: tuple[Element, ...]

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(each.name for each in self.elements if isinstance(each, Checkpoint))

    def to_plain(self) -> list[dict[str, Any]]:
        """The document as JSON-ready values, for the print spool."""
        return [_element_to_plain(element) for element in self.elements]

    @staticmethod
    def from_plain(rows: list[dict[str, Any]]) -> Document:
        """The opposite of `to_plain`; raises KeyError or TypeError on a foreign row."""
        return Document(tuple(_element_from_plain(row) for row in rows))


def _element_to_plain(element: Element) -> dict[str, Any]:
    fields = type(element).__dataclass_fields__
    return {"is": type(element).__name__, **{name: getattr(element, name) for name in fields}}


def _element_from_plain(row: dict[str, Any]) -> Element:
    fields = {name: value for name, value in row.items() if name != "is"}
    if "align" in fields:
        fields["align"] = Align(fields["align"])
    if "kind" in fields:
        fields["kind"] = BarcodeKind(fields["kind"])
    return _ELEMENTS[row["is"]](**fields)
