"""What a scanned code leads to: labels, packs with a date, deposit slips, and codes of no item."""

from __future__ import annotations

from typing import Any

import pytest

from central_sync.retail.item import SoldBy, check_digit
from central_sync.retail.transaction import ReceiptKind
from pos_client.register import commands
from pos_client.register.codes import CodeClass, classify
from pos_client.register.refusal import Refused
from tests.builders import (
    MARIA,
    SHOES,
    MemoryShop,
    RegisterDriver,
    a_shoe_shop,
    an_open_register,
    kr,
)

CANDY_LABEL = "20100001"
NUTS_LABEL = "23100002"
PACK = "07310865004703"


def coded(digits: str) -> str:
    return digits + check_digit(digits)


def label(key: str, measure: int) -> str:
    return coded(f"{key}{measure:04d}")


def a_food_shop() -> MemoryShop:
    weighed: dict[str, Any] = {"tax_group": "food", "sold_by": SoldBy.WEIGHT, "tare_grams": 8}
    return (
        a_shoe_shop()
        .with_item("Lösgodis", "99,00", sku="GODIS", gtin=label(CANDY_LABEL, 0), **weighed)
        .with_item("Nötter", "199,00", sku="NOTTER", gtin=label(NUTS_LABEL, 0), **weighed)
        .with_item("Yoghurt", "24,90", sku="YOG", gtin=PACK[1:], tax_group="food")
    )


def a_slip(*, shop: str = "012345", day: int = 325, standard: int = 20, food: int = 32) -> str:
    return f"98{shop}17" + f"6{day:03d}{standard:04d}{food:04d}0417"


def scanned(code: str, symbology: str = "E0", shop: MemoryShop | None = None) -> RegisterDriver:
    till = an_open_register(shop or a_food_shop())
    return till.do(commands.ScanCode(code, symbology))


def refusal(code: str, symbology: str = "E0", shop: MemoryShop | None = None) -> str:
    with pytest.raises(Refused) as refused:
        scanned(code, symbology, shop)
    return refused.value.key


def test_a_price_check_of_weighed_goods_says_that_the_price_is_for_a_kilogram() -> None:
    till = an_open_register(a_food_shop()).do(commands.CheckPrice("GODIS"))

    check = till.state.price_check

    assert check is not None
    assert (check.price_minor, check.is_weighed) == (9_900, True)


def test_a_label_with_a_price_sells_at_the_printed_price() -> None:
    (line,) = scanned(label(CANDY_LABEL, 3450)).state.basket.lines

    assert (line.sku, line.gross_minor, line.is_label_price) == ("GODIS", 3450, True)
    assert (line.content_grams, line.weight_grams) == (348, 0)


def test_a_label_that_differs_from_our_price_is_flagged_in_the_journal() -> None:
    shop = a_food_shop().with_item("Ost", "50,00", sku="OST", gtin=label("20100009", 0))
    till = scanned(label("20100009", 4200), shop=shop).pays_card()

    (line,) = till.shop.receipts[-1].lines
    assert (line.gross_minor, line.price_differs) == (4200, True)


def test_a_label_with_a_weight_sells_by_that_weight() -> None:
    (line,) = scanned(label(NUTS_LABEL, 452)).state.basket.lines

    assert (line.weight_grams, line.unit_price_minor, line.gross_minor) == (452, 19900, 8995)


def test_a_weight_and_a_price_on_a_pack_sell_at_the_price_and_flag_the_difference() -> None:
    shop = a_food_shop().with_item(
        "Lax",
        "200,00",
        sku="LAX",
        gtin="9" + PACK[1:13] + check_digit("9" + PACK[1:13]),
        sold_by=SoldBy.WEIGHT,
    )
    gtin = shop.items["LAX"].gtin
    (right,) = scanned(f"01{gtin}31030004523922{9040:06d}", "e0", shop).state.basket.lines
    (wrong,) = scanned(f"01{gtin}31030004523922{9050:06d}", "e0", shop).state.basket.lines

    assert (right.gross_minor, right.content_grams, right.price_differs) == (9040, 452, False)
    assert (wrong.gross_minor, wrong.price_differs) == (9050, True)


def test_lot_serial_and_date_stay_with_the_line() -> None:
    till = scanned(f"01{PACK}1726123110LOT7\x1d21S9", "d2").pays_card()

    (line,) = till.shop.receipts[-1].lines
    assert (line.lot, line.serial, line.expires_on) == ("LOT7", "S9", "2026-12-31")


@pytest.mark.parametrize("date", ["17261121", "15261121", "17261000"])
def test_an_expired_pack_needs_a_manager(date: str) -> None:
    till = scanned(f"01{PACK}{date}", "d2")
    assert till.state.approval is not None
    assert (till.state.approval.action, till.state.basket.lines) == ("sell_expired", ())

    till.approves(MARIA)

    (line,) = till.state.basket.lines
    assert (line.sku, line.expiry_approved_by) == ("YOG", MARIA)


