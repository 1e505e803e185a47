"""The device screen, from the keys to the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_client.register.commands import OpenDrawer
from pos_client.register.queries import TendDevice, Tended
from pos_client.register.view import DeviceLine
from pos_client.screens.keys import Key
from pos_client.texts import LANGUAGES, words
from tests.builders import SHOES
from tests.screens.core_twin import CALM, Desk, Register, f

PAPER_OUT = DeviceLine(
    "printer", "blocked", "paper_out", "device.advice.printer.paper_out", ("try_again",)
)
PRINTER = DeviceLine("printer", "ready", fixes=("test_print", "feed"))
DRAWER = DeviceLine("drawer", "ready", fixes=("open_drawer",))
SCANNER = DeviceLine("scanner", "ready", fixes=("beep",))
UNIT = DeviceLine("fiscal_unit", "ready")


def troubled(name: str, health: str, reason: str, kind: str = "") -> DeviceLine:
    why = health if reason == "none" else reason
    return DeviceLine(name, health, reason, f"device.advice.{kind or name}.{why}", ("try_again",))


ALL = (
    PAPER_OUT,
    troubled("second_printer", "absent", "none", "printer"),
    replace(DRAWER, health="blocked", reason="paper_out", advice="device.advice.drawer.by_printer"),
    troubled("scanner", "absent", "none"),
    troubled("fiscal_unit", "warning", "clock_skew"),
    troubled("payment_terminal", "absent", "no_answer"),
    troubled("customer_display", "absent", "none"),
    troubled("scale", "fault", "bad_checksum"),
    troubled("label_printer", "blocked", "ribbon_out"),
)


def a_screen(*devices: DeviceLine) -> Desk:
    register = Register()
    register.around = replace(register.around, status=replace(CALM, devices=devices))
    return Desk(register).keys(f(1), "8")


def said(desk: Desk) -> str:
    """The message line."""
    return desk.text(160).splitlines()[-4]


def test_each_device_is_a_line_with_its_light_its_words_and_its_key() -> None:
    picture = a_screen(PAPER_OUT, SCANNER).text()

    assert "1  Kvittoskrivare     ✖ stoppad: papperet är slut" in picture
    assert "Försök igen" in picture
    assert "Sätt i en ny rulle och stäng luckan." in picture
    assert "2  Skanner            ● redo" in picture


def test_a_digit_does_what_helps() -> None:
    desk = a_screen(PAPER_OUT).keys("1")

    assert desk.register.tended == [TendDevice("printer", "try_again")]
    assert "försöker nu" in said(desk)


def test_of_several_things_one_is_chosen_by_digit() -> None:
    desk = a_screen(PRINTER).keys("1", "2")

    assert desk.register.tended == [TendDevice("printer", "feed")]


def test_the_drawer_is_opened_by_the_register_with_a_reason() -> None:
    desk = a_screen(PRINTER, DRAWER).keys("2", "1")

    assert desk.register.done[-1] == OpenDrawer("change")
    assert desk.register.tended == []


def test_what_could_not_be_done_says_why_and_what_to_do() -> None:
    desk = a_screen(PAPER_OUT)
    desk.register.tending = Tended("printer", "try_again", "paper_out")

    desk.keys("1")

    assert "papperet är slut" in said(desk)
    assert "ny rulle" in desk.text()


def test_a_device_in_order_has_nothing_to_do() -> None:
    assert "i ordning" in said(a_screen(UNIT).keys("1"))


def test_a_digit_without_a_device_is_refused() -> None:
    desk = a_screen(PRINTER).keys("7")

    assert "7 finns inte" in said(desk)
    assert desk.register.tended == []


def test_a_code_scanned_here_is_shown_and_sold_to_nobody() -> None:
    desk = a_screen(SCANNER)

    desk.scans(SHOES)

    assert SHOES in said(desk)
    assert desk.register.scanned == []


def test_a_till_without_devices_says_how_to_set_them_up() -> None:
    assert "spindel hardware setup" in " ".join(a_screen().text().split())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_every_device_is_seen_however_much_is_wrong(width: int, height: int) -> None:
    picture = a_screen(*ALL).text(width, height)

    assert all(f" {at}  " in picture for at in range(1, 10))
    assert "Sätt i en ny rulle" in picture


def test_the_current_device_keeps_its_advice_on_a_small_screen() -> None:
    desk = a_screen(*ALL)
    desk.keys(*[Key("down")] * 6)

    assert "Kontrollera displayens kabel" in desk.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_became_of_a_key_fits_one_row(language: str) -> None:
    texts = words(language)
    names = [texts.texts[key] for key in texts.texts if key.startswith("device.name.")]
    keys = [key for key in texts.texts if key.startswith("device.done.")]

    for key in (*keys, "device.nothing_to_do"):
        for name in names:
            assert len(texts.say(key, name=name, value="15000")) <= 77, (key, name)
