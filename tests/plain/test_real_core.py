"""The manual's day on the real core: its own process, real files, paper in a file."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_sync.engine.state import Identity, SyncStore
from central_sync.masterfile.build import build_master
from central_sync.wire.keys import SigningKey
from central_sync.wire.pins import hash_pin
from pos_client.plain import run_plain

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "item": [
        (1, "SKO-42", "Löparsko Vind 42", "7310865004703", "standard", "goods", 0, 0, "", "", ""),
        (2, "SOCKA", "Sockor 3-pack Åre", "", "standard", "goods", 0, 0, "", "", ""),
        (3, "BOK", "Löpboken", "", "print", "goods", 0, 0, "", "", ""),
    ],
    "barcode": [("07310865004703", "SKO-42")],
    "price": [("SKO-42", 119_900), ("SOCKA", 9_900), ("BOK", 24_950)],
    "stock": [("SKO-42", 3, "{}"), ("BOK", 1, "{}")],
    "operator": [("1001", "Anna Berg", "cashier", hash_pin("1234"), "sv")],
    "tender": [
        ("cash", "Kontant", "cash", 1, 1, 1),
        ("card", "Kort", "card", 1, 0, 2),
    ],
    "store": [
        ("s01", "Två Par Göteborg", "Två Par AB", "556000-0000", "Kungsgatan 12", "411 19",
         "Göteborg", "SE", "", "Öppet köp 30 dagar")
    ],
}  # fmt: skip

DAY = """
on 1001 1234
open 1000
7310865004703
2*SOCKA
void 2
BOK
discount 10% staff
card 500
cash 1000
return {receipt} 1 faulty
cash
x
copy {receipt}
search löp
receipt {receipt}
status
z cash=725 card=500
off
"""


def enrolled_home(home: Path) -> Path:
    """A till's folder as enrolment and the first sync leave it."""
    key = SigningKey.generate()
    (home / "keys").mkdir(parents=True)
    key.save(home / "keys" / "workstation.key")
    store = SyncStore(home)
    identity = Identity("s01-1", "1", "s01", "Två Par Göteborg", "Två Par AB", "SE", key.public)
    store.enrolled(identity, 1, "2026-11-22T08:00:00.000Z")
    store.close()
    build_master(home / "master.db", ROWS, positions={"chain": 1}, store_id="s01")
    devices = f'printer = "escpos+file://{home}/paper.bin"\nfiscal_unit = "demo://"\n'
    (home / "workstation.toml").write_text(f"[workstation]\n[devices]\n{devices}")
    return home


def _answers(path: Path) -> bool:
    """The socket's file is there a moment before anybody listens."""
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(str(path)) == 0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An enrolled till with its core running."""
    home = enrolled_home(tmp_path / "till")
    core = subprocess.Popen([sys.executable, "-m", "pos_client.bootstrap", str(home)])
    try:
        until = time.monotonic() + 20
        while not _answers(home / "core.sock"):
            assert core.poll() is None, "the core stopped at once"
            assert time.monotonic() < until
            time.sleep(0.02)
        yield home
    finally:
        core.terminate()
        core.wait(10)


def test_a_whole_day_is_done_by_a_script_and_stands_on_paper(home: Path) -> None:
    out = io.StringIO()
    script = io.StringIO(DAY.format(receipt="1-1-1").strip())

    code = run_plain(
        home / "core.sock", stdin=script, stdout=out, as_json=True, stop_on_refusal=True
    )

    said = [json.loads(line) for line in out.getvalue().splitlines()]
    answers = [each for each in said if "answer" in each]
    assert code == 0, out.getvalue()
    assert {each["answer"] for each in answers} == {"OK"}
    assert answers[8]["last_receipt"]["change_minor"] == 7_600
    assert answers[10]["last_receipt"]["is_return"]
    assert answers[-1]["mode"] == "signed_off"


def test_what_was_paid_is_printed_and_the_copy_is_marked(home: Path) -> None:
    run_plain(
        home / "core.sock",
        stdin=io.StringIO(DAY.format(receipt="1-1-1").strip()),
        stdout=io.StringIO(),
    )
    until = time.monotonic() + 10
    paper = b""
    while b"Z-dagrapport" not in paper and time.monotonic() < until:
        paper = (home / "paper.bin").read_bytes()
        time.sleep(0.05)

    assert paper.count("Kvitto s01-1-1-1".encode("cp858")) == 2
    assert paper.count(b"KOPIA") == 1
    assert paper.count(b"RETURKVITTO") == 1
    assert paper.count(b"Z-dagrapport") == 1
    assert "DEMO - EJ GODKÄND KONTROLLENHET".encode("cp858") in paper
