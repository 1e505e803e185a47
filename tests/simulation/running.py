"""Runs seeds: the folders, the VFS and the images are made once, every seed starts from copies.

The folders lie in memory where the system offers that, since every byte of them is pretence.
"""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.images import Images, make_images
from tests.simulation.vfs import SimulatedFiles, library
from tests.simulation.world import Outcome, first_start, run_seed

_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Simulator:
    images: Images
    folder: Path
    files: SimulatedFiles

    def run(self, seed: int, *, log: bool = False) -> Outcome:
        """One seed; `log` keeps every step of it."""
        logging.disable()
        try:
            with self.files.installed():
                return run_seed(seed, self.images, self.folder, self.files, log=log)
        finally:
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
