"""One run: a shop's day from one seed, in bad weather first and in good weather then.

In bad weather anything may happen between any two steps; what must always hold is looked at
all along. Then the faults stop, and everything has to come together within a few contacts.
The thing to get wrong: a harness that is kinder than the world. What a seed leaves out, its
weather says; what was reached, `seen` counts.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.engine.round import contact, poll_feed, send_receipts
from central_sync.engine.trouble import SyncTrouble
from central_sync.server import feed, reading
from central_sync.server.enrolment import enrol, replace_workstation
from central_sync.server.masters import set_price
from central_sync.server.repost import repost
from central_sync.wire.entries import SCHEMA, EntryBody, EntryKind
from central_sync.wire.messages import EnrolRequest
from pos_client.checkout.ledger import Ledger
from pos_client.register import commands
from pos_client.register.state import Completed
from pos_client.storage import records
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from tests.simulation import truth as judge
from tests.simulation.center import Center
from tests.simulation.chance import Chance, StepFlusher, fed_by, fixed_key
from tests.simulation.climate import climate, net_weather, spoil
from tests.simulation.disk import Disk, Weather
from tests.simulation.images import CASHIER, OPEN, PIN, SKUS, Images
from tests.simulation.network import Asked, Died, Line, NetWeather
from tests.simulation.replacing import replaced
from tests.simulation.till import Core, Till, newer
from tests.simulation.truth import Sale, Truth, Violation, number_of, price_of
from tests.simulation.vfs import SimulatedFiles

MOST_CALM_CONTACTS = 8
T = TypeVar("T")
MORNING_CASH = commands.OpenDay(100_000)
_FAR_SKEW_SECONDS = (-3600.0, 7200.0, -90.0, 240.0, 400.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fault` is "" when every promise was kept."""

    seed: int
    fault: str
    trace_hash: str
    seen: dict[str, int]
    log: tuple[str, ...] = ()


