"""The register's side of keeping a till safe; fulfils central_sync.engine.safety.register."""

from __future__ import annotations

from pathlib import Path

from central_sync.engine.safety.replayed import Replayed
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.workstation import Progress
from pos_client.storage.replaying import NoSuchReceipt, replay
from pos_client.storage.restoring import settle_restored


class Safety:
    def after_restore(self, home: Path) -> None:
        settle_restored(home)

    def replay(self, home: Path, to: str, progress: Progress) -> Replayed:
        try:
            return replay(home, to, progress)
        except NoSuchReceipt as problem:
            raise SafetyTrouble(str(problem)) from problem
