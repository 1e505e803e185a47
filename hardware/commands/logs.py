"""`spindel hardware log`: what went to and from a device, from the till's byte log.

The log is made by the till itself (`hardware.transports.recording`), with card numbers
hidden. A field fault is this file: `hardware.transports.replay` makes a test of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hardware.commands.settings import DEFAULT_HOME, AsJson, Home, device_named
from hardware.refusal import refused
from hardware.transports.recording import Record, Way, file_name, read_log

_FOLLOW_SECONDS = 0.2
_ROW_BYTES = 16


def show_log(
    device: Annotated[str, typer.Argument(help="A device of this till, its address, or a file.")],
    as_hex: Annotated[bool, typer.Option("--hex", help="Bytes as hexadecimal.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as it grows.")] = False,
    previous: Annotated[
        bool, typer.Option("--previous", help="From before the register's last start.")
    ] = False,
    as_json: AsJson = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """What went to a device (>) and came from it (<), with the time; the last 64 kB are kept.

    Example: spindel hardware log printer --hex --home /var/lib/spindel
    """
    path = _path(device, home, previous)
    try:
        for record in _records(path, follow):
            typer.echo(_json(record) if as_json else _told(record, as_hex))
    except FileNotFoundError:
        raise refused(
            f"{path} is not there; the register writes such logs while it runs."
        ) from None
    except (OSError, ValueError) as error:
        raise refused(f"{path} cannot be read as a byte log: {error}.") from error
    except KeyboardInterrupt:
        pass


def _path(device: str, home: Path, previous: bool) -> Path:
    if "://" not in device and ("/" in device or Path(device).suffix == ".log"):
        return Path(device)
    address = device if "://" in device else device_named(device, "", home).address
    ending = ".previous.log" if previous else ".log"
    return home / "logs" / "devices" / f"{file_name(address.split()[0])}{ending}"


def _records(path: Path, follow: bool) -> Iterator[Record]:
    """Those there are, and with `follow` those that come; the file may be begun anew."""
    seen: Record | None = None
    while True:
        records = read_log(path.read_text("utf-8").splitlines())
        yield from _after(records, seen)
        seen = records[-1] if records else seen
        if not follow:
            return
        time.sleep(_FOLLOW_SECONDS)


def _after(records: list[Record], seen: Record | None) -> list[Record]:
    if seen is None or seen not in records:
        return records
    last = len(records) - 1 - records[::-1].index(seen)
    return records[last + 1 :]


def _told(record: Record, as_hex: bool) -> str:
    at = f"{record.at:%H:%M:%S.%f}"[:-3]
    if record.way is Way.NOTE:
        return f"{at} ! {record.data.decode('utf-8', 'replace')}"
    if not as_hex:
        return f"{at} {record.way} {_readable(record.data)}"
    rows = [record.data[at : at + _ROW_BYTES] for at in range(0, len(record.data), _ROW_BYTES)]
    said = [f"{row.hex(' '):<{_ROW_BYTES * 3}} {_signs(row)}" for row in rows]
    return f"{at} {record.way} " + f"\n{'':<15}".join(said)


def _readable(data: bytes) -> str:
    r"""Text as text, all else as \x1b."""
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in data)


def _signs(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "." for b in data)


def _json(record: Record) -> str:
    way = {Way.OUT: "out", Way.IN: "in", Way.NOTE: "note"}[record.way]
    said = record.data.decode("utf-8", "replace") if way == "note" else record.data.hex()
    return json.dumps({"at": record.line().split(" ", 1)[0], "way": way, "data": said})
