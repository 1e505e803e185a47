"""What a command loads: the server's libraries never come to a till, Textual only with a screen."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("fastapi", "sqlalchemy", "alembic", "uvicorn", "psycopg", "numpy", "highspy")


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    script = (
        f"{statement}\nimport sys\nprint(*sorted({{n.partition('.')[0] for n in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_the_command_line_loads_no_command_before_it_is_used() -> None:
    found = loaded_by("import pos_client.cli")
    assert found & {*HEAVY, "textual", "httpx", "sqlite_utils", "serial", "PIL"} == set()


def test_the_core_loads_neither_server_nor_screen() -> None:
    found = loaded_by("import pos_client.bootstrap")
    assert found & {*HEAVY, "textual", "httpx"} == set()


def test_the_screen_loads_neither_server_nor_storage() -> None:
    found = loaded_by("import pos_client.screens.app")
    assert found & {*HEAVY, "httpx", "sqlite_utils", "serial"} == set()


def test_the_plain_till_loads_no_screen() -> None:
    found = loaded_by("import pos_client.plain.session")
    assert found & {*HEAVY, "textual", "httpx", "sqlite_utils"} == set()


def spindel(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = "from pos_client.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_every_group() -> None:
    done = spindel("--help")
    assert done.returncode == 0
    for group in ("demo", "till", "stop", "sync", "central", "hardware"):
        assert f"\n  {group} " in done.stdout


@pytest.mark.parametrize("group", ["demo", "till", "stop", "sync", "central", "hardware"])
def test_every_group_explains_itself(group: str) -> None:
    done = spindel(group, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_a_command_that_is_not_there_is_wrong_usage() -> None:
    done = spindel("dance")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
