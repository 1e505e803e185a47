"""`spindel demo`: a whole chain on one computer, made the way a real one is.

Every step is a command that head office or store IT would run (import, serve,
enrol, now); nothing here knows the server. What is there already is kept, so the
second start goes on where the first left off.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from central_sync.engine.state import read_state
from pos_client.commands.demo_devices import WISHED, Emulated, Ports, further, ordinary
from pos_client.commands.processes import Background, CannotRun, single, spindel
from pos_client.commands.till import run_till
from pos_client.errors import EXIT_FAILED

DEMO_HOME = Path("~/.local/share/spindel-demo").expanduser()
STORE = "s01"
LABEL = "1"
UP_SECONDS = 30.0

_SIGN_ON = "Sign on: 1001, PIN 1234 (cashier) · 1009, PIN 9876 (manager)"


class _OldDatabase(CannotRun):
    """Central says that its database wants `spindel central migrate`."""


class Demo:
    """`devices`: emulate every kind of device, not only printer and scanner."""

    def __init__(self, home: Path, *, devices: bool = False) -> None:
        self.home = home.absolute()
        self.till = self.home / "till"
        self.central = self.home / "central"
        self.files = self.home / "files"
        self.paper = self.home / "paper"
        self.scan = self.home / "scan"
        self._devices = devices
        self._ports: Ports | None = None
        self._started: list[Background] = []

    @property
    def is_made(self) -> bool:
        return (self.home / "made").exists()

    @property
    def ports(self) -> Ports:
        path = self.home / "ports.json"
        if self._ports is None:
            kept = _kept_ports(path)
            self._ports = _chosen(kept)
            path.write_text(json.dumps(asdict(self._ports)))
        return self._ports

    @property
    def emulated(self) -> tuple[Emulated, ...]:
        more = further(self.home, self.ports) if self._devices else ()
        return (*ordinary(self.home, self.ports), *more)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.central}"

    def make(self, items: int, seed: int) -> None:
        """The first time: files, central with everything in it, a workstation's settings."""
        self.home.mkdir(parents=True, exist_ok=True)
        where = ["--home", str(self.central)]
        typer.echo(f"Making the demo chain in {self.home} (only this time).")
        _run("central", "demo-files", str(self.files), "--seed", str(seed), "--items", str(items))
        _run("central", "init", *where, quiet=True)
        _run("central", "import", str(self.files), *where)

    def write_settings(self) -> None:
        """Name the emulated devices, unless the file names them; a person may have changed it."""
        file = self.till / "workstation.toml"
        written = file.read_text(encoding="utf-8") if file.exists() else ""
        self._devices = self._devices or "payment_terminal" in written
        if written and self._devices == ("payment_terminal" in written):
            return
        self.till.mkdir(parents=True, exist_ok=True)
        devices = "\n".join(f'{each.setting} = "{each.address}"' for each in self.emulated)
        (self.till / "workstation.toml").write_text(
            f"""\
# The demo's workstation. A real one looks the same, with its own addresses.
[workstation]
central = "{self.url}"
language = "sv"
is_demo = true

[devices]
{devices}
fiscal_unit = "demo://"
""",
            encoding="utf-8",
        )

    def start(self) -> None:
        """Central and the emulated devices, in the background; raises CannotRun."""
        serve = spindel(
            "central", "serve", "--home", str(self.central), "--port", str(self.ports.central)
        )
        central = Background(self.home, "central", serve)
        central.start()
        self._keep(central)
        for device in self.emulated:
            process = device.background(self.home)
            device.start(process)
            self._keep(process)
        try:
            self._wait_for(central)
        except _OldDatabase:
            typer.echo("This demo was made by an earlier version: central is brought up to date.")
            _run("central", "migrate", "--home", str(self.central), quiet=True)
            central.start()
            self._wait_for(central)

    def _keep(self, process: Background) -> None:
        if process.is_ours:
            self._started.append(process)

    def _wait_for(self, central: Background) -> None:
        until = time.monotonic() + UP_SECONDS
        while time.monotonic() < until:
            if _listens(self.ports.central):
                return
            if central.pid() is None:
                words = central.last_words()
                kind = _OldDatabase if "spindel central migrate" in words else CannotRun
                raise kind(f"Central did not start: {words}")
            time.sleep(0.05)
        raise CannotRun(f"Central did not answer on {self.url}; see logs/central.out.")

    def enrol(self) -> None:
        """As store IT does it: a one-time code from head office, then the first load."""
        if self.is_made:
            return
        where = ["--home", str(self.till)]
        if read_state(self.till).identity is None:
            self._hand_over_a_code(where)
        _run("sync", "now", *where)
        (self.home / "made").touch()

    def _hand_over_a_code(self, where: list[str]) -> None:
        answer = _answer(
            "central", "workstation", "add", "--store", STORE, "--label", LABEL,
            "--home", str(self.central), "--json",
        )  # fmt: skip
        _run("sync", "enrol", str(answer["code"]), "--central", self.url, *where)

    def tell(self) -> None:
        typer.echo(
            f"""\
Central:   {self.url}/docs
Paper:     {self.paper}  (text and PNG of every receipt)
Scanner:   echo 9520541019671 > {self.scan}  (or any code from files/items.csv)
{self._tell_devices()}{_SIGN_ON}"""
        )

    def _tell_devices(self) -> str:
        if not self._devices:
            return ""
        return f"""\
Scale:     echo 452 > {self.home}/scale  (grams; 0 empties it)
Terminal:  echo decline > {self.home}/card  (what the next payment meets; help lists all)
Display:   logs/display.out in {self.home}; labels in {self.home}/labels
"""

    def stop(self) -> None:
        for process in reversed(self._started):
            process.stop()


