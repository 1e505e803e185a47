"""Runs seeds: the folders, the VFS and the images are made once, every seed starts from copies.

The folders lie in memory where the system offers that, since every byte of them is pretence.
"""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central_sync.engine.state import Identity
from pos_client.register import commands
from pos_client.storage import records
from tests.simulation.center import Center
from tests.simulation.chance import Chance, StepFlusher
from tests.simulation.disk import Disk
from tests.simulation.images import CASHIER, PIN, Images, make_images
from tests.simulation.replacing import replaced
from tests.simulation.scene import MakeCenter, Scene
from tests.simulation.till import Till
from tests.simulation.vfs import SimulatedFiles, library
from tests.simulation.world import Outcome, run_seed, whole_day

_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Simulator:
    images: Images
    folder: Path
    files: SimulatedFiles

    def run(
        self,
        seed: int,
        *,
        log: bool = False,
        play: Callable[[Scene], None] = whole_day,
        is_calm: bool = False,
        make_center: MakeCenter = Center,
    ) -> Outcome:
        """One seed; `log` keeps every step of it. `play` is what is done in its scene."""
        here = (self.images, self.folder, self.files)
        logging.disable()
        # Cycles wait until the seed is over; what a dead process left open is collected at once.
        is_collecting = gc.isenabled()
        gc.disable()
        try:
            with self.files.installed():
                how: dict[str, Any] = {"play": play, "is_calm": is_calm}
                return run_seed(seed, *here, log=log, make_center=make_center, **how)
        finally:
            if is_collecting:
                gc.enable()
            logging.disable(logging.NOTSET)


@contextmanager
def simulator() -> Iterator[Simulator]:
    """Everything that a seed needs; nothing of it is left afterwards."""
    root = Path(tempfile.mkdtemp(prefix="spindel-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        images = make_images(root / "images", first_start)
        files = SimulatedFiles(library())
        gc.collect()
        gc.freeze()
        yield Simulator(images, root / "run", files)
    finally:
        gc.unfreeze()
        shutil.rmtree(root)


def first_start(home: Path, identity: Identity) -> None:
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
