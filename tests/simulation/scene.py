"""The scene of one run: tills and central on their disks, the wire between them, and who is up.

What acts in it stands in rooms of its own: `shop`, `office`, `mishaps`, `copies`, and `calm`
for the good weather at the end. The thing to get wrong: starting what is still on the stack;
`dying` and `settle` see to it that the dead are buried first.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.simulation import judge
from tests.simulation.center import Center
from tests.simulation.chance import Chance, fixed_key
from tests.simulation.climate import Climate, climate, net_weather, spoil
from tests.simulation.disk import Disk, Weather, copy_file, copy_folder
from tests.simulation.edge import Answered, Asked
from tests.simulation.images import Images
from tests.simulation.network import Died, Line, NetWeather
from tests.simulation.till import Till
from tests.simulation.truth import Truth, Violation
from tests.simulation.vfs import SimulatedFiles

T = TypeVar("T")
MakeCenter = Callable[[Disk, SimulatedFiles, Chance], Center]


class Scene:
    """`meanwhile` is called while a message is under way: the world goes on."""

    def __init__(
        self,
        seed: int,
        images: Images,
        folder: Path,
        files: SimulatedFiles,
        *,
        is_calm: bool = False,
        make_center: MakeCenter = Center,
    ) -> None:
        self.chance = Chance(seed)
        self.truth = Truth()
        self.folder, self.files = folder, files
        self._images = images
        self.backup: Path | None = None
        self.till_backups: dict[str, Path] = {}
        self.histories = 0
        self._older: dict[str, dict[tuple[str, str, int], Answered]] = {}
        rng = self.chance.rng
        self.climate, self.net = climate(rng), net_weather(rng)
        if is_calm:
            self.climate, self.net = Climate(), NetWeather()
        self.stash: list[tuple[Till, Asked]] = []
        self.outage_until = self.chance.now
        self.meanwhile: Callable[[], None] = lambda: None
        self._depth = 0
        self.center = make_center(self._disk("central", images.central), files, self.chance)
        self.tills = [
            Till(
                n, images.identities[n], self._disk(f"till{n}", images.tills[n]), files, self.chance
            )
            for n in range(self.climate.tills)
        ]
        if not is_calm:
            spoil(rng, [till.disk for till in self.tills], self.center.disk)
        if self.center.is_twin:
            self.center.disk.weather = Weather()
        files.disks = [self.center.disk, *(till.disk for till in self.tills)]
        files.now_milliseconds = lambda: int(self.chance.now.timestamp() * 1000)
        files.reset_chance(random.Random(seed) if self.center.is_twin else rng)

    def _disk(self, name: str, image: Path) -> Disk:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        copy_folder(image, folder)
        return Disk(folder, self.chance.rng)

    def machines(self) -> list[Disk]:
        return [self.center.disk, *(till.disk for till in self.tills)]

    def later(self, seconds: float) -> datetime:
        return self.chance.now + timedelta(seconds=seconds)

    def power_up(self, till: Till) -> bool:
        """After a power cut the disk is found in one of the states it may be in."""
        if till.is_off and not till.disk.lives and till.disk.logs:
            # Only a disk that lied loses what was sold.
            papers = self.papers(till) if till.disk.has_lied else {}
            lost = till.disk.cut()
            till.boots += 1
            self.chance.trace(till.name, "lost", lost)
            if lost:
                self.chance.note("a till lost unsynced writes")
            if till.disk.broken_promises:
                self.chance.note("a till's disk had lied about a sync")
                till.disk.broken_promises = 0
                if self._is_damaged(till.home):
                    self.put_back(till)
                else:
                    till.has_old_basket = True
                    self.went_back(till, papers)
        return True

    def start_central(self) -> None:
        self._find_central()
        self.center.start(lambda: self.chance.now)

    def _find_central(self) -> None:
        """The disk of a central that is off is found in one of the states it may be in."""
        self.center.settle()
        disk = self.center.disk
        if disk.lives or not disk.logs:
            return
        held = self.numbers_at_central() if disk.has_lied else set[int]()
        lost = disk.cut()
        if not self.center.is_twin:
            self.chance.trace("central lost", lost)
        if lost:
            self.chance.note("central lost unsynced writes")
        if disk.broken_promises:
            self.chance.note("central's disk had lied about a sync")
            disk.broken_promises = 0
            if self._is_damaged(disk.folder):
                disk.become(self.backup or self._images.central)
            self.central_went_back(held)

    def start_core(self, till: Till) -> None:
        """A register that finds its journal damaged stays off, and gets an older disk back."""
        self.power_up(till)
        before = till.disk.reads_failed
        has_started = till.start_core()
        if has_started and till.is_rotten:
            raise Violation(f"{till.name} goes on with a journal that has rotted")
        if till.is_damaged and till.disk.reads_failed > before and not till.is_rotten:
            till.is_damaged = False  # it could not be read just then
        if has_started or not till.is_damaged:
            return
        if not till.is_rotten:
            raise Violation(f"{till.name} calls its journal damaged, which nothing has damaged")
        self.chance.note("a register found its journal damaged")
        self.put_back(till)
        till.start_core()

    def start_all(self) -> None:
        if self.center.central is None:
            self.start_central()
        for till in self.tills:
            if till.core is None:
                self.start_core(till)
            if till.sync is None:
                self.power_up(till)
                till.start_sync(self.line(till))
            till.settle()

    def settle(self) -> None:
        self.center.settle()
        for till in self.tills:
            till.settle()
        if self.files.problem is not None:
            raise self.files.problem

    @contextmanager
    def dying(self, name: str) -> Iterator[None]:
        """What a process does until it dies, or a fault ends it: then it is started again."""
        try:
            yield
        except Died:
            self.chance.note("died with a request under way")

    def line(self, till: Till) -> Line:
        identity = till.identity
        return Line(
            self.chance,
            self.net,
            deliver=lambda token, asked: self._deliver(token, asked),
            hop=lambda: self._hop(till),
            stash=lambda asked: self.stash.append((till, asked)),
            key=fixed_key(identity.workstation_id),
            workstation_id=identity.workstation_id,
            skew_seconds=lambda: till.skew_seconds,
            read=self._snapshot_bytes,
            name=till.name,
            is_older=lambda: self.center.edge.is_newer,
            older=self._older.setdefault(identity.workstation_id, {}),
        )

    def _deliver(self, token: str, asked: Asked) -> Any:
        if self.chance.now < self.outage_until:
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
                self.meanwhile()
            finally:
                self._depth -= 1
        if till.is_sync_dead:
            raise Died

    def put_back(self, till: Till) -> None:
        """Store IT puts the newest copy of a broken disk back, or else that of its first day."""
        papers = {
            number: sale.receipt_number
            for number, sale in self.truth.sales.items()
            if sale.till == till.number and sale.is_done
        }
        till.kill_core()
        till.kill_sync()
        till.disk.die()
        till.disk.become(self.till_backups.get(till.name, self._images.tills[till.number]))
        till.is_damaged = till.is_rotten = False
        till.boots += 1
        self.went_back(till, papers)

    def went_back(self, till: Till, papers: dict[int, str]) -> None:
        """A disk is older than it was; what it held and no other disk holds is gone for ever."""
        till.is_forked = True
        self.truth.went_back(till.number)
        self._find_central()
        kept = self.numbers_at_central()
        for each in self.tills:
            kept |= set(self.papers(each))
        gone = {number: paper for number, paper in papers.items() if number not in kept}
        if gone:
            self.chance.note("sales whose every disk is gone")
        self.truth.destroyed(set(gone), {(till.number, paper) for paper in gone.values()})

    def central_went_back(self, held: set[int]) -> None:
        """The same of central: `held` are the sales that it had."""
        self.histories += 1
        gone = held - self.numbers_at_central()
        for till in self.tills:
            gone -= set(self.papers(till))
        if gone:
            self.chance.note("sales whose every disk is gone")
        self.truth.destroyed(gone, set())

    def papers(self, till: Till) -> dict[int, str]:
        """The sales in a till's journal, as its disk is now; none where nobody may believe it."""
        if till.is_rotten:
            return {}
        try:
            return self.seen(judge.papers_in, till.home / "receipts.db")
        except sqlite3.DatabaseError:
            return {}

    def numbers_at_central(self) -> set[int]:
        """The sales that central has; in its file there may be some that it gave up."""
        numbers = self.center.numbers()
        if numbers is not None:
            return numbers
        return self.seen(judge.numbers_at_central, self.center.disk.folder / "central.db")

    def _is_damaged(self, folder: Path) -> bool:
        """Would a person find a database of this folder damaged?"""
        return any(not self.seen(judge.is_whole, path) for path in sorted(folder.glob("*.db")))

    def seen(self, read: Callable[[Path], T], database: Path) -> T:
        """What a database holds, read from a copy: looking at one may change it."""
        copy = self.folder / "seen.db"
        for path in self.folder.glob("seen.db*"):
            path.unlink()
        for ending in ("", "-wal"):
            if (source := database.with_name(f"{database.name}{ending}")).exists():
                copy_file(source, copy.with_name(f"{copy.name}{ending}"))
        return read(copy)

    def close(self) -> None:
        self.center.kill()
        for till in self.tills:
            till.kill_core()
            till.kill_sync()
        for disk in self.files.disks:
            disk.forget()
        self.files.disks = []


class Part:
    """Somebody or something that acts in a scene, with all that is in it at hand."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.chance, self.truth = scene.chance, scene.truth
        self.climate, self.net = scene.climate, scene.net
        self.center, self.tills = scene.center, scene.tills
        self.folder, self.files = scene.folder, scene.files
