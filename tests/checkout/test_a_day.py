"""A whole day at the cash desk, on real files."""

from __future__ import annotations

from pathlib import Path

from central_sync.retail.till import TillTotals, opened, with_receipt
from central_sync.wire.entries import EntryKind
from hardware.document import Document
from hardware.printers.text import to_text
from pos_client.register import commands
from tests.builders import ANNA, MAGAZINE, MARIA, SHOES, SOCKS, gtin, kr
from tests.checkout.core_harness import Desk, a_home


def text(document: Document) -> str:
    return to_text(document, 42)


def a_busy_morning(desk: Desk) -> Desk:
    """Three sales (cash, card, split) and a return."""
    desk.signs_on(ANNA).opens("1000")
    desk.scans(SHOES, SOCKS).pays_cash("1000")
    desk.scans(MAGAZINE, MAGAZINE).pays_card()
    desk.scans(SHOES).pays_card("500").pays_cash()
    return desk.takes_back("1-1-1", 2).pays_cash()


def test_z_is_the_sum_of_the_receipts(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk).closes(cash="2298", card="659")
        (z,) = desk.reports(EntryKind.Z_REPORT)
        expected = opened(z.totals.business_day, kr("1000"), TillTotals().grand)
        for receipt in desk.sold():
            expected = with_receipt(expected, receipt)
    assert z.totals.tax_groups == expected.tax_groups
    assert z.totals.tenders == expected.tenders
    assert (z.totals.sales, z.totals.returns) == (expected.sales, expected.returns)
    assert z.totals.grand == expected.grand
    assert z.totals.sales_minor == kr("2006,90")
    assert z.totals.returns.amount_minor == kr("49,90")


def test_z_holds_what_was_counted_against_what_should_be_there(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk).closes(cash="2297")
        (z,) = desk.reports(EntryKind.Z_REPORT)
    cash, card = z.counts
    assert (cash.expected_minor, cash.counted_minor) == (kr("2298"), kr("2297"))
    assert cash.difference_minor == -kr("1")
    assert (card.expected_minor, card.counted_minor) == (kr("659"), 0)


