"""The sync as a service: a real unit file, and a systemctl that writes down what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.units import Systemd, install_unit, remove_unit, unit_status, unit_text


@pytest.fixture
def manager(tmp_path: Path) -> Systemd:
    """`told` in the folder has what systemctl was called with."""
    script = tmp_path / "systemctl"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/told\ncase "$*" in *is-active*) echo active;;'
        " *is-enabled*) echo enabled;; *fails*) echo no such unit >&2; exit 5;; esac\n"
    )
    script.chmod(0o755)
    return Systemd(tmp_path / "units", True, str(script), booted=tmp_path)


def told(manager: Systemd) -> list[str]:
    return (manager.booted / "told").read_text().splitlines()


def test_a_service_is_written_enabled_and_started(manager: Systemd, tmp_path: Path) -> None:
    install_unit(tmp_path / "till", manager)
    text = manager.path.read_text()
    assert f'sync run --home "{tmp_path / "till"}"' in text
    assert "Restart=always" in text
    assert told(manager) == [
        "--user daemon-reload",
        "--user enable --now spindel-sync.service",
    ]
    found = unit_status(tmp_path / "till", manager)
    assert (found.is_installed, found.enabled, found.active) == (True, "enabled", "active")


def test_a_service_is_taken_away_whole(manager: Systemd, tmp_path: Path) -> None:
    install_unit(tmp_path / "till", manager)
    assert remove_unit(manager)
    assert not manager.path.exists()
    assert not remove_unit(manager)
    assert unit_status(tmp_path / "till", manager).active == "inactive"


def test_another_homes_service_is_never_written_over(manager: Systemd, tmp_path: Path) -> None:
    install_unit(tmp_path / "till", manager)
    with pytest.raises(SafetyTrouble, match="another home"):
        install_unit(tmp_path / "other", manager)


def test_the_computers_service_runs_as_the_homes_owner(tmp_path: Path) -> None:
    system = Systemd(tmp_path, is_user=False)
    text = unit_text(tmp_path, system)
    assert f"User={tmp_path.owner()}\n" in text
    assert f'ReadWritePaths="{tmp_path}"' in text


def test_what_systemctl_refuses_is_told_in_its_words(manager: Systemd) -> None:
    with pytest.raises(SafetyTrouble, match="no such unit"):
        manager.tell("fails")


def test_without_systemd_the_command_says_what_to_start(tmp_path: Path) -> None:
    nowhere = Systemd(tmp_path, True, booted=tmp_path / "not there")
    with pytest.raises(SafetyTrouble, match="spindel sync run"):
        install_unit(tmp_path, nowhere)
    shown = CliRunner().invoke(sync, ["service", "install", "--print", "--home", str(tmp_path)])
    assert (shown.exit_code, "[Service]" in shown.stdout) == (0, True)
