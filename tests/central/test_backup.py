"""Central's backup on both databases: proven by being restored, whole, sealed, of one moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, insert, select, text, update
from typer.testing import CliRunner

from central_sync.cli import central as commands
from central_sync.database import tables as t
from central_sync.database.copying import dump_postgres
from central_sync.database.migrate import newest_version
from central_sync.database.open import open_database
from central_sync.server.backup import Backup, make_backup
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.heartbeat import heartbeat
from central_sync.server.intake import Sender, receive
from central_sync.server.restoring import restore_backup
from central_sync.server.settings import CentralSettings, CentralTrouble
from central_sync.wire.key_files import save_keys
from central_sync.wire.messages import Head, HeartbeatRequest
from tests.central.office import Clock, enrolled

PASSPHRASE = "fyra ord ur en bok"
A_MOVEMENT = {"store_id": "s01", "sku": "SKU-1", "delta": 1, "kind": "adjustment", "at": "now"}


@pytest.fixture
def office(central: Central) -> Central:
    """With its keys where a real one has them."""
    central.key.save(central.settings.key_file)
    save_keys(central.settings.data_key_file, central.data_keys)
    return central


def backed_up(office: Central, folder: Path) -> Backup:
    return make_backup(office.settings, folder, PASSPHRASE)


def a_central(home: Path) -> CentralSettings:
    """An empty one on SQLite."""
    settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
    make_central(settings)
    return settings


def everything(central: Central) -> dict[str, list[Any]]:
    """Every row of every table, the marks of transactions aside."""
    found: dict[str, list[Any]] = {}
    with central.database.reading() as connection:
        for table in t.METADATA.sorted_tables:
            columns = [
                c for c in table.columns if (table.name, c.name) != ("stock_level", "changed")
            ]
            query = select(*columns).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in connection.execute(query)]
    return found


def test_a_restored_central_holds_every_row_and_its_keys(office: Central, tmp_path: Path) -> None:
    with office.database.atomic() as connection:
        connection.execute(insert(t.stock_movement), [A_MOVEMENT] * 3)
        connection.execute(text("UPDATE store SET name = 'tab \t, line \n, \\ and å'"))
    before = everything(office)
    made = backed_up(office, tmp_path / "backups")
    with office.database.atomic() as connection:
        connection.execute(update(t.price).values(price_minor=1))
        connection.execute(delete(t.barcode))
    office.close()
    done = restore_backup(
        office.settings.home, Path(made.path), PASSPHRASE,
        database_url=office.settings.database_url, replace=True,
    )  # fmt: skip
    assert done.set_aside
    again = open_central(office.settings)
    try:
        assert everything(again) == before
        assert again.key.public == office.key.public
        with again.database.atomic() as connection:
            # Numbers that the database gives out go on above those restored.
            connection.execute(insert(t.stock_movement).values(A_MOVEMENT))
    finally:
        again.close()


def test_only_what_a_proven_backup_holds_is_called_safe(
    office: Central, clock: Clock, tmp_path: Path
) -> None:
    till = enrolled(office)
    sender = Sender(till.workstation_id, till.store_id, till.key.public)

    def take_in(count: int) -> None:
        for _ in range(count):
            till.note()
        with office.database.atomic() as connection:
            receive(connection, sender, till.request(), office.timestamp())

    def safe() -> tuple[list[Head], str]:
        request = HeartbeatRequest(heads=[], version="1", clock="", outbox=0)
        with office.database.atomic() as connection:
            reply = heartbeat(connection, sender, request, office.now())
        return reply.safe, reply.backup_at

    take_in(3)
    assert safe() == ([], "")
    make_backup(office.settings, tmp_path / "backups", PASSPHRASE, now=clock)
    at, third = office.timestamp(), till.entries[-1]
    take_in(2)
    assert safe() == ([Head(epoch=1, sequence=3, hash=third.hash)], at)
    clock.forward(days=1)
    make_backup(office.settings, tmp_path / "backups", PASSPHRASE, now=clock)
    assert safe() == ([Head(epoch=1, sequence=5, hash=till.entries[-1].hash)], office.timestamp())


def test_a_backup_is_sealed_and_replaces_only_when_told(tmp_path: Path) -> None:
    settings = a_central(tmp_path / "central")
    with pytest.raises(CentralTrouble, match="--passphrase-file"):
        make_backup(settings, tmp_path / "backups", "")
    made = make_backup(settings, tmp_path / "backups", PASSPHRASE)
    assert b"CREATE TABLE" not in Path(made.path).read_bytes()
    with pytest.raises(CentralTrouble, match="does not open"):
        restore_backup(tmp_path / "new", Path(made.path), "another passphrase")
    with pytest.raises(CentralTrouble, match="--replace"):
        restore_backup(settings.home, Path(made.path), PASSPHRASE)


def test_a_central_that_serves_is_never_restored_over(office: Central, tmp_path: Path) -> None:
    made = backed_up(office, tmp_path / "backups")
    with office.database.reading() as connection:
        connection.execute(text("SELECT COUNT(*) FROM item"))
        with pytest.raises(CentralTrouble, match="Stop spindel central serve"):
            restore_backup(
                office.settings.home, Path(made.path), PASSPHRASE,
                database_url=office.settings.database_url, replace=True,
            )  # fmt: skip
    assert not (office.settings.home / "backup.work").exists()
    if not office.database.is_sqlite:
        with office.database.reading() as connection:
            left = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'spindel_proof%'"
            assert connection.execute(text(left)).all() == []


@pytest.mark.postgres
def test_a_dump_is_one_moment_whatever_is_written_meanwhile(
    postgres_server: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE moment TEMPLATE template_of_central")
    database = open_database(postgres_server.replace("/postgres?", "/moment?"))
    try:
        with psycopg.connect(database.libpq_url, autocommit=True) as writer:

            def write(done: int, total: int) -> None:
                row = (f"during-{done}", "{}", "now")
                writer.execute("INSERT INTO setting (name, body, at) VALUES (%s, %s, %s)", row)

            dump_postgres(database, tmp_path, write)
        assert (tmp_path / "setting.copy").read_bytes() == b""
    finally:
        database.close()


def test_a_damaged_database_is_no_backup(tmp_path: Path) -> None:
    home = a_central(tmp_path / "central").home
    run = CliRunner().invoke
    path = home / "central.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(size // 2))
    secret = tmp_path / "secret"
    secret.write_text(PASSPHRASE)
    answer = run(
        commands,
        ["backup", "--to", str(tmp_path / "b"), "--passphrase-file", str(secret),
         "--home", str(home)],
    )  # fmt: skip
    assert answer.exit_code == 1
    assert "damaged" in answer.stderr or "refused" in answer.stderr
    assert not list((tmp_path / "b").glob("*.backup"))


def test_the_commands_back_up_and_restore_into_an_empty_home(tmp_path: Path) -> None:
    home, new = tmp_path / "central", tmp_path / "new"
    a_central(home)
    run = CliRunner().invoke
    secret = tmp_path / "secret"
    secret.write_text(PASSPHRASE)
    by_file = ["--passphrase-file", str(secret), "--json"]
    made = run(commands, ["backup", "--to", str(tmp_path / "b"), *by_file, "--home", str(home)])
    facts = json.loads(made.stdout)
    assert (facts["database"], facts["has_keys"]) == ("sqlite", True)
    back = run(commands, ["restore", facts["path"], *by_file, "--home", str(new)])
    assert json.loads(back.stdout)["database_version"] == newest_version()
    assert run(commands, ["status", "--home", str(new), "--json"]).exit_code == 0
    for name in ("central.key", "data.key"):
        assert (new / "keys" / name).read_bytes() == (home / "keys" / name).read_bytes()
