"""What the emulated devices on a `line` share in a terminal: the wire, and typed commands.

Every line of standard input is a command of the device, or names a fault to turn on
or off ("deaf"), to set ("late_seconds 0.6"), or "ok" to mend all; "unplug" and "plug"
pull the cable and put it back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from hardware.emulators.line import Core, PtyLine, TcpLine
from hardware.refusal import refused


def wire_of(
    core: Core, tcp: int | None, host: str, link: Path | None, on_bytes: Callable[[], None]
) -> PtyLine | TcpLine:
    """A TCP port where one is named, a pty otherwise; refuses in one sentence."""
    try:
        if tcp is None:
            return PtyLine(core, link, on_bytes)
        return TcpLine(core, host, tcp, on_bytes)
    except OSError as error:
        where = str(link or "A pseudo-terminal") if tcp is None else f"{host}:{tcp}"
        raise refused(f"{where} cannot be used ({error.strerror}); name another.") from error


def run(line: PtyLine | TcpLine, told: str, faults: Any, obey: Callable[[str], str | None]) -> None:
    """Serve until Ctrl-C; `obey` does a command and says so, or answers None."""
    from hardware.emulators.showing import end_on_signal, wait_for_the_end

    end_on_signal()
    try:
        with line:
            typer.echo(f"{told}   (Ctrl-C ends)")
            obey_lines(sys.stdin, line, faults, obey, typer.echo)
            wait_for_the_end()
    except KeyboardInterrupt:
        pass


def obey_lines(
    lines: Iterable[str],
    line: PtyLine | TcpLine,
    faults: Any,
    obey: Callable[[str], str | None],
    say: Callable[[str], None],
) -> None:
    """Each line in the device's own thread, so that no byte is half under one fault."""
    for written in lines:
        if not written.strip():
            continue
        said: list[str] = []
        command = written.strip()
        if command in ("unplug", "plug"):
            line.unplug() if command == "unplug" else line.plug_in()
            said.append(f"{command}ged")
        else:
            line.call(lambda: said.append(_obeyed(command, faults, obey)))  # noqa: B023 - waits
        say(said[0] if said else "the device has ended")


def _obeyed(command: str, faults: Any, obey: Callable[[str], str | None]) -> str:
    return obey(command) or switched(command, faults)


def switched(command: str, faults: Any) -> str:
    """Turn the named fault; what is wrong now, in words, or what may be typed."""
    name, _, value = command.partition(" ")
    kinds = {one.name: type(getattr(faults, one.name)) for one in fields(faults)}
    fresh = type(faults)()
    if command == "help":
        return f"one of: {', '.join(kinds)}, unplug, plug, ok"
    if command == "ok":
        for each in kinds:
            setattr(faults, each, getattr(fresh, each))
    elif name not in kinds:
        return f'"{command}" is none of: {", ".join(kinds)}, unplug, plug, ok'
    elif kinds[name] is bool:
        setattr(faults, name, not getattr(faults, name))
    else:
        try:
            setattr(faults, name, kinds[name](value) if value else getattr(fresh, name))
        except ValueError:
            return f'"{value}" is no {kinds[name].__name__}; type for example "{name} 1"'
    now = {each: getattr(faults, each) for each in kinds}
    wrong = [f"{each}={value}" for each, value in now.items() if value != getattr(fresh, each)]
    return "faults: " + (", ".join(wrong) or "none")
