"""What goes out: signed webhooks that are tried again, letters, the carrier's label; the worker."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.messages import FolderMessenger
from central_sync.server.orders import sending, webhooks, working
from central_sync.server.orders.identities import collect_code
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.orders.working import Worker
from central_sync.wire.tasks import ParcelLabels, TaskBody, hash_of_code
from tests.central.faults import faults_of
from tests.central.office import Clock, count_of
from tests.central.orders.shop import now, open_shop, order, pick_all, quote, say
from tests.hardware.waiting import until


@dataclass(slots=True)
class Receiver:
    """A web shop's end of a webhook: answers what it is told to, keeps what it got."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.headers["Spindel-Signature"], body))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/spindel"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def room(central: Central) -> OrderRoom:
    return open_shop(central, {"SKU-1": {"s02": 3, "s03": 3}})


@pytest.fixture
def outlets(tmp_path: Path) -> Outlets:
    return Outlets(FolderCarrier(tmp_path / "parcels"), FolderMessenger(tmp_path / "letters"))


def hook(central: Central, receiver: Receiver, *events: str) -> webhooks.Hook:
    with central.database.atomic() as connection:
        return webhooks.add(connection, receiver.url, events, central.timestamp())


def states(central: Central) -> dict[str, str]:
    row = t.outgoing.c
    with central.database.reading() as connection:
        return {one.once: one.state for one in connection.execute(select(row.once, row.state))}


def folder_of(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "parcels").glob("*.json"))


def letters(tmp_path: Path) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((tmp_path / "letters").glob("*"))]


