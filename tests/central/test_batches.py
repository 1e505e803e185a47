"""The form in which a journal travels since revision 2, and what its one signature covers."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
import zstandard
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.server.central import Central
from central_sync.wire.batch import MEDIA_TYPE, BadBatch, Batch, signed_batch, statement
from central_sync.wire.keys import verify
from tests.central.office import Workstation, count_of, enrolled, sale, states


@pytest.fixture
def till(central: Central) -> Workstation:
    till = enrolled(central)
    for number in range(1, 4):
        till.sell(sale(number))
    return till


def batch_of(till: Workstation, first: int = 1, last: int = 3) -> Batch:
    return signed_batch(till.entries[first - 1 : last], till.key, till.workstation_id)


def send(http: httpx.Client, till: Workstation, batch: Batch, **headers: str) -> httpx.Response:
    told = till.headers | {"Content-Type": MEDIA_TYPE} | headers
    return http.post("/v1/journal", content=batch.to_bytes(), headers=told)


def test_a_batch_is_read_as_it_was_written(till: Workstation) -> None:
    batch = batch_of(till)

    read = Batch.from_bytes(batch.to_bytes())

    assert read == replace(batch, hash_signature=b"")
    assert read.entries() == [replace(entry, signature=b"") for entry in till.entries]


def test_bodies_are_kept_byte_for_byte(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    content = zstandard.compress(batch_of(till).to_bytes())
    told = till.headers | {"Content-Type": MEDIA_TYPE, "Content-Encoding": "zstd"}

    reply = http.post("/v1/journal", content=content, headers=told).json()

    assert (reply["status"], reply["accepted"]) == ("accepted", 3)
    with central.database.reading() as connection:
        entry = t.journal_entry.c
        rows = connection.execute(
            select(entry.previous_hash, entry.hash, entry.body).order_by(entry.sequence)
        ).all()
    assert [tuple(row) for row in rows] == [(e.previous_hash, e.hash, e.body) for e in till.entries]


def test_a_repeat_gets_the_first_answer_in_either_form(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    first = send(http, till, batch_of(till)).json()

    again = [send(http, till, batch_of(till)).json(), till.send(http).json()]

    assert again == [first, first]
    assert count_of(central, t.journal_entry) == 3


def test_what_is_kept_of_a_signature_proves_whose_where_and_what(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    send(http, till, batch_of(till, 1, 1))
    send(http, till, batch_of(till, 2, 3))

    with central.database.reading() as connection:
        kept = connection.execute(
            select(t.batch_signature).where(t.batch_signature.c.sequence == 3)
        ).one()

    said = statement(
        *(till.workstation_id, kept.epoch, kept.first_sequence, kept.sequence),
        *(till.entries[0].hash, till.entries[2].hash),
    )
    assert (kept.first_sequence, kept.sequence) == (2, 3)
    assert verify(kept.public_key, kept.signature, said)


def test_an_older_tills_signature_is_kept_as_one_over_a_hash(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.send(http)

    with central.database.reading() as connection:
        kept = connection.execute(select(t.batch_signature)).one()

    assert kept.first_sequence == 0
    assert verify(kept.public_key, kept.signature, till.entries[2].hash)


def test_a_signature_is_good_for_one_place_in_one_journal(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    batch = batch_of(till)
    other = enrolled(central, label="2")
    moved = [
        replace(batch, epoch=2),
        replace(batch, first=4),
        replace(batch, bodies=batch.bodies[:2]),
        replace(batch, previous_hash=b"\1" * 32),
        replace(batch, hash=b"\1" * 32),
        replace(batch, bodies=[*batch.bodies[:2], batch.bodies[2] + b" "]),
        replace(batch, signature=batch.hash_signature),
        signed_batch(till.entries, till.key, other.workstation_id),
        signed_batch(till.entries, other.key, till.workstation_id),
    ]

    refused = [send(http, till, each).json()["code"] for each in moved]

    assert refused == ["invalid"] * len(moved)
    assert states(central) == []


HEAD = b'{"epoch":1,"first":1,"hash":"","previous_hash":"","signature":"","sizes":%s}\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the first line"),
        (b"[]\n", "an object"),
        (b"{}\n{}", "epoch"),
        (HEAD % b"[]", "sizes"),
        (HEAD % b"[-1]", "sizes"),
        (HEAD % b"[2,2]" + b"{}", "they make 4 bytes, and 2 came"),
        (HEAD % b"[2]" + b"{}{}", "they make 2 bytes, and 4 came"),
        (HEAD % (b"[" + b"0," * 1_000 + b"0]"), "sizes"),
        (HEAD % b"[5000000]", "sizes"),
        (HEAD % b"[1,1]" + "å".encode(), "entry 1 is no text"),
        ((HEAD % b"[2]").replace(b'"first":1', b'"first":0') + b"{}", "first"),
    ],
)
def test_bytes_that_are_no_batch_are_told_what_is_wrong(content: bytes, reason: str) -> None:
    with pytest.raises(BadBatch, match=reason):
        Batch.from_bytes(content)


def test_bytes_that_are_no_batch_are_refused(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    told = till.headers | {"Content-Type": MEDIA_TYPE}

    replies = [
        http.post("/v1/journal", content=content, headers=told)
        for content in (b"\xff", HEAD % b"[9]", batch_of(till).to_bytes()[:-1])
    ]

    assert [reply.status_code for reply in replies] == [422] * 3
    assert states(central) == []
