"""A control unit for demonstrations: seals like the real thing, and says that it is none.

Deterministic: the code is a hash of the request, so a till that was killed
between seal and commit and asks again gets the same seal. With a ledger file
("demo:///home/till/unit.jsonl") the counter goes on after a restart as well;
"demo://" keeps it in memory.

The notice must be printed: a receipt with such a seal is no kassakvitto.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from pathlib import Path

from hardware.address import parse_address
from hardware.errors import Absent, Refused
from hardware.fiscal.request import canonical, canonical_digest, fault_in
from hardware.ports import DeviceState, Health, Seal, SealRequest

UNIT_ID = "DEMOSE00000000001"
NOTICE = "DEMO - EJ GODKÄND KONTROLLENHET"


def open_unit(address: str, folder: Path | None = None) -> DemoUnit:
    """ "demo://" or "demo:///path/to/ledger"; raises Misconfigured. `folder` is not used."""
    found = parse_address(address)
    found.allow_only()
    return DemoUnit(found.written, Path(found.path()) if found.place else None)


def code_for(request: SealRequest) -> str:
    """59 characters of the Swedish shape: 32 base32, ";", 26 base32."""
    digest = hashlib.sha512(canonical(request).encode()).digest()
    letters = base64.b32encode(digest).decode("ascii")
    return f"{letters[:32]};{letters[32:58]}"


class Ledger:
    """What has been sealed: (document id, kind) -> (digest of the request, counter)."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises OSError when the file cannot be read, ValueError when it is no ledger."""
        self._path = path
        self._sealed: dict[tuple[str, str], tuple[str, int]] = {}
        if path is not None and path.exists():
            self._read(path)

    def counter_for(self, request: SealRequest) -> int | None:
        """The counter of this request, new or repeated; None when the document differs.

        Raises OSError when it cannot be kept; then nothing is sealed.
        """
        key, digest = (request.document_id, request.kind.value), canonical_digest(request)
        if key in self._sealed:
            known, counter = self._sealed[key]
            return counter if known == digest else None
        counter = len(self._sealed) + 1
        if self._path is not None:
            self._append(self._path, [*key, digest, counter])
        self._sealed[key] = (digest, counter)
        return counter

    def _read(self, path: Path) -> None:
        kept = path.read_bytes()
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:
            # A line without its end is what a power cut left: its seal never went out.
            os.truncate(path, len(whole))
        for line in whole.decode().splitlines():
            document_id, kind, digest, counter = json.loads(line)
            self._sealed[document_id, kind] = (digest, counter)

    def _append(self, path: Path, row: list[str | int]) -> None:
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(number, (json.dumps(row) + "\n").encode())
            os.fsync(number)
        finally:
            os.close(number)


class DemoUnit:
    """See `ports.FiscalUnit`."""

    def __init__(self, device: str = "demo://", ledger: Path | None = None) -> None:
        self._device = device
        self._path = ledger
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()
        self._closed = False

    def seal(self, request: SealRequest) -> Seal:
        """Raises Refused for a request a real unit would not take, Absent without its ledger."""
        if fault := fault_in(request):
            raise Refused(self._device, fault)
        with self._lock:
            counter = self._counter(request)
        if counter is None:
            raise Refused(self._device, "this document was sealed before with other amounts")
        return Seal(code_for(request), UNIT_ID, counter, NOTICE)

    def state(self) -> DeviceState:
        return DeviceState(Health.DISABLED if self._closed else Health.READY)

    def close(self) -> None:
        self._closed = True

    def _counter(self, request: SealRequest) -> int | None:
        try:
            if self._ledger is None:
                self._ledger = Ledger(self._path)
            return self._ledger.counter_for(request)
        except (OSError, ValueError) as error:
            raise Absent(self._device, f"its ledger cannot be used ({error})") from error
