"""An import from a folder: read, check, write, in one transaction or not at all.

Files that are not there are not looked for; rows that are there are added or changed,
and nothing is ever removed by an import (an item is blocked, not deleted).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.server.central import Central
from central_sync.server.importing.checks import Known, known_of
from central_sync.server.importing.files import FILES, BadCell, FileKind, Row, read_file
from central_sync.server.importing.load import Loader

BATCH_ROWS = 5_000
# A file of another kind has an error on every line; nobody reads more than these.
LARGEST_LIST = 1_000

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """Per file: rows read well, and rows that changed anything. `bad` lists the first cells.

    `held` says why a person has to look first, "" when nobody has to.
    """

    rows: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    bad: list[BadCell] = field(default_factory=list)
    bad_count: int = 0
    held: str = ""
    is_written: bool = False

    def note(self, cell: BadCell) -> None:
        self.bad_count += 1
        if len(self.bad) < LARGEST_LIST:
            self.bad.append(cell)


class NoFiles(ValueError):
    """The folder has none of the files of an import."""


def check_folder(
    central: Central,
    folder: Path,
    progress: Progress,
    *,
    good_rows: bool = False,
    accept: bool = False,
) -> Report:
    """A dry run: everything is read and checked, nothing written; `held` as it would be.

    Raises NoFiles, OSError.
    """
    report = Report()
    with central.database.reading() as connection:
        before = after = _for_sale(connection)
        for kind, rows in _batches(connection, folder, report, progress):
            report.rows[kind.name] = report.rows.get(kind.name, 0) + len(rows)
            if kind.name == "items":
                after += _more_for_sale(connection, rows)
    if not accept and (good_rows or not report.bad_count):
        report.held = _why_held(before, after)
    return report


def import_folder(
    central: Central,
    folder: Path,
    progress: Progress,
    *,
    good_rows: bool = False,
    accept: bool = False,
) -> Report:
    """Write all rows, or with `good_rows` those that are good; else any bad row stops it all.

    What leaves less than half of the items for sale is held and not written, unless somebody
    looked and says `accept`: the tills hold back a catalogue by the same measure. Raises NoFiles
    and OSError.
    """
    report = Report()
    try:
        with central.database.atomic() as connection:
            before = _for_sale(connection)
            loader = Loader(connection, central.timestamp(), central.data_keys)
            for kind, rows in _batches(connection, folder, report, progress):
                report.rows[kind.name] = report.rows.get(kind.name, 0) + len(rows)
                if good_rows or not report.bad_count:
                    changed = loader.write(kind.name, rows)
                    report.changed[kind.name] = report.changed.get(kind.name, 0) + changed
            if report.bad_count and not good_rows:
                raise _Undo
            report.held = "" if accept else _why_held(before, _for_sale(connection))
            if report.held:
                raise _Undo
            loader.finish()
            if loader.broken:
                central.on_shortfall(connection, loader.broken, central.timestamp())
    except _Undo:
        report.changed.clear()
        return report
    report.is_written = True
    return report


def _for_sale(connection: Connection) -> int:
    query = select(func.count()).select_from(t.item).where(t.item.c.is_blocked == 0)
    return connection.execute(query).scalar_one()


def _more_for_sale(connection: Connection, rows: list[Row]) -> int:
    """How many more items rows of items.csv would put on sale; each item comes once."""
    row, change = t.item.c, sum(not item["blocked"] for item in rows)
    for skus in chunks(item["sku"] for item in rows):
        query = select(func.count()).where(row.sku.in_(skus), row.is_blocked == 0)
        change -= connection.execute(query).scalar_one()
    return change


def _why_held(before: int, after: int) -> str:
    return f"of {before} items for sale {after} would be left" if after * 2 < before else ""


class _Undo(Exception):
    """Takes back the transaction."""


def _batches(
    connection: Connection, folder: Path, report: Report, progress: Progress
) -> Iterator[tuple[FileKind, list[Row]]]:
    """Good rows of all files that are there, in the order of FILES."""
    there = [kind for kind in FILES if (folder / kind.file).is_file()]
    if not there:
        names = ", ".join(kind.file for kind in FILES)
        raise NoFiles(f"{folder} has none of {names}")
    known = known_of(connection, has_tax_rates=any(kind.name == "tax_rates" for kind in there))
    bytes_in_all = sum((folder / kind.file).stat().st_size for kind in there)
    bytes_read = 0

    def seen(count: int) -> None:
        nonlocal bytes_read
        bytes_read += count

    for kind in there:
        batch: list[Row] = []
        for row in _good(folder, kind, known, report, seen):
            batch.append(row)
            if len(batch) == BATCH_ROWS:
                yield kind, batch
                progress(bytes_read, bytes_in_all)
                batch = []
        yield kind, batch
        progress(bytes_read, bytes_in_all)


def _good(
    folder: Path, kind: FileKind, known: Known, report: Report, seen: Callable[[int], None]
) -> Iterator[Row]:
    for line, cells, row in read_file(folder / kind.file, kind, report.note, seen):
        faults = known.faults(kind, row)
        for column, allowed in faults:
            report.note(BadCell(kind.file, line, column, _shown(row, column, cells), allowed))
        if not faults:
            yield row


def _shown(row: Row, column: str, cells: list[str]) -> str:
    value = row.get(column)
    return str(value) if isinstance(value, (str, int)) else ",".join(cells)[:60]
