"""What was changed since one last looked: a mark on rows that follows the order of commits.

Rows are stamped with `changed()`; `horizon` is asked in the same read as the rows. On
PostgreSQL the mark is the transaction's id: one that is still running may commit later
with an older mark, so a reader goes on from the oldest that runs. The thing to get wrong:
going on from the newest mark that was seen.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, func, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from central_sync.database.tables.stock import stock_level


class changed(FunctionElement[int]):
    """The mark of the transaction that runs."""

    inherit_cache = True
    type = BigInteger()


@compiles(changed, "postgresql")
def _of_transaction(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"


@compiles(changed, "sqlite")
def _of_statement(_element: Any, _compiler: Any, **_options: Any) -> str:
    # One writer at a time, so the next number is the next commit's.
    return "(SELECT coalesce(max(changed), 0) + 1 FROM stock_level)"


def horizon(connection: Connection) -> int:
    """Every mark below is settled: whatever carries it is seen by this reader."""
    if connection.dialect.name == "postgresql":
        oldest = "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
        return int(connection.execute(text(f"SELECT {oldest}")).scalar_one())
    newest = connection.execute(select(func.max(stock_level.c.changed))).scalar()
    return (newest or 0) + 1
