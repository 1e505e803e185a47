"""`spindel hardware listen`: every scan as it came, which symbology it was, what it means."""

from __future__ import annotations

import json
from queue import SimpleQueue
from typing import Annotated, Any

import typer

from hardware.commands.settings import (
    DEFAULT_HOME,
    AsJson,
    Configured,
    Home,
    device_named,
    refuse_if_held,
)


def listen(
    device: Annotated[
        str, typer.Argument(help="The scanner's address, or scanner for this till's own.")
    ] = "scanner",
    count: Annotated[int, typer.Option(help="End after so many codes; 0 never ends.")] = 0,
    as_json: AsJson = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Show what a scanner reads, with its symbology and what it means, until Ctrl-C.

    Example: spindel hardware listen "serial:///dev/ttyACM0?suffix=cr"
    """
    from hardware.commands.opening import opened, settled
    from hardware.commands.words import meaning
    from hardware.emulators.showing import end_on_signal

    found = device_named(device, "scanner", home)
    found = Configured(found.name, "scanner", found.address)
    refuse_if_held(found, home)
    heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
    means = meaning()
    end_on_signal()
    with opened(found, home) as scanner:
        scanner.start(
            lambda scan: heard.put(_told(scan, means(scan.data, scan.symbology))),
            lambda text: heard.put({"damaged": text}),
        )
        state = settled(scanner)
        typer.echo(f"{found.address} is {state.health.value}; scan a code, Ctrl-C ends.", err=True)
        try:
            while True:
                _show(heard.get(), as_json)
                count -= 1
                if count == 0:
                    break
        except KeyboardInterrupt:
            pass


def _told(scan: Any, means: dict[str, Any]) -> dict[str, Any]:
    from hardware.commands.words import SYMBOLOGIES

    return {
        "data": scan.data,
        "symbology": scan.symbology,
        "name": SYMBOLOGIES.get(scan.symbology, ""),
        "device": scan.device,
        "means": means,
    }


def _show(heard: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(heard, ensure_ascii=False))
    elif "damaged" in heard:
        typer.echo(f"damaged  {heard['damaged']}")
    else:
        data = heard["data"].replace("\x1d", "<GS>")
        kind = f"]{heard['symbology']} {heard['name']}" if heard["symbology"] else "no identifier"
        typer.echo(f"{kind:<18} {data:<28} {in_words(heard['means'])}")


def in_words(meaning: dict[str, Any]) -> str:
    """ "Measured item_key=20045678 price_minor=1234": what is set, as it is named."""
    kind = str(meaning.get("is", ""))
    said = [f"{name}={value}" for name, value in meaning.items() if value and name != "is"]
    return " ".join([kind, *said])
