"""The print spool: what waits for paper, and what is known to be on it.

    queued -> sending -> confirmed | sent
                      -> torn -> unknown -> confirmed, queued again, or cancelled

A job found `sending` after a crash was confirmed if its closing checkpoint had been
answered; otherwise it is torn: it is voided on paper and then put to a person, never
printed again by itself. The person's answer is one act with its journal entry
(records.Act.settle_print).

The thing to get wrong: marking `sending` after the first byte instead of durably before
it. Progress at checkpoints is the opposite: it may be written lazily, for a lost
checkpoint only makes us ask once more than needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from hardware.document import Document
from pos_client.register.shop import PrintQuestion
from pos_client.storage.database import durable, lazy

OPEN_STATES = "('queued', 'sending', 'torn', 'unknown')"


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
        return self._first("state = 'queued'", {})

    def torn_on(self, printer: int) -> PrintJob | None:
        """The oldest job whose torn print lies in that printer and must be voided on paper."""
        return self._first("torn_on > 0 AND torn_on = :printer", {"printer": printer})

    def question(self) -> PrintQuestion | None:
        """The oldest job that only a person can settle."""
        return next(iter(self._in_doubt("state = 'unknown'")), None)

    def in_doubt(self) -> tuple[PrintQuestion, ...]:
        """Every job that may be on paper, whether a person has been asked yet or not."""
        return self._in_doubt("state IN ('torn', 'unknown')")

    def waiting(self) -> int:
        """Jobs not settled yet, those in doubt included."""
        row = self._database.conn.execute(
            f"SELECT COUNT(*) FROM print_job WHERE state IN {OPEN_STATES}"
        ).fetchone()
        return int(row[0])

    def began(self, job_id: int, printer: int = 1) -> None:
        """Durable before the first byte leaves for that printer."""
        self._set(job_id, "sending", attempts=1, printer=printer)

    def passed(self, job_id: int, checkpoint: str) -> None:
        """The printer said that it has printed so far; survives kill -9, which is enough."""
        with lazy(self._database) as connection:
            connection.execute(
                """
                UPDATE print_job SET passed = :checkpoint
                 WHERE job_id = :job_id AND state = 'sending'
                """,
                {"job_id": job_id, "checkpoint": checkpoint},
            )

    def finished(self, job_id: int, *, is_proven: bool = True) -> None:
        self._set(job_id, "confirmed" if is_proven else "sent")

    def not_begun(self, job_id: int, problem: str) -> None:
        """No byte left us: the job waits for the printer."""
        self._set(job_id, "queued", attempts=-1, problem=problem)

    def torn(self, job_id: int, problem: str) -> None:
        """Some bytes left us and the end is not confirmed: paper may exist."""
        self._execute(
            """
            UPDATE print_job SET state = 'torn', problem = :problem, torn_on = MAX(1, printer)
             WHERE job_id = :job_id
            """,
            {"job_id": job_id, "problem": problem},
        )

    def voided(self, job_id: int) -> None:
        """The torn print is marked as void on paper; now a person can be asked."""
        self._execute(
            """
            UPDATE print_job
               SET torn_on = 0, state = CASE state WHEN 'torn' THEN 'unknown' ELSE state END
             WHERE job_id = :job_id
            """,
            {"job_id": job_id},
        )

    def ask(self, job_id: int) -> None:
        """Put a torn job to a person though its printer has not come back."""
        self._execute(
            "UPDATE print_job SET state = 'unknown' WHERE job_id = :job_id AND state = 'torn'",
            {"job_id": job_id},
        )

    def after_restart(self, printers: int = 2) -> int:
        """What was being sent when the core died is confirmed or torn; how many are torn.

        `printers`: what lies torn in a printer that is set up no more is the first one's.
        """
        with durable(self._database) as connection:
            connection.execute(
                """
                UPDATE print_job SET state = 'confirmed'
                 WHERE state = 'sending' AND closing <> '' AND passed = closing
                """
            )
            connection.execute(
                "UPDATE print_job SET torn_on = 1 WHERE torn_on > 0 AND torn_on > :printers",
                {"printers": printers},
            )
            return connection.execute(
                """
                UPDATE print_job
                   SET state = 'torn', torn_on = MAX(1, MIN(printer, :printers))
                 WHERE state = 'sending'
                """,
                {"printers": printers},
            ).rowcount

    def _first(self, where: str, values: dict[str, Any]) -> PrintJob | None:
        row = self._database.conn.execute(
            f"""
            SELECT job_id, kind, receipt_number, total_minor, document, attempts
              FROM print_job WHERE {where} ORDER BY job_id LIMIT 1
            """,
            values,
        ).fetchone()
        if row is None:
            return None
        document = Document.from_plain(json.loads(row[4]))
        return PrintJob(row[0], row[1], row[2], row[3], document, row[5])

    def _in_doubt(self, where: str) -> tuple[PrintQuestion, ...]:
        """A torn copy may be followed by its original only if that one was given up for it."""
        rows = self._database.conn.execute(
            f"""
            SELECT job_id, kind, receipt_number, total_minor, attempts, state = 'unknown',
                   kind = 'copy' AND NOT EXISTS (
                       SELECT 1 FROM print_job AS original
                        WHERE original.state = 'cancelled' AND original.kind = 'receipt'
                          AND original.receipt_number = print_job.receipt_number
                   )
              FROM print_job WHERE {where} ORDER BY job_id
            """
        ).fetchall()
        return tuple(
            PrintQuestion(
                job_id=job_id,
                kind=kind,
                receipt_number=number,
                total_minor=total,
                attempt=attempt,
                is_asked=bool(is_asked),
                is_last=bool(is_last),
            )
            for job_id, kind, number, total, attempt, is_asked, is_last in rows
        )

    def _set(
        self, job_id: int, state: str, *, attempts: int = 0, problem: str = "", printer: int = 0
    ) -> None:
        """A new attempt has passed nothing; other steps keep printer and progress."""
        self._execute(
            """
            UPDATE print_job
               SET state = :state, attempts = attempts + :attempts, problem = :problem,
                   passed = CASE WHEN :printer > 0 THEN '' ELSE passed END,
                   printer = CASE WHEN :printer > 0 THEN :printer ELSE printer END
             WHERE job_id = :job_id
            """,
            {
                "job_id": job_id,
                "state": state,
                "attempts": attempts,
                "problem": problem,
                "printer": printer,
            },
        )

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        with durable(self._database) as connection:
            connection.execute(statement, values)
