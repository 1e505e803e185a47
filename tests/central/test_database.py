"""The database: migrations make the tables that the code knows, and a transaction is whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, text

from central_sync.database import tables as t
from central_sync.database.migrate import migrate, newest_version, version_of
from central_sync.database.open import BadDatabase, open_database
from central_sync.database.write import upsert
from central_sync.server.central import Central, make_central, migrate_database, open_central
from central_sync.server.settings import CentralSettings, CentralTrouble
from central_sync.server.warehouse.rebuild import rebuild
from tests.central.office import count_of, store_row


def test_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    database = open_database(database_url)

    with database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), t.METADATA)

    assert differences == []
    assert version_of(database) == newest_version() == migrate(database)
    database.close()


def test_stock_from_before_the_warehouse_agrees_with_its_ledger_after(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'central.db'}")
    migrate(database, "0002")
    with database.atomic() as connection:
        for statement in (
            "INSERT INTO stock_movement (store_id, sku, delta, kind, at) VALUES"
            " ('s01', 'A', 5, 'opening', '2026-01-01'), ('s01', 'A', -1, 'import', '2026-01-03')",
            "INSERT INTO stock_movement"
            " (store_id, sku, delta, kind, at, workstation_id, epoch, sequence)"
            " VALUES ('s01', 'A', -1, 'sale', '2026-01-02', 's01-1', 1, 9)",
            "INSERT INTO stock_level VALUES ('s01', 'A', 3, '{\"s01-1\": [2, 1]}')",
        ):
            connection.execute(text(statement.replace('": [', '"\\: [')))

    migrate(database)

    with database.reading() as connection:
        assert rebuild(connection, "2026-01-04", check=True).wrong == ()
    database.close()


def test_a_transaction_that_fails_leaves_nothing(central: Central) -> None:
    stores = count_of(central, t.store)

    def fail() -> None:
        with central.database.atomic() as connection:
            connection.execute(insert(t.store).values(store_row("s09")))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert count_of(central, t.store) == stores


def test_an_upsert_adds_what_is_new_and_changes_what_is_there(central: Central) -> None:
    rows = [{"sku": "SKU-1", "price_minor": 5}, {"sku": "SKU-9", "price_minor": 6}]

    with central.database.atomic() as connection:
        upsert(connection, t.price, rows)
        upsert(connection, t.price, rows)

    with central.database.reading() as connection:
        prices = {row.sku: row.price_minor for row in connection.execute(t.price.select())}
    assert (prices["SKU-1"], prices["SKU-9"], len(prices)) == (5, 6, 4)


def test_writers_of_many_threads_wait_for_one_another(central: Central) -> None:
    def add(number: int) -> None:
        for step in range(5):
            with central.database.atomic() as connection:
                connection.execute(insert(t.store).values(store_row(f"t{number}{step}")))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count_of(central, t.store) == 2 + 30


def test_sqlite_keeps_every_commit_through_a_power_cut(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'central.db'}")

    with database.atomic() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert settings == ["wal", 2, 1]
    database.close()


@pytest.mark.parametrize("url", ["", "central.db", "mysql://there/db", "sqlite://"])
def test_an_address_that_is_no_database_is_refused(url: str) -> None:
    with pytest.raises(BadDatabase):
        open_database(url)


def test_a_central_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = CentralSettings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'central.db'}")
    make_central(settings)
    key = settings.key_file.read_bytes()

    make_central(settings)

    assert settings.key_file.read_bytes() == key
    open_central(settings).close()


def test_a_home_without_central_says_how_to_make_one(tmp_path: Path) -> None:
    settings = CentralSettings(tmp_path, f"sqlite:///{tmp_path / 'central.db'}")

    with pytest.raises(CentralTrouble, match="spindel central init"):
        open_central(settings)


def test_an_unmigrated_database_is_not_served(tmp_path: Path) -> None:
    settings = CentralSettings(tmp_path, f"sqlite:///{tmp_path / 'central.db'}")
    make_central(settings)
    with open_database(settings.database_url).atomic() as connection:
        connection.execute(text("DELETE FROM alembic_version"))

    with pytest.raises(CentralTrouble, match="spindel central migrate"):
        open_central(settings)


def test_a_database_of_a_later_program_is_not_served(tmp_path: Path) -> None:
    settings = CentralSettings(tmp_path, f"sqlite:///{tmp_path / 'central.db'}")
    make_central(settings)
    with open_database(settings.database_url).atomic() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(CentralTrouble, match="Update the program"):
        open_central(settings)
    with pytest.raises(CentralTrouble, match="Update the program"):
        migrate_database(settings)


def test_only_a_central_is_migrated(tmp_path: Path) -> None:
    settings = CentralSettings(tmp_path / "none", f"sqlite:///{tmp_path / 'central.db'}")

    with pytest.raises(CentralTrouble, match="spindel central init"):
        migrate_database(settings)

    assert not (tmp_path / "central.db").exists()
