"""A card payment on the screen: it is shown, it can be stopped, and nothing else is taken."""

from __future__ import annotations

from dataclasses import replace

from hardware.ports import CardAnswer, CardOutcome
from pos_client.register import commands
from pos_client.register.card import CardState
from pos_client.register.card_paying import what_follows
from pos_client.register.events import CardMoved
from pos_client.register.view import Mode
from pos_client.screens.keys import ENTER
from tests.builders import MARIA, SHOES, SOCKS, a_shoe_shop, an_open_register
from tests.screens.core_twin import SETUP, Desk, Register, f


def at_a_till_with_a_terminal() -> Desk:
    shop = a_shoe_shop()
    shop.has_card_terminal = True
    desk = Desk(Register(an_open_register(shop)))
    reasons = replace(SETUP, card_reasons=("bank_report", "other"))
    desk.register.around = replace(desk.register.around, setup=reasons)
    return desk


def paying() -> Desk:
    return at_a_till_with_a_terminal().scans(SHOES).keys(f(10))


def comes_to(desk: Desk, state: CardState, answer: CardAnswer | None = None) -> Desk:
    """The terminal has told."""
    driver = desk.register.driver
    card = driver.state.cards[0]
    moved = replace(card, state=state, answer=answer or card.answer)
    driver.apply(what_follows(driver.state, moved, driver.shop, driver._facts()))
    return desk.news()


def approved(desk: Desk, approved_minor: int = 0) -> CardAnswer:
    card = desk.register.driver.state.cards[0]
    amount = approved_minor or card.amount_minor
    return CardAnswer(card.service_id, CardOutcome.APPROVED, amount, brand="Visa")


def test_a_payment_under_way_shows_its_amount_and_how_to_stop_it() -> None:
    desk = comes_to(paying(), CardState.SENT)

    assert desk.page == "card"
    assert "Betalning pågår i terminalen 899,00 kr" in desk.text().replace("\u00a0", " ")
    assert "Esc" in desk.text()


def test_escape_is_a_wish_and_leaves_the_page_where_it_is() -> None:
    desk = comes_to(paying(), CardState.SENT).escapes()

    assert isinstance(desk.register.done[-1], commands.AbortCard)
    assert desk.page == "card"
    assert "Dess svar avgör" in desk.text()


def test_scans_are_refused_while_the_terminal_works() -> None:
    desk = comes_to(paying(), CardState.SENT).scans(SOCKS, scan_id=7)

    assert desk.register.refused_scans == [7]
    assert desk.view.item_count == 1


def test_an_approved_payment_ends_on_the_empty_sale() -> None:
    desk = comes_to(paying(), CardState.SENT)
    comes_to(desk, CardState.APPROVED, approved(desk))

    assert desk.page == "sale"
    assert desk.view.last_receipt is not None


def test_a_declined_card_leads_back_to_the_tenders() -> None:
    desk = comes_to(comes_to(paying(), CardState.SENT), CardState.DECLINED)

    assert desk.page == "tender"
    assert desk.view.mode is Mode.SALE


def test_enter_never_confirms_a_signature() -> None:
    desk = comes_to(comes_to(paying(), CardState.SENT), CardState.SIGNING, None)
    before = len(desk.register.done)
    desk.keys(ENTER)
    assert len(desk.register.done) == before

    desk.keys("2")
    assert desk.register.done[-1] == commands.ConfirmSignature(is_good=False)


def test_a_payment_without_an_answer_is_set_aside_by_a_digit() -> None:
    desk = comes_to(comes_to(paying(), CardState.SENT), CardState.UNKNOWN).keys("1")

    assert desk.page == "sale"
    assert desk.view.item_count == 0
    assert len(desk.view.cards) == 1


def test_a_payment_set_aside_is_settled_from_the_menu_with_a_reason_and_a_manager() -> None:
    desk = comes_to(comes_to(paying(), CardState.SENT), CardState.UNKNOWN).keys("1")
    desk.keys(f(1), "+")
    assert desk.page == "cards"
    assert "Terminalen vet inte" in desk.text()

    desk.keys("1", "2", "1")
    assert desk.page == "approval"
    desk.enters(MARIA, "9876")
    assert desk.view.cards == ()
    assert desk.view.due_minor == 89_900


def test_the_menu_has_no_card_list_when_nothing_is_undecided() -> None:
    desk = at_a_till_with_a_terminal().keys(f(1))
    assert "Kort:" not in desk.text()

    desk.keys("+")
    assert desk.page == "menu"


def test_a_sale_whose_payment_was_told_at_last_is_fetched_by_a_digit() -> None:
    desk = comes_to(comes_to(paying(), CardState.SENT), CardState.UNKNOWN).keys("1")
    driver = desk.register.driver
    card = driver.state.cards[0]
    driver.apply([CardMoved(replace(card, state=CardState.APPROVED, answer=approved(desk)))])
    desk.news().keys(f(1), "+", "1", "1")

    assert driver.receipt.payments[0].amount_minor == 89_900
    assert desk.view.cards == ()
