"""`make eyes`: strangers' programs look at our printer and our paper, and say what they see.

    python -m tests.hardware.eyes.foreign

Not part of `make test`, as it fetches what it needs into a folder that is thrown away:
from npm receiptio (a client that prints and reads status) and receipt-printer-encoder, from
PyPI emupos (a printer of somebody else's, which needs Python 3.13). What is not to be had here
is told in a line of its own and is no failure; a difference is, and ends with exit code 1.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zxingcpp
from PIL import Image

from hardware.drivers import open_printer
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from hardware.ports import Health
from tests.hardware.papers import a_checked_receipt
from tests.hardware.waiting import until

NPM = ("receiptio@2.1.2", "receiptline@4", "@point-of-sale/receipt-printer-encoder@3")
EMUPOS = "emupos==0.4.0"
# receiptio knows no other port; any address of this machine's own network does.
ADDRESS, PORT = "127.0.0.77", 9100
RECEIPT = "^^^RÄKSMÖRGÅS\n\nÅsa Öberg | 99.00\n\n{code:1-1-000147;option:code128,2,72,hri}\n"
ENCODER = """
const Encoder = require('@point-of-sale/receipt-printer-encoder');
const encoder = new (Encoder.default || Encoder)({ language: 'esc-pos', columns: 42 });
const bytes = encoder.initialize().codepage('cp858').line('Räksmörgås à 89,00')
  .barcode('9520000000004', 'ean13', 60).qrcode('https://tvapar.example/1').cut().encode();
process.stdout.write(Buffer.from(bytes));
"""


class NotHere(Exception):
    """Something outside is missing; says what."""


def main() -> int:
    differences = 0
    with tempfile.TemporaryDirectory(prefix="spindel-eyes-") as name:
        folder = Path(name)
        for look in (foreign_client, foreign_encoder, foreign_printer):
            differences += _looked(look, folder)
    return 1 if differences else 0


def _looked(look: Callable[[Path], Iterator[tuple[str, bool]]], folder: Path) -> int:
    wrong = 0
    try:
        for what, is_right in look(folder):
            print(f"{'same     ' if is_right else 'DIFFERENT'}  {what}")
            wrong += not is_right
    except NotHere as missing:
        print(f"not done   {look.__name__.replace('_', ' ')}: {missing}")
    return wrong


def foreign_client(folder: Path) -> Iterator[tuple[str, bool]]:
    """receiptio prints to our emulated printer and reads how it is."""
    _npm(folder)
    (folder / "a.receipt").write_text(RECEIPT, encoding="utf-8")
    for fault, expected in (
        ("", "success"),
        ("paper_out", "paperempty"),
        ("cover_open", "coveropen"),
    ):
        device = EmulatedPrinter()
        if fault:
            setattr(device.faults, fault, True)
        with _listening(device):
            command = ["node_modules/.bin/receiptio", "-d", ADDRESS, "-p", "escpos", "a.receipt"]
            said = _run(command, folder, allowed=None).stderr.decode().strip()
        yield f'receiptio says "{said}" of our printer ({fault or "ready"})', said == expected
        if not fault:
            text = device.papers[0].text()
            wanted = ("RÄKSMÖRGÅS", "Åsa Öberg", "99.00", "[code128: 1-1-000147]")
            yield "our printer's paper of receiptio's receipt", all(word in text for word in wanted)


def foreign_encoder(folder: Path) -> Iterator[tuple[str, bool]]:
    """Another encoder's bytes in our decoder."""
    _npm(folder)
    device = EmulatedPrinter()
    device.feed(_run(["node", "-e", ENCODER], folder).stdout)
    text = device.papers[0].text()
    wanted = ("Räksmörgås à 89,00", "[ean13: 9520000000004]", "https://tvapar.example/1")
    for word in wanted:
        yield f"receipt-printer-encoder: {word}", word in text


