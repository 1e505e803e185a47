"""`spindel hardware emulate fiscal`: a control unit made of software.

Nothing but Typer is imported until it runs. Faults are typed while it serves: a name of the
lasting kind turns it on or off, the others happen once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardware.refusal import refused

if TYPE_CHECKING:
    from hardware.emulators.fiscal import EmulatedUnit


class Protocol(StrEnum):
    CCSP = "ccsp"
    KD = "kd"
    XCCSP = "xccsp"


_BAUD = {Protocol.CCSP: 9600, Protocol.KD: 57_600}
_LASTING = (
    "deaf", "near_full", "full", "licence", "fatal", "busy", "clock_skew", "wrong_unit", "no_repeat"
)  # fmt: skip
_ONCE = ("lose_reply", "abort", "flip_code", "flip_length", "half_frame", "garbage", "previous")
_HELP = (
    f"{', '.join(_LASTING)} (on and off); {', '.join(_ONCE)} (once); "
    "nak 1-11, think SECONDS, capacity N, version 1|2, lose_counter, ok, list"
)


def emulate_fiscal(
    protocol: Annotated[Protocol, typer.Option(help="What it speaks.")] = Protocol.CCSP,
    link: Annotated[Path | None, typer.Option(help="A lasting name for the pty.")] = None,
    baud: Annotated[int, typer.Option(help="As slow as this line; 0 takes the usual.")] = 0,
    port: Annotated[int, typer.Option(help="XCCSP: listen here; 0 takes a free one.")] = 8082,
    user: Annotated[str, typer.Option(help="XCCSP: ask for this user.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="XCCSP: with this password.")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Keep what it stores in this file.")] = None,
    unit_id: Annotated[str, typer.Option("--unit", help="Its number.")] = "EMUSE000000000001",
    version: Annotated[int, typer.Option(min=1, max=2, help="CCSP: protocol version.")] = 2,
    faults: Annotated[
        bool, typer.Option("--faults", hidden=True, help="Faults are always read.")
    ] = False,
) -> None:
    """A Swedish control unit: seals receipts on a serial line or over HTTP, and keeps them.

    A typed line is a fault, such as deaf, lose_reply, full or nak 9; help lists them, ok mends.

    Example: spindel hardware emulate fiscal --protocol ccsp --link /tmp/unit
    """
    from hardware.emulators.fiscal import EmulatedUnit, MemoryBook
    from hardware.emulators.fiscal_book import FileBook
    from hardware.emulators.fiscal_mouths import CcspMouth, KdMouth
    from hardware.emulators.fiscal_serving import HttpUnit, PtyUnit
    from hardware.emulators.showing import end_on_signal, wait_for_the_end

    end_on_signal()

    def told(count: int) -> None:
        typer.echo(f"{count} receipts stored")

    try:
        book = FileBook(ledger) if ledger else MemoryBook()
        unit = EmulatedUnit(book, unit_id=unit_id, version=version)
        if protocol is Protocol.XCCSP:
            password = password_file.read_text("utf-8").strip() if password_file else ""
            wire: HttpUnit | PtyUnit = HttpUnit(
                unit, port=port, user=user, password=password, on_stored=told
            )
        else:
            mouth = CcspMouth(unit) if protocol is Protocol.CCSP else KdMouth(unit)
            wire = PtyUnit(
                mouth,
                f"{protocol.value}+serial",
                baud=baud or _BAUD[protocol],
                link=link,
                on_stored=told,
            )
    except OSError as error:
        where = error.filename or link or f"port {port}"
        raise refused(f"{where} cannot be used ({error.strerror}); name another.") from error
    try:
        with wire:
            typer.echo(f"Control unit {unit_id}: {wire.address}   (Ctrl-C ends)")
            switch_unit_faults(unit, sys.stdin, typer.echo)
            wait_for_the_end()
    except KeyboardInterrupt:
        pass


def switch_unit_faults(
    unit: EmulatedUnit, lines: Iterable[str], say: Callable[[str], None]
) -> None:
    """Each line is a fault or a command, as `_HELP` says."""
    for line in lines:
        words = line.split()
        if words == ["help"]:
            say(f"one of: {_HELP}")
        elif words and not _switch(unit, words):
            say(f'"{line.strip()}" is none of: {_HELP}')
        elif words:
            say(_told(unit))


def _switch(unit: EmulatedUnit, words: list[str]) -> bool:
    faults = unit.faults
    match words:
        case [name] if name in _LASTING:
            setattr(faults, name, not getattr(faults, name))
        case [name] if name in _ONCE:
            setattr(faults, name, 1)
        case ["nak", number] if number.isdecimal():
            faults.nak = int(number)
        case ["kd", number] if number.removeprefix("-").isdecimal():
            faults.kd_code = int(number)
        case ["think", seconds] if seconds.isdecimal():
            faults.think_seconds = float(seconds)
        case ["capacity", count] if count.isdecimal():
            unit.capacity = int(count)
        case ["version", ("1" | "2") as version]:
            unit.version = int(version)
        case ["lose_counter"]:
            unit.lose_counter()
        case ["ok"]:
            unit.faults = type(faults)()
        case ["list"]:
            pass
        case _:
            return False
    return True


def _told(unit: EmulatedUnit) -> str:
    wrong = [name for name in (*_LASTING, *_ONCE, "nak") if getattr(unit.faults, name)]
    return f"faults: {', '.join(wrong) or 'none'}; {len(unit.stored)} receipts stored"
