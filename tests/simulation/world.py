"""One run: a shop's day from one seed, in bad weather first and in good weather then.

In bad weather anything may happen between any two steps; what must always hold is looked at
all along. Then the faults stop, and everything has to come together within a few contacts.
The thing to get wrong: a harness that is kinder than the world. What a seed leaves out, its
weather says; what was reached, `seen` counts.
"""

from __future__ import annotations

import random
import sqlite3
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from pos_client.storage import records
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from tests.simulation.calm import Calm
from tests.simulation.center import Center
from tests.simulation.chance import StepFlusher, fed_by
from tests.simulation.copies import Copies
from tests.simulation.images import Images
from tests.simulation.mishaps import Mishaps
from tests.simulation.office import Office
from tests.simulation.replacing import replaced
from tests.simulation.scene import MakeCenter, Scene
from tests.simulation.shop import Shop
from tests.simulation.till import newer
from tests.simulation.truth import Violation
from tests.simulation.vfs import SimulatedFiles


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fault` is "" when every promise was kept."""

    seed: int
    fault: str
    trace_hash: str
    seen: dict[str, int]
    log: tuple[str, ...] = ()


class World:
    def __init__(self, scene: Scene) -> None:
        self.scene, self.chance = scene, scene.chance
        self.shop, self.office = Shop(scene), Office(scene)
        self.mishaps, self.copies = Mishaps(scene), Copies(scene)
        self.calm = Calm(scene, self.shop, self.mishaps)
        scene.meanwhile = self.step
        may_happen = self._may_happen()
        self._acts = [act for act, _ in may_happen]
        self._weights = tuple(accumulate(weight for _, weight in may_happen))

    def run(self) -> None:
        """All of it; raises Violation."""
        scene = self.scene
        scene.center.edge.is_newer = scene.climate.is_central_newer
        for till in scene.tills:
            if scene.climate.is_newer:
                till.on_body = newer
        scene.start_all()
        self.office.note_prices()
        for _ in range(scene.climate.steps):
            self.chance.forward(self.chance.rng.expovariate(1 / 25))
            self.step()
        self.calm.come()
        self.calm.finish()

    def step(self) -> None:
        """One thing happens."""
        act = self._choose()
        self.chance.trace(act.__name__)
        act()
        self.scene.settle()

    def _choose(self) -> Callable[[], None]:
        return self.chance.rng.choices(self._acts, cum_weights=self._weights)[0]

    def _may_happen(self) -> list[tuple[Callable[[], None], float]]:
        """What may happen in a step, and how often beside the rest."""
        climate = self.scene.climate
        shop, office = self.shop, self.office
        mishaps, copies = self.mishaps, self.copies
        return [
            (shop.sell, 6),
            (shop.talk, 8),
            (shop.print, 2),
            (office.change_price, 1.2),
            (shop.flush, 1),
            (mishaps.start_what_is_off, 5),
            (mishaps.deliver_late, 1),
            (mishaps.cut_power, climate.power),
            (mishaps.kill, climate.kills),
            (mishaps.lay_fuse, climate.fuses),
            (copies.back_up_central, climate.restores),
            (copies.restore_central, climate.restores),
            (mishaps.change_clock, climate.clocks),
            (office.revoke, climate.revokes),
            (mishaps.lose_network, climate.outages),
            (mishaps.lose_master, climate.lost_masters),
            (office.trim_feed, climate.trims),
            (office.enrol_again, climate.enrolments),
            (mishaps.rot, climate.rot),
            (copies.back_up_till, climate.till_restores),
            (copies.restore_till, climate.till_restores),
            (copies.clone_till, climate.clones),
        ]


def whole_day(scene: Scene) -> None:
    World(scene).run()


def run_seed(
    seed: int,
    images: Images,
    folder: Path,
    files: SimulatedFiles,
    *,
    log: bool = False,
    play: Callable[[Scene], None] = whole_day,
    is_calm: bool = False,
    make_center: MakeCenter = Center,
) -> Outcome:
    """One seed, from copied folders to the last check; `is_calm` has no weather of its own."""
    fault = ""
    with fed_by(random.Random(seed)), replaced(records, "Flusher", StepFlusher):
        scene = Scene(seed, images, folder, files, is_calm=is_calm, make_center=make_center)
        scene.chance.log = [] if log else None
        try:
            play(scene)
        except Violation as violation:
            fault = str(violation)
        except (StorageTrouble, StorageDamaged, sqlite3.Error) as problem:
            fault = f"unexpected: {problem!r}"
            scene.chance.trace(traceback.format_exc() if log else "")
        except Exception as problem:  # noqa: BLE001 - the seed has to be named
            fault = f"fell over: {problem!r}"
            scene.chance.trace(traceback.format_exc() if log else "")
        finally:
            scene.close()
    chance = scene.chance
    return Outcome(seed, fault, chance.trace_hash, dict(chance.seen), tuple(chance.log or ()))
