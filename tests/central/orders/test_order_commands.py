"""`spindel central orders`: what head office is told, and what it can do with that."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from central_sync.retail.orders import commands
from central_sync.server.central import Central, make_central
from central_sync.server.order_commands import orders
from tests.central.orders.shop import open_shop, order, say


def test_head_office_sees_what_is_to_be_paid_back_and_can_say_by_that_key_that_it_was(
    central: Central,
) -> None:
    make_central(central.settings)
    room = open_shop(central, {"SKU-1": {"s02": 2}})
    placed = order(room, "SKU-1", "SKU-1", is_paid=True)
    say(room, placed.order_id, commands.CancelPieces(1, 1, "customer"))
    place = ["--home", str(central.settings.home), "--database", central.settings.database_url]
    run = CliRunner()

    owed = run.invoke(orders, ["show", placed.number, *place]).stdout
    [key] = re.findall(r"Refund (\S+), line 1, to be paid: [\d.]+ SEK web\.", owed)
    told = run.invoke(orders, ["refunded", placed.number, key, *place])
    paid = run.invoke(orders, ["show", placed.number, *place]).stdout

    assert told.exit_code == 0, told.stderr
    assert re.search(rf"Refund {re.escape(key)}, line 1, paid \S+: ", paid)
