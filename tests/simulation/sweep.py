"""The power-cut sweep: a short script is cut at its n-th disk operation, for every n.

    python -m tests.simulation.sweep till 3        every point of a till's script, three moods each
    python -m tests.simulation.sweep central

The script sells, prints, uploads, takes a page of the feed, a whole new catalogue and an update
of the register's file, and sells again. After each cut everything has to come together as after
any other weather. The thing to get wrong: a script that grows shorter unseen; the run says how
many points it had.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

from central_sync.engine.round import contact, poll_feed, send_receipts
from central_sync.server import feed
from pos_client.storage import migrating
from tests.simulation.calm import Calm
from tests.simulation.disk import Disk
from tests.simulation.images import SKUS
from tests.simulation.mishaps import Mishaps
from tests.simulation.office import Office
from tests.simulation.replacing import replaced
from tests.simulation.running import Simulator, simulator
from tests.simulation.scene import Scene
from tests.simulation.shop import Shop
from tests.simulation.till import Till

MACHINES = ("till", "central")
# No script has so many operations: a sweep ends where nothing was cut.
MOST_POINTS = 5_000


@dataclass(frozen=True, slots=True)
class Cut:
    """`fault` "" when all was well; `is_reached` False when the script ended before the point."""

    fault: str
    is_reached: bool


def cut_at(runs: Simulator, machine: str, point: int, mood: int = 0) -> Cut:
    """The script with the power of "till" or "central" cut at an operation; `mood` varies how."""
    script = _Script(machine, point, runs.folder.parent)
    outcome = runs.run(point + mood * MOST_POINTS, play=script.play, is_calm=True)
    return Cut(outcome.fault, script.is_reached)


class _Script:
    def __init__(self, machine: str, point: int, folder: Path) -> None:
        self.is_reached = False
        self._machine, self._point, self._folder = machine, point, folder

    def play(self, scene: Scene) -> None:
        self._scene, self._shop, self._office = scene, Shop(scene), Office(scene)
        scene.start_all()
        self._office.note_prices()
        disk = self._disk()
        with ExitStack() as self._rest_of_the_run:
            disk.fuse, disk.is_power_fuse = self._point, True
            for step in self._steps():
                step()
                scene.settle()
                if disk.fuse is None:
                    self.is_reached = True
                    break
            disk.fuse = None
            calm = Calm(scene, self._shop, Mishaps(scene))
            calm.come()
            calm.finish()

    @property
    def _till(self) -> Till:
        return self._scene.tills[0]

    def _disk(self) -> Disk:
        return self._till.disk if self._machine == "till" else self._scene.center.disk

    def _steps(self) -> Iterator[Callable[[], object]]:
        yield self._sell
        yield self._print
        yield lambda: self._sync(send_receipts)
        yield lambda: self._office.set_price(SKUS[0], 12_300)
        yield lambda: self._sync(poll_feed)
        yield self._sell
        yield lambda: self._sync(contact)
        yield self._forget_the_feed
        yield lambda: self._sync(contact)
        yield self._update
        yield self._sell
        yield lambda: self._sync(contact)

    def _sell(self) -> None:
        with self._scene.dying(self._till.name), self._till.as_core():
            if self._till.core is not None:
                self._shop.sell_at(self._till)

    def _print(self) -> None:
        with self._scene.dying(self._till.name), self._till.as_core():
            if self._till.core is not None:
                self._shop.print_at(self._till, self._till.core)

    def _sync(self, ask: Callable[..., object]) -> None:
        with self._scene.dying(self._till.name), self._till.as_sync():
            if self._till.sync is not None:
                ask(self._till.sync)

    def _forget_the_feed(self) -> None:
        """So much has changed at central that every till takes the whole catalogue anew."""
        self._scene.center.do(lambda connection, at: feed.raise_floor(connection, [feed.CHAIN], at))

    def _update(self) -> None:
        """The register comes back as a newer program, whose file has one table more."""
        self._till.kill_core()
        newer = self._folder / "newer-migrations"
        if not newer.exists():
            with as_file(migrating.FOLDER) as known:
                shutil.copytree(known, newer)
            (newer / "9999_of_a_newer_program.sql").write_text("CREATE TABLE newer (at TEXT);\n")
        self._rest_of_the_run.enter_context(replaced(migrating, "FOLDER", newer))
        self._scene.start_core(self._till)


def main() -> int:
    machines = [name for name in MACHINES if name in sys.argv[1:]] or MACHINES
    moods = next((int(word) for word in sys.argv[1:] if word.isdigit()), 1)
    faults = 0
    with simulator() as runs:
        for machine in machines:
            points = 0
            for point in range(1, MOST_POINTS):
                cuts = [cut_at(runs, machine, point, mood) for mood in range(moods)]
                for mood, cut in enumerate(cuts):
                    if cut.fault:
                        faults += 1
                        print(f"{machine} cut at {point}, mood {mood}: {cut.fault}", flush=True)
                if not any(cut.is_reached for cut in cuts):
                    break
                points = point
            print(f"{machine}: cut at {points} points, {moods} times each", flush=True)
    print(f"{faults} violations")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
