"""The sync as a systemd service, so that it runs whether or not anybody opens the till.

A service of the user (no root), or of the system under the user who owns the home. The thing
to get wrong: a user's service ends when the user logs out, unless lingering is allowed; the
answer says so.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.workstation import running_process

UNIT = "spindel-sync"
_SYSTEM_FOLDER = Path("/etc/systemd/system")
_SECONDS = 60

_TEXT = """\
# Made by: spindel sync service install
[Unit]
Description=Spindel sync of {home}
{network}
[Service]
Type=exec
ExecStart="{command}" sync run --home "{home}"
{user}Restart=always
RestartSec=5
RestartPreventExitStatus=2
Nice=10
UMask=0077
NoNewPrivileges=yes
{walls}
[Install]
WantedBy={wanted_by}
"""
# A user's manager knows no network; the sync waits for one by itself.
_NETWORK = """Wants=network-online.target
After=network-online.target
"""
# The sync reads the whole disk, writes its home and temporary files, and speaks to central; it
# opens no device. Each line is of systemd.exec(5) and known since systemd 247.
_WALLS = """ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writes}
PrivateTmp={private_tmp}
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))


@dataclass(frozen=True, slots=True)
class Systemd:
    """One manager: the system's, or this user's. `folder` is where its units lie."""

    folder: Path
    is_user: bool
    systemctl: str = "systemctl"
    booted: Path = Path("/run/systemd/system")

    @property
    def path(self) -> Path:
        return self.folder / f"{UNIT}.service"

    def tell(self, *words: str) -> str:
        """Run systemctl; raises SafetyTrouble with its own words."""
        done = self._run(*words)
        if done.returncode:
            raise SafetyTrouble(
                f"systemctl {' '.join(words)} failed: {(done.stderr or done.stdout).strip()}."
                " See: journalctl -xe"
            )
        return done.stdout.strip()

    def ask(self, *words: str) -> str:
        """What systemctl answers, whatever its exit code."""
        return self._run(*words).stdout.strip()

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self.systemctl, *(["--user"] if self.is_user else []), *words]
        try:
            return subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise SafetyTrouble(f"systemctl cannot be run: {problem}.") from problem


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """`enabled` and `active` in systemd's words; `process` is the sync that holds the home."""

    path: str
    is_installed: bool
    enabled: str
    active: str
    process: int | None


def systemd(*, is_system: bool | None = None) -> Systemd:
    """The system's manager for root, else the user's, unless `is_system` says which."""
    system = os.geteuid() == 0 if is_system is None else is_system
    return Systemd(_SYSTEM_FOLDER if system else _user_folder(), not system)


def unit_text(home: Path, manager: Systemd) -> str:
    """The unit for a home; raises SafetyTrouble when there is no `spindel` to name."""
    folder = home.absolute()
    command = _command()
    for path in (folder, command):
        if any(letter in str(path) for letter in '"\n%$\\'):
            raise SafetyTrouble(f"A service cannot be made for {path}: choose a plainer name.")
    owner = folder.owner() if folder.exists() else getpass.getuser()
    return _TEXT.format(
        home=folder,
        command=command,
        network="" if manager.is_user else _NETWORK,
        user="" if manager.is_user else f"User={owner}\n",
        walls="" if manager.is_user else _walls(folder),
        wanted_by="default.target" if manager.is_user else "multi-user.target",
    )


def _walls(home: Path) -> str:
    """A home in /tmp, as one that is only tried out has, is hidden by a /tmp of its own."""
    if any(home.is_relative_to(folder) for folder in _TEMPORARY):
        return _WALLS.format(writes=f'"{home}" /tmp /var/tmp', private_tmp="no")
    return _WALLS.format(writes=f'"{home}"', private_tmp="yes")


def install_unit(home: Path, manager: Systemd) -> None:
    """Write the unit, enable and start it. Raises SafetyTrouble, OSError."""
    _need(manager)
    text = unit_text(home, manager)
    if manager.path.exists() and not _is_of(manager.path, home):
        raise SafetyTrouble(
            f"{manager.path} is for another home. Remove that first: spindel sync service remove"
        )
    manager.folder.mkdir(parents=True, exist_ok=True)
    draft = manager.path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(manager.path)
    manager.tell("daemon-reload")
    manager.tell("enable", "--now", f"{UNIT}.service")


def remove_unit(manager: Systemd) -> bool:
    """Stop, disable and remove it; False when there was none. Raises SafetyTrouble, OSError."""
    if not manager.path.exists():
        return False
    _need(manager)
    manager.tell("disable", "--now", f"{UNIT}.service")
    manager.path.unlink()
    manager.tell("daemon-reload")
    return True


def unit_status(home: Path, manager: Systemd) -> UnitStatus:
    is_here = manager.path.exists()
    can_ask = is_here and manager.booted.is_dir()
    return UnitStatus(
        path=str(manager.path),
        is_installed=is_here,
        enabled=manager.ask("is-enabled", f"{UNIT}.service") if can_ask else "no",
        active=manager.ask("is-active", f"{UNIT}.service") if can_ask else "inactive",
        process=running_process(home),
    )


def is_unit_installed(home: Path) -> bool:
    """Has somebody made a service for this home?"""
    paths = (folder / f"{UNIT}.service" for folder in (_SYSTEM_FOLDER, _user_folder()))
    return any(path.exists() and _is_of(path, home) for path in paths)


def _need(manager: Systemd) -> None:
    if not manager.booted.is_dir():
        raise SafetyTrouble(
            "This computer does not run systemd. Let its own init start `spindel sync run --home"
            " DIR` as the register's user; --print shows what a unit would say."
        )


def _user_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "systemd" / "user"


def _is_of(path: Path, home: Path) -> bool:
    return f'--home "{home.absolute()}"' in path.read_text(encoding="utf-8")


def _command() -> Path:
    beside = Path(sys.executable).parent / "spindel"
    found = beside if beside.exists() else Path(shutil.which("spindel") or "")
    if not found.is_file():
        raise SafetyTrouble("The command spindel is not installed beside this Python.")
    return found