def demo(
    home: Annotated[
        Path, typer.Option("--home", help="Where the demo keeps everything.")
    ] = DEMO_HOME,
    till: Annotated[bool, typer.Option(help="Open the till (or only say how).")] = True,
    reset: Annotated[bool, typer.Option("--reset", help="Start over: forget this demo.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="The till as lines of text.")] = False,
    items: Annotated[int, typer.Option(help="How many items the chain has.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same chain.")] = 1,
    devices: Annotated[
        bool,
        typer.Option("--devices", help="A card terminal, scale, display and label printer too."),
    ] = False,
) -> None:
    """A demo chain on this computer: central, stores, items, customers; then the till.

    Example: spindel demo --home /tmp/two-pairs
    """
    try:
        chain = Demo(home, devices=devices)
        code = _demo(chain, with_till=till, reset=reset, plain=plain, items=items, seed=seed)
    except CannotRun as reason:
        sys.stderr.write(f"{reason}\n")
        code = EXIT_FAILED
    raise typer.Exit(code)


def _demo(chain: Demo, *, with_till: bool, reset: bool, plain: bool, items: int, seed: int) -> int:
    if reset:
        _forget(chain.home)
    if not chain.is_made:
        chain.make(items, seed)
    chain.write_settings()
    try:
        chain.start()
        chain.enrol()
    except CannotRun:
        chain.stop()
        raise
    if not with_till:
        chain.tell()
        program = _program()
        typer.echo(f"Open the till: {program} till --home {chain.till}")
        typer.echo(f"Stop it all:   {program} stop --home {chain.home}")
        return 0
    if not plain:
        chain.tell()
    try:
        return run_till(chain.till, plain=plain)
    finally:
        chain.stop()


def _program() -> str:
    """How a person starts `spindel` here: `make run` puts it into no PATH."""
    return "spindel" if shutil.which("spindel") else str(Path(sys.executable).parent / "spindel")


def _forget(home: Path) -> None:
    """Stop what runs and remove the demo; refuses a folder that is not a demo's."""
    if not home.exists():
        return
    if any(home.iterdir()) and not (home / "ports.json").exists():
        raise CannotRun(f"{home} is not a demo's folder. Name another one with --home.")
    for folder in (home / "till", home):
        for file in (folder / "run").glob("*.pid"):
            Background(folder, file.stem, []).stop()
    shutil.rmtree(home)


def _run(*arguments: str, quiet: bool = False) -> None:
    """Run a command in this terminal; raises CannotRun when it fails."""
    output = subprocess.DEVNULL if quiet else None
    if subprocess.call([sys.executable, *spindel(*arguments)], stdout=output) != 0:
        raise CannotRun(f"The demo stopped at: spindel {' '.join(arguments)}")


def _answer(*arguments: str) -> dict[str, object]:
    found = subprocess.run(
        [sys.executable, *spindel(*arguments)], stdout=subprocess.PIPE, check=False
    )
    if found.returncode != 0:
        raise CannotRun(f"The demo stopped at: spindel {' '.join(arguments)}")
    answer: dict[str, object] = json.loads(found.stdout)
    return answer


def _kept_ports(path: Path) -> Ports:
    """None where the file was cut short while it was written: they are chosen again."""
    try:
        return Ports(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return Ports()


def _chosen(kept: Ports) -> Ports:
    """What is kept, and a free port for every one that was not chosen yet."""
    wished = asdict(WISHED)
    return Ports(**{name: port or _free_port(wished[name]) for name, port in asdict(kept).items()})


def _free_port(wished: int) -> int:
    """`wished` when nobody listens there, else any free port."""
    for port in (wished, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise CannotRun("This computer has no free port on loopback.")


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        trial.settimeout(0.5)
        return trial.connect_ex(("127.0.0.1", port)) == 0


DEMO = single(demo)
