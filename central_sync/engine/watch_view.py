"""Draws a look at the sync for a terminal; the one part of `watch` that needs rich."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from central_sync.engine.printing import ago, problem_of
from central_sync.engine.watching import Look


def drawn(look: Look, now: datetime) -> RenderableType:
    """A look for a terminal of 80 columns."""
    status = look.status
    line = "online" if status.is_online else f"offline, last heard {ago(status.heard_at, now)}"
    process = f"sync process {status.process}" if status.process else "the sync does not run"
    table = Table("stream", "here", "central", "missing", "moved", "oldest", box=None, expand=True)
    for stream, moved in zip(status.streams, look.moved, strict=True):
        oldest = ago(stream.oldest_at, now) if stream.oldest_at else ""
        change = f"{moved:+}" if moved else ""
        style = "bold" if stream.behind else ""
        cells = (stream.name, stream.here, stream.there, str(stream.behind), change, oldest)
        table.add_row(*cells, style=style)
    head = Text(f"{status.store}, workstation {status.label}: {line}; {process}")
    parts: list[RenderableType] = [head, table]
    checked = ago(status.catalogue_checked_at, now)
    parts.append(Text(f"outbox {look.outbox}; {status.items} items, compared {checked}"))
    told = (status.disk, problem_of(status), status.held)
    parts += [Text(f"! {sentence}", style="bold") for sentence in told if sentence]
    parts += [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in look.log]
    return Group(*parts)
