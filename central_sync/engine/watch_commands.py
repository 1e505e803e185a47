"""`spindel sync watch`: the live view."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from central_sync.engine.client import utc_now
from central_sync.engine.options import DEFAULT_HOME, Home, Json
from central_sync.engine.printing import sentences_for_people
from central_sync.engine.watching import Look, looks
from central_sync.retail.plain import to_plain


def watch(
    home: Home = DEFAULT_HOME,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0,
    count: Annotated[int, typer.Option(min=0, help="End after so many looks; 0: Ctrl+C.")] = 0,
    as_json: Json = False,
) -> None:
    """Watch the sync live.

    Each stream, the outbox, ages, the last error, the newest log lines.

    With --json each look is one line. Example: spindel sync watch --every 2
    """
    stop = threading.Event()
    found = looks(home, utc_now, lambda: stop.wait(every), count)
    with _until_told(stop), sentences_for_people():
        if as_json:
            for look in found:
                typer.echo(json.dumps(to_plain(look), ensure_ascii=False))
            return
        _draw(found)


@contextmanager
def _until_told(stop: threading.Event) -> Iterator[None]:
    """Ctrl+C and SIGTERM end it in order, with exit code 0."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _draw(found: Iterator[Look]) -> None:
    # rich costs every process of the sync 2 MB; only this one draws.
    from rich.console import Console
    from rich.live import Live

    from central_sync.engine.watch_view import drawn

    console = Console()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        for look in found:
            live.update(drawn(look, utc_now()), refresh=True)
