"""The test card: some twenty centimetres of paper that tell what a printer is.

Pure but for the printing. The card is a row of small jobs, each sent as another profile would
send it, with no cut between them; whoever reads the paper scans (or types) the code at the
part that came out right. Three answers, and the printer's address is known: its table of
letters, its width, its cutter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.document import Align, Barcode, BarcodeKind, Cut, Document, Feed, Rule, Text

LETTERS = "å ä ö Å Ä Ö é ü €"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the card: its code, and the options of the address that printed it."""

    code: str
    options: dict[str, str]


PAGES = (
    Part("SPA", {}),
    Part("SPB", {"page": "53"}),
    Part("SPC", {"page": "13"}),
    Part("SPD", {"profile": "7bit"}),
)
"""Letters, in the tables that printers of a Swedish checkout have them in."""
WIDTHS = (
    Part("SP48", {"columns": "48"}),
    Part("SP42", {"columns": "42"}),
    Part("SP32", {"columns": "32"}),
)
CUTS = (Part("SPX", {}), Part("SPY", {"profile": "generic"}), Part("SPZ", {"profile": "clone58"}))
"""Feed and cut; four lines and the older cut; torn off by hand."""

Send = Callable[[dict[str, str], Document], None]
"""Prints a document with these options in the address."""


def print_letters(send: Send) -> None:
    send({}, Document((Text("SPINDEL", Align.CENTRE, double=True), _said("1. Letters"), Rule())))
    for part in PAGES:
        send({**part.options, "columns": "32"}, Document((Text(LETTERS), _code(part))))


def print_widths(send: Send, letters: dict[str, str]) -> None:
    """In the table that was chosen."""
    send({**letters, "columns": "32"}, Document((Feed(1), _said("2. Width"), Rule())))
    for part in WIDTHS:
        columns = int(part.options["columns"])
        ruler = "".join(str(at % 10) for at in range(1, columns + 1))
        send({**letters, **part.options}, Document((Text(ruler), _code(part))))


def print_cut(send: Send, letters: dict[str, str], part: Part) -> None:
    """The codes for yes and no stand before the cut that is tried."""
    which = "3. Cutter" if part is CUTS[0] else "4. Cutter, the older way"
    head = (Feed(1), _said(which), Rule(), _code(part), _code(CUTS[-1]))
    send({**part.options, **letters, "columns": "32"}, Document((*head, Cut())))


def _said(text: str) -> Text:
    return Text(text, bold=True)


def _code(part: Part) -> Barcode:
    return Barcode(BarcodeKind.CODE128, part.code)


def chosen(answer: str, parts: tuple[Part, ...]) -> Part | None:
    """What was scanned or typed: the whole code, or its last part ("a", "42")."""
    wanted = answer.strip().upper()
    return next((part for part in parts if wanted in (part.code, part.code[2:])), None)