def foreign_printer(folder: Path) -> Iterator[tuple[str, bool]]:
    """Our driver prints on emupos: its text, its picture, its answers."""
    with _emupos(folder) as (emupos, port):
        printer = open_printer(f"escpos+tcp://127.0.0.1:{port}?profile=epson")
        try:
            until(lambda: printer.state().health is Health.READY)
            yield "our driver finds emupos ready", True
            passed: list[str] = []
            printer.print(a_checked_receipt(), passed.append)
            yield f"emupos answered {', '.join(passed)}", passed == ["header", "body", "cut"]
        finally:
            printer.close()
        picture = folder / "emupos.png"
        shown = _run([*emupos, "receipt", "show", "--save", str(picture)], folder).stdout.decode()
        for word in (
            "Två Par AB",
            "582 23 Linköping",
            "Löparsko Ängsö blå 0",
            "1 299,00",
            "10,00 €",
        ):
            yield f"emupos reads: {word}", word in shown
        with Image.open(picture) as image:
            read = {code.text for code in zxingcpp.read_barcodes(image)}
        wanted = {"W0012-1-000147", "https://tvapar.example/k/W0012-1-000147"}
        yield (
            f"zxing reads emupos's picture: {', '.join(sorted(read)) or 'nothing'}",
            read == wanted,
        )


def _npm(folder: Path) -> None:
    if (folder / "node_modules").exists():
        return
    if shutil.which("npm") is None:
        raise NotHere("node and npm are not installed")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *NPM]
    if _run(command, folder, allowed=None).returncode:
        raise NotHere("npm could not install the packages; is there a network?")


def _python_313() -> str:
    """A Python that emupos runs on."""
    found = [shutil.which(f"python3.{minor}") for minor in (13, 14)]
    for root in sorted((Path.home() / ".pyenv" / "versions").glob("3.1[3-9]*")):
        found.append(str(root / "bin" / "python3"))
    for python in filter(None, [sys.executable, *found]):
        code = "import sys; sys.exit(sys.version_info < (3, 13))"
        if subprocess.run([python, "-c", code], check=False, capture_output=True).returncode == 0:
            return python
    raise NotHere("emupos needs Python 3.13 or newer, and there is none")


@contextmanager
def _emupos(folder: Path) -> Iterator[tuple[list[str], int]]:
    """The command that asks it, and its printer's port."""
    home = folder / "emupos"
    _run([_python_313(), "-m", "venv", str(home)], folder)
    python = str(home / "bin" / "python")
    if _run([python, "-m", "pip", "install", "-q", EMUPOS], folder, allowed=None).returncode:
        raise NotHere("emupos could not be installed; is there a network?")
    port, api = _free_port(), _free_port()
    connections = [{"tcp": {"port": port}}]
    device = {"id": "front", "type": "printer", "profile": "epson-tm-t20iii"}
    settings = {
        "schema": 1,
        "api": {"host": "127.0.0.1", "port": api},
        "devices": [{**device, "connections": connections}],
    }
    # JSON is YAML too.
    (folder / "emupos.yaml").write_text(json.dumps(settings), encoding="utf-8")
    program = str(home / "bin" / "emupos")
    running = subprocess.Popen(
        [program, "run", "--config", "emupos.yaml"], cwd=folder, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: _answers(port) and _answers(api), 30.0)
        yield [program, "--api", f"http://127.0.0.1:{api}"], port
    finally:
        running.terminate()
        running.wait(10)


@contextmanager
def _listening(device: EmulatedPrinter) -> Iterator[None]:
    try:
        server = TcpPrinter(device, ADDRESS, PORT)
    except OSError as error:
        raise NotHere(f"{ADDRESS}:{PORT} cannot be had ({error})") from error
    with server:
        yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        time.sleep(0.1)
        return False
    return True


def _run(
    command: list[str], folder: Path, allowed: int | None = 0
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    if allowed is not None and done.returncode != allowed:
        raise NotHere(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-300:]}")
    return done


if __name__ == "__main__":
    sys.exit(main())
