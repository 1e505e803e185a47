"""A till's figures for Prometheus, as a text file that a node exporter's collector picks up.

A till listens on no port for this: a shop's network is not head office's. Written after each
contact and replaced as a whole, so that nobody reads half of it. The same figures stand in
`spindel sync status`; here they have names that an alarm can be built on.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from central_sync.engine.stages import BACKUP
from central_sync.engine.status import Status, read_status
from central_sync.engine.trouble import Code

FILE = "metrics.prom"


def metrics_of(status: Status, now: datetime) -> str:
    """The text exposition format, version 0.0.4. Ages in seconds; never heard is no sample."""
    figures = _Figures(status.workstation, status.store.split(" ")[0])
    add = figures.add
    add("online", "1 when the last try reached central", int(status.is_online))
    add("contact_age_seconds", "since central answered last", _age(status.heard_at, now))
    add("clock_skew_seconds", "the till's clock less central's", status.clock_skew_seconds)
    add("catalogue_items", "items in the master file", status.items)
    age = _age(status.catalogue_checked_at, now)
    add("catalogue_age_seconds", "since the feed was asked last", age)
    add("catalogue_held", "1 when a catalogue waits for a person", int(bool(status.held)))
    add("epoch", "the series of numbers in use", status.epoch)
    for stream in status.streams:
        add("behind", "entries that the other side lacks", stream.behind, stream=stream.name)
        oldest = _age(stream.oldest_at, now)
        add("oldest_seconds", "age of the oldest of them", oldest, stream=stream.name)
    for stage in status.stages:
        add("entries", "of the journal, by how far they have come", stage.entries, stage=stage.name)
        if stage.name == BACKUP:
            add("unsafe_seconds", "age of the oldest in no backup", _age(stage.oldest_at, now))
    add("backup_age_seconds", "since central's newest backup", _age(status.backup_at, now))
    if status.problem_code:
        add("problem", "1 with the code of the last trouble", 1, code=status.problem_code)
    if status.disk:
        add("problem", "1 with the code of the last trouble", 1, code=Code.DISK)
    return figures.text()


def write_metrics(home: Path, now: datetime) -> Path:
    """Replace the home's file; raises OSError, SyncTrouble, JournalUnreadable."""
    path = home / FILE
    beside = path.with_suffix(".new")
    beside.write_text(metrics_of(read_status(home, now), now), encoding="utf-8")
    os.replace(beside, path)
    return path


class _Figures:
    """Gauges by name; one that has several samples is made once."""

    def __init__(self, workstation: str, store: str) -> None:
        self._who = {"workstation": workstation, "store": store}
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}

    def add(self, name: str, says: str, value: float | None, **more: str) -> None:
        labels = self._who | more
        if name not in self._gauges:
            full = f"spindel_till_{name}"
            self._gauges[name] = Gauge(full, says, tuple(labels), registry=self._registry)
        if value is not None:
            self._gauges[name].labels(**labels).set(value)

    def text(self) -> str:
        return generate_latest(self._registry).decode("utf-8")


def _age(at: str, now: datetime) -> float | None:
    """None for never."""
    return (now - datetime.fromisoformat(at)).total_seconds() if at else None
