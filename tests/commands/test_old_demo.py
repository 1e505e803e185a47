"""A demo that an earlier version made goes on by itself: nobody there knows of migrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_sync.database.migrate import migrate, newest_version, version_of
from central_sync.database.open import open_database
from central_sync.server.settings import read_settings
from central_sync.wire.keys import SigningKey
from pos_client.commands.demo import Demo


def test_a_demo_of_an_earlier_version_is_brought_up_to_date(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    demo = Demo(tmp_path)
    central = read_settings(demo.central)
    central.key_file.parent.mkdir(parents=True)
    SigningKey.generate().save(central.key_file)
    before = open_database(central.database_url)
    migrate(before, "0014")
    before.close()

    try:
        demo.start()
    finally:
        demo.stop()

    after = open_database(central.database_url)
    try:
        assert version_of(after) == newest_version()
    finally:
        after.close()
    assert "brought up to date" in capfd.readouterr().out
