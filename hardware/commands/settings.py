"""What the hardware commands know of a workstation: its [devices], and whether a core has them.

Hardware stands below the till, so this reads workstation.toml by itself instead of through
the till's settings. The thing to get wrong: opening a device that a running core holds. Two
programs on one printer mix two receipts, so a running core is asked (its devices.json) and
nothing is opened.
"""

from __future__ import annotations

import json
import socket
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from hardware.advice import KINDS
from hardware.refusal import refused

DEFAULT_HOME = Path("~/.local/share/spindel").expanduser()
Home = Annotated[
    Path,
    typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with this workstation's files."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]


@dataclass(frozen=True, slots=True)
class Configured:
    """`name` is the setting ("second_printer"), "" for a bare address; `kind` is its port's."""

    name: str
    kind: str
    address: str


def devices_of(home: Path) -> list[Configured]:
    """Every device there can be, in order, with "" where none is set up; refuses in a sentence."""
    path = home / "workstation.toml"
    try:
        written = tomllib.loads(path.read_text("utf-8")).get("devices", {})
    except FileNotFoundError:
        raise refused(f"{path} is not there; name the workstation's folder with --home.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refused(f"{path} cannot be used: {error}.") from error
    if not isinstance(written, dict):
        raise refused(f"{path}: [devices] must be a table of addresses.")
    for name, address in written.items():
        if name not in KINDS:
            raise refused(f"{path}: [devices] {name} is no device; allowed: {', '.join(KINDS)}.")
        if not isinstance(address, str):
            raise refused(f"{path}: [devices] {name} must be an address in quotes, not {address}.")
    return [Configured(name, kind, str(written.get(name, ""))) for name, kind in KINDS.items()]


def device_named(written: str, kind: str, home: Path) -> Configured:
    """A device of this workstation by its name, or any device by its address and kind."""
    if "://" in written:
        return Configured("", kind or kind_of(written), written)
    for device in devices_of(home) if written in KINDS else ():
        if device.name == written and device.address:
            return device
    if written not in KINDS:
        raise refused(f'"{written}" is no device; name one of {", ".join(KINDS)}, or an address.')
    raise refused(
        f"{home / 'workstation.toml'} names no {written}; set one up with: spindel hardware setup"
    )


def kind_of(address: str) -> str:
    """The kind whose drivers know this scheme; refuses where none or several do."""
    from hardware.drivers import kinds_of_scheme

    kinds = kinds_of_scheme(address.partition("://")[0].lower())
    if set(kinds) == {"scanner", "drawer"}:
        return "scanner"
    if len(kinds) != 1:
        which = f"say which with --kind {'|'.join(kinds)}" if kinds else allowed_schemes()
        raise refused(f'"{address}" does not tell what kind of device it is; {which}.')
    return kinds[0]


def allowed_schemes() -> str:
    from hardware.drivers import schemes

    known = {scheme for of_kind in schemes().values() for scheme in of_kind} - {"memory"}
    return "allowed are " + ", ".join(f"{scheme}://" for scheme in sorted(known))


def is_core_running(home: Path) -> bool:
    """Whether a till answers on this home's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(1.0)
        try:
            trial.connect(str(home / "core.sock"))
        except OSError:
            return False
    return True


def told_by_core(home: Path) -> list[dict[str, Any]]:
    """How the running core's devices are, as it last wrote it; [] when it wrote nothing."""
    try:
        rows = json.loads((home / "devices.json").read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return rows if isinstance(rows, list) else []


def refuse_if_held(device: Configured, home: Path) -> None:
    """A running core has its devices for itself."""
    if not is_core_running(home):
        return
    held = {str(row.get("address", "")) for row in told_by_core(home)}
    if device.name or device.address in held:
        raise refused(
            f"The register that runs on {home} has this device. Use it there (F1, then 8), "
            f"or stop the register first: spindel stop --home {home}"
        )
