"""Central's own functions behind the engine's port: no sockets, no threads, a real database.

What HTTP adds is tried elsewhere (real_central). Its database file may be copied away and
put back, as a backup is.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, func, insert, select

from central_sync.database import tables as t
from central_sync.engine.central import Meanwhile, ReceivedManifest, ReceivedPage, nothing
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.server import epochs, feed_pages
from central_sync.server.auth import Till
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.enrolment import enrol
from central_sync.server.heartbeat import heartbeat
from central_sync.server.intake import Sender, keep_aside, proven_entries, receive
from central_sync.server.refused import Refused, revoked
from central_sync.server.settings import CentralSettings
from central_sync.wire.batch import Batch
from central_sync.wire.canonical import canonical
from central_sync.wire.identity import EpochReply, EpochRequest, HashesReply, HashesRequest
from central_sync.wire.messages import (
    EnrolReply,
    EnrolRequest,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    Nudge,
)
from central_sync.wire.people import NoteMessage, NoteReply, StoreKeyReply
from tests.checkout.core_harness import GRANTED, WORKSTATION_ID

R = TypeVar("R")


class Office:
    """A central with one store and the workstation that `core_harness.a_home` makes."""

    def __init__(self, home: Path, now: Callable[[], datetime]) -> None:
        self.settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
        make_central(self.settings)
        self._now = now
        self.central: Central = open_central(self.settings, now)

    def knows(self, public_key: str) -> None:
        """The workstation with this key, in its first epoch."""
        with self.central.database.atomic() as connection:
            connection.execute(insert(t.store).values(store_id="s01", kind="store", name="Två Par"))
            connection.execute(
                insert(t.workstation).values(
                    workstation_id=WORKSTATION_ID,
                    label="1",
                    store_id="s01",
                    public_key=public_key,
                    status="active",
                    created_at=GRANTED,
                )
            )
            epochs.add_epoch(connection, WORKSTATION_ID, 1, GRANTED)

    def copy_away(self, to: Path) -> None:
        self.central.close()
        shutil.copytree(self.settings.home, to)
        self.central = open_central(self.settings, self._now)

    def put_back(self, copy: Path) -> None:
        self.central.close()
        shutil.rmtree(self.settings.home)
        shutil.copytree(copy, self.settings.home)
        self.central = open_central(self.settings, self._now)

    def receipts(self) -> list[str]:
        """The printed numbers that are booked, each once."""
        with self.central.database.reading() as connection:
            return sorted(connection.execute(select(t.receipt.c.receipt_number)).scalars())

    def states(self) -> dict[str, int]:
        """How many journal entries are in each state."""
        entry = t.journal_entry.c
        with self.central.database.reading() as connection:
            rows = connection.execute(
                select(entry.state, func.count()).group_by(entry.state).order_by(entry.state)
            )
            return {row[0]: row[1] for row in rows}

    def sold(self, sku: str) -> int:
        """Pieces of an item that receipts have moved out of the store."""
        movement = t.stock_movement.c
        with self.central.database.reading() as connection:
            total = connection.execute(
                select(func.sum(movement.delta)).where(movement.sku == sku)
            ).scalar()
        return -int(total or 0)

    def close(self) -> None:
        self.central.close()


class DirectCentral:
    """Fulfils engine.central.Central for one workstation."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.calls: list[str] = []
        self.lost_at = ""

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        central = self._office.central

        def give(connection: Connection) -> EnrolReply:
            reply = enrol(connection, request, central.key.public, central.now())
            if isinstance(reply, Refused):
                raise reply
            return reply

        return self._act("enrol", give)

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        now = self._office.central.now()
        return self._act("heartbeat", lambda c: heartbeat(c, self._sender(c), request, now))

    def journal(self, request: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        at = self._office.central.timestamp()

        def take(connection: Connection) -> JournalReply:
            till = self._till(connection)
            if till.is_revoked:
                keep_aside(
                    connection, till.sender, proven_entries(till.sender, request), "revoked", at
                )
                raise revoked()
            return receive(connection, till.sender, request, at)

        meanwhile()
        try:
            return self._act(f"journal {request.epoch}:{request.first}-{request.last}", take)
        finally:
            book_all(self._office.central)

    def hashes(self, request: HashesRequest) -> HashesReply:
        return self._act("hashes", lambda c: epochs.hashes(c, self._sender(c), request))

    def epoch(self, request: EpochRequest) -> EpochReply:
        now = self._office.central.now()
        return self._act("epoch", lambda c: epochs.grant(c, self._sender(c), request, now))

    def feed(self, scope: str, after: int, limit: int, fh: bytes = b"") -> ReceivedPage:
        page = self._act("feed", lambda c: feed_pages.page(c, scope, after, limit, fh))
        rows = canonical([row.model_dump(mode="json") for row in page.rows])
        return ReceivedPage(page, hashlib.sha256(rows).digest())

    def put_note(self, note_id: str, note: NoteMessage) -> NoteReply:
        return NoteReply(is_new=True)

    def store_keys(self) -> StoreKeyReply:
        return StoreKeyReply(keys=[])

    @contextmanager
    def events(self) -> Iterator[Iterator[Nudge]]:
        yield iter(())

    def manifest(self) -> ReceivedManifest:
        raise SyncTrouble(Code.SNAPSHOT_BUILDING, "It is being made.", "Wait.", True, 2.0)

    @contextmanager
    def snapshot(self, name: str, offset: int) -> Iterator[Iterator[bytes]]:
        yield iter(())

    def close(self) -> None:
        return None

    def _act(self, name: str, act: Callable[[Connection], R]) -> R:
        """One transaction; a lost reply comes after it."""
        self.calls.append(name)
        try:
            with self._office.central.database.atomic() as connection:
                reply = act(connection)
        except Refused as refused:
            code = Code.REVOKED if refused.code == "revoked" else Code.REFUSED
            raise SyncTrouble(code, refused.detail, "", refused.again) from refused
        if self.lost_at and name.startswith(self.lost_at):
            self.lost_at = ""
            raise SyncTrouble(Code.CUT, "The connection was cut.", "Wait.", again=True)
        return reply

    def _till(self, connection: Connection) -> Till:
        row = connection.execute(
            select(t.workstation).where(t.workstation.c.workstation_id == WORKSTATION_ID)
        ).one()
        sender = Sender(WORKSTATION_ID, row.store_id, row.public_key)
        return Till(sender, is_revoked=row.status == "revoked")

    def _sender(self, connection: Connection) -> Sender:
        return self._till(connection).sender
