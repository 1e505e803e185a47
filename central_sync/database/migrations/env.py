"""How Alembic is run by database/migrate.py: on the connection that it is handed."""

from __future__ import annotations

from alembic import context

from central_sync.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
context.run_migrations()
