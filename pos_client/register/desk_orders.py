"""A customer's order as any till sees it, and what may still be asked of it.

Pure. Central says how it stands; what this till has said since is told as not confirmed. The
thing to get wrong: deciding for central. The till refuses only what cannot be right any more;
whether the rest was in time central says.
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.money import share_after

UNPACKED = ("waiting", "planned", "offered", "claimed", "picking")
DELIVERED = ("shipped", "collected", "taken")
GIVEN_BACK = ("cancelled", "returned")


@dataclass(frozen=True, slots=True)
class DeskLine:
    """`pieces` are (where, count) of all `of` pieces; `mode` ship, collect, taken or fee.

    `instead_of` is the line that it replaces; only then is `vat_minor` told, for such a line is
    on no receipt.
    """

    line: int
    sku: str
    name: str
    of: int
    mode: str
    state: str
    gross_minor: int = 0
    unpaid_minor: int = 0
    promise: str = ""
    promised_by: str = ""
    collect_store: str = ""
    answer_by: str = ""
    escalated: str = ""
    instead_of: int = 0
    vat_minor: int = 0
    pieces: tuple[tuple[str, int], ...] = ()

    def count(self, places: tuple[str, ...]) -> int:
        return sum(count for where, count in self.pieces if where in places)

    @property
    def is_carried(self) -> bool:
        return self.mode in ("ship", "collect")

    @property
    def loose(self) -> int:
        """What can be cancelled or had another way: nobody has packed it yet."""
        return self.count(UNPACKED) if self.is_carried else 0

    @property
    def loose_minor(self) -> int:
        """What was paid for those, or is still to be."""
        return share_after(self.gross_minor, self.given_back, self.loose, self.of)

    @property
    def delivered(self) -> int:
        """What the customer has now and may bring back."""
        return 0 if self.mode == "fee" else self.count(DELIVERED)

    @property
    def given_back(self) -> int:
        return self.count(GIVEN_BACK)


@dataclass(frozen=True, slots=True)
class DeskParcel:
    """`why` this store, in Swedish and English."""

    parcel_id: str
    mode: str
    state: str
    store: str
    collect_store: str = ""
    tracking: str = ""
    shelf_place: str = ""
    hold_until: str = ""
    why_sv: str = ""
    why_en: str = ""
    lines: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DeskRefund:
    """Money of an order that is to be given back; `shares` are (tender, minor)."""

    refund_key: str
    line: int
    quantity: int
    amount_minor: int
    shares: tuple[tuple[str, int], ...] = ()
    reason: str = ""
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """`who` is for whom, as address lines. `refused` are keys of what central refused lately;
    `unconfirmed` counts what this till said of it and central has not answered yet."""

    order_id: str
    number: str
    version: int
    state: str
    placed_at: str
    store: str = ""
    receipt_id: str = ""
    total_minor: int = 0
    unpaid_minor: int = 0
    has_address: bool = False
    lines: tuple[DeskLine, ...] = ()
    parcels: tuple[DeskParcel, ...] = ()
    refunds: tuple[DeskRefund, ...] = ()
    who: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unconfirmed: int = 0

    def line(self, number: int) -> DeskLine | None:
        return next((line for line in self.lines if line.line == number), None)

    @property
    def has_packed_parcel_to_ship(self) -> bool:
        return any(parcel.mode == "ship" and parcel.state == "packed" for parcel in self.parcels)


@dataclass(frozen=True, slots=True)
class RefundRight:
    """Central's word that this till, and no other, pays a refund out until `until`."""

    order_id: str
    number: str
    refund_key: str
    line: int
    sku: str
    name: str
    quantity: int
    amount_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    shares: tuple[tuple[str, int], ...]
    receipt_id: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class OrderedPieces:
    """Of a line of a receipt that an order delivers: what may come back, what went before it.

    `before` counts pieces that were cancelled or came back already: the share of the next one
    is a step on the line's own amount behind these.
    """

    delivered: int
    before: int


def returnable(order: DeskOrder, central: int, here: int, line: int) -> OrderedPieces:
    """`here` of the line came back at this till, `central` anywhere as far as central knows."""
    found = order.line(line)
    if found is None:
        return OrderedPieces(0, 0)
    unheard = max(0, here - central)
    return OrderedPieces(max(0, found.delivered - unheard), found.given_back + unheard)


def task_id_of(order_id: str) -> str:
    """Under which this till's words on an order that is no task are kept."""
    return f"order/{order_id}"
