"""What befalls machines, clocks and lines; and somebody who starts again what is off."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.simulation import judge
from tests.simulation.scene import Part
from tests.simulation.till import Till

PAGE_BYTES = 4096
_FAR_SKEW_SECONDS = (-3600.0, 7200.0, -90.0, 240.0, 400.0)


class Mishaps(Part):
    def cut_power(self) -> None:
        machine = self.chance.rng.choice(self.scene.machines())
        self.chance.note("power cut")
        machine.die()

    def kill(self) -> None:
        machine = self.chance.rng.choice(self.scene.machines())
        if machine.lives:
            self.chance.note("process killed")
            machine.end(self.chance.rng.choice(machine.lives))

    def lay_fuse(self) -> None:
        """A machine loses its power, or a process its life, in the middle of what it does next."""
        disk = self.chance.rng.choice(self.scene.machines())
        operations, is_power = self.chance.rng.randint(1, 40), self.chance.is_so(0.7)
        if disk is self.center.disk:
            self.center.lay_fuse(operations, is_power=is_power)
        else:
            disk.fuse, disk.is_power_fuse = operations, is_power

    def change_clock(self) -> None:
        till = self.chance.rng.choice(self.tills)
        till.skew_seconds = self.chance.rng.choice((0.0, *_FAR_SKEW_SECONDS))
        self.chance.note("a clock was set")

    def lose_network(self) -> None:
        self.chance.note("the network was lost")
        self.scene.outage_until = self.chance.now
        self.scene.outage_until = self.scene.later(self.chance.rng.uniform(10, 600))

    def lose_master(self) -> None:
        """Somebody removes what can be fetched again."""
        till = self.chance.rng.choice(self.tills)
        if till.is_off:
            self.chance.note("a catalogue was lost")
            for path in till.home.glob("master*"):
                path.unlink()

    def rot(self) -> None:
        """A bit of a journal changes where it lies, or a page is written to the wrong place."""
        till = self.chance.rng.choice(self.tills)
        if till.core_is_busy or till.sync_is_busy or till.is_rotten:
            return
        till.kill_core()
        till.kill_sync()
        till.disk.die()
        self.scene.power_up(till)
        path = till.home / "receipts.db"
        self._fold(till, path)
        whole = path.read_bytes()
        bodies = self.scene.seen(judge.bodies_in, path)
        path.write_bytes(_rotten(whole, self.chance.rng.choice(bodies), self.chance.rng))
        if self.scene.seen(judge.is_journal_whole, path):
            path.write_bytes(whole)  # it was a place that nobody reads
        else:
            self.chance.note("a journal rotted")
            till.is_rotten = True

    def _fold(self, till: Till, path: Path) -> None:
        """Everything into the one file, as whoever closes it last leaves it."""
        life = till.disk.life("a last look")
        before, self.files.current = self.files.current, life
        try:
            with till.disk.read_without_fail(), closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:
            self.chance.note("a log could not be folded in")
        finally:
            self.files.current = before
            till.disk.end(life)

    def deliver_late(self) -> None:
        """A message that nobody waits for any more arrives."""
        if not self.scene.stash:
            return
        till, asked = self.scene.stash.pop(self.chance.rng.randrange(len(self.scene.stash)))
        self.chance.note("a late request arrived")
        line = self.scene.line(till)
        self.center.deliver(line.token(), asked)

    def start_what_is_off(self) -> None:
        if self.center.central is None and self.chance.is_so(0.7):
            self.scene.start_central()
        for till in self.tills:
            if till.core is None and not till.core_is_busy and self.chance.is_so(0.7):
                self.scene.start_core(till)
            if till.sync is None and not till.sync_is_busy and self.chance.is_so(0.7):
                self.scene.power_up(till)
                till.start_sync(self.scene.line(till))
            till.settle()


def _rotten(content: bytes, body: bytes, rng: random.Random) -> bytes:
    """The file after a bit of this body has flipped, or its page was overwritten by another."""
    begin = body[:48]
    at = content.find(begin)
    changed = bytearray(content)
    if at < 0:
        return content
    if rng.random() < 0.5:
        changed[at + rng.randrange(len(begin))] ^= 1 << rng.randrange(8)
    else:
        page, other = at // PAGE_BYTES, rng.randrange(1, len(content) // PAGE_BYTES)
        copied = content[other * PAGE_BYTES : (other + 1) * PAGE_BYTES]
        changed[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = copied
    return bytes(changed)
