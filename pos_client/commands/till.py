"""`spindel till` and `spindel stop`: starts what is not running, stays as a small parent.

The parent draws nothing. It restarts a core, sync or screen that dies, puts the
terminal right after a screen that was killed, and stops on leaving only what it
started itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pos_client.commands.processes import (
    STOP_SECONDS,
    Background,
    CannotRun,
    single,
    spindel,
)
from pos_client.errors import EXIT_CORE_GONE, EXIT_DONE, EXIT_FAILED
from pos_client.link.knock import answers

DEFAULT_HOME = Path("~/.local/share/spindel").expanduser()
START_SECONDS = 20.0
WATCH_SECONDS = 0.2
MOST_DEATHS = 5
DEATHS_SECONDS = 15.0
SYNC_RESTART_SECONDS = 5.0
RESET_TERMINAL = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[<u\x1b[0m"

Home = Annotated[
    Path,
    typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with this workstation's files."),
]


class TillProcesses:
    """The core and the sync of one home; `watch` keeps them alive until `leave`."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.core = Background(self.home, "core", ["-m", "pos_client.bootstrap", str(self.home)])
        self.sync = Background(self.home, "sync", spindel("sync", "run", "--home", str(self.home)))
        self._stopped = self.home / "run" / "stopped"
        self._is_lent = False
        self._leaving = threading.Event()
        self._deaths: list[float] = []
        self._next_sync_start = 0.0
        self.problem = ""
        self._had_terminal = os.isatty(0)
        self.screen: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.home / "core.sock"

    def begin(self) -> None:
        """Start the core; `ready` waits for it, so that a screen can start meanwhile.

        One that runs already, as a service say, is used as it is; one of another till too, which
        takes it along when it leaves (it may be leaving now), so then it is begun again here.
        """
        self._stopped.unlink(missing_ok=True)
        self._is_lent = self.core.pid() is not None
        if not self._answers():
            self.core.start()

    def ready(self) -> None:
        """Wait until the core answers, then start the sync; raises CannotRun."""
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.core.pid() is None and self._is_lent:
                self._is_lent = False
                self.core.start()
            elif self.core.pid() is None:
                reason = self.core.last_words()
                raise CannotRun(reason or "The register stopped at once; see logs/core.log.")
            if time.monotonic() > until:
                raise CannotRun("The register did not start in time; see logs/core.log.")
            time.sleep(0.02)
        if _has_central(self.home):
            self.sync.start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _answers(self) -> bool:
        return answers(self.socket)

    def _watch(self) -> None:
        """Start again what died: the core at once, unless it dies all the time; sync in peace."""
        while not self._leaving.wait(WATCH_SECONDS):
            if self.terminal_is_gone:
                self._end_screen()
                return
            if (self.core.is_ours or self._is_lent) and self.core.pid() is None:
                if self._answers():
                    self.core.disown()  # another one was quicker: not ours to stop
                    self._is_lent = True
                    continue
                self.problem = self._why_not_again()
                if self.problem:
                    self._end_screen()
                    return
                self.core.start()
                if self._is_lent and _has_central(self.home):
                    self.sync.start()  # whoever left took it along too
            if self.sync.is_ours and self.sync.pid() is None and self._sync_may_start():
                self.sync.start()

    @property
    def terminal_is_gone(self) -> bool:
        """Its window was closed. SIGHUP does not say so to all: under `make` only make hears it."""
        return self._had_terminal and not os.isatty(0)

    def _why_not_again(self) -> str:
        """Why the core stays away, or "". One that ended in order was told to: `spindel stop`."""
        if self.core.ended_in_order or self._stopped.exists():
            return "The register was stopped. Open it again with: spindel till"
        if _too_often(self._deaths):
            return self.core.last_words() or "The register keeps stopping; see logs/core.log."
        return ""

    def _end_screen(self) -> None:
        if self.screen is not None:
            self.screen.terminate()

    def _sync_may_start(self) -> bool:
        now = time.monotonic()
        if now < self._next_sync_start:
            return False
        self._next_sync_start = now + SYNC_RESTART_SECONDS
        return True

    def leave(self) -> None:
        """Stop what this process started, sync first."""
        self._leaving.set()
        for process in (self.sync, self.core):
            if process.is_ours:
                process.stop()


