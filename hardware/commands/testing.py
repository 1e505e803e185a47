"""`spindel hardware test`: one trial of one device, and what it proved."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from hardware.commands.settings import (
    DEFAULT_HOME,
    AsJson,
    Configured,
    Home,
    device_named,
    devices_of,
    refuse_if_held,
)
from hardware.errors import DeviceError
from hardware.refusal import refused


def try_device(
    device: Annotated[
        str,
        typer.Argument(help="A device of this till (printer, second_printer, scale …) or address."),
    ],
    kind: Annotated[
        str, typer.Option(help="What an address is, where its scheme does not tell.")
    ] = "",
    drawer: Annotated[bool, typer.Option("--drawer", help="Open the cash drawer as well.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a code, of a scanner.")] = 20.0,
    as_json: AsJson = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Try a device: a test page, a pulse, a beep and a scan, a weight, a text, a label.

    A card terminal is asked how it is, no money; a control unit who and how it is, no seal.
    Says what the device itself confirmed, and what you must look at.

    Example: spindel hardware test "escpos+tcp://10.0.0.9:9100?columns=42"
    """
    from hardware.commands.opening import opened
    from hardware.commands.trials import TRIALS, Wish
    from hardware.commands.words import meaning

    if kind and kind not in TRIALS:
        raise typer.BadParameter(f"{kind} is none of {', '.join(TRIALS)}", param_hint="--kind")
    found = _found(device, kind, home)
    refuse_if_held(found, home)
    wish = Wish(found.address, drawer, wait, meaning(), lambda said: typer.echo(said, err=True))
    try:
        with opened(found, home) as driver:
            tried = driver.drawer() if _hangs_on_printer(found) else driver
            outcome = TRIALS["drawer" if _hangs_on_printer(found) else found.kind](tried, wish)
    except DeviceError as error:
        raise refused(
            f"{error}. Check the address, the cable and the power, then try again."
        ) from error
    if as_json:
        told = {"address": found.address, "proven": outcome.proven, "look": outcome.look}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(outcome.proven)
    if outcome.look:
        typer.echo(f"Look: {outcome.look}")


def _found(device: str, kind: str, home: Home) -> Configured:
    """`drawer` without an address of its own is the one on the printer."""
    if device == "drawer":
        configured = {each.name: each for each in devices_of(home)}
        if not configured["drawer"].address and configured["printer"].address:
            return Configured("drawer", "printer", configured["printer"].address)
    return device_named(device, kind, home)


def _hangs_on_printer(found: Configured) -> bool:
    return found.name == "drawer" and found.kind == "printer"