def test_a_drawer_that_is_paid_below_zero_is_told_of_with_what_it_lacks(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens("500").scans(SHOES).pays_card()
        desk.takes_back("1-1-1").pays_cash()
        assert desk.state.approval is not None
        assert desk.state.approval.limit_minor == kr("500")

        message = desk.approves(MARIA).desk.message

    assert message is not None
    assert message.key == "sale.refunded_short"
    assert message.values is not None
    assert message.values["amount_minor"] == kr("399")


def test_the_journal_tells_the_day_in_order(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk).do(commands.PrintXReport()).do(commands.CopyReceipt("1"))
        desk.do(commands.CheckPrice(SHOES)).scans(SHOES).do(commands.VoidBasket())
        desk.scans(SOCKS).do(commands.Suspend())
        desk.do(commands.Resume(desk.shop.suspended()[0].basket.basket_id)).pays_cash()
        desk.closes(cash="0").do(commands.SignOff())
        desk.desk.stopped()
        assert desk.kinds() == [
            "started", "signed_on", "day_opened", "receipt", "receipt", "receipt", "receipt",
            "x_report", "receipt_copied", "price_checked", "basket_voided", "basket_suspended",
            "basket_resumed", "receipt", "z_report", "signed_off", "stopped",
        ]  # fmt: skip
        assert desk.records.journal.first_broken() is None
        assert {body.operator for body in desk.bodies()[1:-1]} == {ANNA}


def test_every_entry_of_a_day_carries_the_day_and_the_store(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk).closes(cash="0")
        bodies = desk.bodies()[2:]
        assert len({body.business_day for body in bodies}) == 1
        assert {(body.store, body.workstation) for body in bodies} == {("s01", "s01-1")}
        assert len({body.id for body in bodies}) == len(bodies)


def test_a_receipts_id_is_its_entrys_id(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk)
        ids = [body.id for body in desk.bodies() if body.kind == EntryKind.RECEIPT]
        assert ids == [receipt.receipt_id for receipt in desk.sold()]


def test_the_drawer_opens_for_cash_and_for_nothing_else(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card()
        assert desk.hands.pulses == 0
        desk.scans(SHOES).pays_cash()
        desk.scans(SHOES).pays_card("500").pays_cash()
        assert desk.hands.pulses == 2


def test_a_drawer_opened_without_a_sale_is_counted_and_on_the_record(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(MARIA).opens().scans(SHOES).pays_cash()
        desk.do(commands.OpenDrawer("change")).closes(cash="0")
        assert desk.hands.pulses == 2
        (z,) = desk.reports(EntryKind.Z_REPORT)
        assert (z.totals.drawer_openings, z.totals.no_sales) == (2, 1)
        assert "drawer_opened" in desk.kinds()


def test_cash_moved_by_hand_is_in_the_drawer_on_paper_in_the_journal_and_in_the_count(
    tmp_path: Path,
) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(MARIA).opens("1000").do(commands.Loan(kr("500"), "safe"))
        assert (desk.said, desk.values["amount_minor"]) == ("drawer.loan", kr("500"))
        desk.do(commands.Pickup(kr("300"), "flowers")).do(commands.PrintXReport())
        assert [job.kind for job in desk.paper()] == ["cash_slip", "cash_slip", "x_report"]
        assert desk.shop.drawer_cash_minor == kr("1200")
        desk.do(commands.Pickup(kr("1300"), "safe"))
        assert (desk.said, desk.values["amount_minor"]) == ("drawer.pickup_short", kr("100"))
        desk.do(commands.Loan(kr("1300"), "safe"))

        desk.closes(cash="1200")

        assert desk.hands.pulses == 4
        told = [body.payload for body in desk.bodies() if body.kind in ("loan", "pickup")]
        assert told[0] == {"amount_minor": kr("500"), "reason": "safe", "approved_by": ""}
        assert (told[1]["amount_minor"], told[1]["reason"]) == (kr("300"), "flowers")
        (z,) = desk.reports(EntryKind.Z_REPORT)
        assert (z.totals.loans.amount_minor, z.totals.no_sales) == (kr("1800"), 4)
        assert [(c.expected_minor, c.difference_minor) for c in z.counts] == [(kr("1200"), 0)]


def test_change_is_the_first_thing_said(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_cash("1000")
        assert (desk.said, desk.values["change_minor"]) == ("sale.change", kr("101"))
        desk.scans(SHOES).pays_card()
        assert desk.said == "sale.done"


def test_every_paper_waits_in_the_order_of_the_day(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        a_busy_morning(desk).do(commands.PrintXReport()).do(commands.CopyReceipt("2"))
        desk.closes(cash="0")
        papers = desk.paper()
        assert [(job.kind, job.receipt_number) for job in papers] == [
            ("receipt", "s01-1-1-1"),
            ("receipt", "s01-1-1-2"),
            ("receipt", "s01-1-1-3"),
            ("receipt", "s01-1-1-4"),
            ("x_report", ""),
            ("copy", "s01-1-1-2"),
            ("z_report", ""),
        ]
        assert "RETURKVITTO" in text(papers[3].document)
        assert "KOPIA" in text(papers[5].document)
        assert not any("KOPIA" in text(job.document) for job in papers[:5])


def test_a_receipt_carries_its_seal_and_the_notice_of_the_demo_unit(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card()
        (receipt,) = desk.sold()
        assert receipt.seal is not None
        assert receipt.seal.counter == 1
        (job,) = desk.paper()
        assert receipt.seal.code[:20] in text(job.document).replace("\n", "")
        assert "EJ GODKÄND KONTROLLENHET" in text(job.document)


def test_a_receipt_is_copied_once_ever_and_the_copy_is_sealed(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card().do(commands.CopyReceipt())
        assert desk.said == "receipt.copied"
        assert desk.do(commands.CopyReceipt("1")).said == "receipt.copied_already"
        (copied,) = [body for body in desk.bodies() if body.kind == EntryKind.RECEIPT_COPIED]
        assert copied.payload["seal"]["counter"] == 2
    with Desk(tmp_path) as desk:
        assert desk.do(commands.CopyReceipt("1")).said == "receipt.copied_already"


def test_a_copy_made_between_two_days_is_in_the_next_z(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card().closes(card="899")
        desk.do(commands.CopyReceipt("1")).opens("0").closes(cash="0")
        first, second = desk.reports(EntryKind.Z_REPORT)
    assert (first.totals.copies.count, second.totals.copies.count) == (0, 1)


def test_z_reports_are_numbered_without_gaps_over_restarts(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    for _ in range(3):
        with Desk(home) as desk:
            if desk.state.operator is None:
                desk.signs_on(ANNA)
            desk.opens("100").closes(cash="100")
    with Desk(home) as desk:
        assert [z.number for z in desk.reports(EntryKind.Z_REPORT)] == [1, 2, 3]


def test_grand_totals_never_start_over(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    for _ in range(2):
        with Desk(home) as desk:
            if desk.state.operator is None:
                desk.signs_on(ANNA)
            desk.opens("0").scans(SHOES).pays_card().closes(card="899")
    with Desk(home) as desk:
        grand = [z.totals.grand.sales_minor for z in desk.reports(EntryKind.Z_REPORT)]
    assert grand == [kr("899"), kr("1798")]


def test_a_parked_basket_is_told_in_z_and_lives_on(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).do(commands.Suspend()).closes(cash="1000")
        (z,) = desk.reports(EntryKind.Z_REPORT)
        assert (z.totals.unfinished.count, z.totals.unfinished.amount_minor) == (1, kr("899"))
        assert len(desk.shop.suspended()) == 1


def test_the_shelf_follows_what_this_register_sold_since_central_counted(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        assert desk.shop.on_hand("SKO-42") == 10
        desk.signs_on(ANNA).opens().scans(SHOES, SHOES).pays_card()
        assert desk.shop.on_hand("SKO-42") == 8
        desk.takes_back("1", 1).pays_card()
        assert desk.shop.on_hand("SKO-42") == 9
        assert desk.shop.on_hand("OPEN-25") is None


def test_an_unknown_code_beeps_twice_and_adds_nothing(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens().scans(gtin(77))
        assert desk.desk.message is not None
        assert (desk.said, desk.desk.message.beeps) == ("item.unknown", 2)
        assert not desk.state.has_basket


def test_a_new_epoch_goes_on_above_the_highest_number(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card()
    with Desk(home, epoch=2) as desk:
        desk.scans(SHOES).pays_card()
        assert desk.sold()[-1].receipt_number == "s01-1-2-2"
        assert desk.records.journal.first_broken() is None
