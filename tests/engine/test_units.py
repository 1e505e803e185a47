"""The sync as a service: a real unit file, and a systemctl that writes down what it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.units import Systemd, install_unit, remove_unit, unit_status, unit_text

# systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5), of systemd 247.
KNOWN = {
    *(("[Unit]", key) for key in ("Description", "Wants", "After")),
    *(("[Install]", key) for key in ("WantedBy",)),
    *(
        ("[Service]", key)
        for key in (
            "Type", "ExecStart", "User", "Restart", "RestartSec", "RestartPreventExitStatus",
            "Nice", "UMask", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "ReadWritePaths",
            "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules",
            "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname",
            "LockPersonality", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
            "RestrictAddressFamilies", "CapabilityBoundingSet", "SystemCallArchitectures",
            "SystemCallFilter",
        )
    ),
}  # fmt: skip


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


@pytest.mark.parametrize("is_user", [True, False])
@pytest.mark.parametrize("home", ["/var/lib/spindel", "/srv/kassa 3", "/tmp/tried out"])
def test_a_unit_holds_nothing_that_systemd_does_not_know(
    tmp_path: Path, home: str, is_user: bool
) -> None:
    text = unit_text(Path(home), Systemd(tmp_path, is_user))
    section, known = "", set()
    for line in text.splitlines():
        section = line if line.startswith("[") else section
        if "=" in line:
            known.add((section, line.split("=")[0]))
    assert known <= KNOWN
    assert f'--home "{home}"' in text
    # Its own look at it, where there is one; it ends with 0 whatever it finds.
    judge = shutil.which("systemd-analyze")
    if judge:
        unit = tmp_path / "spindel-sync.service"
        unit.write_text(text)
        whose = ["--user"] if is_user else []
        done = subprocess.run(
            [judge, "verify", *whose, str(unit)],
            capture_output=True, text=True, check=False,
            env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert unit.name not in done.stderr


@pytest.mark.parametrize("name", ["a%h", 'a"b', "a$b", "a\\b"])
def test_a_home_that_a_unit_cannot_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SafetyTrouble, match="plainer"):
        unit_text(tmp_path / name, Systemd(tmp_path, is_user=False))


def test_a_home_among_temporary_files_keeps_them_in_sight(tmp_path: Path) -> None:
    system = Systemd(tmp_path, is_user=False)
    tried, kept = unit_text(Path("/tmp/till"), system), unit_text(Path("/srv/till"), system)
    assert "PrivateTmp=no" in tried
    assert 'ReadWritePaths="/tmp/till" /tmp /var/tmp' in tried
    assert "PrivateTmp=yes" in kept
    assert 'ReadWritePaths="/srv/till"\n' in kept


def test_what_systemctl_refuses_is_told_in_its_words(manager: Systemd) -> None:
    with pytest.raises(SafetyTrouble, match="no such unit"):
        manager.tell("fails")


def test_without_systemd_the_command_says_what_to_start(tmp_path: Path) -> None:
    nowhere = Systemd(tmp_path, True, booted=tmp_path / "not there")
    with pytest.raises(SafetyTrouble, match="spindel sync run"):
        install_unit(tmp_path, nowhere)
    shown = CliRunner().invoke(sync, ["service", "install", "--print", "--home", str(tmp_path)])
    assert (shown.exit_code, "[Service]" in shown.stdout) == (0, True)