def test_a_webhook_is_signed_over_its_time_and_body(
    central: Central, room: OrderRoom, outlets: Outlets, receiver: Receiver
) -> None:
    made = hook(central, receiver, "order.placed")
    placed = order(room, "SKU-1")

    sending.send_due(room, outlets)

    [(signature, body)] = receiver.got
    seconds = int(central.now().timestamp())
    digest = hmac.new(made.secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    assert signature == f"t={seconds},v1={digest.hexdigest()}"
    assert json.loads(body)["order_id"] == placed.order_id
    assert b"Provsson" not in body


def test_a_webhook_is_tried_again_until_it_is_taken_and_then_no_more(
    central: Central, room: OrderRoom, outlets: Outlets, receiver: Receiver, clock: Clock
) -> None:
    hook(central, receiver, "order.placed")
    receiver.answers = [500, 503]
    order(room, "SKU-1")

    for _ in range(5):
        sending.send_due(room, outlets)
        clock.forward(minutes=2)

    assert len(receiver.got) == 3
    assert len({body for _, body in receiver.got}) == 1


def test_what_a_dead_process_was_sending_is_sent_by_the_next(
    central: Central, room: OrderRoom, outlets: Outlets, receiver: Receiver, clock: Clock
) -> None:
    hook(central, receiver, "order.placed")
    order(room, "SKU-1")
    row = t.outgoing.c
    with central.database.atomic() as connection:
        # The try was noted, and the process died before it sent anything.
        connection.execute(t.outgoing.update().values(tries=1, next_at="2026-11-22T12:01:00.000Z"))

    at_once = sending.send_due(room, outlets)
    clock.forward(minutes=2)
    sending.send_due(room, outlets)

    assert at_once == 0
    assert len(receiver.got) == 1
    with central.database.reading() as connection:
        assert connection.execute(select(row.state)).scalars().all() == ["sent"]


def test_a_packed_parcel_is_booked_and_its_tracking_follows_it(
    central: Central, room: OrderRoom, outlets: Outlets, tmp_path: Path
) -> None:
    placed = order(room, "SKU-1")
    parcel = pick_all(room, placed.order_id).parcels[0]

    sending.send_due(room, outlets)
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    done = say(room, placed.order_id, commands.HandOver(*place)).stored.order
    sending.send_due(room, outlets)

    booked = {path.stem: json.loads(path.read_text()) for path in folder_of(tmp_path)}
    tracking = done.parcels[0].tracking
    assert booked.pop(tracking)["receiver"]["name"] == "Anna Provsson"
    assert [back["sender"]["name"] for back in booked.values()] == ["Anna Provsson"]
    [letter] = letters(tmp_path)
    assert (letter["to_email"], tracking in letter["text"]) == ("anna@example.se", True)


def test_the_packing_store_gets_the_labels_sealed_and_nobody_else_a_name(
    central: Central, room: OrderRoom, outlets: Outlets
) -> None:
    parcel = pick_all(room, order(room, "SKU-1").order_id).parcels[0]

    sending.send_due(room, outlets)

    row, sent = t.store_task.c, t.outgoing.c
    with central.database.reading() as connection:
        tasks = connection.execute(select(row.body).where(row.store_id == parcel.store_id))
        body = TaskBody.model_validate_json(tasks.scalar_one())
        kept = connection.execute(select(sent.result).where(sent.kind == "label")).scalar_one()
    plain = body.labels.partition(":")[2][::-1]
    labels = ParcelLabels.model_validate_json(plain)
    assert labels.receiver[0] == "Anna Provsson"
    assert labels.tracking == body.tracking != labels.return_tracking
    assert labels.label.startswith("^XA")
    assert "Provsson" not in kept.replace(body.labels, "")


def test_a_customer_is_told_the_code_that_the_store_can_check(
    central: Central, room: OrderRoom, outlets: Outlets, tmp_path: Path
) -> None:
    placed = order(room, "SKU-1", mode="collect", collect="s02")
    parcel = pick_all(room, placed.order_id).parcels[0]
    say(room, placed.order_id, commands.MakeReady(parcel.parcel_id, "s02", "B4", ""))

    sending.send_due(room, outlets)

    code = collect_code(room.secret, parcel.parcel_id)
    row = t.store_task.c
    with central.database.reading() as connection:
        body = connection.execute(select(row.body).where(row.kind == "collect")).scalar_one()
    assert code in letters(tmp_path)[-1]["text"]
    assert json.loads(body)["code_hash"] == hash_of_code(parcel.parcel_id, code)
    assert now(room, placed.order_id).parcels[0].hold_until > central.timestamp()


def test_a_customer_is_told_what_is_to_be_paid_and_that_more_will_come(
    room: OrderRoom, outlets: Outlets, tmp_path: Path
) -> None:
    placed = order(room, "SKU-1", "SKU-1", mode="collect", collect="s02", is_paid=False)
    parcel = now(room, placed.order_id).parcels[0]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    say(room, placed.order_id, commands.ClaimParcel(*place))
    say(room, placed.order_id, commands.PickLine(*place, 1, 1))
    say(room, placed.order_id, commands.ShortLine(*place, 2, 1, "not_found"))
    say(room, placed.order_id, commands.PackParcel(*place))
    say(room, placed.order_id, commands.MakeReady(parcel.parcel_id, "s02", "B4", ""))

    sending.send_due(room, outlets)

    text = {one["kind"]: one["text"] for one in letters(tmp_path)}["ready"]
    assert f"Att betala när du hämtar: {placed.lines[0].gross_minor // 100},00 SEK." in text
    assert "Resten av ordern (1 st) kommer för sig." in text


def test_one_worker_leads_and_another_takes_over_when_it_is_gone(
    central: Central, clock: Clock
) -> None:
    def lead(holder: str) -> bool:
        with central.database.atomic() as connection:
            return working.lead(connection, holder, central.timestamp())

    first = [lead("a"), lead("b"), lead("a")]
    clock.forward(seconds=working.LEASE_SECONDS + 1)

    assert first == [True, False, True]
    assert [lead("b"), lead("a")] == [True, False]


def test_a_worker_sends_and_follows_in_one_round(
    central: Central, room: OrderRoom, outlets: Outlets, receiver: Receiver, clock: Clock
) -> None:
    hook(central, receiver)
    placed = order(room, "SKU-1")
    clock.forward(minutes=6)

    Worker(room, outlets).once()

    assert receiver.got
    assert now(room, placed.order_id).lines[0].rounds == 1


def test_a_worker_rests_while_nothing_happens(room: OrderRoom, outlets: Outlets) -> None:
    worker = Worker(room, outlets)
    worker.start()
    until(lambda: worker.rounds >= 2)

    begun, rounds = time.monotonic(), worker.rounds
    until(lambda: worker.rounds >= rounds + 4)
    rested_seconds = time.monotonic() - begun
    worker.stop()

    assert rested_seconds > 3 * working.LOOK_SECONDS * 0.9


def test_a_round_that_finds_nothing_commits_nothing(
    central: Central, room: OrderRoom, outlets: Outlets
) -> None:
    worker, commits = Worker(room, outlets), list[str]()
    worker.once()
    central.database.on_commit(lambda: commits.append("told everybody"))
    worker.once()
    assert commits == []


def test_a_job_that_fails_keeps_no_other_from_its_turn(
    central: Central, room: OrderRoom, outlets: Outlets, clock: Clock
) -> None:
    order(room, "SKU-1")
    quote(room, "SKU-1")
    with central.database.atomic() as connection:
        connection.execute(update(t.customer_order).values(body="damaged"))
    clock.forward(days=100)
    worker = Worker(room, outlets)

    with pytest.raises(ValueError, match="Expecting value"):  # to plan it anew
        worker.once()
    worker.once()

    assert count_of(central, t.quote) == 0


def test_the_work_goes_on_after_a_fault(
    central: Central,
    room: OrderRoom,
    outlets: Outlets,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "FAULT_SECONDS", 0.01)
    order(room, "SKU-1")
    with central.database.atomic() as connection:
        connection.execute(update(t.customer_order).values(body="damaged"))
    clock.forward(days=100)
    worker = Worker(room, outlets)

    with faults_of("orders") as faults:
        worker.start()
        until(lambda: worker.rounds >= 1)
        worker.stop()

    assert faults == [json.JSONDecodeError]
    with central.database.reading() as connection:
        assert connection.execute(select(t.lease.c.until)).scalar() == ""


def test_somebody_elses_commit_wakes_a_worker(
    central: Central, room: OrderRoom, outlets: Outlets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "LOOK_SECONDS", 3_600)
    worker = Worker(room, outlets)
    worker.start()
    until(lambda: worker.rounds >= 1)

    rounds = worker.rounds
    with central.database.atomic():
        pass
    until(lambda: worker.rounds > rounds)
    worker.stop()

    assert worker.rounds > rounds
