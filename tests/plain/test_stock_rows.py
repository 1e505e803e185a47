"""What other stores have, as it is spoken."""

from __future__ import annotations

from pos_client.plain.found import answer_reply
from pos_client.plain.speech import Speech
from pos_client.register.stock_queries import AskStock, ChainStock, ItemStock, SiteStock
from pos_client.texts import words


def test_a_store_is_told_with_the_age_of_its_figure_or_as_never_heard() -> None:
    heard = SiteStock("s02", "Mölndal", "store", 3, "few", 7_300)
    silent = SiteStock("s03", "Borås", "store", 1, "last", 5_184_000, never_heard=True)
    stock = ChainStock((ItemStock("SKO-42", 4, "few", (heard, silent)),), is_live=True)

    rows = answer_reply(AskStock(("SKO-42",)), stock, Speech(words("sv"))).rows

    assert rows == ("Mölndal: 3. 2 tim gammalt.", "Borås: 1. Aldrig hörd.")
