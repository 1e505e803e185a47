"""From a code to what is to be sold: which item, at which price or weight, how fresh.

Pure. A label's printed price is the price, whatever our own would have made; that it
differs is kept for head office. Each kind of code that is no item is refused in a
sentence of its own, so that a cashier knows what lies in the hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from central_sync.retail import codes
from central_sync.retail.item import Item, check_digit
from central_sync.retail.money import GRAMS_PER_KILOGRAM, divide_half_up, price_of_weight
from pos_client.register.refusal import refuse
from pos_client.register.shop import Shop


@dataclass(frozen=True, slots=True)
class Wanted:
    """`price_minor` is for a piece, or for a kilogram where the item goes by weight and no
    label says the price. For the other fields see `retail.basket.BasketLine`."""

    item: Item
    price_minor: int
    weight_grams: int = 0
    is_label_price: bool = False
    price_differs: bool = False
    content_grams: int = 0
    lot: str = ""
    serial: str = ""
    expires_on: str = ""

    @property
    def needs_weight(self) -> bool:
        return self.item.is_weighed and not self.weight_grams and not self.is_label_price


def read_wanted(data: str, symbology: str, shop: Shop) -> Wanted | codes.DepositSlip:
    """What the code asks for; refuses what is unknown, unsound or no item, each by name."""
    meaning = codes.read_code(data, symbology)
    match meaning:
        case codes.DepositSlip():
            return meaning
        case codes.Measured():
            return _measured(meaning, shop)
        case codes.Product():
            return _product(meaning, shop)
        case codes.ReceiptCode():
            refuse("item.is_receipt", beeps=2, code=meaning.number)
    # A chain may have given such a number to goods of its own long ago.
    item = shop.find(data.strip())
    if item is not None and not (isinstance(meaning, codes.Unsound) and meaning.why == "measure"):
        return Wanted(item, item.price_minor)
    _refuse(meaning, data)


def _refuse(meaning: codes.Scanned, data: str) -> NoReturn:
    code = data.strip().replace("\x1d", "|")[:40]
    match meaning:
        case codes.LoyaltyCard():
            refuse("code.loyalty", beeps=2)
        case codes.GiftCard():
            refuse("code.gift_card", beeps=2)
        case codes.Coupon():
            refuse("code.coupon", beeps=2)
        case codes.RefundSlip():
            refuse("code.refund_slip", beeps=2)
        case codes.Logistic():
            refuse("code.logistic", beeps=2)
        case codes.Unsound(why="separator"):
            refuse("code.separator", beeps=2)
        case codes.Unsound(why="measure"):
            refuse("code.no_measure", beeps=2)
    refuse("item.damaged", beeps=2, code=code)


def _measured(label: codes.Measured, shop: Shop) -> Wanted:
    item = shop.find(label.item_key) or shop.find(label.base_code)
    if item is None:
        whole = shop.find(label.code)
        if whole is None:
            refuse("code.unknown_label", beeps=2, code=label.item_key)
        return Wanted(whole, whole.price_minor)
    if label.price_minor:
        return _at_label_price(item, label.price_minor)
    if not item.is_weighed:
        refuse("code.not_by_weight", beeps=2, name=item.name)
    return Wanted(item, item.price_minor, weight_grams=label.weight_grams)


def _product(product: codes.Product, shop: Shop) -> Wanted:
    item = shop.find(product.code) or shop.find(_inner(product.code))
    if item is None:
        refuse("item.unknown", beeps=2, code=product.code[:60])
    best = Wanted(item, item.price_minor)
    if product.price_minor:
        best = _at_label_price(item, product.price_minor, product.weight_grams)
    elif product.weight_grams and item.is_weighed:
        best = Wanted(item, item.price_minor, weight_grams=product.weight_grams)
    return Wanted(
        best.item,
        best.price_minor,
        best.weight_grams,
        best.is_label_price,
        best.price_differs,
        best.content_grams,
        lot=product.lot,
        serial=product.serial,
        expires_on=product.expires_on or product.best_before,
    )


def _inner(code: str) -> str:
    """The GTIN-13 within one of variable measure (indicator 9), which is what masters name."""
    if len(code) != 14 or not code.startswith("9"):
        return code
    return code[1:13] + check_digit(code[1:13])


def _at_label_price(item: Item, printed_minor: int, weight_grams: int = 0) -> Wanted:
    ours, content = item.price_minor, weight_grams
    if item.is_weighed:
        ours = price_of_weight(item.price_minor, weight_grams) if weight_grams else printed_minor
        if not weight_grams and item.price_minor:
            content = divide_half_up(printed_minor * GRAMS_PER_KILOGRAM, item.price_minor)
    return Wanted(
        item,
        printed_minor,
        is_label_price=True,
        price_differs=ours != printed_minor,
        content_grams=content if item.is_weighed else 0,
    )
