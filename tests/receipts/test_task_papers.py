"""The papers that go with a task's goods."""

from __future__ import annotations

import pytest

from central_sync.countries.se import SWEDEN
from central_sync.retail.transaction import Seller
from hardware.printers.text import to_lines
from pos_client.receipts.task_papers import delivery_note, pick_list
from tests.register.tasking import an_offer

UMEA = Seller("Två Par AB", "559999-4703", "s09", "Två Par Umeå", "Kungsgatan 62", "903 26", "Umeå")


@pytest.mark.parametrize(
    ("store", "is_named"), [("Två Par Uppsala", True), ("Två Par Umeå", False), ("", False)]
)
def test_papers_name_the_store_that_the_parcel_goes_to_and_not_their_own(
    store: str, is_named: bool
) -> None:
    task = an_offer(mode="collect" if store else "ship", collect_store_name=store)

    fetched = pick_list(task, UMEA.store_name, SWEDEN, "2026-11-22 13:00")
    sent = delivery_note(task, (), UMEA, SWEDEN, "2026-11-22 13:00")

    for paper in (fetched, sent):
        assert ("Hämtas i Två Par" in "\n".join(to_lines(paper, 42))) is is_named
