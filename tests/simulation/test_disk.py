"""The pretend disk itself: it loses what a real one may lose, and nothing else."""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from tests.simulation.disk import Disk
from tests.simulation.vfs import SimulatedFiles, library

SEEDS = 20


def lives(folder: Path, files: SimulatedFiles, seed: int, level: str) -> bool:
    """Two lives of a table, each ended by a power cut; is all there that was committed?"""
    rng = random.Random(seed)
    disk = Disk(folder / str(seed), rng)
    disk.folder.mkdir()
    files.disks = [disk]
    files.reset_chance(rng)
    told: list[int] = []
    for _ in range(2):
        files.current = disk.life("writer")
        database = sqlite3.connect(disk.folder / "a.db", isolation_level=None)
        database.execute("PRAGMA synchronous = EXTRA")
        database.execute("CREATE TABLE IF NOT EXISTS fact (number INTEGER)")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {level}")
        database.execute("PRAGMA wal_autocheckpoint = 5")
        found = [row[0] for row in database.execute("SELECT number FROM fact")]
        if found[: len(told)] != told:
            database.close()
            return False
        told = found
        disk.fuse = rng.randint(1, 80)
        with suppress(sqlite3.OperationalError):
            for number in range(len(told), len(told) + 100):
                database.execute("INSERT INTO fact VALUES (?)", (number,))
                told.append(number)
        disk.die()
        database.close()
        disk.cut()
    return True


@pytest.mark.parametrize(("level", "is_kept"), [("FULL", True), ("NORMAL", False)])
def test_only_what_was_synced_outlives_a_power_cut(
    tmp_path: Path, level: str, is_kept: bool
) -> None:
    files = SimulatedFiles(library())
    with files.installed():
        kept = [lives(tmp_path, files, seed, level) for seed in range(SEEDS)]
    assert all(kept) == (is_kept or not files.has_faults)
