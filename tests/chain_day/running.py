"""Runs chain days: one migrated database is made, every seed begins with a copy of it."""

from __future__ import annotations

import logging
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from central_sync.database.migrate import migrate
from central_sync.database.open import open_database
from tests.chain_day.day import ChainDay
from tests.chain_day.judge import Broken
from tests.simulation.chance import fed_by

_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fault` is "" when every promise was kept."""

    seed: int
    fault: str
    log: tuple[str, ...]
    seen: Counter[str]


@dataclass(frozen=True, slots=True)
class Days:
    template: Path
    folder: Path

    def run(self, seed: int) -> Outcome:
        with fed_by(random.Random(seed)):
            day = ChainDay(seed, self.template, self.folder)
            try:
                day.run()
                fault = ""
            except Broken as problem:
                fault = str(problem)
            finally:
                day.close()
        return Outcome(seed, fault, tuple(day.chain.log), day.chain.world.seen)


@contextmanager
def days() -> Iterator[Days]:
    """Everything that a seed needs; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="spindel-", dir=_MEMORY if _MEMORY.is_dir() else None))
    logging.disable()
    try:
        template = folder / "template.db"
        database = open_database(f"sqlite:///{template}")
        migrate(database)
        database.close()
        yield Days(template, folder)
    finally:
        logging.disable(logging.NOTSET)
        shutil.rmtree(folder)
