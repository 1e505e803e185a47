"""The master file of this workstation, as sync changes it.

One writer connection, opened when first needed and closed before a swap. The guard on
shrinking lives here: what central sends by mistake (an empty import, a wrong filter)
must not empty every register of a chain within seconds. A file that is found damaged counts
as none from then on, since central can always make another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from central_sync.masterfile.apply import (
    VITAL_TABLES,
    Applied,
    CatalogueShrinks,
    PageUnfit,
    apply_page,
    open_for_apply,
    places_of,
)
from central_sync.masterfile.check import BadMaster, MasterFacts, check_master, read_facts
from central_sync.masterfile.swap import Generation, generation, has_changed, install
from central_sync.masterfile.tables import SCHEMA_VERSION
from central_sync.wire.changes import Page

FILE = "master.db"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Catalogue:
    """Raises sqlite3.Error and OSError when the disk refuses."""

    def __init__(self, home: Path, *, store_id: str, vital_counts: Mapping[str, int]) -> None:
        self.path = home / FILE
        self._store_id = store_id
        self._vital_counts = dict(vital_counts)
        self._connection: sqlite3.Connection | None = None
        self._opened: Generation | None = None
        self._is_ours: Generation | None = None
        self._damaged: Generation | None = None

    @property
    def vital_counts(self) -> Mapping[str, int]:
        """Rows of the vital tables that the register is known to have had."""
        return self._vital_counts

    def facts(self, counted: Iterable[str] = VITAL_TABLES) -> MasterFacts | None:
        """What the file holds; None when there is none that this register can use."""
        found = generation(self.path)
        if found is None or found == self._damaged:
            return None
        try:
            facts = read_facts(self.path, counted)
        except BadMaster:
            return None
        if (facts.schema_version, facts.store_id) != (SCHEMA_VERSION, self._store_id):
            return None
        self._is_ours = found
        return facts

    def positions(self) -> Mapping[str, int] | None:
        """The feed positions of the file; None when there is none that can be used."""
        places = self.places()
        return places[0] if places else None

    def places(self) -> tuple[Mapping[str, int], Mapping[str, bytes]] | None:
        """The same beside the hashes of these positions, as far as the file has them."""
        if self._connection is not None and has_changed(self.path, self._opened):
            self.close()
        if self._connection is None:
            is_known = self._is_ours is not None and not has_changed(self.path, self._is_ours)
            if not is_known and self.facts(counted=()) is None:
                return None
        try:
            return places_of(self._writer())
        except (sqlite3.DatabaseError, ValueError) as problem:
            if not _is_damage(problem):
                raise
            self._distrust()
            return None

    def look_over(self) -> None:
        """Read every page, for somebody who asks: the next contact replaces a damaged file."""
        if generation(self.path) is not None:
            try:
                check_master(self.path, store_id=self._store_id)
            except BadMaster as problem:
                cause = problem.__cause__
                # What a disk without room refuses says nothing of the file.
                if not isinstance(cause, sqlite3.DatabaseError) or _is_damage(cause):
                    self._distrust()

    def hash_of(self, scope: str) -> bytes:
        """The hash of the position that the file has of a scope; b"" when there is none."""
        places = self.places()
        return places[1].get(scope, b"") if places else b""

    def remember_size(self) -> None:
        """Let the guard know how large the catalogue has grown."""
        facts = self.facts()
        for name in VITAL_TABLES if facts else ():
            count = facts.counts[name] if facts else 0
            self._vital_counts[name] = max(self._vital_counts.get(name, 0), count)

    def apply(self, page: Page, *, accept: bool) -> Applied:
        """Raises CatalogueShrinks unless a person accepted it, and PageUnfit, also where the file
        is too damaged to take the page: either way only another file helps."""
        guard = None if accept else self._vital_counts
        try:
            return apply_page(self._writer(), page, vital_counts=guard)
        except sqlite3.DatabaseError as problem:
            if not _is_damage(problem):
                raise
            self._distrust()
            raise PageUnfit(f"{FILE} is damaged: {problem}") from problem

    def put(
        self,
        finished: Path,
        counts: Mapping[str, int],
        *,
        accept: bool,
        is_looked_over: bool = False,
    ) -> MasterFacts:
        """Check a finished file and swap it in; raises BadMaster, CatalogueShrinks."""
        facts = check_master(
            finished, store_id=self._store_id, counts=counts, is_looked_over=is_looked_over
        )
        for name in VITAL_TABLES if not accept else ():
            before, after = self._vital_counts.get(name, 0), facts.counts[name]
            if after * 2 < before:
                raise CatalogueShrinks(name, before, after)
        self.close()
        install(finished, self.path)
        self._vital_counts = {name: facts.counts[name] for name in VITAL_TABLES}
        return facts

    def accept_size(self) -> None:
        """A person looked: from now on the guard measures from what there is."""
        facts = self.facts()
        if facts is not None:
            self._vital_counts = {name: facts.counts[name] for name in VITAL_TABLES}

    def _distrust(self) -> None:
        self.close()
        self._damaged = generation(self.path)

    def _writer(self) -> sqlite3.Connection:
        if self._connection is None:
            self._opened = generation(self.path)
            self._connection = open_for_apply(self.path)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_damage(problem: Exception) -> bool:
    """SQLite says so, or a position is no number any more."""
    return (
        isinstance(problem, ValueError) or getattr(problem, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    )
