"""What this register has asked of its control unit: an append-only file, synced at each line.

A request is in here, byte for byte and with its sequence number, before the first byte of
it goes out; so a till that was killed at any point knows what the unit may hold. A line is
its CRC-32 and a JSON object. A last line without its end, or with a wrong CRC, is what a
power cut left and is cut off; damage further up is damage, and nothing is guessed.

The thing to get wrong: forgetting a request because it failed. Only a plain no to the one
and only sending proves that the unit holds nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from hardware.fiscal.answers import Question, Sealed
from hardware.fiscal.request import canonical_digest
from hardware.ports import Seal, SealRequest

FILE_NAME = "fiscal.jsonl"
MOST_BYTES = 4_000_000
KEPT = 2_000
"""How many documents an overgrown ledger keeps; older ones are sealed in the journal."""


class Damage(ValueError):
    """A line in the middle of the file is not as it was written."""


@dataclass(frozen=True, slots=True)
class Known:
    """One document: asked, and perhaps `seal`ed or `burnt` (why)."""

    key: str
    digest: str
    sequence: int
    steps: tuple[bytes, ...]
    echo: str
    seal: Seal | None = None
    burnt: str = ""

    @property
    def question(self) -> Question:
        """The very bytes that went out, to be sent again."""
        return Question(self.steps, Sealed, self.echo)


class Ledger:
    """One register's file; a second process that opens it gets BlockingIOError.

    `unit_id` is the unit that was seen first, or was named since.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be had, Damage when it is not whole."""
        self.unit_id = ""
        self._path = path
        self._sequence = 0
        self._counter = 0
        self._known: dict[str, Known] = {}
        self._codes: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _locked(path)
        with contextlib.ExitStack() as unless_whole:
            unless_whole.callback(self.close)
            self._load()
            unless_whole.pop_all()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)

    def find(self, request: SealRequest) -> Known | None:
        """What is known of the document, under whatever figures."""
        return self._known.get(key_of(request))

    def has_code(self, code: str) -> bool:
        """Whether it seals a document already."""
        return code in self._codes

    def ask(self, request: SealRequest, make: Callable[[int], Question], *, skip: int = 1) -> Known:
        """The next sequence number and its bytes, durable when this returns."""
        sequence = self._sequence + skip
        question = make(sequence)
        row = {
            "is": "asked",
            "key": key_of(request),
            "digest": canonical_digest(request),
            "sequence": sequence,
            "steps": [step.decode("latin-1") for step in question.steps],
            "echo": question.sequence,
        }
        self._write(row)
        return self._known[key_of(request)]

    def seal(self, known: Known, code: str, unit_id: str) -> Seal:
        """The unit's answer, durable when this returns."""
        counter = self._counter + 1
        row = {
            "is": "sealed",
            "key": known.key,
            "code": code,
            "unit_id": unit_id,
            "counter": counter,
        }
        self._write(row)
        return Seal(code, unit_id, counter)

    def burn(self, known: Known, why: str) -> None:
        """The number is used up and its answer lost."""
        self._write({"is": "burnt", "key": known.key, "why": why})

    def refuse(self, known: Known, why: str) -> None:
        """The unit holds nothing of it; it may be asked anew."""
        self._write({"is": "refused", "key": known.key, "why": why})

    def know_unit(self, unit_id: str) -> None:
        self._write({"is": "unit", "id": unit_id})

    def _write(self, row: dict[str, Any]) -> None:
        self._append(_line(row))
        self._fold(row)

    def _append(self, line: bytes) -> None:
        """Raises OSError when it cannot be kept; then it has not happened."""
        before = os.lseek(self._file, 0, os.SEEK_END)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("the disk is full")
            os.fsync(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            raise

    def _fold(self, row: dict[str, Any]) -> None:
        match row["is"]:
            case "asked":
                self._sequence = max(self._sequence, row["sequence"])
                steps = tuple(step.encode("latin-1") for step in row["steps"])
                self._known[row["key"]] = Known(
                    row["key"], row["digest"], row["sequence"], steps, row["echo"]
                )
            case "sealed":
                self._counter = row["counter"]
                self._codes.add(row["code"])
                seal = Seal(row["code"], row["unit_id"], row["counter"])
                self._known[row["key"]] = replace(self._known[row["key"]], seal=seal)
            case "burnt":
                self._known[row["key"]] = replace(self._known[row["key"]], burnt=row["why"])
            case "refused":
                self._known.pop(row["key"], None)
            case "unit":
                self.unit_id = row["id"]
            case "head":
                self._sequence, self._counter = row["sequence"], row["counter"]

    def _load(self) -> None:
        kept = self._path.read_bytes()
        *lines, torn = kept.split(b"\n")
        rows = [_row(line) for line in lines]
        length = len(kept) - len(torn)
        if rows and rows[-1] is None:
            length -= len(lines[-1]) + 1
            rows.pop()
        for place, row in enumerate(rows, start=1):
            if row is None:
                raise Damage(f"line {place} is damaged")
            self._fold(row)
        if length != len(kept):
            os.ftruncate(self._file, length)
            os.fsync(self._file)
        if length > MOST_BYTES:
            self._shrink()

    def _shrink(self) -> None:
        """Only the newest documents, in a new file that takes the old one's place at once."""
        new = self._path.with_name(f"{self._path.name}.new")
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        file = _locked(new)
        os.write(file, b"".join(_line(row) for row in self._rows()))
        os.fsync(file)
        new.replace(self._path)
        os.close(self._file)
        self._file = file

    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = [
            {"is": "head", "sequence": self._sequence, "counter": self._counter},
            {"is": "unit", "id": self.unit_id},
        ]
        newest = list(self._known.values())[-KEPT:]
        for known in newest:
            rows += _rows_of(known)
        return rows


def key_of(request: SealRequest) -> str:
    return f"{request.document_id}/{request.kind.value}"


def _rows_of(known: Known) -> list[dict[str, Any]]:
    asked = {
        "is": "asked",
        "key": known.key,
        "digest": known.digest,
        "sequence": known.sequence,
        "steps": [step.decode("latin-1") for step in known.steps],
        "echo": known.echo,
    }
    if known.seal is not None:
        seal = known.seal
        return [
            asked,
            {
                "is": "sealed",
                "key": known.key,
                "code": seal.code,
                "unit_id": seal.unit_id,
                "counter": seal.counter,
            },
        ]
    return (
        [asked, {"is": "burnt", "key": known.key, "why": known.burnt}] if known.burnt else [asked]
    )


def _locked(path: Path) -> int:
    number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        raise
    return number


def _line(row: dict[str, Any]) -> bytes:
    body = json.dumps(row, separators=(",", ":")).encode("ascii")
    return b"%08x %s\n" % (crc32(body), body)


def _row(line: bytes) -> dict[str, Any] | None:
    """The object of a line, or None when its CRC is not its own."""
    crc, _, body = line.partition(b" ")
    if crc != b"%08x" % crc32(body):
        return None
    row: dict[str, Any] = json.loads(body)
    return row
