"""The next best thing when an order's quote has ended or its goods are gone.

The same cart at the same prices is quoted anew and held, from whichever stores can do it
best now, so that a customer who says yes gets exactly that. The thing to get wrong: holding
once more with every repeated try. The new quote belongs to the old one, as a basket's does,
and replaces the one before it.
"""

from __future__ import annotations

from central_sync.retail.orders import Mode
from central_sync.server.orders import quoting
from central_sync.server.orders.quotes import Client, Held
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.wire.quotes import QuoteLine, QuoteReply, QuoteRequest


def with_alternative(
    room: OrderRoom, refused: Refused, held: Held, client: Client, postcode: str = ""
) -> Refused:
    """The refusal with what can be had instead, as `alternative`; null when nothing can."""
    found = _best(room, held, client, held.postcode or postcode)
    told = found.model_dump(mode="json") if found else None
    return Refused(
        refused.status,
        refused.code,
        refused.detail,
        again=refused.again,
        more={"alternative": told},
    )


def _best(room: OrderRoom, held: Held, client: Client, postcode: str) -> QuoteReply | None:
    asked = QuoteRequest(
        lines=[
            QuoteLine(
                line=line.line,
                sku=line.sku,
                quantity=line.quantity,
                mode="collect" if line.mode is Mode.COLLECT else "ship",
                collect_store_id=line.collect_store_id,
                gross_minor=line.gross_minor,
            )
            for line in held.lines
        ],
        postcode=postcode,
        basket_id=f"instead/{held.quote_id}",
        max_parcels=held.max_parcels,
    )
    try:
        found = quoting.quote(room, asked, client)
    except Refused:
        # Not for sale any more, or so many quotes held that there is no room for this one.
        return None
    if any(line.held for line in found.lines):
        return found
    quoting.let_go(room, found.quote_id, client)
    return None
