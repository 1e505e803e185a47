"""What IT asks about over the telephone: the state of sync.

Reading only. Nothing here changes anything or asks a cashier to resolve it.
"""

from __future__ import annotations

from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped
from pos_client.screens.status import age_text


class SyncPage(Page):
    name = "sync"

    def body(self, width: int, height: int) -> list[Row]:
        status, say = self.till.view.status, self.till.say
        rows: list[Row] = [BLANK]
        facts = [
            ("sync.central", say("sync.online" if status.is_online else "sync.offline")),
            ("sync.outbox", str(status.outbox)),
            ("sync.oldest", self._age(status.oldest_unsent_seconds)),
            ("sync.prices", self._age(status.price_age_seconds)),
            ("sync.prints", str(status.waiting_prints)),
        ]
        if status.disk_free_mb is not None:
            facts.append(("sync.disk", f"{status.disk_free_mb} MB"))
        rows += [row(f"   {say(key):<34} {value}") for key, value in facts]
        if status.sync_problem:
            problem = wrapped(self.till.words.say(status.sync_problem), width - 6)
            rows += [BLANK, *(row(f"   {line}", Look.ATTENTION) for line in problem)]
        calm = wrapped(say("sync.calm"), width - 6)
        return [*rows, BLANK, *(row(f"   {line}", Look.DIM) for line in calm)]

    def _age(self, seconds: int | None) -> str:
        return "–" if seconds is None else age_text(self.till, seconds)

    def labels(self) -> Labels:
        return {}
