"""Where a printer is asked how far it has come, and the slip that voids a torn print.

Pure. Three questions a document: after its head, after its body, after its cut. What
is answered decides, after a crash, what may be printed again (checkout.printing). The
thing to get wrong: the last one belongs after the cut, or a receipt that still hangs in
the printer would count as handed over.
"""

from __future__ import annotations

from central_sync.countries.country import Country
from hardware.document import Align, Checkpoint, Cut, Document, Element, Feed, Text
from pos_client.receipts.paper import marking, paper_for

HEAD = Checkpoint("head")
BODY = Checkpoint("body")
END: tuple[Element, ...] = (BODY, Cut(), Checkpoint("cut"))
"""How every document ends."""


def void_document(name: str, country: Country, *, language: str | None = None) -> Document:
    """Goes on the paper of a print that broke off, so that nobody takes it for a receipt.

    `name` is the receipt's number, or "" for a report. What it says is at double size.
    """
    paper = paper_for(country, language)
    elements: list[Element] = [Feed(2), marking(paper.say("void.mark"))]
    if name:
        elements.append(marking(name))
    elements.append(Text(paper.say("void.explain"), Align.CENTRE))
    return Document((*elements, *END))
