"""The status line always tells, however narrow the terminal and however bad the day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_client.register.view import DeviceLine, DeviceView, StatusView
from pos_client.screens.rows import width_of
from pos_client.screens.status import status_row
from tests.screens.core_twin import CALM, Desk

AWAY = DeviceView("absent", "no_answer")
OFFLINE = replace(CALM, is_online=False, offline_since="2026-11-22T11:33:00.000Z")
WORST = replace(
    OFFLINE,
    outbox=1234,
    oldest_unsent_seconds=1620,
    price_age_seconds=1620,
    printer=AWAY,
    scanner=AWAY,
    fiscal_unit=AWAY,
)


def the_row(status: StatusView, width: int) -> str:
    desk = Desk()
    desk.till.view = replace(desk.till.view, status=status, operator_name="Anna-Karin Lindström")
    row = "".join(text for text, _ in status_row(desk.till, width))
    assert width_of(row) == width
    return row


@pytest.mark.parametrize("width", [80, 100, 120, 160])
@pytest.mark.parametrize("status", [CALM, OFFLINE, WORST], ids=["calm", "offline", "worst"])
def test_every_light_is_there_from_80_columns_on(status: StatusView, width: int) -> None:
    row = the_row(status, width)

    assert ("ONLINE" if status.is_online else "OFFLINE") in row
    assert all(light in row for light in ("ut:", "pris", "SKR", "SKA", "KE", "Kassa"))


def test_the_age_of_the_oldest_unsent_receipt_is_never_given_up_for_a_name() -> None:
    assert "ut:1234 (27 min)" in the_row(WORST, 80)


def test_a_wide_terminal_tells_since_when_and_who() -> None:
    row = the_row(OFFLINE, 160)

    assert "OFFLINE 12:33 (27 min)" in row
    assert "Anna-Karin Lindström" in row


def test_a_printer_that_is_not_set_up_is_shown_as_a_stop() -> None:
    assert "✖ SKR" in the_row(replace(CALM, printer=DeviceView("disabled", "not_configured")), 80)


def lines(**health: str) -> tuple[DeviceLine, ...]:
    return tuple(DeviceLine(name, how) for name, how in health.items())


def test_a_device_without_a_light_gets_one_while_it_is_in_trouble() -> None:
    well = replace(CALM, devices=lines(payment_terminal="ready", scale="ready"))
    away = replace(CALM, devices=lines(payment_terminal="absent", scale="ready"))

    assert "KORT" not in the_row(well, 80)
    assert "▲ KORT" in the_row(away, 80)
    assert "VÅG" not in the_row(away, 80)


def test_a_drawer_that_waits_for_its_printer_has_no_light_beside_the_printers() -> None:
    by_printer = DeviceLine("drawer", "blocked", "paper_out", "device.advice.drawer.by_printer")
    jammed = DeviceLine("drawer", "blocked", "drawer_jam", "device.advice.drawer.drawer_jam")

    assert "LÅDA" not in the_row(replace(CALM, devices=(by_printer,)), 120)
    assert "▲ LÅDA" in the_row(replace(CALM, devices=(jammed,)), 120)
