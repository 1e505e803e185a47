"""`spindel hardware` as a person runs it: real processes, exit codes, sentences."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from hardware.transports.recording import Recorder
from tests.hardware.waiting import until

pytestmark = pytest.mark.e2e
SPINDEL = [sys.executable, "-c", "from pos_client.cli import main; main()", "hardware"]


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*SPINDEL, *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*SPINDEL, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=10)
        assert (process.returncode, said) == (0, "")


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def test_a_test_page_comes_out_of_an_emulated_printer(tmp_path: Path) -> None:
    with running("emulate", "printer", "--tcp", "0", "--paper", str(tmp_path)) as emulator:
        address = line(emulator.stdout).split()[1]

        done = run("test", address, "--drawer")

        assert "Printed: the printer answered after the cut." in done.stdout
        assert "Look: The ruler must end" in done.stdout
        until(lambda: (tmp_path / "receipt-0001.png").exists())
    text = (tmp_path / "receipt-0001.txt").read_text("utf-8")
    assert "å ä ö Å Ä Ö é ü ½ § €" in text
    assert "1 234,50 €" in text


def test_papers_are_numbered_on_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "receipt-0041.txt").write_text("old")

    with running("emulate", "printer", "--tcp", "0", "--paper", str(tmp_path)) as emulator:
        run("test", line(emulator.stdout).split()[1])
        until(lambda: (tmp_path / "receipt-0042.png").exists())

    assert (tmp_path / "receipt-0041.txt").read_text() == "old"


def test_an_emulated_printer_takes_faults_from_its_input() -> None:
    with running("emulate", "printer", "--tcp", "0", "--faults") as emulator:
        address = line(emulator.stdout).split()[1]
        assert emulator.stdin is not None
        emulator.stdin.write("paper_out\n")
        emulator.stdin.flush()
        assert line(emulator.stdout) == "faults: paper_out\n"

        done = run("test", address, code=1)

        assert "out of paper" in done.stderr


def test_a_scan_goes_from_the_emulator_to_the_listener(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    with running("emulate", "scanner", "--link", str(link)) as emulator:
        address = line(emulator.stdout).split()[1]
        listener = subprocess.Popen(
            [*SPINDEL, "listen", address, "--count", "1", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "ready" in line(listener.stderr)
        assert emulator.stdin is not None
        emulator.stdin.write("9520000000004\n")
        emulator.stdin.flush()

        said, _ = listener.communicate(timeout=10)

        heard = json.loads(said)
        assert (heard["data"], heard["symbology"]) == ("9520000000004", "E0")
        assert (heard["means"]["is"], heard["means"]["code"]) == ("Product", "9520000000004")
    assert not link.is_symlink()


def test_list_tells_how_each_device_is(tmp_path: Path) -> None:
    with TcpPrinter(EmulatedPrinter()) as wire:
        (tmp_path / "workstation.toml").write_text(
            f'[devices]\nprinter = "{wire.address}"\nscanner = "serial://{tmp_path}/none"\n'
        )

        rows = json.loads(run("list", "--home", str(tmp_path), "--json").stdout)

    told = {row["device"]: (row["health"], row["reason"]) for row in rows}
    assert told.pop("printer") == ("ready", "none")
    assert told.pop("drawer") == ("ready", "none"), "the one on the printer"
    assert told.pop("scanner") == ("absent", "none")
    assert set(told.values()) == {("disabled", "not_configured")}
    assert len(told) == 6
    (scanner,) = (row for row in rows if row["device"] == "scanner")
    assert "no such port" in scanner["detail"]
    assert scanner["advice"].startswith("Unplug the scanner")


def test_one_wrong_address_hides_no_other_device(tmp_path: Path) -> None:
    (tmp_path / "workstation.toml").write_text(
        f'[devices]\nprinter = "escpos+file://{tmp_path}/paper"\nscale = "kettle://x"\n'
    )

    done = run("list", "--home", str(tmp_path), "--json", code=1)

    told = {row["device"]: row for row in json.loads(done.stdout)}
    assert told["printer"]["health"] == "ready"
    assert told["scale"]["health"] == "fault"
    assert "allowed" in told["scale"]["detail"]
    assert told["scale"]["advice"].endswith("setup --only scale")
    assert "the address of scale" in done.stderr


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('kettle = "demo://"', "kettle is no device; allowed: printer"),
        ("printer = 5", "printer must be an address in quotes, not 5"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(
    tmp_path: Path, written: str, sentence: str
) -> None:
    (tmp_path / "workstation.toml").write_text(f"[devices]\n{written}\n")

    said = run("list", "--home", str(tmp_path), code=1).stderr

    assert said.startswith(f"{tmp_path}/workstation.toml: [devices] ")
    assert sentence in said


def test_a_drawer_of_its_own_is_not_shown_as_a_scanner_is_written() -> None:
    known = run("addresses").stdout.split("scanner")[0]

    assert "serial:///dev/ttyUSB1?pulse=07&ask=05" in known
    assert "suffix=cr" not in known


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list", "--home", "/nonexistent"), "--home"),
        (("log", "/nonexistent/fault.txt"), "/nonexistent/fault.txt is not there"),
        (("test", "escpos+tcp://127.0.0.1:1"), "refused"),
        (("test", "lpt://1"), "allowed"),
        (("listen", "serial:///dev/x?suffix=q"), "cr, lf, crlf, tab"),
        (("test", "memory://"), "--kind printer|"),
        (("test", "kettle"), "is no device"),
        (("log", "escpos+tcp://10.9.9.9", "--home", "/nonexistent"), "while it runs"),
        (("emulate", "printer", "--host", "192.0.2.1"), "name another"),
        (("emulate", "scanner", "--link", "/nonexistent/scanner"), "name another"),
    ],
)
def test_trouble_is_one_sentence_and_exit_code_one(
    arguments: tuple[str, ...], sentence: str
) -> None:
    said = run(*arguments, code=1).stderr

    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("arguments", [("test",), ("emulate", "scanner", "--suffix", "etx")])
def test_wrong_usage_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    run(*arguments, code=2)


@pytest.mark.parametrize(
    "command",
    [
        "list",
        "test",
        "listen",
        "log",
        "setup",
        "addresses",
        "emulate printer",
        "emulate scanner",
        "emulate keyboard",
        "emulate scale",
        "emulate display",
        "emulate label",
        "emulate fiscal",
        "emulate terminal",
    ],
)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    assert f"Example: spindel hardware {command}" in run(*command.split(), "--help").stdout


def test_an_emulated_keyboard_is_heard_with_its_own_identifier(tmp_path: Path) -> None:
    with running("emulate", "keyboard", str(tmp_path / "wedge")) as emulator:
        address = line(emulator.stdout).split()[1]
        listener = subprocess.Popen(
            [*SPINDEL, "listen", address, "--count", "1", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "ready" in line(listener.stderr)
        assert emulator.stdin is not None
        emulator.stdin.write("]C10107310865004703<GS>17261231\n")
        emulator.stdin.flush()

        said, _ = listener.communicate(timeout=10)

    heard = json.loads(said)
    assert (heard["data"], heard["symbology"]) == ("0107310865004703\x1d17261231", "C1")
    assert heard["means"]["expires_on"] == "2026-12-31"


def test_an_emulated_scanner_takes_faults_from_its_input(tmp_path: Path) -> None:
    with running("emulate", "scanner", "--link", str(tmp_path / "s")) as emulator:
        line(emulator.stdout)
        assert emulator.stdin is not None
        emulator.stdin.write("!noise\n!melt\n")
        emulator.stdin.flush()

        assert line(emulator.stdout) == "fault: noise\n"
        assert "is none of: !half" in line(emulator.stdout)


def a_workstation(home: Path, **devices: str) -> Path:
    rows = "".join(f'{name} = "{address}"\n' for name, address in devices.items())
    (home / "workstation.toml").write_text(f"[devices]\n{rows}")
    return home


@pytest.mark.parametrize(
    ("device", "proven"),
    [
        ("scale", "Weighed 452 g."),
        ("customer_display", "The text was sent."),
        ("label_printer", "One label was printed."),
        ("fiscal_unit", "EMUSE000000000001 answers: ready. Nothing was sealed."),
        ("payment_terminal", "The terminal answers: ready. No money was asked for."),
    ],
)
def test_each_device_is_tried_against_its_emulator(
    tmp_path: Path, device: str, proven: str
) -> None:
    emulated = {
        "scale": ("scale", "--protocol", "sma", "--grams", "452"),
        "customer_display": ("display",),
        "label_printer": ("label", "--tcp", "0"),
        "fiscal_unit": ("fiscal", "--link", str(tmp_path / "unit")),
        "payment_terminal": ("terminal", "--plain", "--port", "0"),
    }
    with running("emulate", *emulated[device]) as emulator:
        address = next(word for word in line(emulator.stdout).split() if "://" in word)
        home = a_workstation(tmp_path, **{device: address})

        told = json.loads(run("test", device, "--home", str(home), "--json").stdout)

    assert told["proven"] == proven
    assert not (tmp_path / "fiscal.jsonl").exists()


def test_a_drawer_on_the_printer_tells_before_and_after(tmp_path: Path) -> None:
    with TcpPrinter(EmulatedPrinter()) as wire:
        home = a_workstation(tmp_path, printer=f"{wire.address}?drawer_open=high")

        done = run("test", "drawer", "--home", str(home))

    assert "Drawer: closed before the pulse, open after it." in done.stdout


def test_a_scanner_is_tried_by_scanning(tmp_path: Path) -> None:
    with running("emulate", "scanner", "--link", str(tmp_path / "s")) as emulator:
        home = a_workstation(tmp_path, scanner=line(emulator.stdout).split()[1])
        trial = subprocess.Popen(
            [*SPINDEL, "test", "scanner", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "Scan a code" in line(trial.stderr)
        assert emulator.stdin is not None
        emulator.stdin.write("9520000000004\n")
        emulator.stdin.flush()

        said, _ = trial.communicate(timeout=10)

    assert "Read '9520000000004' (]E0 EAN-13, Product)." in said


def test_a_device_that_a_running_register_holds_is_left_alone(tmp_path: Path) -> None:
    home = a_workstation(tmp_path, printer="escpos+tcp://127.0.0.1:1")
    row = {"device": "printer", "address": "escpos+tcp://127.0.0.1:1", "health": "blocked",
           "reason": "paper_out", "detail": "out of paper"}  # fmt: skip
    (home / "devices.json").write_text(json.dumps([row]))
    with socket.socket(socket.AF_UNIX) as core:
        core.bind(str(home / "core.sock"))
        core.listen()

        rows = json.loads(run("list", "--home", str(home), "--json").stdout)
        refused = run("test", "printer", "--home", str(home), code=1).stderr

    assert (rows[0]["health"], rows[0]["reason"]) == ("blocked", "paper_out")
    assert "spindel stop" in refused


def test_the_byte_log_of_a_device_can_be_read(tmp_path: Path) -> None:
    home = a_workstation(tmp_path, printer="escpos+tcp://10.0.0.9")
    recorder = Recorder("escpos+tcp://10.0.0.9")
    recorder.write_into(home / "logs" / "devices")
    recorder.sent(b"\x1b@Hej")
    recorder.heard(b"\x12")
    recorder.note("read lost 0 it was unplugged")

    plain = run("log", "printer", "--home", str(home)).stdout.splitlines()
    as_hex = run("log", "printer", "--hex", "--home", str(home)).stdout

    assert [row.split(" ", 1)[1] for row in plain] == [
        "> \\x1b@Hej",
        "< \\x12",
        "! read lost 0 it was unplugged",
    ]
    assert "1b 40 48 65 6a" in as_hex


def test_every_emulator_is_listed() -> None:
    said = run("emulate", "--list").stdout

    names = ("printer", "scanner", "keyboard", "display", "label", "scale", "fiscal", "terminal")
    assert all(f"\n{name} " in f"\n{said}" for name in names)


@pytest.mark.parametrize(
    "arguments",
    [
        ("printer", "--tcp", "0"),
        ("scanner",),
        ("display",),
        ("label", "--tcp", "0"),
        ("scale",),
        ("fiscal",),
    ],
)
def test_an_emulator_lists_its_faults_and_ends_with_its_input(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*SPINDEL, "emulate", *arguments],
        input="help\n",
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "one of: " in done.stdout
