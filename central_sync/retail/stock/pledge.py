"""Rights that a store lends to the web: which pieces of its shelf central may promise.

Pure. A pledge is the fold of its events. It is offered, and in force only once the store has
said that it knows; from then on the two sides cannot sell the same piece, though the line
between them be cut (a bounded counter). The thing to get wrong: the order of the two ends.
The store keeps the pieces back from when it hears of them until GRACE_SECONDS after the
lease; central promises them only from the store's yes until the lease itself ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

# A till's clock may be off; beyond this it is told to set it (`spindel central fleet`).
GRACE_SECONDS = 900


class PledgeKind(StrEnum):
    """`AGREE`: every till of the store has acknowledged. `USE`: pieces were picked for an order.

    `BREAK`: the shelf holds fewer than were lent. `OVERRIDE`: a cashier sold what was kept back
    and said so; it changes nothing by itself, the sale does.
    """

    OFFER = "offer"
    ACKNOWLEDGE = "acknowledge"
    AGREE = "agree"
    USE = "use"
    BREAK = "break"
    OVERRIDE = "override"
    LIFT = "lift"
    EXPIRE = "expire"


class PledgeState(StrEnum):
    OFFERED = "offered"
    IN_FORCE = "in_force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PledgeEvent:
    """One row of the append-only ledger. `quantity`: pieces offered, used or sold over, or left by
    a break.

    `who`: a person, a workstation, or "" for the rule; `reason` why it was chosen, or what broke.
    """

    store_id: str
    sku: str
    epoch: int
    kind: PledgeKind
    at: str
    quantity: int = 0
    lease_until: str = ""
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pledge:
    """`quantity` until `lease_until` is what the store was asked to lend, in this `epoch`.

    `lent` is the most that central may hold there. Until `lent_until` ("" before the first yes)
    it may promise them whatever it has heard of the store; before that the offer only limits it.
    """

    store_id: str
    sku: str
    quantity: int = 0
    lease_until: str = ""
    epoch: int = 0
    is_agreed: bool = False
    lent: int = 0
    lent_until: str = ""
    who: str = ""
    reason: str = ""

    @property
    def state(self) -> PledgeState:
        if not self.quantity and not self.lent:
            return PledgeState.ENDED
        return PledgeState.IN_FORCE if self.lent_until else PledgeState.OFFERED

    @property
    def is_waiting(self) -> bool:
        """The store's yes to the newest offer is still to come."""
        return self.quantity > 0 and not self.is_agreed


def evolve_pledge(pledge: Pledge, event: PledgeEvent) -> Pledge:
    """Fold one event. An old epoch's acknowledgement changes nothing."""
    match event.kind:
        case PledgeKind.OFFER:
            return _offered(pledge, event)
        case PledgeKind.AGREE if event.epoch == pledge.epoch and pledge.quantity:
            lent, until = pledge.quantity, pledge.lease_until
            return replace(pledge, is_agreed=True, lent=lent, lent_until=until)
        case PledgeKind.USE:
            return _left(pledge, pledge.quantity - event.quantity, pledge.lent - event.quantity)
        case PledgeKind.BREAK:
            return _left(pledge, event.quantity, event.quantity)
        case PledgeKind.LIFT:
            return _left(pledge, 0, 0)
        case PledgeKind.EXPIRE:
            return _expired(pledge, event.at)
        case _:
            return pledge


def pledges_of(events: Iterable[PledgeEvent]) -> dict[tuple[str, str], Pledge]:
    """Every pledge of a ledger in its order, ended ones too, by (store, sku)."""
    found: dict[tuple[str, str], Pledge] = {}
    for event in events:
        place = (event.store_id, event.sku)
        found[place] = evolve_pledge(found.get(place) or Pledge(*place), event)
    return dict(sorted(found.items()))


def is_over(pledge: Pledge, at: str) -> bool:
    """By central's clock: the lease in force has run out, or the offer that none answered."""
    until = pledge.lent_until or pledge.lease_until
    return pledge.state is not PledgeState.ENDED and until <= at


def pledge_bytes(pledge: Pledge) -> bytes:
    """The pledge's one written form, to hold a rebuild against what is stored."""
    plain = {name: getattr(pledge, name) for name in Pledge.__slots__}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def _offered(pledge: Pledge, event: PledgeEvent) -> Pledge:
    """Less is less at once; for more, or for longer, the store is asked first."""
    is_in_force = pledge.state is PledgeState.IN_FORCE
    return replace(
        pledge,
        quantity=event.quantity,
        lease_until=event.lease_until,
        epoch=event.epoch,
        is_agreed=False,
        lent=min(pledge.lent, event.quantity) if is_in_force else event.quantity,
        lent_until=min(pledge.lent_until, event.lease_until) if is_in_force else "",
        who=event.who,
        reason=event.reason,
    )


def _left(pledge: Pledge, quantity: int, lent: int) -> Pledge:
    quantity = max(0, min(pledge.quantity, quantity))
    lent = max(0, min(pledge.lent, lent))
    if quantity and lent:
        return replace(pledge, quantity=quantity, lent=lent)
    if quantity and not pledge.is_agreed:
        # What was lent is gone; what was offered beside it waits for its yes.
        return replace(pledge, quantity=quantity, lent=quantity, lent_until="")
    return replace(pledge, quantity=0, lease_until="", is_agreed=False, lent=0, lent_until="")


def _expired(pledge: Pledge, at: str) -> Pledge:
    """A newer offer that nobody has answered yet stays an offer."""
    if pledge.is_waiting and pledge.lease_until > at:
        return replace(pledge, lent=pledge.quantity, lent_until="")
    return _left(pledge, 0, 0)