def till(
    home: Home = DEFAULT_HOME,
    plain: Annotated[
        bool, typer.Option("--plain", help="One line in, one line out: scripts, screen readers.")
    ] = False,
    json_lines: Annotated[
        bool, typer.Option("--json", help="With --plain: every answer is one JSON object.")
    ] = False,
    language: Annotated[
        str, typer.Option(help="Before anyone is signed on: sv or en.", metavar="sv|en")
    ] = "",
    stop_on_refusal: Annotated[
        bool, typer.Option("--stop-on-refusal", help="With --plain: end with 1 at the first NO.")
    ] = False,
) -> None:
    """The cash register of this workstation.

    Example: spindel till --home /var/lib/spindel
    """
    options = ["--json"] if json_lines else []
    options += ["--language", language] if language else []
    options += ["--stop-on-refusal"] if stop_on_refusal else []
    raise typer.Exit(run_till(home, plain=plain, options=options, language=language))


def run_till(
    home: Path, *, plain: bool = False, options: Sequence[str] = (), language: str = ""
) -> int:
    """Run the register in this terminal until the person leaves; the exit code.

    `options` are those of the line mode; `language` is the screen's before sign-on.
    """
    processes = TillProcesses(home)
    _leave_when_told()
    try:
        processes.begin()
        if plain:
            processes.ready()
            return _plain(processes, options)
        return _screen(processes, language)
    except CannotRun as reason:
        sys.stderr.write(f"{reason}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_DONE
    finally:
        processes.leave()


def _leave_when_told() -> None:
    """A closed terminal or a SIGTERM is a person leaving: stop what was started here."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


def _plain(processes: TillProcesses, options: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pos_client.plain", str(processes.socket), *options]
    return subprocess.call(command)


def _screen(processes: TillProcesses, language: str) -> int:
    """Run the screen; one that was killed is back in under half a second.

    The first one starts beside the core, which halves the time to the first frame.
    """
    command = [sys.executable, "-m", "pos_client.screens", str(processes.socket)]
    command += [language] if language else []
    deaths: list[float] = []
    screen = processes.screen = subprocess.Popen(command)
    try:
        processes.ready()
    except CannotRun:
        screen.kill()
        screen.wait()
        _reset_terminal()
        raise
    while not processes.problem:
        code = screen.wait()
        if code == EXIT_DONE or processes.terminal_is_gone:
            return EXIT_DONE
        _reset_terminal()
        if processes.problem:
            break
        if _too_often(deaths):
            sys.stderr.write("The screen keeps stopping; see logs in the home folder.\n")
            return EXIT_FAILED
        if code == EXIT_CORE_GONE:
            time.sleep(WATCH_SECONDS)
        screen = processes.screen = subprocess.Popen(command)
    screen.kill()
    screen.wait()
    _reset_terminal()
    sys.stderr.write(f"{processes.problem}\n")
    return EXIT_FAILED


def _too_often(deaths: list[float]) -> bool:
    """Note a death now; True when there were too many within DEATHS_SECONDS."""
    now = time.monotonic()
    deaths[:] = [at for at in deaths if now - at < DEATHS_SECONDS] + [now]
    return len(deaths) > MOST_DEATHS


def _has_central(home: Path) -> bool:
    """Is there a central to sync with? A file that cannot be read is the core's to tell of."""
    try:
        settings = tomllib.loads((home / "workstation.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    workstation = settings.get("workstation", {})
    return isinstance(workstation, dict) and bool(workstation.get("central"))


def _reset_terminal() -> None:
    if sys.stdout.isatty():
        sys.stdout.write(RESET_TERMINAL)
        sys.stdout.flush()
        subprocess.call(["stty", "sane"], stderr=subprocess.DEVNULL)


def stop(home: Home = DEFAULT_HOME) -> None:
    """Stop the register, its sync and, in a demo home, what the demo started.

    Example: spindel stop --home ~/.local/share/spindel-demo
    """
    stopped = []
    for folder in (home.absolute() / "till", home.absolute()):
        if (folder / "run").is_dir():
            (folder / "run" / "stopped").touch()  # for tills that did not start what ends now
        for file in sorted((folder / "run").glob("*.pid")):
            if Background(folder, file.stem, []).stop():
                stopped.append(file.stem)
        if (folder / "sync.lock").exists() and _stop_sync_run_by_hand(folder):
            stopped.append("sync")
    typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def _stop_sync_run_by_hand(home: Path) -> bool:
    """`spindel sync run` has no pid file of ours: whoever holds the home's lock is it."""
    from central_sync.engine.units import UNIT, is_unit_installed
    from central_sync.engine.workstation import running_process

    pid = running_process(home)
    if pid is None:
        return False
    if is_unit_installed(home):
        typer.echo(f"The sync is a service and goes on; end it: systemctl stop {UNIT}", err=True)
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until and running_process(home) == pid:
        time.sleep(0.02)
    return True


TILL = single(till)
STOP = single(stop)
