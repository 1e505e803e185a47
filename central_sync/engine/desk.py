"""What a person at the till waits for: central asked live, one answer or one trouble.

Sync sends facts and follows the feed; this asks questions whose answer is needed now. The
thing to get wrong: calling it on the core's thread. A till gives it threads of its own and
a deadline, and goes on with what it knows when central is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote as quoted

from central_sync.engine.client import HttpCentral, Now, utc_now
from central_sync.engine.lean import httpx
from central_sync.engine.settings import SyncSettings
from central_sync.wire.availability import AvailabilityReply, AvailabilityRequest
from central_sync.wire.desk import ClaimRequest, DeskOrders, DeskReceipt, RefundClaim
from central_sync.wire.keys import Signer
from central_sync.wire.people import CustomerFile, CustomerPage, CustomerReply, CustomerWrite
from central_sync.wire.quotes import QuoteReply, QuoteRequest

TIMEOUT = httpx.Timeout(3.0, connect=1.5)
"""Three seconds for a quote. A look-up that waits longer than a person does is still the next
one's last known."""


class Desk(Protocol):
    """Every method raises SyncTrouble and nothing else. Not for several threads at once."""

    def availability(
        self, skus: Sequence[str], store_id: str, *, places: bool = False
    ) -> AvailabilityReply:
        """At most 100 items, by site; distances are from `store_id`. `places`: with all stores."""
        ...

    def quote(self, request: QuoteRequest, idempotency: str) -> QuoteReply:
        """Hold these pieces; a new quote of the same basket takes the earlier one's place."""
        ...

    def extend_quote(self, quote_id: str) -> QuoteReply:
        """Hold on. Raises SyncTrouble REFUSED when it is held no longer."""
        ...

    def release_quote(self, quote_id: str) -> None: ...

    def close(self) -> None: ...


class CustomerDesk(Protocol):
    """Customers, live. Raises SyncTrouble and nothing else; `HttpDesk` fulfils it too."""

    def customers(self, text: str, why: str = "") -> CustomerPage:
        """By phone, e-mail, member number or the beginnings of a name; central notes the look-up
        with `why`."""
        ...

    def customer(self, customer_id: str, why: str = "") -> CustomerFile:
        """With orders and purchases of all channels and who is likely the same."""
        ...

    def create_customer(self, wish: CustomerWrite) -> CustomerReply:
        """`wish.customer_id` is the till's own UUIDv7; may be sent again."""
        ...

    def close(self) -> None: ...


class OrderDesk(Protocol):
    """Orders and receipts of the whole chain, live. Raises SyncTrouble and nothing else."""

    def find_orders(self, text: str) -> DeskOrders:
        """By number, receipt, phone, e-mail, member number or name; the look-up is noted."""
        ...

    def receipt(self, number: str) -> DeskReceipt:
        """By its whole printed number or id; REFUSED when central has none."""
        ...

    def claim_refund(self, order_id: str, refund_key: str) -> RefundClaim:
        """The right to pay it out now; REFUSED when it is paid, or another till is at it."""
        ...

    def close(self) -> None: ...


class HttpDesk(HttpCentral):
    """Fulfils Desk over the network, as this workstation."""

    def __init__(
        self,
        settings: SyncSettings,
        key: Signer,
        workstation_id: str,
        *,
        now: Now = utc_now,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        super().__init__(settings, key=key, workstation_id=workstation_id, now=now, timeout=timeout)

    def availability(
        self, skus: Sequence[str], store_id: str, *, places: bool = False
    ) -> AvailabilityReply:
        asked = AvailabilityRequest(skus=list(skus), store_id=store_id, places=places)
        return self._message(AvailabilityReply, self._ask("POST", "/v1/availability", asked))

    def customers(self, text: str, why: str = "") -> CustomerPage:
        asked = {"q": text, "why": why}
        return self._message(CustomerPage, self._ask("GET", "/v1/customers", params=asked))

    def customer(self, customer_id: str, why: str = "") -> CustomerFile:
        plain = self._ask("GET", path_of("customers", customer_id), params={"why": why})
        return self._message(CustomerFile, plain)

    def create_customer(self, wish: CustomerWrite) -> CustomerReply:
        return self._message(CustomerReply, self._ask("POST", "/v1/customers", wish))

    def find_orders(self, text: str) -> DeskOrders:
        return self._message(DeskOrders, self._ask("GET", "/v1/desk/orders", params={"q": text}))

    def receipt(self, number: str) -> DeskReceipt:
        return self._message(DeskReceipt, self._ask("GET", path_of("desk", "receipts", number)))

    def claim_refund(self, order_id: str, refund_key: str) -> RefundClaim:
        asked = ClaimRequest(order_id=order_id, refund_key=refund_key)
        return self._message(RefundClaim, self._ask("POST", "/v1/desk/refunds/claim", asked))

    def quote(self, request: QuoteRequest, idempotency: str) -> QuoteReply:
        plain = self._ask("POST", path_of("quotes"), request, idempotency=idempotency)
        return self._message(QuoteReply, plain)

    def extend_quote(self, quote_id: str) -> QuoteReply:
        return self._message(QuoteReply, self._ask("POST", path_of("quotes", quote_id, "extend")))

    def release_quote(self, quote_id: str) -> None:
        self._ask("DELETE", path_of("quotes", quote_id))


def path_of(*parts: str) -> str:
    """ "/v1/quotes/01…": each part escaped, since some are typed by people."""
    return "/v1/" + "/".join(quoted(part, safe="") for part in parts)
