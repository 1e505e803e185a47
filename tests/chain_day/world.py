"""What is really there in a chain's day: shelves, boxes, what customers got, what they paid.

Nothing here is asked of central: it is what people saw and held, so that central can be held
against it. The thing to get wrong: a store's people are one, its tills are several. What
somebody put in a box is in it, whichever till was told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

PRICE_MINOR = 19_900

Place = tuple[str, str]
Line = tuple[str, int]


@dataclass(slots=True)
class World:
    """`shelf` is (store, sku) -> pieces. `box` is (store, parcel) -> pieces of each line.

    `gone` are parcels that a carrier took, with who sent them; `carried` what lies in them.
    `got` is (order, line) -> pieces that a customer has; `paid` and `repaid` minor units.
    `unseen` is what lacks on a shelf though the book has it.
    """

    shelf: Counter[Place] = field(default_factory=Counter)
    unseen: Counter[Place] = field(default_factory=Counter)
    box: dict[Place, Counter[Line]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    got: Counter[Line] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    repaid: Counter[str] = field(default_factory=Counter)
    sku_of: dict[Line, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def in_box(self, store_id: str, parcel_id: str) -> Counter[Line]:
        return self.box.setdefault((store_id, parcel_id), Counter())

    def fetch(self, store_id: str, parcel_id: str, line: Line, sku: str) -> bool:
        """A piece from the shelf into the parcel's box; False when there is none."""
        if not self.shelf[store_id, sku]:
            return False
        self.shelf[store_id, sku] -= 1
        self.in_box(store_id, parcel_id)[line] += 1
        self.sku_of[line] = sku
        return True

    def back_on_shelf(self, store_id: str, parcel_id: str, line: Line, quantity: int) -> None:
        box = self.in_box(store_id, parcel_id)
        back = min(quantity, box[line])
        box[line] -= back
        if back:
            self.shelf[store_id, self.sku_of[line]] += back

    def given_to_customer(self, parcel_id: str, store_id: str, pieces: Counter[Line]) -> None:
        box = self.in_box(store_id, parcel_id)
        for line, quantity in pieces.items():
            box[line] -= quantity
            self.got[line] += quantity

    def moved(self, parcel_id: str, sender: str, receiver: str) -> None:
        """A parcel came from another store."""
        box = self.in_box(sender, parcel_id)
        self.in_box(receiver, parcel_id).update(box)
        box.clear()

    def left_over(self) -> list[str]:
        """Boxes that nobody fetches or puts back."""
        return [
            f"{store_id} still holds {dict(+box)} of parcel {parcel_id}"
            for (store_id, parcel_id), box in self.box.items()
            if +box
        ]
