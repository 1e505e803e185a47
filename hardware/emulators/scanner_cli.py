"""`spindel hardware emulate scanner` and `… keyboard`: codes typed as they are given.

Each line of standard input is a code, or a fault where it begins with "!". A code
may name its own AIM identifier ("]C1…") and hold <GS>, so every kind can be tried.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from hardware.refusal import refused

if TYPE_CHECKING:
    from hardware.emulators.scanner import EmulatedScanner

_FAULTS = "!half CODE, !noise, !twice CODE, !long, !unplug, !plug"

Codes = Annotated[
    list[str] | None, typer.Argument(help="Codes to scan; none: each line of standard input.")
]
Wait = Annotated[float, typer.Option(help="Seconds to wait before the first of CODES.")]
Aim = Annotated[bool, typer.Option(help="Send the AIM identifier before each code.")]


class Types(Protocol):
    def scan(self, code: str, symbology: str = "") -> None: ...


def emulate_scanner(
    codes: Codes = None,
    link: Annotated[Path | None, typer.Option(help="A lasting name for the pty.")] = None,
    aim: Aim = True,
    prefix: Annotated[str, typer.Option(help="Send this before each code.")] = "",
    suffix: Annotated[str, typer.Option(help="cr, lf, crlf or tab.")] = "cr",
    wait: Wait = 1.0,
) -> None:
    """A serial scanner: types codes on a pseudo-terminal, one for each line it is given.

    A line may be a fault: !half CODE, !noise, !twice CODE, !long, !unplug, !plug.

    Example: spindel hardware emulate scanner --link /tmp/scanner
    """
    from hardware.emulators.scanner import SUFFIXES, EmulatedScanner
    from hardware.emulators.showing import end_on_signal

    if suffix not in SUFFIXES:
        raise typer.BadParameter(f"{suffix} is none of {', '.join(SUFFIXES)}", param_hint="suffix")
    end_on_signal()
    try:
        device = EmulatedScanner(link, prefix=prefix.encode(), suffix=suffix, aim=aim)
    except OSError as error:
        raise refused(f"{link} cannot be made ({error.strerror}); name another.") from error
    with device:
        _run(device.address, codes, wait, lambda lines: type_codes(device, lines, typer.echo))


def emulate_keyboard(
    path: Annotated[Path, typer.Argument(help="The pipe to make; the till's evdev address.")],
    codes: Codes = None,
    layout: Annotated[str, typer.Option(help="us or se.")] = "us",
    aim: Aim = True,
    wait: Wait = 1.0,
) -> None:
    """A keyboard-wedge scanner: the kernel's key records through a named pipe.

    Example: spindel hardware emulate keyboard /tmp/wedge --layout se
    """
    from hardware.emulators.keyboard import EmulatedKeyboard
    from hardware.emulators.showing import end_on_signal
    from hardware.scanners.layouts import LAYOUTS

    if layout not in LAYOUTS:
        raise typer.BadParameter(f"{layout} is none of {', '.join(LAYOUTS)}", param_hint="layout")
    end_on_signal()
    try:
        device = EmulatedKeyboard(path, layout=layout, aim=aim)
    except OSError as error:
        raise refused(f"{path} cannot be made ({error.strerror}); name another.") from error
    with device:
        _run(device.address, codes, wait, lambda lines: _type(device, lines))


def _run(
    address: str, codes: list[str] | None, wait: float, type_all: Callable[[Iterable[str]], None]
) -> None:
    from hardware.emulators.showing import wait_for_the_end

    typer.echo(f"Scanner: {address}   (Ctrl-C ends)")
    try:
        if codes:
            # Whoever reads must have opened it, or the codes go to nobody.
            time.sleep(wait)
            type_all(codes)
            time.sleep(wait)
            return
        type_all(sys.stdin)
        wait_for_the_end()
        # The last code is on its way yet.
        time.sleep(wait)
    except KeyboardInterrupt:
        pass


def type_codes(scanner: EmulatedScanner, lines: Iterable[str], say: Callable[[str], None]) -> None:
    """Scan each code, do each fault; an empty line is none. Raises OSError: the pty is gone."""
    for line in lines:
        written = line.strip()
        if written == "help":
            say(f"a code, or one of: {_FAULTS}")
        elif written.startswith("!"):
            say(_done(scanner, written))
        elif written:
            _scan(scanner, written)
            beeps = scanner.beeps(within_seconds=0.15)
            say(f"scanned {written}" + (f", {beeps} beeps" if beeps else ""))


def _done(scanner: EmulatedScanner, written: str) -> str:
    fault, _, code = written.partition(" ")
    match fault:
        case "!half":
            scanner.send(b"]E0" + (code or "95200").encode("ascii", "replace"))
        case "!noise":
            scanner.send(b"952\xff\x1b004\r")
        case "!long":
            scanner.send(b"7" * 600 + b"\r")
        case "!twice":
            _scan(scanner, code or "9520000000004")
            _scan(scanner, code or "9520000000004")
        case "!unplug":
            scanner.unplug()
        case "!plug":
            scanner.unplug()
            scanner.plug_in()
        case _:
            return f'"{written}" is none of: {_FAULTS}'
    return f"fault: {fault[1:]}"


def _type(device: Types, lines: Iterable[str]) -> None:
    for line in lines:
        if line.strip():
            _scan(device, line.strip())
            typer.echo(f"scanned {line.strip()}")


def _scan(device: Types, written: str) -> None:
    code = written.replace("<GS>", "\x1d")
    if code.startswith("]") and len(code) > 3:
        device.scan(code[3:], code[1:3])
    else:
        device.scan(code)
