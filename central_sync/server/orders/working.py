"""The one who does the timed work: a lease in the database, and a loop that wakes on commits.

Any number of processes may try; one holds the lease and renews it, and when it dies another
takes over after LEASE_SECONDS. The thing to get wrong: relying on the lease. Every step is
safe when two do it; the lease only saves work. A fault of ours ends the thread that met it,
and another one goes on.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from sqlalchemy import Connection, or_, update
from sqlalchemy.exc import SQLAlchemyError

from central_sync.database import tables as t
from central_sync.database.write import insert_missing
from central_sync.server.orders import auditing, following, replanning, sending
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.orders.timing import later
from central_sync.server.orders.waiting import Waiting
from central_sync.server.tidying import tidy
from central_sync.server.warehouse.upkeep import Upkeep

LEASE_SECONDS = 20
LOOK_SECONDS = 0.5
# A round that found nothing is not made again sooner: in a flood each commit rings.
REST_SECONDS = 0.1
# A commit is news for the tills first: they are told within this time.
TELLING_SECONDS = 0.02
FAULT_SECONDS = 5.0
REPLAN_SECONDS = 300
FORGET_SECONDS = 3_600
BOOKS_SECONDS = 5
NAME = "orders"
_log = logging.getLogger(__name__)


class Worker:
    """Does the timed work while it holds the lease; `stop` from any thread.

    `look` is called every few seconds: it sees to journals that an API process kept and died.
    `rounds` counts what it did; an idle worker makes two a second and commits nothing.
    """

    def __init__(
        self, room: OrderRoom, outlets: Outlets, look: Callable[[], object] = lambda: None
    ) -> None:
        self._room, self._outlets, self._look = room, outlets, look
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._bell = threading.Event()
        self._stop_asked = threading.Event()
        self._ended = threading.Event()
        self._replan_at = self._forget_at = self._look_at = 0.0
        self._upkeep = Upkeep(room.database, room.now)
        self._waiting = Waiting(room)
        self.rounds = 0
        self._leads_until = ""
        self._ident: int | None = None
        room.database.on_commit(self._ring)

    def once(self) -> int:
        """One round; returns how many things were done, 0 also when another holds the lease."""
        if not self._leads():
            return 0
        done = following.follow(self._room) + sending.send_due(self._room, self._outlets)
        self._now_and_then()
        return done

    def _leads(self) -> bool:
        """Is the lease ours? Renewed when half of it has run out, for each renewal is a commit."""
        at = self._room.timestamp()
        if later(at, LEASE_SECONDS // 2) < self._leads_until:
            return True
        with self._room.database.atomic() as connection:
            is_ours = lead(connection, self._holder, at)
        self._leads_until = later(at, LEASE_SECONDS) if is_ours else ""
        return is_ours

    def _ring(self) -> None:
        """Somebody else's commit may have left work; our own would keep us awake for ever."""
        if threading.get_ident() != self._ident:
            self._bell.set()

    def run(self) -> None:
        """Until stopped; waits for the thread of `start`."""
        self.start()
        self._ended.wait()

    def start(self) -> None:
        thread = threading.Thread(target=self._serve, name="orders", daemon=True)
        thread.start()

    def ask_to_stop(self) -> None:
        """From anywhere, a signal handler too; the work ends after what it is at."""
        self._stop_asked.set()
        self._bell.set()

    def stop(self) -> None:
        """Of a started one; returns when it has ended."""
        self.ask_to_stop()
        self._ended.wait()

    def _serve(self) -> None:
        with ExitStack() as on_a_fault:
            on_a_fault.callback(self._go_on_anew)
            self._work_on()
            on_a_fault.pop_all()
        self._ended.set()

    def _go_on_anew(self) -> None:
        """A fault ends this thread; without another one no order would move."""
        _log.error("a fault in the timed work; it goes on in a moment")
        while not self._stop_asked.wait(FAULT_SECONDS):
            try:
                return self.start()
            except RuntimeError as problem:
                _log.warning("the timed work waits for room for a thread: %s", problem)
        self._ended.set()

    def _work_on(self) -> None:
        """A database that is away is waited for."""
        self._ident = threading.get_ident()
        while not self._stop_asked.is_set():
            begun = time.monotonic()
            try:
                done = self.once()
            except SQLAlchemyError as problem:
                _log.warning("the database is away, work waits: %s", problem)
                done = 0
            self.rounds += 1
            if not done:
                first = TELLING_SECONDS if self._bell.wait(LOOK_SECONDS) else 0.0
                time.sleep(max(first, begun + REST_SECONDS - time.monotonic()))
            self._bell.clear()
        self._give_up()

    def _now_and_then(self) -> None:
        """The next time is set first: a job that fails must not keep the others from their turn."""
        seconds = time.monotonic()
        if seconds >= self._look_at:
            self._look_at = seconds + BOOKS_SECONDS
            self._look()
            self._waiting.call()
        if seconds >= self._replan_at:
            self._replan_at = seconds + REPLAN_SECONDS
            replanning.replan(self._room)
            self._audit()
        if seconds >= self._forget_at:
            self._forget_at = seconds + FORGET_SECONDS
            tidy(self._room)
        self._upkeep.run()

    def _audit(self) -> None:
        """What nobody sees to is a fault of ours or a machine that cannot keep up."""
        with self._room.database.reading() as connection:
            broken = auditing.unattended(connection, self._room.timestamp())
        for one in broken:
            _log.error("%s: %s", one.rule, one.what)

    def _give_up(self) -> None:
        """The next one need not wait for the lease to run out."""
        row, self._leads_until = t.lease.c, ""
        try:
            with self._room.database.atomic() as connection:
                connection.execute(
                    update(t.lease)
                    .where(row.name == NAME, row.holder == self._holder)
                    .values(until="")
                )
        except SQLAlchemyError as problem:
            _log.warning("the lease runs out by itself: %s", problem)


def lead(connection: Connection, holder: str, at: str) -> bool:
    """Take or renew the lease; False while another has it."""
    insert_missing(connection, t.lease, [{"name": NAME, "holder": "", "until": ""}])
    row = t.lease.c
    found = connection.execute(
        update(t.lease)
        .where(row.name == NAME, or_(row.holder == holder, row.until <= at))
        .values(holder=holder, until=later(at, LEASE_SECONDS))
    )
    return found.rowcount == 1
