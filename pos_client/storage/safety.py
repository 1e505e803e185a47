"""The register's side of keeping a till safe; fulfils central_sync.engine.safety.register."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from central_sync.engine.safety.replayed import Replayed
from central_sync.engine.safety.rescued import Left, Rebuilt, Salvaged
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.workstation import Progress
from central_sync.retail.journal import JournalEntry
from pos_client.storage.journal import Sign
from pos_client.storage.replaying import NoSuchReceipt, replay
from pos_client.storage.rescuing import rebuild, salvage
from pos_client.storage.restoring import settle_restored


class Safety:
    def after_restore(self, home: Path) -> None:
        settle_restored(home)

    def salvage(self, home: Path) -> Salvaged:
        return salvage(home)

    def rebuild(
        self,
        home: Path,
        damaged: Path | None,
        entries: Sequence[JournalEntry],
        loose: Sequence[JournalEntry],
        epoch: int,
        sign: Sign,
        left: Left,
    ) -> Rebuilt:
        return rebuild(home, damaged, entries, loose, epoch, sign, left)

    def replay(self, home: Path, to: str, progress: Progress) -> Replayed:
        try:
            return replay(home, to, progress)
        except NoSuchReceipt as problem:
            raise SafetyTrouble(str(problem)) from problem
