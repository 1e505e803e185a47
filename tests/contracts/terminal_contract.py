"""What every PaymentTerminal must do (hardware.ports.PaymentTerminal)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from hardware.emulators.terminal_bank import Bank
from hardware.errors import DeviceError
from hardware.memory import Fate
from hardware.ports import (
    CardKind,
    CardOutcome,
    CardReference,
    CardRequest,
    Health,
    PaymentTerminal,
    ReversalRequest,
)


@dataclass(frozen=True, slots=True)
class TerminalUnderTest:
    """`bank` judges; `expect` tells what the next request meets; `forget` empties its log."""

    terminal: PaymentTerminal
    bank: Bank
    expect: Callable[[Fate], None]
    forget: Callable[[], None]


def a_payment(service_id: str = "A000000001", **changes: object) -> CardRequest:
    request = CardRequest(
        service_id=service_id,
        transaction_id="sale-1",
        at="2026-11-22T13:32:00Z",
        amount_minor=19_900,
        currency="SEK",
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def a_reversal(
    reference: CardReference, service_id: str = "A000000009", reversed_id: str = "A000000001"
) -> ReversalRequest:
    return ReversalRequest(
        service_id=service_id,
        at="2026-11-22T13:33:00Z",
        reversed_service_id=reversed_id,
        reference=reference,
        amount_minor=19_900,
        currency="SEK",
    )


class TerminalContract:
    def test_an_approved_payment_charges_what_was_asked(self, card: TerminalUnderTest) -> None:
        answer = card.terminal.pay(a_payment())

        assert (answer.outcome, answer.approved_minor) == (CardOutcome.APPROVED, 19_900)
        assert answer.service_id == "A000000001"
        assert card.bank.charged == {"sale-1": 19_900}

    def test_an_approved_payment_names_card_and_reference(self, card: TerminalUnderTest) -> None:
        answer = card.terminal.pay(a_payment())

        assert answer.reference is not None
        assert answer.reference.poi_transaction_id
        assert answer.brand
        assert "*" in answer.masked_pan
        assert answer.cardholder_receipt

    @pytest.mark.parametrize("amount_minor", [1, 10, 99, 100, 110, 123_456_789])
    def test_every_amount_arrives_as_it_was_asked(
        self, card: TerminalUnderTest, amount_minor: int
    ) -> None:
        answer = card.terminal.pay(a_payment(amount_minor=amount_minor))

        assert answer.approved_minor == amount_minor
        assert card.bank.charged == {"sale-1": amount_minor}

    @pytest.mark.parametrize(
        ("fate", "outcome"),
        [
            (Fate.DECLINE, CardOutcome.DECLINED),
            (Fate.ABORTED, CardOutcome.ABORTED),
            (Fate.BUSY, CardOutcome.BUSY),
        ],
    )
    def test_a_payment_that_is_not_approved_charges_nothing(
        self, card: TerminalUnderTest, fate: Fate, outcome: CardOutcome
    ) -> None:
        card.expect(fate)

        answer = card.terminal.pay(a_payment())

        assert answer.outcome is outcome
        assert answer.approved_minor == 0
        assert not any(card.bank.charged.values())

    def test_a_no_says_why(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.DECLINE)

        assert card.terminal.pay(a_payment()).reason

    def test_a_busy_terminal_takes_the_same_request_later(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.BUSY)
        card.terminal.pay(a_payment())

        assert card.terminal.pay(a_payment()).outcome is CardOutcome.APPROVED
        assert card.bank.charged == {"sale-1": 19_900}

    def test_part_of_an_amount_may_be_approved(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.PARTIAL)

        answer = card.terminal.pay(a_payment())

        assert answer.outcome is CardOutcome.APPROVED
        assert 0 < answer.approved_minor < 19_900
        assert card.bank.charged == {"sale-1": answer.approved_minor}

    def test_a_tip_is_beside_the_approved_amount(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.TIP)

        answer = card.terminal.pay(a_payment())

        assert (answer.approved_minor, answer.tip_minor) == (19_900, 1_990)
        assert card.bank.charged == {"sale-1": 21_890}

    def test_cashback_is_beside_the_approved_amount(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.CASHBACK)

        answer = card.terminal.pay(a_payment())

        assert (answer.approved_minor, answer.cashback_minor) == (19_900, 10_000)
        assert card.bank.charged == {"sale-1": 29_900}

    @pytest.mark.parametrize(
        ("fate", "cashback"), [(Fate.CASHBACK, 4_000), (Fate.CASHBACK_OVER, 10_000)]
    )
    def test_cashback_keeps_to_what_the_drawer_holds_where_the_terminal_heeds_it(
        self, card: TerminalUnderTest, fate: Fate, cashback: int
    ) -> None:
        card.expect(fate)

        answer = card.terminal.pay(a_payment(most_cashback_minor=4_000))

        assert (answer.approved_minor, answer.cashback_minor) == (19_900, cashback)
        assert card.bank.charged == {"sale-1": 19_900 + cashback}

    def test_a_signature_is_asked_for(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.SIGNATURE)

        answer = card.terminal.pay(a_payment())

        assert answer.needs_signature
        assert answer.merchant_receipt

    def test_an_offline_approval_is_told(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.OFFLINE)

        assert card.terminal.pay(a_payment()).is_offline

    def test_a_lost_answer_is_told_by_status(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.LOSE_REPLY)
        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())

        answer = card.terminal.status("A000000001")

        assert (answer.outcome, answer.approved_minor) == (CardOutcome.APPROVED, 19_900)
        assert answer.service_id == "A000000001"
        assert answer.reference is not None

    def test_a_lost_no_is_told_by_status(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.LOSE_DECLINE)
        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())

        assert card.terminal.status("A000000001").outcome is CardOutcome.DECLINED

    def test_a_lost_request_is_not_found(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.LOSE_REQUEST)
        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())
        card.terminal.settle()

        assert card.terminal.status("A000000001").outcome is CardOutcome.NOT_FOUND
        assert not card.bank.charged

    def test_a_late_request_is_known_after_settling(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.LATE_REQUEST)
        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())
        assert card.terminal.status("A000000001").outcome is CardOutcome.NOT_FOUND

        card.terminal.settle()

        final = card.terminal.status("A000000001")
        charged = card.bank.charged.get("sale-1", 0)
        assert (final.outcome is CardOutcome.APPROVED) == (charged == 19_900)
        assert (final.outcome is CardOutcome.NOT_FOUND) == (charged == 0)

    def test_status_says_in_progress_until_it_is_decided(self, card: TerminalUnderTest) -> None:
        card.expect(Fate.IN_PROGRESS)
        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())
        seen = [card.terminal.status("A000000001").outcome for _ in range(3)]

        assert seen == [CardOutcome.IN_PROGRESS, CardOutcome.IN_PROGRESS, CardOutcome.APPROVED]
        assert card.bank.charged == {"sale-1": 19_900}

    def test_a_request_sent_twice_is_charged_once(self, card: TerminalUnderTest) -> None:
        first = card.terminal.pay(a_payment())

        assert card.terminal.pay(a_payment()) == first
        assert card.bank.charged == {"sale-1": 19_900}

    def test_a_request_never_sent_is_not_found(self, card: TerminalUnderTest) -> None:
        assert card.terminal.status("A000000042").outcome is CardOutcome.NOT_FOUND

    def test_a_terminal_that_lost_its_log_is_not_believed(self, card: TerminalUnderTest) -> None:
        card.terminal.pay(a_payment("A000000001"))
        card.terminal.pay(a_payment("A000000002"))
        card.forget()

        assert card.terminal.status("A000000002", "A000000001").outcome is CardOutcome.UNKNOWN
        assert card.terminal.status("A000000002").outcome is CardOutcome.UNKNOWN

    def test_a_witness_lets_not_found_be_believed(self, card: TerminalUnderTest) -> None:
        card.terminal.pay(a_payment("A000000001"))

        answer = card.terminal.status("A000000002", witness="A000000001")

        assert answer.outcome is CardOutcome.NOT_FOUND

    def test_a_reversal_takes_the_money_back(self, card: TerminalUnderTest) -> None:
        paid = card.terminal.pay(a_payment())
        assert paid.reference is not None

        answer = card.terminal.reverse(a_reversal(paid.reference))

        assert (answer.outcome, answer.service_id) == (CardOutcome.APPROVED, "A000000009")
        assert answer.approved_minor == 19_900
        assert card.bank.charged == {"sale-1": 0}

    def test_a_payment_is_reversed_once(self, card: TerminalUnderTest) -> None:
        paid = card.terminal.pay(a_payment())
        assert paid.reference is not None
        card.terminal.reverse(a_reversal(paid.reference))

        again = card.terminal.reverse(a_reversal(paid.reference, "A000000010"))

        assert again.outcome is CardOutcome.DECLINED
        assert card.bank.charged == {"sale-1": 0}

    def test_a_lost_answer_to_a_reversal_is_told_by_status(self, card: TerminalUnderTest) -> None:
        paid = card.terminal.pay(a_payment())
        assert paid.reference is not None
        card.expect(Fate.LOSE_REPLY)
        with pytest.raises(DeviceError):
            card.terminal.reverse(a_reversal(paid.reference))

        assert card.terminal.status("A000000009").outcome is CardOutcome.APPROVED
        assert card.bank.charged == {"sale-1": 0}

    def test_what_the_terminal_never_took_cannot_be_reversed(self, card: TerminalUnderTest) -> None:
        reference = CardReference("none", "2026-11-22T13:32:00Z")

        answer = card.terminal.reverse(a_reversal(reference))

        assert answer.outcome is CardOutcome.DECLINED
        assert not card.bank.charged

    def test_a_refund_gives_money(self, card: TerminalUnderTest) -> None:
        paid = card.terminal.pay(a_payment())

        answer = card.terminal.pay(
            a_payment(
                "A000000002",
                transaction_id="return-1",
                kind=CardKind.REFUND,
                amount_minor=9_900,
                original=paid.reference,
            )
        )

        assert (answer.outcome, answer.approved_minor) == (CardOutcome.APPROVED, 9_900)
        assert card.bank.charged == {"sale-1": 19_900, "return-1": -9_900}

    def test_totals_are_counted_by_brand(self, card: TerminalUnderTest) -> None:
        first = card.terminal.pay(a_payment("A000000001"))
        card.terminal.pay(a_payment("A000000002", amount_minor=100))
        card.terminal.pay(a_payment("A000000003", kind=CardKind.REFUND, amount_minor=40))
        assert first.reference is not None
        card.terminal.reverse(a_reversal(first.reference))

        totals = card.terminal.totals()

        assert [(count, amount) for _, count, amount in totals.payments] == [(1, 100)]
        assert [(count, amount) for _, count, amount in totals.refunds] == [(1, 40)]

    def test_reconciling_starts_the_sums_from_zero(self, card: TerminalUnderTest) -> None:
        card.terminal.pay(a_payment())

        closed = card.terminal.reconcile()

        assert [(count, amount) for _, count, amount in closed.payments] == [(1, 19_900)]
        assert card.terminal.totals().payments == ()

    def test_a_terminal_that_answers_is_ready(self, card: TerminalUnderTest) -> None:
        card.terminal.pay(a_payment())

        assert card.terminal.state().health is Health.READY

    def test_a_closed_terminal_takes_no_payment(self, card: TerminalUnderTest) -> None:
        card.terminal.close()

        with pytest.raises(DeviceError):
            card.terminal.pay(a_payment())
        assert not card.bank.charged
