"""The bank behind an emulated card terminal: what cardholders were really charged.

Pure. It is the judge in tests: it never looks at the till's books. A newcomer would
let it refuse a second charge for the same sale; a bank does not know sales, so it
charges whatever a terminal sends, and double charging shows in `charged`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of money. `amount_minor` is positive; `kind` is payment, refund,
    reversal (of a payment) or refund_reversal. `poi_transaction_id` is its own name,
    `undoes` the name of what a reversal takes back.
    """

    poi_transaction_id: str
    service_id: str
    transaction_id: str
    kind: str
    amount_minor: int
    currency: str
    brand: str = "Visa"
    undoes: str = ""


_SIGNS = {"payment": 1, "refund": -1, "reversal": -1, "refund_reversal": 1}


@dataclass(slots=True)
class Bank:
    """`movements` is the whole truth; the first `closed` of them are in no sum any more."""

    movements: list[Movement] = field(default_factory=list)
    closed: int = 0

    def move(self, movement: Movement) -> None:
        self.movements.append(movement)

    @property
    def charged(self) -> dict[str, int]:
        """Minor units taken from the cardholder, net, by transaction id; zeros included."""
        sums: dict[str, int] = {}
        for one in self.movements:
            taken = _SIGNS[one.kind] * one.amount_minor
            sums[one.transaction_id] = sums.get(one.transaction_id, 0) + taken
        return sums

    @property
    def standing(self) -> dict[str, int]:
        """What was paid by transaction id and not reversed: (how many charges stand)."""
        undone = {one.undoes for one in self.movements if one.kind == "reversal"}
        return dict(
            Counter(
                one.transaction_id
                for one in self.movements
                if one.kind == "payment" and one.poi_transaction_id not in undone
            )
        )

    def find(self, poi_transaction_id: str) -> Movement | None:
        return next((m for m in self.movements if m.poi_transaction_id == poi_transaction_id), None)

    def is_undone(self, poi_transaction_id: str) -> bool:
        return any(one.undoes == poi_transaction_id for one in self.movements)

    def sums(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(brand, "payment" or "refund") -> (count, minor units) since `close_period`.

        A reversed movement is in no sum, as on a terminal's own report.
        """
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for one in self.movements[self.closed :]:
            sign, kind = (1, one.kind) if not one.undoes else (-1, _UNDOES[one.kind])
            count, amount = found.get((one.brand, kind), (0, 0))
            found[one.brand, kind] = (count + sign, amount + sign * one.amount_minor)
        return {key: sums for key, sums in sorted(found.items()) if sums != (0, 0)}

    def close_period(self) -> None:
        self.closed = len(self.movements)


_UNDOES = {"reversal": "payment", "refund_reversal": "refund"}
