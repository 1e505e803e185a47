"""What a till asks live, of the real central over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from central_sync.database import tables as t
from central_sync.engine.desk import HttpDesk
from central_sync.engine.enrol import enrol
from central_sync.engine.settings import read_settings
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import load_key
from central_sync.wire.quotes import QuoteLine, QuoteRequest
from tests.engine.real_central import RealCentral

SHOE = "LS2-BLA-42"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HttpDesk]:
    central = RealCentral(tmp_path / "central")
    with central.opened() as opened, opened.database.atomic() as connection:
        connection.execute(insert(t.store).values(store_id="s02", kind="store", name="Kalmar"))
        connection.execute(insert(t.stock_level).values(store_id="s02", sku=SHOE, on_hand=5))
    central.start()
    home = tmp_path / "till"
    identity = enrol(home, central.code(), central_url=central.url)
    settings = read_settings(home)
    with closing(HttpDesk(settings, load_key(home), identity.workstation_id)) as desk:
        yield desk
    central.stop()


def test_availability_names_every_site_that_has_the_item(desk: HttpDesk) -> None:
    (item,) = desk.availability([SHOE], "s01").items

    assert item.sku == SHOE
    assert "s02" in {site.store_id for site in item.sites}


def test_a_quote_is_held_on_and_let_go_and_an_unknown_one_is_refused(desk: HttpDesk) -> None:
    line = QuoteLine(line=2, sku=SHOE, quantity=1, mode="ship", gross_minor=89_900)
    wish = QuoteRequest(lines=[line], postcode="35230", basket_id="b-1", without_store_id="s01")
    quote = desk.quote(wish, "ask-1")

    assert [each.line for each in quote.lines] == [2]
    assert desk.extend_quote(quote.quote_id).quote_id == quote.quote_id
    desk.release_quote(quote.quote_id)
    with pytest.raises(SyncTrouble) as raised:
        desk.extend_quote("no-such-quote")
    assert raised.value.code is Code.REFUSED
