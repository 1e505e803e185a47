"""Brings a central database to the version that this program needs.

Migrations are numbered files in `migrations/versions`, run from here and never by hand.
A program does not serve a database of another version; it says which command helps.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from central_sync.database.open import Database

_FOLDER = Path(__file__).parent / "migrations"
# Any number of our own: two processes that start at once migrate one after the other.
_LOCK_NUMBER = 7_746_335


def migrate(database: Database, version: str = "head") -> str:
    """Run what is missing up to a version, in one transaction; returns the version after it."""
    with database.atomic() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
        command.upgrade(_config(connection), version)
        return _version(connection)


def version_of(database: Database) -> str:
    """The version that the database has; "" when it is empty."""
    with database.reading() as connection:
        return _version(connection)


def newest_version() -> str:
    """The version that this program needs."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _version(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
