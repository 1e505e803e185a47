"""The scene of one run: tills and central on their disks, the wire between them, and who is up.

What acts in it stands in rooms of its own: `shop`, `office`, `mishaps`, `copies`, and `calm`
for the good weather at the end. The thing to get wrong: starting what is still on the stack;
`dying` and `settle` see to it that the dead are buried first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.simulation.center import Center
from tests.simulation.chance import Chance, fixed_key
from tests.simulation.climate import climate, net_weather, spoil
from tests.simulation.disk import Disk
from tests.simulation.edge import Asked
from tests.simulation.images import Images
from tests.simulation.network import Died, Line
from tests.simulation.till import Till
from tests.simulation.truth import Truth
from tests.simulation.vfs import SimulatedFiles

T = TypeVar("T")


class Scene:
    """`meanwhile` is called while a message is under way: the world goes on."""

    def __init__(self, seed: int, images: Images, folder: Path, files: SimulatedFiles) -> None:
        self.chance = Chance(seed)
        self.truth = Truth()
        self.folder, self.files = folder, files
        rng = self.chance.rng
        self.climate, self.net = climate(rng), net_weather(rng)
        self.stash: list[tuple[Till, Asked]] = []
        self.outage_until = self.chance.now
        self.meanwhile: Callable[[], None] = lambda: None
        self._depth = 0
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
        shutil.copytree(image, folder, symlinks=True, copy_function=shutil.copyfile)
        return Disk(folder, self.chance.rng)

    def machines(self) -> list[Disk]:
        return [self.center.disk, *(till.disk for till in self.tills)]

    def later(self, seconds: float) -> datetime:
        return self.chance.now + timedelta(seconds=seconds)

    def power_up(self, till: Till) -> bool:
        """After a power cut the disk is found in one of the states it may be in."""
        if till.is_off and not till.disk.lives and till.disk.logs:
            lost = till.disk.cut()
            till.boots += 1
            self.chance.trace(till.name, "lost", lost)
            if lost:
                self.chance.note("a till lost unsynced writes")
        return True

    def start_central(self) -> None:
        if not self.center.disk.lives and self.center.disk.logs:
            lost = self.center.disk.cut()
            self.chance.trace("central lost", lost)
            if lost:
                self.chance.note("central lost unsynced writes")
        self.center.start(lambda: self.chance.now)

    def start_all(self) -> None:
        if self.center.central is None:
            self.start_central()
        for till in self.tills:
            if till.core is None:
                self.power_up(till)
                till.start_core()
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

    def seen(self, read: Callable[[Path], T], database: Path) -> T:
        """What a database holds, read from a copy: looking at one may change it."""
        copy = self.folder / "seen.db"
        for path in self.folder.glob("seen.db*"):
            path.unlink()
        for ending in ("", "-wal"):
            if (source := database.with_name(f"{database.name}{ending}")).exists():
                shutil.copyfile(source, copy.with_name(f"{copy.name}{ending}"))
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