@pytest.mark.parametrize("date", ["17261122", "17261100", "15271231"])
def test_a_pack_is_good_to_the_end_of_its_day_or_month(date: str) -> None:
    assert len(scanned(f"01{PACK}{date}", "d2").state.basket.lines) == 1


@pytest.mark.parametrize(
    ("code", "symbology", "key"),
    [
        (f"01{PACK}10LOT117261231", "d2", "code.separator"),
        (label(CANDY_LABEL, 0), "E0", "code.no_measure"),
        (label("20999999", 100), "E0", "code.unknown_label"),
        (coded("981012345678"), "E0", "code.coupon"),
        (coded("980012345678"), "E0", "code.refund_slip"),
        ("M-700001", "C0", "code.loyalty"),
        ("GK-4711AB99", "C0", "code.gift_card"),
        ("00373108650000000012", "C1", "code.logistic"),
        ("1-1-000147", "C0", "item.is_receipt"),
        ("7310865004704", "E0", "item.damaged"),
        (coded("731086500471"), "E0", "item.unknown"),
    ],
)
def test_each_kind_of_code_is_refused_in_words_of_its_own(
    code: str, symbology: str, key: str
) -> None:
    assert refusal(code, symbology) == key


def test_a_weight_for_an_item_by_the_piece_is_refused() -> None:
    shop = a_food_shop().with_item("Bröd", "30,00", sku="BROD", gtin=label("23100007", 0))

    assert refusal(label("23100007", 500), shop=shop) == "code.not_by_weight"


def test_three_of_a_weighed_label_are_scanned_one_by_one() -> None:
    till = an_open_register(a_food_shop())

    with pytest.raises(Refused, match=r"quantity\.weighed"):
        till.do(commands.ScanCode(label(NUTS_LABEL, 452), "E0", quantity=3))


def test_a_deposit_slip_is_a_line_for_each_rate_that_pays_out() -> None:
    till = scanned(a_slip(), "C0")

    rows = [(r.gross_minor, r.tax_rate_basis_points, r.name) for r in till.state.basket.lines]
    assert rows == [(-200, 2500, "Pant"), (-320, 600, "Pant")]


def test_a_deposit_alone_is_paid_out_on_a_return_receipt() -> None:
    till = scanned(a_slip(), "C0").pays_cash()

    receipt = till.shop.receipts[-1]
    assert (receipt.kind, receipt.total_minor, receipt.vat_minor) == (
        ReceiptKind.RETURN,
        -520,
        -58,
    )


def test_a_deposit_among_goods_lowers_what_is_paid_and_stays_a_sale() -> None:
    till = scanned(a_slip(), "C0").scans(SHOES).pays_card()

    receipt = till.shop.receipts[-1]
    assert (receipt.kind, receipt.total_minor) == (ReceiptKind.SALE, kr("899") - 520)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"shop": "054321"}, "deposit.other_store"),
        ({"day": 327}, "deposit.wrong_date"),
        ({"standard": 0, "food": 0}, "deposit.nothing"),
    ],
)
def test_a_slip_that_is_not_ours_to_pay_is_refused(changes: dict[str, Any], key: str) -> None:
    assert refusal(a_slip(**changes), "C0") == key


def test_a_slip_older_than_it_is_remembered_is_refused() -> None:
    old = a_slip().replace("176325", "175001")

    assert refusal(old, "C0") == "deposit.too_old"


def test_a_till_that_knows_no_machine_takes_no_slip() -> None:
    shop = a_food_shop()
    shop.deposit_shop = ""

    assert refusal(a_slip(), "C0", shop) == "deposit.not_set_up"


def test_a_slip_is_good_once() -> None:
    till = scanned(a_slip(), "C0")
    with pytest.raises(Refused, match=r"deposit\.in_basket"):
        till.do(commands.ScanCode(a_slip(), "C0"))
    till.pays_cash()

    with pytest.raises(Refused, match=r"deposit\.used"):
        till.do(commands.ScanCode(a_slip(), "C0"))


def test_a_slip_is_voided_whole_and_may_come_again() -> None:
    till = scanned(a_slip(), "C0").do(commands.VoidLine(1))

    assert not till.state.has_basket
    assert len(till.do(commands.ScanCode(a_slip(), "C0")).state.basket.live) == 2


def test_a_deposit_is_never_discounted() -> None:
    till = scanned(a_slip(), "C0")

    with pytest.raises(Refused, match=r"deposit\.fixed"):
        till.do(commands.DiscountLine(1, "goodwill", basis_points=1000))


@pytest.mark.parametrize(
    ("code", "symbology", "kind"),
    [
        (a_slip(), "C0", CodeClass.DEPOSIT),
        (label(CANDY_LABEL, 100), "E0", CodeClass.PRODUCT),
        ("1-1-000147", "C0", CodeClass.RECEIPT),
        ("7310865004704", "E0", CodeClass.DAMAGED),
        ("GK-4711AB99", "C0", CodeClass.OTHER),
    ],
)
def test_screens_are_told_the_class_of_a_code(code: str, symbology: str, kind: CodeClass) -> None:
    assert classify(code, symbology) is kind
