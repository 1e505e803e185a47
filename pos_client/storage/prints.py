"""The print spool: what waits for paper, and what may already be on it.

queued -> sending -> sent; a job found `sending` after a crash becomes `unknown`
and is put to a person, never printed again by itself; the answer is one act with
its journal entry (records.Act.settle_print). The thing to get wrong:
marking `sending` after the first byte instead of durably before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from hardware.document import Document
from pos_client.storage.database import durable


@dataclass(frozen=True, slots=True)
class PrintJob:
    """`receipt_number` is "" for reports; `attempts` counts starts of printing."""

    job_id: int
    kind: str
    receipt_number: str
    total_minor: int
    document: Document
    attempts: int


class PrintSpool:
    """Used by the core's one writer thread only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_queued(self) -> PrintJob | None:
        return self._first("queued")

    def next_unknown(self) -> PrintJob | None:
        """The oldest job that only a person can settle."""
        return self._first("unknown")

    def waiting(self) -> int:
        """Jobs not yet on paper, the unknown ones included."""
        row = self._database.conn.execute(
            "SELECT COUNT(*) FROM print_job WHERE state IN ('queued', 'sending', 'unknown')"
        ).fetchone()
        return int(row[0])

    def began(self, job_id: int) -> None:
        """Durable before the first byte leaves."""
        self._set(job_id, "sending", attempts=1)

    def finished(self, job_id: int) -> None:
        self._set(job_id, "sent")

    def not_begun(self, job_id: int, problem: str) -> None:
        """No byte left us: the job waits for the printer."""
        self._set(job_id, "queued", attempts=-1, problem=problem)

    def doubtful(self, job_id: int, problem: str) -> None:
        """Some bytes left us: only a person can tell what came out."""
        self._set(job_id, "unknown", problem=problem)

    def after_restart(self) -> int:
        """What was being sent when the core died is now unknown; how many were."""
        with durable(self._database) as connection:
            return connection.execute(
                "UPDATE print_job SET state = 'unknown' WHERE state = 'sending'"
            ).rowcount

    def _first(self, state: str) -> PrintJob | None:
        row = self._database.conn.execute(
            """
            SELECT job_id, kind, receipt_number, total_minor, document, attempts
              FROM print_job WHERE state = :state ORDER BY job_id LIMIT 1
            """,
            {"state": state},
        ).fetchone()
        if row is None:
            return None
        document = Document.from_plain(json.loads(row[4]))
        return PrintJob(row[0], row[1], row[2], row[3], document, row[5])

    def _set(self, job_id: int, state: str, *, attempts: int = 0, problem: str = "") -> None:
        with durable(self._database) as connection:
            connection.execute(
                """
                UPDATE print_job
                   SET state = :state, attempts = attempts + :attempts, problem = :problem
                 WHERE job_id = :job_id
                """,
                {"job_id": job_id, "state": state, "attempts": attempts, "problem": problem},
            )
