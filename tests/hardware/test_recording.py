from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from hardware.errors import Absent, Lost, Stalled
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.encoder import encode_pieces
from hardware.printers.profiles import EPSON
from hardware.printers.progress import Barrier, with_barriers
from hardware.transports.masking import Masker
from hardware.transports.recording import Record, Recorded, Recorder, Way, read_log
from hardware.transports.replay import Replay
from hardware.transports.tcp import TcpTransport
from tests.hardware.papers import a_checked_receipt

CARD = b"4111111111111111"
PATIENCE = Patience(status_seconds=0.2, barrier_seconds=2.0)


@given(st.binary(max_size=30), st.lists(st.integers(0, 60), max_size=8))
def test_a_card_number_is_never_kept_however_it_was_cut(before: bytes, cuts: list[int]) -> None:
    stream = before + b"PAN=" + CARD + b";"
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    masker = Masker()

    kept = b"".join(masker.mask(stream[a:b]) for a, b in itertools.pairwise(edges))

    assert len(kept) == len(stream)
    assert CARD[:8] not in kept


def test_an_article_number_and_a_receipt_number_are_kept() -> None:
    line = b"9520000000004 W0012-1-000147 kr\n"

    assert Masker().mask(line) == line


def test_a_card_number_at_the_end_of_what_has_come_is_hidden() -> None:
    assert Masker().mask(b"PAN=" + CARD) == b"PAN=411111**********"


def test_only_the_last_bytes_are_kept() -> None:
    recorder = Recorder("x", keep_bytes=1_000)
    for number in range(500):
        recorder.sent(b"%04d " % number)

    assert sum(len(each.data) for each in recorder.records) < 1_000
    assert recorder.records[-1].data == b"0499 "


def test_a_log_in_a_file_says_what_memory_says(tmp_path: Path) -> None:
    recorder = Recorder("escpos+tcp://10.0.0.9:9100?columns=42", keep_bytes=300)
    recorder.write_into(tmp_path)
    for number in range(200):
        recorder.sent(b"\x1b@%d" % number)

    (path,) = tmp_path.glob("*.log")
    lines = path.read_text().splitlines()
    assert path.name.startswith("escpos-tcp-10-0-0-9-9100-")
    assert tuple(read_log(lines))[-len(recorder.records) :] == recorder.records
    assert len(lines) < 200


def test_the_log_of_the_process_before_is_kept(tmp_path: Path) -> None:
    for word in (b"before", b"after"):
        recorder = Recorder("x")
        recorder.write_into(tmp_path)
        recorder.sent(word)

    logs = {path.name.split(".", 1)[1]: path.read_text() for path in tmp_path.iterdir()}
    assert b"before".hex() in logs["previous.log"]
    assert b"after".hex() in logs["log"]


def test_a_folder_that_cannot_be_written_stops_no_device(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    recorder = Recorder("x")
    recorder.write_into(tmp_path / "file")

    recorder.sent(b"x")

    assert recorder.records[-1].data == b"x"


def _look_and_print(dialogue: Dialogue) -> list[str]:
    told: list[str] = []
    dialogue.open()
    dialogue.look()
    pieces = encode_pieces(a_checked_receipt(), EPSON)
    dialogue.run(with_barriers(pieces, Barrier.ECHO, 0), Barrier.ECHO, told.append)
    return told


@pytest.fixture
def a_recording() -> Callable[[EmulatedPrinter], list[Record]]:
    def record(device: EmulatedPrinter) -> list[Record]:
        recorder = Recorder("x")
        with TcpPrinter(device) as wire:
            line = Recorded(TcpTransport("x", "127.0.0.1", wire.port), recorder)
            dialogue = Dialogue("x", line, PATIENCE)
            try:
                _look_and_print(dialogue)
            except Stalled:
                pass
            finally:
                dialogue.close()
        return read_log(recorder.lines())

    return record


def test_a_process_that_records_into_a_folder_has_a_file_for_each_device(tmp_path: Path) -> None:
    """In a process of its own, for it holds for the whole process."""
    program = (
        "import sys; from pathlib import Path;"
        "from hardware.transports.recording import record_into, recorder_of;"
        "before = recorder_of('tcp://before'); before.sent(b'old');"
        "record_into(Path(sys.argv[1]));"
        "before.sent(b'new'); recorder_of('tcp://after').heard(b'x')"
    )

    subprocess.run([sys.executable, "-c", program, tmp_path / "devices"], check=True)

    logs = {path.name[:10]: path.read_text() for path in (tmp_path / "devices").iterdir()}
    assert sorted(logs) == ["tcp-after-", "tcp-before"]
    assert [line.split()[-1] for line in logs["tcp-before"].splitlines()] == [
        b"old".hex(),
        b"new".hex(),
    ]


def test_a_recorded_job_replays_without_the_device(
    a_recording: Callable[[EmulatedPrinter], list[Record]],
) -> None:
    replay = Replay(a_recording(EmulatedPrinter()))

    assert _look_and_print(Dialogue("x", replay, PATIENCE)) == ["header", "body", "cut"]
    assert replay.at_end


def test_a_recorded_fault_is_met_again(
    a_recording: Callable[[EmulatedPrinter], list[Record]],
) -> None:
    device = EmulatedPrinter()
    device.faults.paper_ends_at = "BETALA"
    replay = Replay(a_recording(device))

    with pytest.raises(Stalled, match="out of paper"):
        _look_and_print(Dialogue("x", replay, PATIENCE))


def test_a_driver_that_goes_another_way_is_told_so() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    replay = Replay([Record(at, Way.OUT, b"\x1b@")])

    with pytest.raises(Lost, match="where the recording has > 1b40"):
        replay.write(b"\x1bE", 1.0)


def test_recorded_trouble_is_raised_again() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    notes = (b"open absent 0 no such port", b"open", b"read lost 0 the line broke")
    replay = Replay([Record(at, Way.NOTE, words) for words in notes])

    with pytest.raises(Absent, match="no such port"):
        replay.open()
    replay.open()
    with pytest.raises(Lost, match="the line broke"):
        replay.read(1.0)


def test_a_stalled_write_counts_its_bytes_again() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    replay = Replay(
        [Record(at, Way.OUT, b"ab"), Record(at, Way.NOTE, b"write stalled 2 it stopped")]
    )

    with pytest.raises(Stalled) as trouble:
        replay.write(b"abcd", 1.0)

    assert trouble.value.bytes_written == 2
