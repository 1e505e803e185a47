"""Disks that are copied and put back: backups of central and tills, clones, and what is lost so.

The judge is told at that moment which sales no disk holds any more, and which tills may have
two histories. The thing to get wrong: excusing more than what the disks themselves show.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.simulation.disk import Disk
from tests.simulation.scene import Part
from tests.simulation.till import Till


class Copies(Part):
    def back_up_central(self) -> None:
        if not self.center.is_up:
            return
        backup = self.scene.backup = self.folder / "backup"
        shutil.rmtree(backup, ignore_errors=True)
        self.center.back_up(backup)

    def restore_central(self) -> None:
        if self.scene.backup is None:
            return
        self.chance.note("central restored from a backup")
        self.center.kill()
        self.center.disk.die()
        held = self.scene.numbers_at_central()
        self.center.put_back(self.scene.backup)
        self.scene.central_went_back(held)
        self.scene.start_central()

    def back_up_till(self) -> None:
        """A copy of a till's whole disk, made while no basket is open."""
        till = self.chance.rng.choice(self.tills)
        if self._is_quiet(till):
            self.scene.till_backups[till.name] = self._copy_of(till, f"{till.name}-backup")

    def restore_till(self) -> None:
        """Somebody puts an older copy of the disk back."""
        till = self.chance.rng.choice(self.tills)
        backup = self.scene.till_backups.get(till.name)
        # A rotten one is put back by whoever starts it (`Scene.start_core`), who counts the loss.
        if backup is None or till.core_is_busy or till.sync_is_busy or till.is_rotten:
            return
        self.chance.note("a till restored from a backup")
        till.kill_core()
        till.kill_sync()
        till.disk.die()
        papers = self.scene.papers(till)
        till.disk.become(backup)
        till.boots += 1
        self.scene.went_back(till, papers)

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
        till.is_forked = copy.is_forked = True
        self.truth.went_back(till.number)

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
