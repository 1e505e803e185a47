"""`spindel hardware`: what store IT does with devices, and emulated ones for everybody.

Nothing but Typer is imported until a command runs. A newcomer would let `list`
read the till's own settings model; hardware stands below the till and reads the
three addresses by itself.
"""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.emulators.cli import emulate
from hardware.refusal import refused

if TYPE_CHECKING:
    from hardware.errors import DeviceError
    from hardware.ports import DeviceState

hardware = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Devices: list, test, listen, emulate."
)
hardware.add_typer(emulate, name="emulate")

_DEFAULT_HOME = Path("~/.local/share/spindel").expanduser()
_SETTLE_SECONDS = 3.0

Home = Annotated[
    Path,
    typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with this workstation's files."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]


@hardware.command("list")
def list_devices(home: Home = _DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The devices of this workstation and how they are now.

    Example: spindel hardware list --home /var/lib/spindel
    """
    from hardware.errors import DeviceError

    try:
        rows = [_row(device, address, home) for device, address in _addresses(home)]
    except DeviceError as error:
        raise _failed(error) from error
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        words = row["health"] + (f" ({row['reason']})" if row["reason"] != "none" else "")
        typer.echo(f"{row['device']:<12} {words:<28} {row['address'] or '-'}")


def _addresses(home: Path) -> list[tuple[str, str]]:
    path = home / "workstation.toml"
    try:
        written = tomllib.loads(path.read_text("utf-8")).get("devices", {})
    except FileNotFoundError:
        raise refused(f"{path} is not there; name the workstation's folder with --home.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refused(f"{path} cannot be used: {error}.") from error
    if not isinstance(written, dict):
        raise refused(f"{path}: [devices] must be a table of addresses.")
    return [(device, str(written.get(device, ""))) for device in _OPENERS]


def _row(device: str, address: str, home: Path) -> dict[str, str]:
    health, reason = ("disabled", "not_configured")
    if address:
        health, reason = _health(device, address, home)
    return {"device": device, "address": address, "health": health, "reason": reason}


def _health(device: str, address: str, home: Path) -> tuple[str, str]:
    opened = _OPENERS[device](address, home)
    try:
        state = _settled(opened.state)
        return state.health.value, state.reason.value
    finally:
        opened.close()


def _settled(ask: Callable[[], DeviceState]) -> DeviceState:
    from hardware.ports import Health

    deadline = time.monotonic() + _SETTLE_SECONDS
    while (state := ask()).health is Health.OPENING and time.monotonic() < deadline:
        time.sleep(0.02)
    return state


def _open_printer(address: str, home: Path) -> Any:
    from hardware.drivers import open_printer

    return open_printer(address)


def _open_scanner(address: str, home: Path) -> Any:
    from hardware.drivers import open_scanner

    scanner = open_scanner(address)
    scanner.start(lambda scan: None, lambda text: None)
    return scanner


def _open_fiscal_unit(address: str, home: Path) -> Any:
    from hardware.drivers import open_fiscal_unit

    return open_fiscal_unit(address, home)


_OPENERS: dict[str, Callable[[str, Path], Any]] = {
    "printer": _open_printer,
    "scanner": _open_scanner,
    "fiscal_unit": _open_fiscal_unit,
}


@hardware.command("test")
def print_test_page(
    address: Annotated[str, typer.Argument(help="The device's address.")],
    drawer: Annotated[bool, typer.Option("--drawer", help="Open the cash drawer as well.")] = False,
) -> None:
    """Print a test page or a label, weigh what lies on a scale, or show two lines.

    Example: spindel hardware test "escpos+tcp://10.0.0.9:9100?columns=42"
    """
    from hardware.drivers import open_printer
    from hardware.errors import DeviceError
    from hardware.testpage import build_test_page
    from hardware.trying import try_device

    try:
        if said := try_device(address):
            typer.echo(said)
            return
        printer = open_printer(address)
        try:
            printer.print(build_test_page(address, printer.columns))
            if drawer:
                printer.open_drawer()
            state = printer.state()
        finally:
            printer.close()
    except DeviceError as error:
        raise _failed(error) from error
    if state.reason.value == "no_answer":
        typer.echo("Sent. This printer answers no questions: look whether a page came out.")
    else:
        typer.echo("Printed.")


@hardware.command("listen")
def listen(
    address: Annotated[str, typer.Argument(help="The scanner's address.")],
    count: Annotated[int, typer.Option(help="End after so many codes; 0 never ends.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what a scanner reads, with its symbology and what it means, until Ctrl-C.

    Example: spindel hardware listen "serial:///dev/ttyACM0?suffix=cr"
    """
    from queue import SimpleQueue

    from hardware.drivers import open_scanner
    from hardware.errors import DeviceError

    heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
    try:
        scanner = open_scanner(address)
    except DeviceError as error:
        raise _failed(error) from error
    means = _meaning()
    scanner.start(
        lambda scan: heard.put(
            {
                "data": scan.data,
                "symbology": scan.symbology,
                "means": means(scan.data, scan.symbology),
            }
        ),
        lambda text: heard.put({"damaged": text}),
    )
    _end_on_signal()
    state = _settled(scanner.state)
    typer.echo(f"{address} is {state.health.value}; scan a code, Ctrl-C ends.", err=True)
    try:
        while True:
            _show(heard.get(), as_json)
            count -= 1
            if count == 0:
                break
    except KeyboardInterrupt:
        pass
    finally:
        scanner.close()


def _meaning() -> Callable[[str, str], dict[str, Any]]:
    """What a code means is trade, not hardware: it is found by entry point, if at all."""
    from importlib.metadata import entry_points

    for found in entry_points(group="spindel.code_meanings"):
        means: Callable[[str, str], dict[str, Any]] = found.load()
        return means
    return lambda data, symbology: {}


def _show(heard: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(heard))
    elif "damaged" in heard:
        typer.echo(f"damaged  {heard['damaged']}")
    else:
        data = heard["data"].replace("\x1d", "<GS>")
        typer.echo(f"{heard['symbology'] or '-':<4} {data:<28} {_in_words(heard['means'])}")


def _in_words(meaning: dict[str, Any]) -> str:
    """ "Measured item_key=20045678 price_minor=1234": what is set, as it is named."""
    kind = meaning.get("is", "")
    said = [f"{name}={value}" for name, value in meaning.items() if value and name != "is"]
    return " ".join([kind, *said])


def _end_on_signal() -> None:
    from hardware.emulators.showing import end_on_signal

    end_on_signal()


def _failed(error: DeviceError) -> typer.Exit:
    return refused(f"{error}. Check the address, the cable and the power, then try again.")