class World:
    def __init__(
        self, seed: int, images: Images, folder: Path, files: SimulatedFiles, log: bool
    ) -> None:
        self.chance = Chance(seed)
        self.chance.log = [] if log else None
        self.truth = Truth()
        self.images, self.folder, self.files = images, folder, files
        rng = self.chance.rng
        self.climate, self.net = climate(rng), net_weather(rng)
        self._stash: list[tuple[Till, Asked]] = []
        self._backup: Path | None = None
        self._till_backups: dict[str, Path] = {}
        self._depth = 0
        self._outage_until = self.chance.now
        self.center = Center(self._disk("central", images.central), files, self.chance)
        self.tills = [
            Till(
                n, images.identities[n], self._disk(f"till{n}", images.tills[n]), files, self.chance
            )
            for n in range(self.climate.tills)
        ]
        spoil(rng, [till.disk for till in self.tills], self.center.disk)
        files.disks = [self.center.disk, *(till.disk for till in self.tills)]
        files.now_milliseconds = lambda: int(self.chance.now.timestamp() * 1000)
        files.reset_chance(rng)

    def _disk(self, name: str, image: Path) -> Disk:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(image, folder)
        return Disk(folder, self.chance.rng)

    def run(self) -> None:
        """All of it; raises Violation."""
        self.center.edge.is_newer = self.climate.is_central_newer
        for till in self.tills:
            if self.climate.is_newer:
                till.on_body = newer
        self._start_all()
        self._note_prices()
        for _ in range(self.climate.steps):
            self.chance.forward(self.chance.rng.expovariate(1 / 25))
            self.step()
        self._calm()
        self._finish()

    def step(self) -> None:
        """One thing happens."""
        act = self._choose()
        self.chance.trace(act.__name__)
        act()
        self._settle()

    def _choose(self) -> Callable[[], None]:
        climate = self.climate
        acts: list[tuple[Callable[[], None], float]] = [
            (self.sell, 6),
            (self.talk, 8),
            (self.print, 2),
            (self.change_price, 1.2),
            (self.flush, 1),
            (self.start_what_is_off, 5),
            (self.deliver_late, 1),
            (self.cut_power, climate.power),
            (self.kill, climate.kills),
            (self.lay_fuse, climate.fuses),
            (self.back_up_central, climate.restores),
            (self.restore_central, climate.restores),
            (self.change_clock, climate.clocks),
            (self.revoke, climate.revokes),
            (self.lose_network, climate.outages),
            (self.lose_master, climate.lost_masters),
            (self.trim_feed, climate.trims),
            (self.enrol_again, climate.enrolments),
            (self.back_up_till, climate.till_restores),
            (self.restore_till, climate.till_restores),
            (self.clone_till, climate.clones),
        ]
        return self.chance.rng.choices([a for a, _ in acts], [w for _, w in acts])[0]

    # What the shop does.

    def sell(self) -> None:
        till = self.chance.rng.choice(self.tills)
        if till.core is None or till.is_core_dead or till.core_is_busy:
            return
        with self._dying(till.name), till.as_core():
            self._sell(till)

    def _sell(self, till: Till) -> bool:
        core, rng = till.core, self.chance.rng
        assert core is not None
        if till.core is not None and core.shop.master.refresh():
            self.chance.note("the register took new prices")
        if core.state.completing is not None:
            return self._complete(till)
        number = next(
            (number_of(one.unit_price_minor) for one in core.state.basket.live if one.sku == OPEN),
            0,
        )
        if core.state.has_basket and not core.state.basket.payments and rng.random() < 0.2:
            core.do(commands.VoidBasket())
            self.chance.note("a basket was voided")
            number = number if core.state.has_basket else 0
        if not number:
            number = self.truth.next_number()
            if core.do(commands.AddItem(OPEN, 1, price_of(number))).startswith("storage."):
                return False
        for _ in range(rng.choice((0, 1, 1, 2))):
            core.do(commands.AddItem(rng.choice(SKUS), rng.choice((1, 1, 2, 3))))
        if till.is_core_dead or not core.state.has_basket:
            return False
        if rng.random() < 0.1:
            self.chance.note("a basket was left open")
            return False
        return self._pay(till, number)

    def _look_at_epochs(self, core: Core) -> bool:
        """What the core does once a second; True when it went on in another epoch."""
        try:
            has_entered = core.epochs.look() is not None
        except StorageTrouble:
            return False
        if has_entered:
            self.chance.note("a register entered a new epoch")
        return has_entered

    def _complete(self, till: Till) -> bool:
        """A paid basket whose receipt could not be written: it is tried again."""
        core = till.core
        assert core is not None
        open_line = next(one for one in core.state.basket.live if one.sku == OPEN)
        before = core.state.last
        core.do(commands.RetryCompletion())
        self.chance.note("a completion was tried again")
        return not till.is_core_dead and self._told(
            till, number_of(open_line.unit_price_minor), before
        )

    def _pay(self, till: Till, number: int) -> bool:
        core = till.core
        assert core is not None
        lines = tuple((o.sku, o.quantity, o.unit_price_minor) for o in core.state.basket.live)
        sale = self.truth.sales.get(number)
        if sale is not None and sale.is_done:
            raise Violation(f"sale {number} was done and its basket came back")
        sale = Sale(number, till.number, lines)
        self.truth.sales[number] = sale
        if self.chance.is_so(self.climate.poison):
            self.chance.note("a receipt that central cannot read")
            sale.is_poison = True
            _poison(core.ledger)
        before = core.state.last
        try:
            said = core.do(commands.Pay("cash", sale.total_minor))
        finally:
            vars(core.ledger).pop("body", None)
            till.mark_bodies()
        if till.is_core_dead:
            self.chance.note("died while paying")
            return False
        self.chance.trace(till.name, number, said)
        if not self._told(till, number, before):
            self.chance.note(f"not paid: {said}")
            return False
        return True

    def _told(self, till: Till, number: int, before: Completed | None) -> bool:
        """Did the register say that the sale is done? Then it is in the journal."""
        core, sale = till.core, self.truth.sales[number]
        assert core is not None
        last = core.state.last
        if last is None or last == before:
            return False
        assert core.records is not None
        entry = core.records.journal.entry(core.records.head.epoch, core.records.head.sequence)
        if entry is None or judge.number_in(entry.body) != number:
            raise Violation(f"sale {number} was told done and is not in the journal")
        sale.is_done, sale.receipt_number, sale.body = True, last.receipt_number, entry.body
        return True

    def print(self) -> None:
        till = self.chance.rng.choice(self.tills)
        core = till.core
        if core is None or till.is_core_dead or till.core_is_busy:
            return
        with self._dying(till.name), till.as_core():
            self._print(till, core)

    def _print(self, till: Till, core: Core) -> bool:
        """One job onto paper; False when there is none, or none may begin."""
        try:
            job = core.spool.next_queued()
            if job is None:
                return False
            core.spool.began(job.job_id)
        except StorageTrouble:
            return False
        if till.is_core_dead:
            return False
        if job.receipt_number:
            self.truth.print(till.number, job.receipt_number, job.total_minor)
        for _ in range(100) if not till.is_core_dead else ():
            try:
                core.spool.finished(job.job_id)
                return True
            except StorageTrouble:
                self.chance.note("what was printed could not be noted at once")
        return False

    def talk(self) -> None:
        """A till's sync does one of the three things that it does."""
        till = self.chance.rng.choice(self.tills)
        if till.sync is None or till.is_sync_dead or till.sync_is_busy:
            return
        ask = self.chance.rng.choice((contact, contact, send_receipts, poll_feed))
        with self._dying(till.name), till.as_sync():
            report = ask(till.sync)
            if till.is_sync_dead:
                return
            codes = [trouble.code.value for trouble in report.troubles]
            self.chance.trace(till.name, ask.__name__, report.receipts, report.changes, *codes)
            for code in codes:
                self.chance.note(f"trouble: {code}")
            self._check_marks(till)
        self._check_prices(till)

    def flush(self) -> None:
        till = self.chance.rng.choice(self.tills)
        if till.core is not None and not till.is_core_dead and not till.core_is_busy:
            with self._dying(till.name), till.as_core():
                till.core.flusher.step()

    # What head office does.

    def change_price(self) -> None:
        rng = self.chance.rng
        sku, price_minor = rng.choice(SKUS), 100 * rng.randint(50, 500)
        done = self.center.do(lambda connection, at: set_price(connection, sku, price_minor, at))
        if not done and not self.center.is_up:
            self.truth.is_price_in_doubt = True
        self._note_prices()

    def _note_prices(self) -> None:
        if self.center.is_up:
            position = self.center.read(
                select(t.feed_scope.c.position).where(t.feed_scope.c.scope == "chain")
            )
            prices = self.center.read(select(t.price.c.sku, t.price.c.price_minor))
            self.truth.price_list(position[0][0], dict(prices))

    def trim_feed(self) -> None:
        """The oldest rows of the feed are forgotten; who stands below takes the whole file."""
        scope = self.chance.rng.choice(("chain", "store:s01", "store:s02"))
        rows = self.chance.rng.randint(0, 3)
        if self.center.do(lambda connection, at: feed.trim(connection, scope, at, rows, 1_000)):
            self.chance.note("the feed was trimmed")

    def enrol_again(self) -> None:
        """Store IT gives a till a new code: same place, a new epoch."""
        till = self.chance.rng.choice(self.tills)
        if till.core_is_busy or till.sync_is_busy or not self.center.is_up:
            return
        replies: list[Any] = []

        def act(connection: Connection, at: str) -> None:
            code = replace_workstation(connection, till.identity.workstation_id, self.chance.now)
            public = fixed_key(till.identity.workstation_id).public
            request = EnrolRequest(code=code.code, public_key=public, nonce="n" * 20, version="0")
            replies.append(enrol(connection, request, "", self.chance.now))

        till.kill_core()
        till.kill_sync()
        if self.center.do(act) and self._power_up(till) and till.enrolled(replies[0].epoch):
            self.chance.note("a till was enrolled again")

    def back_up_central(self) -> None:
        if not self.center.is_up:
            return
        self._backup = self.folder / "backup"
        shutil.rmtree(self._backup, ignore_errors=True)
        self.center.disk.copy_to(self._backup)
        for shm in self._backup.rglob("*-shm"):
            shm.unlink()

    def restore_central(self) -> None:
        if self._backup is None:
            return
        self.chance.note("central restored from a backup")
        self.center.kill()
        self.center.disk.die()
        before, now = self._backup / "central.db", self.center.disk.folder / "central.db"
        lost = self._seen(judge.numbers_at_central, now)
        lost -= self._seen(judge.numbers_at_central, before)
        for till in self.tills:
            lost -= set(self._seen(judge.papers_in, till.home / "receipts.db"))
        self._destroyed(lost, {})
        self.center.disk.become(self._backup)
        self._start_central()

    def back_up_till(self) -> None:
        """A copy of a till's whole disk, made while no basket is open."""
        till = self.chance.rng.choice(self.tills)
        if self._is_quiet(till):
            self._till_backups[till.name] = self._copy_of(till, f"{till.name}-backup")

    def restore_till(self) -> None:
        """Somebody puts an older copy of the disk back."""
        till = self.chance.rng.choice(self.tills)
        backup = self._till_backups.get(till.name)
        if backup is None or till.core_is_busy or till.sync_is_busy:
            return
        self.chance.note("a till restored from a backup")
        till.kill_core()
        till.kill_sync()
        till.disk.die()
        papers = self._seen(judge.papers_in, till.home / "receipts.db")
        kept = set(self._seen(judge.papers_in, backup / "receipts.db"))
        kept |= self._seen(judge.numbers_at_central, self.center.disk.folder / "central.db")
        for other in self.tills:
            if other is not till:
                kept |= set(self._seen(judge.papers_in, other.home / "receipts.db"))
        self._destroyed(set(papers) - kept, {number: (till, papers[number]) for number in papers})
        till.disk.become(backup)
        self._forked(till)
        till.boots += 1

    def clone_till(self) -> None:
        """A till's disk is copied into another computer, and both go on."""
        till = self.chance.rng.choice(self.tills)
        if len(self.tills) > 3 or not self._is_quiet(till):
            return
        self.chance.note("a till was cloned")
        name = f"{till.name}-copy{len(self.tills)}"
        disk = Disk(self._copy_of(till, name), self.chance.rng)
        copy = Till(till.number, till.identity, disk, self.files, self.chance, name=name)
        copy.on_body = till.on_body
        self.tills.append(copy)
        self.files.disks.append(disk)
        self._forked(till)
        self._forked(copy)

    def _seen(self, read: Callable[[Path], T], database: Path) -> T:
        """What a database holds, read from a copy: looking at one may change it."""
        copy = self.folder / "seen.db"
        for path in self.folder.glob("seen.db*"):
            path.unlink()
        for ending in ("", "-wal"):
            if (source := database.with_name(f"{database.name}{ending}")).exists():
                shutil.copyfile(source, copy.with_name(f"{copy.name}{ending}"))
        return read(copy)

    def _is_quiet(self, till: Till) -> bool:
        core = till.core
        return (
            core is not None
            and not (till.is_core_dead or till.core_is_busy or till.sync_is_busy)
            and not core.state.has_basket
            and core.state.completing is None
        )

    def _copy_of(self, till: Till, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        till.disk.copy_to(folder)
        for shm in folder.rglob("*-shm"):
            shm.unlink()
        return folder

    def _forked(self, till: Till) -> None:
        till.is_forked = True
        self.truth.forked.add(till.number)

    def _destroyed(self, numbers: set[int], papers: dict[int, tuple[Till, str]]) -> None:
        if numbers:
            self.chance.note("sales whose every disk is gone")
        gone = {number: papers[number] for number in numbers if number in papers}
        self.truth.destroyed(numbers, {(till.number, paper) for till, paper in gone.values()})

    def revoke(self) -> None:
        till = self.chance.rng.choice(self.tills)
        status = self.chance.rng.choice(("revoked", "active"))
        here = t.workstation.c.workstation_id == till.identity.workstation_id
        if self.center.do(
            lambda connection, at: connection.execute(
                t.workstation.update().where(here).values(status=status)
            )
        ):
            self.chance.note(f"a till was made {status}")

    # What befalls them.

    def cut_power(self) -> None:
        machine = self.chance.rng.choice(self._machines())
        self.chance.note("power cut")
        machine.die()

    def _machines(self) -> list[Disk]:
        return [self.center.disk, *(till.disk for till in self.tills)]

    def kill(self) -> None:
        machine = self.chance.rng.choice(self._machines())
        if machine.lives:
            self.chance.note("process killed")
            machine.end(self.chance.rng.choice(machine.lives))

    def lay_fuse(self) -> None:
        """A machine loses its power, or a process its life, in the middle of what it does next."""
        disk = self.chance.rng.choice(self._machines())
        disk.fuse = self.chance.rng.randint(1, 40)
        disk.is_power_fuse = self.chance.is_so(0.7)

    def change_clock(self) -> None:
        till = self.chance.rng.choice(self.tills)
        till.skew_seconds = self.chance.rng.choice((0.0, *_FAR_SKEW_SECONDS))
        self.chance.note("a clock was set")

    def lose_network(self) -> None:
        self.chance.note("the network was lost")
        self._outage_until = self.chance.now
        self._outage_until = self._later(self.chance.rng.uniform(10, 600))

    def lose_master(self) -> None:
        """Somebody removes what can be fetched again."""
        till = self.chance.rng.choice(self.tills)
        if till.is_off:
            self.chance.note("a catalogue was lost")
            for path in till.home.glob("master*"):
                path.unlink()

    def _later(self, seconds: float) -> datetime:
        return self.chance.now + timedelta(seconds=seconds)

    def deliver_late(self) -> None:
        """A message that nobody waits for any more arrives."""
        if not self._stash:
            return
        till, asked = self._stash.pop(self.chance.rng.randrange(len(self._stash)))
        self.chance.note("a late request arrived")
        line = self._line(till)
        self.center.deliver(line.token(), asked)

    def start_what_is_off(self) -> None:
        if self.center.central is None and self.chance.is_so(0.7):
            self._start_central()
        for till in self.tills:
            if till.core is None and not till.core_is_busy and self.chance.is_so(0.7):
                self._power_up(till)
                till.start_core()
            if till.sync is None and not till.sync_is_busy and self.chance.is_so(0.7):
                self._power_up(till)
                till.start_sync(self._line(till))
            till.settle()

    def _power_up(self, till: Till) -> bool:
        """After a power cut the disk is found in one of the states it may be in."""
        if till.is_off and not till.disk.lives and till.disk.logs:
            lost = till.disk.cut()
            till.boots += 1
            self.chance.trace(till.name, "lost", lost)
            if lost:
                self.chance.note("a till lost unsynced writes")
        return True

    def _start_central(self) -> None:
        if not self.center.disk.lives and self.center.disk.logs:
            lost = self.center.disk.cut()
            self.chance.trace("central lost", lost)
            if lost:
                self.chance.note("central lost unsynced writes")
        self.center.start(lambda: self.chance.now)

    def _start_all(self) -> None:
        if self.center.central is None:
            self._start_central()
        for till in self.tills:
            if till.core is None:
                self._power_up(till)
                till.start_core()
            if till.sync is None:
                self._power_up(till)
                till.start_sync(self._line(till))
            till.settle()

    def _settle(self) -> None:
        self.center.settle()
        for till in self.tills:
            till.settle()
        if self.files.problem is not None:
            raise self.files.problem

    @contextmanager
    def _dying(self, name: str) -> Iterator[None]:
        """What a process does until it dies, or a fault ends it: then it is started again."""
        try:
            yield
        except Died:
            self.chance.note("died with a request under way")

    def _line(self, till: Till) -> Line:
        identity = till.identity
        return Line(
            self.chance,
            self.net,
            deliver=lambda token, asked: self._deliver(token, asked),
            hop=lambda: self._hop(till),
            stash=lambda asked: self._stash.append((till, asked)),
            key=fixed_key(identity.workstation_id),
            workstation_id=identity.workstation_id,
            skew_seconds=lambda: till.skew_seconds,
            read=self._snapshot_bytes,
            name=till.name,
            is_older=lambda: self.center.edge.is_newer,
        )

    def _deliver(self, token: str, asked: Asked) -> Any:
        if self.chance.now < self._outage_until:
            return None
        return self.center.deliver(token, asked)

    def _snapshot_bytes(self, name: str) -> Iterator[bytes]:
        path = self.center.disk.folder / "snapshots" / name
        if path.exists():
            yield path.read_bytes()

    def _hop(self, till: Till) -> None:
        """A message is under way: the world goes on, and this till may not be there after."""
        if self._depth < 2 and self.chance.is_so(self.net.meanwhile):
            self._depth += 1
            try:
                self.step()
            finally:
                self._depth -= 1
        if till.is_sync_dead:
            raise Died

    # What must hold.

    def _check_marks(self, till: Till) -> None:
        """A mark names an entry that central has, with the same hash, or had before a restore."""
        if not self.center.is_up or till.sync is None or self.climate.restores:
            return
        marks = till.sync.store.state().marks
        entry = t.journal_entry.c
        held = {
            (row[0], row[1]): row[2]
            for row in self.center.read(
                select(entry.epoch, entry.sequence, entry.hash).where(
                    entry.workstation_id == till.identity.workstation_id
                )
            )
        }
        for mark in marks.values():
            if mark.sequence and held.get((mark.epoch, mark.sequence)) != mark.hash:
                raise Violation(
                    f"{till.name} marked {mark.epoch}:{mark.sequence}, central has it not"
                )

    def _check_prices(self, till: Till) -> None:
        path = till.home / "master.db"
        if till.sync is not None and not till.is_sync_dead and path.exists():
            with till.as_sync():
                judge.check_prices(self.truth, path, till.name)

    # Good weather.

    def _calm(self) -> None:
        """The faults stop; whatever was off comes back."""
        self.chance.trace("calm")
        self._clear_skies()
        self._settle()
        self._start_all()
        while self._stash:
            self.deliver_late()
        for till in self.tills:
            if till.core is None or till.sync is None:
                raise Violation(f"{till.name} does not start in good weather")
        here = t.workstation.c.status == "revoked"
        self.center.do(
            lambda connection, at: connection.execute(
                t.workstation.update().where(here).values(status="active")
            )
        )

    def _clear_skies(self) -> None:
        for disk in self.files.disks:
            disk.weather, disk.fuse = Weather(), None
        for each in fields(NetWeather):
            setattr(self.net, each.name, 0.0)
        self._outage_until = self.chance.now
        newest = max([0.0, *(till.skew_seconds for till in self.tills)])
        # A register refuses to open a day before its newest entry, so time passes.
        self.chance.forward(newest + 60)
        for till in self.tills:
            till.skew_seconds = 0.0
            till.on_body = None

    def _finish(self) -> None:
        """Everything comes together; in most seeds after one more sale everywhere."""
        if any(till.core and not till.core.shop.master.is_loaded for till in self.tills):
            self._converge()
        for till in self.tills if self.chance.is_so(0.7) else ():
            with till.as_core():
                if not any(self._sell(till) for _ in range(20)):
                    raise Violation(f"{till.name} cannot sell in good weather")
                while till.core is not None and self._print(till, till.core):
                    pass
        self._converge()
        if self.climate.is_newer:
            self._upgrade_central()
            self._converge()
        self._check_end()

    def _converge(self) -> None:
        troubles: list[SyncTrouble] = []
        for _ in range(MOST_CALM_CONTACTS):
            self.chance.forward(90)
            work, troubles = 0, []
            for till in self.tills:
                assert till.sync is not None
                with till.as_sync():
                    report = contact(till.sync)
                if till.core is not None:
                    with till.as_core():
                        till.core.shop.master.refresh()
                        work += self._look_at_epochs(till.core)
                work += len(report.actions)
                troubles += report.troubles
            if not work and not troubles:
                return
        said = "; ".join(str(trouble) for trouble in troubles) or "there is always more to do"
        raise Violation(f"after {MOST_CALM_CONTACTS} contacts in good weather: {said}")

    def _upgrade_central(self) -> None:
        """The newer version comes to central too, and what was parked for it is booked."""
        with replaced(reading, "SCHEMA", SCHEMA + 1):
            self.center.do(lambda connection, at: repost(connection, at))

    def _check_end(self) -> None:
        path = self.center.disk.folder / "central.db"
        with self.center.running():
            at = judge.read_central(path)
            if not self.truth.forked:
                judge.check_aside(path)
        judge.check_chains(at)
        judge.check_sales(self.truth, at)
        judge.check_printed(self.truth, at)
        judge.check_stock(self.truth, at)
        for till in self.tills:
            with till.as_core():
                judge.check_journal(
                    till.home / "receipts.db",
                    at,
                    till.identity.workstation_id,
                    is_forked=till.number in self.truth.forked,
                )
                self._check_register(till, at)
            self._check_master(till, path)
        self.chance.trace("end", len(at.entries), len(at.receipts))
        self.chance.seen["sales"] += len(self.truth.sales)
        self.chance.seen["sales done"] += sum(s.is_done for s in self.truth.sales.values())
        self.chance.seen["messages"] += self.center.requests
        self.chance.seen["disk operations"] += sum(disk.operations for disk in self.files.disks)

    def _check_register(self, till: Till, at: judge.AtCentral) -> None:
        """What the register says of its day, its shelf and its prices is so."""
        core = till.core
        assert core is not None
        core.shop.master.refresh()
        sold = judge.journalled(self.truth, till.home / "receipts.db")
        total_minor = sum(sale.total_minor for sale in sold)
        if core.ledger.totals.grand.sales_minor != total_minor:
            raise Violation(f"{till.name} has other totals than it sold for")
        if any(sale.is_poison for sale in self.truth.sales.values()):
            return
        for sku in SKUS:
            if core.shop.on_hand(sku) != at.on_hand[till.identity.store_id, sku]:
                raise Violation(f"{till.name} shows another stock of {sku} than central has")
            item = core.shop.find(sku)
            if item is None or item.price_minor != at.prices[sku]:
                raise Violation(f"{till.name} sells {sku} at another price than central's")

    def _check_master(self, till: Till, central: Path) -> None:
        ours = till.home / "master.db"
        copy = self.folder / "central-copy.db"
        with self.center.running():
            _copied(central, copy)
        with till.as_sync():
            judge.check_master(self.truth, ours, copy, till.identity.store_id)

    def close(self) -> None:
        self.center.kill()
        for till in self.tills:
            till.kill_core()
            till.kill_sync()
        for disk in self.files.disks:
            disk.forget()
        self.files.disks = []


def run_seed(
    seed: int, images: Images, folder: Path, files: SimulatedFiles, *, log: bool = False
) -> Outcome:
    """One seed, from copied folders to the last check."""
    fault = ""
    with fed_by(random.Random(seed)), replaced(records, "Flusher", StepFlusher):
        world = World(seed, images, folder, files, log)
        try:
            world.run()
        except Violation as violation:
            fault = str(violation)
        except (StorageTrouble, StorageDamaged, sqlite3.Error) as problem:
            fault = f"unexpected: {problem!r}"
            if log:
                world.chance.trace(traceback.format_exc())
        finally:
            world.close()
    chance = world.chance
    return Outcome(seed, fault, chance.trace_hash, dict(chance.seen), tuple(chance.log or ()))


def first_start(home: Path, identity: Any) -> None:
    """A till's first morning, for the images: the cashier signs on and opens the day."""
    chance = Chance(0)
    files = SimulatedFiles(None)
    till = Till(0, identity, Disk(home, chance.rng), files, chance)
    with replaced(records, "Flusher", StepFlusher):
        assert till.start_core()
        assert till.core is not None
        said = [
            till.core.do(commands.SignOn(CASHIER, PIN)),
            till.core.do(commands.OpenDay(100_000)),
        ]
        assert till.core.state.day, said
        till.kill_core()


def _poison(ledger: Ledger) -> None:
    """The next receipt has a field that no central can read, as a bug would write it."""
    plain = ledger.body

    def spoilt(kind: EntryKind, payload: dict[str, Any], *rest: Any, **more: Any) -> EntryBody:
        if kind is EntryKind.RECEIPT:
            payload = payload | {"tax_groups": "none"}
        return plain(kind, payload, *rest, **more)

    vars(ledger)["body"] = spoilt


def _copied(database: Path, to: Path) -> None:
    to.unlink(missing_ok=True)
    source, target = sqlite3.connect(database), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()
