"""What the demo writes about its devices, and that it never takes back what a person wrote."""

from __future__ import annotations

from pathlib import Path

from pos_client.commands.demo import Demo
from pos_client.config import read_settings


def test_an_ordinary_demo_has_a_printer_and_a_scanner(tmp_path: Path) -> None:
    demo = Demo(tmp_path)

    demo.write_settings()

    devices = read_settings(demo.till).devices
    assert devices.printer.startswith("escpos+tcp://127.0.0.1:")
    assert devices.scanner.startswith("serial://")
    assert (devices.payment_terminal, devices.scale) == ("", "")


def test_every_kind_of_device_is_emulated_when_asked_for_and_from_then_on(tmp_path: Path) -> None:
    Demo(tmp_path).write_settings()
    Demo(tmp_path, devices=True).write_settings()
    later = Demo(tmp_path)

    later.write_settings()

    devices = read_settings(later.till).devices
    named = (devices.payment_terminal, devices.scale, devices.customer_display)
    assert all((*named, devices.label_printer))
    assert {each.setting for each in later.emulated} >= {"payment_terminal", "scale"}


def test_settings_that_a_person_changed_are_kept(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    demo.write_settings()
    file = demo.till / "workstation.toml"
    file.write_text(file.read_text().replace('"sv"', '"en"'))

    Demo(tmp_path).write_settings()

    assert read_settings(demo.till).workstation.language == "en"


def test_ports_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    assert Demo(tmp_path).ports == Demo(tmp_path).ports
