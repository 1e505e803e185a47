"""`spindel hardware list`: each device of a workstation, how it is, why, and what to do.

All are opened at once and looked at together; a till that runs is asked instead. The thing
to get wrong: waiting for one dead device after another.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer

from hardware.commands.settings import (
    DEFAULT_HOME,
    AsJson,
    Configured,
    Home,
    devices_of,
    is_core_running,
    told_by_core,
)
from hardware.errors import Misconfigured
from hardware.ports import DeviceState, Health, Reason
from hardware.refusal import refused


def list_devices(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The devices of this workstation: how each is, why, and what to do about it.

    While the register runs it is asked, and nothing is opened. An address that cannot be
    understood is listed as a fault, and the command ends with exit code 1.

    Example: spindel hardware list --home /var/lib/spindel
    """
    devices = devices_of(home)
    is_running = is_core_running(home)
    rows = _of_core(devices, home) if is_running else _of_devices(devices, home)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        _show_all(rows, is_running)
    wrong = [row["device"] for row in rows if row["advice"] == _mend(row)]
    if wrong:
        raise refused(
            f"{home / 'workstation.toml'}: the address of {', '.join(wrong)} cannot be used; "
            "see: spindel hardware addresses"
        )


def _show_all(rows: list[dict[str, str]], is_running: bool) -> None:
    for row in rows:
        if row["health"] != Health.DISABLED.value:
            _show(row)
    missing = [row["device"] for row in rows if row["health"] == Health.DISABLED.value]
    if missing:
        typer.echo(f"Not set up: {', '.join(missing)}")
    if is_running:
        typer.echo("As the running register sees them.")


def _of_core(devices: list[Configured], home: Path) -> list[dict[str, str]]:
    told = {row.get("device"): row for row in told_by_core(home)}
    rows = []
    for device in devices:
        row = told.get(device.name)
        if row is None:
            state = DeviceState(Health.UNKNOWN) if device.address else _NONE
        else:
            state = _state(row)
        rows.append(_row(device, state))
    return rows


def _state(row: dict[str, str]) -> DeviceState:
    """A newer register may have words that are not known here."""
    try:
        return DeviceState(Health(row["health"]), Reason(row["reason"]), row.get("detail", ""))
    except (KeyError, ValueError):
        return DeviceState(Health.UNKNOWN)


_NONE = DeviceState(Health.DISABLED, Reason.NOT_CONFIGURED)


def _of_devices(devices: list[Configured], home: Path) -> list[dict[str, str]]:
    from hardware.commands.opening import heard_of

    wrong: list[str] = []

    def look(device: Configured) -> DeviceState:
        try:
            return heard_of(device, home) if device.address else _NONE
        except Misconfigured as error:
            # The other devices are looked at all the same.
            wrong.append(device.name)
            return DeviceState(Health.FAULT, Reason.NONE, error.reason)

    with ThreadPoolExecutor(max_workers=len(devices)) as pool:
        states = dict(zip((each.name for each in devices), pool.map(look, devices), strict=True))
    if states["drawer"] is _NONE and states["printer"].health is not Health.DISABLED:
        states["drawer"] = states["printer"]
    rows = [_row(device, states[device.name]) for device in devices]
    return [row | ({"advice": _mend(row)} if row["device"] in wrong else {}) for row in rows]


def _mend(row: dict[str, str]) -> str:
    return f"Mend its address: spindel hardware setup --only {row['device']}"


def _row(device: Configured, state: DeviceState) -> dict[str, str]:
    from hardware.commands.words import advice_for

    return {
        "device": device.name,
        "address": device.address,
        "health": state.health.value,
        "reason": state.reason.value,
        "detail": state.detail,
        "advice": advice_for(device.kind, state),
    }


def _show(row: dict[str, str]) -> None:
    why = "" if row["reason"] == "none" else f" ({row['reason'].replace('_', ' ')})"
    address = row["address"] or "on the printer"
    typer.echo(f"{row['device']:<17} {row['health'] + why:<28} {address}")
    if row["detail"]:
        typer.echo(f"{'':<17} {row['detail']}")
    if row["advice"]:
        typer.echo(f"{'':<17} → {row['advice']}")
