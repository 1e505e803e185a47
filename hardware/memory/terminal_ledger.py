"""The twin's bank and log in a file, so that both outlive a killed till.

One line of JSON holds an answer and the money it moved: a process killed between
the two would make a bank that charged and a terminal that does not know.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hardware.emulators.terminal_bank import Bank, Movement
from hardware.errors import Misconfigured
from hardware.ports import CardAnswer, CardOutcome, CardReference


class Ledger:
    """Fills `bank` and `log` from `path`, then adds to it."""

    def __init__(self, device: str, path: Path, bank: Bank, log: dict[str, CardAnswer]) -> None:
        """Raises Misconfigured when the file cannot be read or written."""
        self._bank = bank
        self._path = path
        try:
            _read(path, bank, log)
            path.touch(mode=0o600)
            _drop_half_line(path)
        except OSError as error:
            raise Misconfigured(device, f"the ledger {path}: {error.strerror}") from error
        self._kept = len(bank.movements)

    def keep(self, answer: CardAnswer) -> None:
        new = self._bank.movements[self._kept :]
        self._kept += len(new)
        self._write({"answer": asdict(answer), "movements": [asdict(one) for one in new]})

    def keep_closing(self) -> None:
        self._write({"closed": self._bank.closed})

    def _write(self, entry: dict[str, object]) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write((json.dumps(entry, ensure_ascii=False) + "\n").encode())


def read_bank(path: Path) -> Bank:
    """The bank as the judge sees it, also while a till runs; a line cut by a crash is none."""
    bank = Bank()
    _read(path, bank, {})
    return bank


def _read(path: Path, bank: Bank, log: dict[str, CardAnswer]) -> None:
    for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else []:
        entry = json.loads(line)
        bank.closed = entry.get("closed", bank.closed)
        bank.movements += [Movement(**one) for one in entry.get("movements", ())]
        if kept := entry.get("answer"):
            answer = _answer(kept)
            log[answer.service_id] = answer


def _drop_half_line(path: Path) -> None:
    kept = path.read_bytes()
    os.truncate(path, kept.rfind(b"\n") + 1)


def _answer(kept: dict[str, Any]) -> CardAnswer:
    named = kept | {
        "outcome": CardOutcome(kept["outcome"]),
        "reference": CardReference(**kept["reference"]) if kept["reference"] else None,
        "cardholder_receipt": tuple(kept["cardholder_receipt"]),
        "merchant_receipt": tuple(kept["merchant_receipt"]),
    }
    return CardAnswer(**named)
