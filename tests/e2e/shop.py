"""A small real shop for end-to-end tests: central, one till, a scanner and a printer.

Everything is a process or a device node of its own and is set up by the commands
that head office and store IT run.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import tty
from pathlib import Path
from typing import Any

from tests.e2e.terminal import Terminal

SPINDEL = [sys.executable, "-m", "pos_client.commands.spindel"]
ITEMS = 300


class Shop:
    def __init__(self, folder: Path) -> None:
        self.central_home = folder / "central"
        self.till_home = folder / "till"
        self.files = folder / "files"
        self.paper = folder / "paper"
        self.port = free_port()
        self.printer_port = free_port()
        self._central: subprocess.Popen[bytes] | None = None
        self._printer: subprocess.Popen[bytes] | None = None
        self._scanner, slave = os.openpty()
        tty.setraw(slave)
        self._link = folder / "scanner"
        self._link.symlink_to(os.ttyname(slave))
        self._slave = slave
        self._key = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def found(self) -> None:
        """What head office and store IT do once."""
        spindel("central", "demo-files", str(self.files), "--items", str(ITEMS))
        spindel("central", "init", "--home", str(self.central_home))
        spindel("central", "import", str(self.files), "--home", str(self.central_home))
        self.open_central()
        self.open_printer()
        added = spindel(
            "central", "workstation", "add", "--store", "s01", "--label", "1", "--json",
            "--home", str(self.central_home),
        )  # fmt: skip
        self.till_home.mkdir(parents=True)
        (self.till_home / "workstation.toml").write_text(
            f'[workstation]\ncentral = "{self.url}"\n[devices]\n'
            f'printer = "escpos+tcp://127.0.0.1:{self.printer_port}"\n'
            f'scanner = "serial://{self._link}"\nfiscal_unit = "demo://"\n'
        )
        code = json.loads(added)["code"]
        home = ["--home", str(self.till_home)]
        spindel("sync", "enrol", code, "--central", self.url, *home)
        spindel("sync", "now", *home)

    def open_central(self) -> None:
        self._central = subprocess.Popen(
            [*SPINDEL, "central", "serve", "--home", str(self.central_home),
             "--port", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.port)

    def kill_central(self) -> None:
        """kill -9, as a power cut at head office would."""
        assert self._central is not None
        self._central.kill()
        self._central.wait()

    def open_printer(self) -> None:
        self._printer = subprocess.Popen(
            [*SPINDEL, "hardware", "emulate", "printer", "--tcp", str(self.printer_port),
             "--paper", str(self.paper)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.printer_port)

    def open_till(self, *, columns: int = 120, rows: int = 40) -> Terminal:
        command = [*SPINDEL, "till", "--home", str(self.till_home)]
        return Terminal(command, columns=columns, rows=rows)

    def scan(self, code: str) -> None:
        """The scanner reads a code: its bytes on the pty, as the device sends them."""
        os.write(self._scanner, f"{code}\r".encode())

    def receipts_on_paper(self) -> list[str]:
        """The text of every paper that came out of the printer."""
        return [path.read_text() for path in sorted(self.paper.glob("*.txt"))]

    def central_says(self, *arguments: str) -> Any:
        return json.loads(spindel("central", *arguments, "--home", str(self.central_home)))

    def reading_key(self) -> str:
        """A key for a system that may read receipts and stock."""
        if not self._key:
            added = self.central_says(
                "key", "add", "--name", "test",
                "--scope", "receipts:read", "--scope", "stock:read", "--json",
            )  # fmt: skip
            self._key = added["key"]
        return self._key

    def close(self) -> None:
        spindel("stop", "--home", str(self.till_home))
        for process in (self._central, self._printer):
            if process is not None:
                process.kill()
                process.wait()
        os.close(self._scanner)
        os.close(self._slave)


def spindel(*arguments: str, typed: str = "") -> str:
    """Run a command, with lines typed into it; AssertionError with its words when it fails."""
    done = subprocess.run(
        [*SPINDEL, *arguments], input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"spindel {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
