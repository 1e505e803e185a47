from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers import open_scanner
from hardware.emulators.keyboard import EmulatedKeyboard, keys_for, records_for
from hardware.errors import Misconfigured
from hardware.ports import DeviceState, Health, Reason, Scan
from hardware.scanners.evdev import DOWN, EV_KEY, EV_SYN, RECORD, SYN_DROPPED, UP, Records
from hardware.scanners.framer import Damaged, Frame, Framer
from hardware.scanners.layouts import LAYOUTS
from tests.hardware.waiting import until

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
GS1 = "]C10109520000000004\x1d10LOT-7/A+B:C_d"


def on_layout(text: str, layout: str) -> str:
    """The text without the characters that are dead keys on the Swedish keyboard."""
    return text if layout == "us" else "".join(c for c in text if c not in "`^~")


@given(printable, st.sampled_from(sorted(LAYOUTS)), st.data())
def test_every_portioning_of_the_records_gives_what_was_typed(
    text: str, layout: str, data: st.DataObject
) -> None:
    text = on_layout(text, layout)
    stream = records_for(text, LAYOUTS[layout])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    records = Records(LAYOUTS[layout])

    typed = b"".join(
        records.feed(stream[begin:end])
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    )

    assert typed == text.encode("ascii")


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_an_element_string_keeps_its_separator_on_every_layout(layout: str) -> None:
    typed = Records(LAYOUTS[layout]).feed(records_for(GS1 + "\r", LAYOUTS[layout]))

    assert Framer().feed(typed) == [Frame(GS1)]


def test_a_scanner_on_another_layout_than_the_address_is_damage_and_no_item() -> None:
    typed = Records(LAYOUTS["se"]).feed(records_for("]E09520000000004\r", LAYOUTS["us"]))

    assert [type(one) for one in Framer().feed(typed)] == [Damaged]


def test_a_number_typed_with_alt_is_that_byte() -> None:
    alt, keys = 56, (82, 80, 73)  # 0 2 9 on the keypad
    stroke = [(alt, DOWN), *((k, v) for k in keys for v in (DOWN, UP)), (alt, UP)]
    records = b"".join(RECORD.pack(0, 0, EV_KEY, key, value) for key, value in stroke)

    assert Records(LAYOUTS["us"]).feed(records) == b"\x1d"


def test_keys_that_the_kernel_threw_away_make_the_code_damaged() -> None:
    us = LAYOUTS["us"]
    stream = records_for("952", us) + RECORD.pack(0, 0, EV_SYN, SYN_DROPPED, 0)
    typed = Records(us).feed(stream + records_for("0004\r953\r", us))

    found = Framer().feed(typed)

    assert [type(one) for one in found] == [Damaged, Frame]


@given(st.binary(max_size=400))
def test_no_records_however_wild_stop_the_reader(noise: bytes) -> None:
    records = Records(LAYOUTS["se"])
    records.feed(noise)

    Framer().feed(records.feed(noise))


def test_a_key_that_the_layout_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="no key"):
        keys_for("☃", LAYOUTS["us"])


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[EmulatedKeyboard]:
    with EmulatedKeyboard(tmp_path / "kbd", layout="se") as keyboard:
        yield keyboard


def test_codes_typed_on_a_keyboard_are_scans(keyboard: EmulatedKeyboard) -> None:
    scans: list[Scan] = []
    scanner = open_scanner(keyboard.address)
    scanner.start(scans.append, lambda text: None)
    until(lambda: scanner.state().health is Health.READY)

    keyboard.scan("9520000000004")
    keyboard.scan("10-1-000147", "C0")

    until(lambda: len(scans) == 2)
    assert [(s.symbology, s.data) for s in scans] == [
        ("E0", "9520000000004"),
        ("C0", "10-1-000147"),
    ]
    scanner.close()


def test_what_cannot_be_grabbed_is_the_wrong_device(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    scanner = open_scanner(f"evdev://{tmp_path}/file")
    scanner.start(lambda scan: None, lambda text: None)

    until(lambda: scanner.state().health is not Health.OPENING)

    state = scanner.state()
    assert (state.health, state.reason) == (Health.FAULT, Reason.WRONG_DEVICE)
    scanner.close()


@pytest.mark.parametrize("wrong", ["?layout=de", "?baud=9600", "?grab=maybe"])
def test_an_address_that_cannot_be_meant_is_refused(wrong: str) -> None:
    with pytest.raises(Misconfigured):
        open_scanner(f"evdev:///dev/input/by-id/x{wrong}")


def test_one_wrong_address_of_several_refuses_them_all(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="lpt"):
        open_scanner(f"serial://{tmp_path}/a lpt://1")


def test_of_two_scanners_the_one_that_is_away_is_named(
    keyboard: EmulatedKeyboard, tmp_path: Path
) -> None:
    scanner = open_scanner(f"{keyboard.address} serial://{tmp_path}/none")
    scanner.start(lambda scan: None, lambda text: None)

    until(lambda: scanner.state().health is Health.WARNING)

    assert scanner.state().reason is Reason.OFFLINE
    assert scanner.state().detail.startswith(f"serial://{tmp_path}/none")
    scanner.close()


def test_damage_is_told_to_store_it(keyboard: EmulatedKeyboard) -> None:
    damaged: list[str] = []
    scanner = open_scanner(keyboard.address)
    scanner.start(lambda scan: None, damaged.append)
    until(lambda: scanner.state().health is Health.READY)

    keyboard.send(records_for("952§4\r", LAYOUTS["se"]))

    until(lambda: len(damaged) == 1)
    assert scanner.state() == DeviceState(Health.READY, detail="damaged codes: 1 noise")
    scanner.close()
