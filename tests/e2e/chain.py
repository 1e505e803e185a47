"""A chain of three stores as real processes: central, a cable to each store, its till.

A sells in Stockholm, B is near by and busy, C is far away and idle. The thing to get wrong:
the time of day. All stores are open round the clock, so that the story may be told at night.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
import tty
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.engine.enrol import enrol
from central_sync.engine.round import contact
from central_sync.engine.workstation import open_workstation
from central_sync.server.auth import add_key
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.enrolment import add_workstation
from central_sync.server.importing.run import import_folder
from central_sync.server.orders import auditing, reading
from central_sync.server.orders.rules import set_order_rules
from central_sync.server.settings import CentralSettings
from central_sync.server.warehouse.rebuild import rebuild
from central_sync.wire.orders import OrderView
from hardware.emulators.paper import Paper
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from pos_client.commands.processes import Background
from pos_client.commands.till import TillProcesses
from pos_client.link.knock import answers
from tests.e2e.relay import Relay
from tests.e2e.shop import SPINDEL, free_port, wait_for_port
from tests.e2e.terminal import Terminal
from tests.plain.prompt import Prompt

PATIENCE_SECONDS = 90.0
STORES = {
    "s01": ("Två Par Stockholm", "111 60", "59.3326", "18.0649"),
    "s02": ("Två Par Uppsala", "753 22", "59.8585", "17.6454"),
    "s03": ("Två Par Umeå", "903 26", "63.8284", "20.2597"),
}
MODEL = "Löparsko Fjäll"
SIZES = {"42": "9528531318384", "43": "9528531318391"}
PRICE = "899,00"
GOODS = ("standard", "goods", MODEL, "Blå")
PRICE_MINOR = 89_900
EVA = {
    "name": "Eva Provsson",
    "street": "Provgatan 7",
    "postcode": "111 60",
    "town": "Stockholm",
    "phone": "070-174 06 05",
    "email": "eva@example.se",
}


class Chain:
    """`stock` is (store, size) -> pairs. Head office's part is done here, without processes."""

    def __init__(self, folder: Path, stock: dict[tuple[str, str], int]) -> None:
        self.folder = folder
        self.home = folder / "central"
        self.port = free_port()
        self._settings = CentralSettings(self.home, f"sqlite:///{self.home / 'central.db'}")
        self._codes = _founded(self._settings, folder / "files", stock)
        self._tills: list[StoreTill] = []
        self._central = subprocess.Popen(
            [*SPINDEL, "central", "serve", "--home", str(self.home), "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def store(self, store_id: str) -> StoreTill:
        """The store's till, enrolled over a cable of its own; nothing of it runs yet."""
        wait_for_port(self.port, PATIENCE_SECONDS)
        till = StoreTill(self.folder / store_id, Relay(self.port))
        self._tills.append(till)
        till.found(self._codes[store_id])
        return till

    def orders(self) -> list[OrderView]:
        """As head office sees them, the newest first."""
        with self._office() as central, central.database.reading() as connection:
            return reading.page(connection, is_inside=True).orders

    def order_when(self, is_so: Callable[[OrderView], bool], what: str) -> OrderView:
        """The newest order, once it is so."""
        found: OrderView = until(lambda: next(filter(is_so, self.orders()[:1]), None), what)
        return found

    def web_order(self, size: str) -> None:
        """The web shop sells a pair that is shipped to Stockholm, paid whole."""
        with self._office() as central, central.database.atomic() as connection:
            scopes = ("orders:read", "orders:write")
            key = add_key(connection, "web shop", scopes, central.timestamp())
        headers = {"Authorization": f"Bearer {key}"}
        lines = [{"line": 1, "sku": f"FJALL-{size}", "quantity": 1}]
        url = f"http://127.0.0.1:{self.port}"
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS) as shop:

            def whole() -> Any:
                """A store that central has not heard of yet is promised nothing from."""
                told = shop.post("/v1/quotes", json={"lines": lines, "postcode": "11160"}).json()
                return told if told["is_whole"] else None

            quote = until(whole, "a quote that is held whole")
            paid = {"tender_id": "web", "amount_minor": quote["total_minor"]}
            asked = {"quote_id": quote["quote_id"], "address": EVA, "payments": [paid]}
            made = shop.post("/v1/orders", json=asked, headers={"Idempotency-Key": key[-16:]})
            assert made.status_code == 201, made.text

    def set_rules(self, **rules: int) -> None:
        with self._office() as central, central.database.atomic() as connection:
            set_order_rules(connection, {**rules}, "test", central.timestamp())

    def letters(self) -> str:
        """All that customers were told."""
        return "".join(path.read_text() for path in self.home.glob("outgoing/letters/*"))

    def parcels_booked(self) -> list[str]:
        """Tracking numbers that the carrier knows, returns among them."""
        return [path.stem for path in self.home.glob("outgoing/parcels/*.json")]

    def on_hand(self, store_id: str, size: str) -> tuple[int, int]:
        """(on hand, reserved)."""
        level = t.stock_level.c
        is_it = (level.store_id == store_id) & (level.sku == f"FJALL-{size}")
        with self._office() as central, central.database.reading() as connection:
            row = connection.execute(select(level.on_hand, level.reserved).where(is_it)).one()
        return row.on_hand, row.reserved

    def assert_sound(self) -> None:
        """The rules of orders and stock hold, and stock is what its ledger adds up to."""
        with self._office() as central, central.database.reading() as connection:
            at = central.timestamp()
            assert auditing.audit(connection, at) == []
            assert rebuild(connection, at, check=True).wrong == ()

    def close(self) -> None:
        for till in self._tills:
            till.close()
        self._central.kill()
        self._central.wait()

    @contextmanager
    def _office(self) -> Iterator[Central]:
        central = open_central(self._settings)
        try:
            yield central
        finally:
            central.close()


class StoreTill:
    """One till's home, the cable to central, printer, scanner and processes."""

    def __init__(self, home: Path, cable: Relay) -> None:
        self.home, self.cable = home, cable
        self.papers: list[str] = []
        self._printer = TcpPrinter(EmulatedPrinter(), "127.0.0.1", 0, self._take)
        self._printer.__enter__()
        self._scanner, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._processes = TillProcesses(home)
        self._prompt: Typist | None = None

    def found(self, code: str) -> None:
        """Enrolled, and with the chain's goods and prices."""
        self.home.mkdir(parents=True)
        (self.home / "workstation.toml").write_text(
            f'[workstation]\ncentral = "{self.cable.url}"\n[devices]\n'
            f'fiscal_unit = "demo://"\nprinter = "{self._printer.address}"\n'
            f'scanner = "serial://{os.ttyname(self._slave)}"\n'
        )
        enrol(self.home, code, central_url=self.cable.url)
        self.contacts()

    def contacts(self) -> None:
        """One contact with central, so that the store is heard though nothing of it runs."""
        with open_workstation(self.home) as workstation:
            assert not contact(workstation).troubles

    def tries_now(self) -> None:
        """As store IT: the sync that runs tries at once, whatever it was waiting for."""
        kick = [*SPINDEL, "sync", "now", "--home", str(self.home)]
        subprocess.run(kick, check=True, capture_output=True)

    def screen(self) -> Terminal:
        """`spindel till`, as the cashier starts it."""
        return Terminal([*SPINDEL, "till", "--home", str(self.home)], columns=120, rows=40)

    def prompt(self) -> Typist:
        """Core and sync as processes, and the line mode in a thread; open for the day."""
        self._processes.begin()
        until(lambda: answers(self._processes.socket), "the core")
        self._processes.ready()
        self._prompt = Typist(self._processes.socket, as_json=True).__enter__()
        self._prompt.ok("on 1001 1234")
        self._prompt.ok("open 1000")
        return self._prompt

    def scan(self, code: str) -> None:
        os.write(self._scanner, f"{code}\r".encode())

    def paper_with(self, *words: str) -> str:
        """The first paper that says all this, once it is printed."""
        found: str = until(
            lambda: next((p for p in self.papers if all(word in p for word in words)), ""),
            f"a paper with {words}",
        )
        return found

    def close(self) -> None:
        if self._prompt is not None:
            self._prompt.leave()
        self._processes.leave()
        for name in ("sync", "core"):
            Background(self.home, name, []).stop()
        self._printer.close()
        self.cable.close()
        os.close(self._scanner)
        os.close(self._slave)

    def _take(self, paper: Paper) -> None:
        self.papers.append(paper.text())


class Typist(Prompt):
    """The line mode as objects; news are read over."""

    PATIENCE_SECONDS = PATIENCE_SECONDS

    def ask(self, line: str) -> Any:
        """Type a line; its answer."""
        self.send(line)
        while "event" in (said := json.loads(self.hear())):
            pass
        return said

    def ok(self, line: str) -> Any:
        said = self.ask(line)
        assert said["answer"] == "OK", f"{line}: {said}"
        return said

    def ok_when(self, line: str, is_so: Callable[[Any], bool]) -> Any:
        """Ask again and again until the answer is so."""
        heard: list[Any] = [None]

        def once() -> Any:
            heard[0] = self.ask(line)
            return heard[0] if is_so(heard[0]) else None

        return until(once, f"the answer to {line!r} ({heard})")


def until(look: Callable[[], Any], what: str = "it", seconds: float = PATIENCE_SECONDS) -> Any:
    """What `look` returns, once that is anything."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.2)
    return found


def _founded(
    settings: CentralSettings, files: Path, stock: dict[tuple[str, str], int]
) -> dict[str, str]:
    """A new central with the chain in it; returns each store's one-time code."""
    _write_files(files, stock)
    make_central(settings)
    central = open_central(settings)
    try:
        report = import_folder(central, files, lambda _done, _total: None)
        assert report.is_written, report
        with central.database.atomic() as connection:
            return {
                store_id: add_workstation(connection, store_id, "1", central.now()).code
                for store_id in STORES
            }
    finally:
        central.close()


def _write_files(files: Path, stock: dict[tuple[str, str], int]) -> None:
    files.mkdir(parents=True)
    rows: dict[str, tuple[str, list[tuple[object, ...]]]] = {
        "chain": (
            "chain,country,company,organisation_number",
            [("Två Par", "SE", "Två Par AB", "559999-4703")],
        ),
        "stores": (
            "store_id,kind,name,postcode,town,latitude,longitude,opening_hours",
            [
                (store_id, "store", name, postcode, name.split()[-1], *place, "mon-sun 00:00-24:00")
                for store_id, (name, postcode, *place) in STORES.items()
            ],
        ),
        "items": (
            "sku,name,gtin,price,tax_group,kind,model,colour,size",
            [
                (f"FJALL-{size}", f"{MODEL} {size}", gtin, PRICE, *GOODS, size)
                for size, gtin in SIZES.items()
            ],
        ),
        "stock": (
            "store_id,sku,on_hand",
            [(store_id, f"FJALL-{size}", pairs) for (store_id, size), pairs in stock.items()],
        ),
        "operators": (
            "number,name,role,pin,language",
            [("1001", "Anna Berg", "manager", "1234", "sv")],
        ),
        "tenders": (
            "tender_id,name,kind,is_recorded,opens_drawer,rank",
            [("cash", "Kontant", "cash", 1, 1, 1), ("card", "Kort", "card", 1, 0, 2)],
        ),
        "postcodes": ("postcode,latitude,longitude", [("11160", "59.3326", "18.0649")]),
    }
    for name, (header, lines) in rows.items():
        _csv(files, name, header, lines)


def _csv(files: Path, name: str, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    with (files / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
