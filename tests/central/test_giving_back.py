"""Central gives a workstation its own entries back, byte for byte, and nobody else's."""

from __future__ import annotations

import httpx

from central_sync.server.central import Central
from central_sync.server.giving_back import PAGE_ENTRIES, kept_entries
from tests.central.office import enrolled, sale


def test_a_workstation_gets_its_own_entries_back_as_it_sent_them(
    central: Central, http: httpx.Client
) -> None:
    till, other = enrolled(central), enrolled(central, label="2")
    till.sell(sale(1))
    till.note()
    assert till.send(http).status_code == 200
    ask = {"epoch": "1", "after": "0"}
    mine = http.get("/v1/journal", params=ask, headers=till.headers).json()
    assert [(e["sequence"], e["body"].encode()) for e in mine["entries"]] == [
        (e.sequence, e.body) for e in till.entries
    ]
    assert mine["more"] is False
    assert http.get("/v1/journal", params=ask, headers=other.headers).json()["entries"] == []


def test_a_long_journal_comes_in_pages(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    for _ in range(PAGE_ENTRIES + 2):
        till.note()
    for start in (0, 300):
        assert till.send(http, till.entries[start : start + 300]).status_code == 200
    with central.database.reading() as connection:
        first = kept_entries(connection, till.workstation_id, 1, 0)
        rest = kept_entries(connection, till.workstation_id, 1, PAGE_ENTRIES)
    assert (len(first.entries), first.more) == (PAGE_ENTRIES, True)
    assert ([e.sequence for e in rest.entries], rest.more) == (
        [PAGE_ENTRIES + 1, PAGE_ENTRIES + 2],
        False,
    )
