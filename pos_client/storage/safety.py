"""The register's side of keeping a till safe; fulfils central_sync.engine.safety.register."""

from __future__ import annotations

from pathlib import Path

from pos_client.storage.restoring import settle_restored


class Safety:
    def after_restore(self, home: Path) -> None:
        settle_restored(home)
