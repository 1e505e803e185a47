"""Builders of orders, and a chain's stock on paper that carries out an order's effects.

What a newcomer would get wrong: `PaperStock` keeps ledgers, never totals, so that what it
holds can be made again and compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    EffectKind,
    Mode,
    OrderLine,
    Parcel,
    ParcelLine,
    StockEffect,
    commands,
    decide,
    effects,
    evolve,
)
from central_sync.retail.stock import (
    Level,
    MovementKind,
    ReservationEvent,
    ReservationKind,
    StockMovement,
    project,
    reservations_of,
    reserved_of,
)

AT = "2026-11-22T13:00:00.000Z"
ANNA = Address("Anna Berg", "Kungsgatan 12", "411 19", "Göteborg", phone="0701234567")


def order_line(
    line: int, mode: Mode = Mode.SHIP, quantity: int = 1, gross: int = 89_900
) -> OrderLine:
    return OrderLine(
        line=line,
        sku=f"SKU-{line}",
        name=f"Vara {line}",
        quantity=quantity,
        gross_minor=gross,
        vat_minor=gross // 5,
        tax_rate_basis_points=2500,
        mode=mode,
        promised_by="2026-11-25T16:00:00.000Z",
        collect_store_id="s09" if mode is Mode.COLLECT else "",
    )


def asked(*lines: OrderLine) -> CustomerOrder:
    return CustomerOrder(
        order_id="o1", number="W-1", lines=lines or (order_line(1),), address=ANNA, store_id="s01"
    )


def parcel(parcel_id: str, store_id: str, order: CustomerOrder, *pieces: tuple[int, int]) -> Parcel:
    lines = []
    mode, collect = Mode.SHIP, ""
    for number, quantity in pieces:
        line = order.line(number)
        assert line is not None
        mode, collect = line.mode, line.collect_store_id
        lines.append(ParcelLine(number, line.sku, quantity))
    return Parcel(parcel_id, store_id, mode, tuple(lines), collect_store_id=collect)


@dataclass(slots=True)
class PaperStock:
    movements: list[StockMovement] = field(default_factory=list)
    rights: list[ReservationEvent] = field(default_factory=list)
    recounts: list[tuple[str, str]] = field(default_factory=list)

    def stock(self, store_id: str, sku: str, pieces: int) -> None:
        self._move(store_id, sku, MovementKind.OPENING, pieces)

    def carry_out(self, effect: StockEffect) -> None:
        match effect.kind:
            case EffectKind.HOLD:
                self._right(effect, ReservationKind.GRANT, effect.store_id)
            case EffectKind.MOVE:
                self._right(effect, ReservationKind.TRANSFER, effect.to_store_id)
            case EffectKind.RELEASE:
                self._right(effect, ReservationKind.RELEASE, effect.store_id)
            case EffectKind.PICK:
                self._right(effect, ReservationKind.PICK, effect.store_id)
                self._move(effect.store_id, effect.sku, MovementKind.PICK, -effect.quantity)
            case EffectKind.PUT_BACK:
                self._move(effect.store_id, effect.sku, MovementKind.PUT_BACK, effect.quantity)
            case EffectKind.RECOUNT:
                self.recounts.append((effect.store_id, effect.sku))

    def on_hand(self, store_id: str, sku: str) -> int:
        return self.levels().get((store_id, sku), Level(store_id, sku)).on_hand

    def levels(self) -> dict[tuple[str, str], Level]:
        return project(self.movements)

    def reserved(self) -> dict[tuple[str, str], int]:
        return reserved_of(reservations_of(self.rights).values())

    def _right(self, effect: StockEffect, kind: ReservationKind, store_id: str) -> None:
        self.rights.append(
            ReservationEvent(
                reservation_id=effect.holder,
                kind=kind,
                at=AT,
                quantity=effect.quantity,
                store_id=store_id,
                sku=effect.sku,
                holder=effect.holder,
                believed=effect.quantity,
            )
        )

    def _move(self, store_id: str, sku: str, kind: MovementKind, delta: int) -> None:
        number = f"m{len(self.movements):05d}"
        self.movements.append(StockMovement(number, store_id, sku, kind, delta, AT))


@dataclass(slots=True)
class Desk:
    """Decides, folds and carries out, as central does in one transaction."""

    order: CustomerOrder = field(default_factory=CustomerOrder)
    stock: PaperStock = field(default_factory=PaperStock)
    at: str = AT

    def do(self, *asked_for: commands.OrderCommand) -> None:
        for command in asked_for:
            for event in decide(self.order, command, self.at):
                for effect in effects(self.order, event):
                    self.stock.carry_out(effect)
                self.order = evolve(self.order, event)

    def the_parcel(self, parcel_id: str = "p1") -> Parcel:
        found = self.order.parcel(parcel_id)
        assert found is not None
        return found


def placed(*lines: OrderLine, paid: tuple[tuple[str, int], ...] | None = None) -> Desk:
    """A desk with the order placed, paid by card unless said otherwise."""
    order = asked(*lines)
    desk = Desk()
    desk.do(commands.PlaceOrder(order, (("card", order.total_minor),) if paid is None else paid))
    return desk


def offered(*lines: OrderLine, store_id: str = "s02") -> Desk:
    """One parcel `p1` with everything, offered to one store."""
    desk = placed(*lines)
    carried = [(line.line, line.quantity) for line in desk.order.lines if line.is_carried]
    desk.do(
        commands.PlanParcels((parcel("p1", store_id, desk.order, *carried),)),
        commands.OfferParcel("p1", (store_id,), "2026-11-22T13:05:00.000Z"),
    )
    return desk


def packed(*lines: OrderLine, store_id: str = "s02") -> Desk:
    desk = offered(*lines, store_id=store_id)
    desk.do(commands.ClaimParcel("p1", store_id, 1))
    for line in desk.the_parcel().lines:
        desk.do(commands.PickLine("p1", store_id, 1, line.line, line.quantity))
    desk.do(commands.PackParcel("p1", store_id, 1))
    return desk
