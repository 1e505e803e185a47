"""Faults of an emulated printer switched by words, one a line, while it runs.

A newcomer would look for a list of the words; they are the fields of `Faults` and what
can be done to the printer by hand, so a new fault is a word by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields

from hardware.emulators.printer import EmulatedPrinter, Faults


def switch_faults(
    printer: EmulatedPrinter, lines: Iterable[str], say: Callable[[str], None]
) -> None:
    """Each line is a fault to turn on or off ("paper_out"), one with its measure
    ("paper_lasts_lines=3"), something done by hand ("drawer_shut"), or "ok" to mend all.
    """
    for line in lines:
        word = line.strip()
        if not word:
            continue
        if word == "help":
            say(f"one of: {', '.join(_words())}, ok")
        elif _switch(printer, word):
            say("faults: " + (", ".join(_standing(printer)) or "none"))
        else:
            say(f'"{word}" is none of: {", ".join(_words())}, ok')


def _switch(printer: EmulatedPrinter, word: str) -> bool:
    name, _, measure = word.partition("=")
    kind = _KINDS.get(name, "")
    if word == "ok":
        _mend(printer)
    elif word in _BY_HAND:
        _BY_HAND[word](printer)
    elif kind == "bool" and word == name:
        setattr(printer.faults, name, not getattr(printer.faults, name))
    elif kind.startswith("int") and measure.isdecimal():
        setattr(printer.faults, name, int(measure))
    elif kind.startswith("str") and measure:
        setattr(printer.faults, name, measure)
    else:
        return False
    return True


def _mend(printer: EmulatedPrinter) -> None:
    printer.faults = Faults()
    printer.drawer.jammed = printer.drawer.inverted = False
    printer.drawer.has_sensor, printer.drawer.connector = True, 0


def _words() -> list[str]:
    words = [name if kind == "bool" else f"{name}=..." for name, kind in _KINDS.items()]
    return [*words, *_BY_HAND]


def _standing(printer: EmulatedPrinter) -> list[str]:
    usual, standing = Faults(), []
    for name in _KINDS:
        value = getattr(printer.faults, name)
        if value != getattr(usual, name):
            standing.append(name if value is True else f"{name}={value}")
    drawer = printer.drawer
    odd = {
        "drawer_jammed": drawer.jammed,
        "drawer_no_sensor": not drawer.has_sensor,
        "drawer_inverted": drawer.inverted,
        "drawer_other_pin": drawer.connector == 1,
    }
    return [*standing, *(word for word, holds in odd.items() if holds)]


def _jam_drawer(printer: EmulatedPrinter) -> None:
    printer.drawer.jammed = not printer.drawer.jammed


def _lose_sensor(printer: EmulatedPrinter) -> None:
    printer.drawer.has_sensor = not printer.drawer.has_sensor


def _invert_drawer(printer: EmulatedPrinter) -> None:
    printer.drawer.inverted = not printer.drawer.inverted


def _change_connector(printer: EmulatedPrinter) -> None:
    printer.drawer.connector = 1 - printer.drawer.connector


_KINDS = {one.name: str(one.type) for one in fields(Faults)}
_BY_HAND: dict[str, Callable[[EmulatedPrinter], None]] = {
    "drawer_shut": lambda printer: printer.drawer.shut(),
    "drawer_forced": lambda printer: printer.drawer.force(),
    "drawer_jammed": _jam_drawer,
    "drawer_no_sensor": _lose_sensor,
    "drawer_inverted": _invert_drawer,
    "drawer_other_pin": _change_connector,
    "reboot": EmulatedPrinter.power_cycle,
    "forget_logos": lambda printer: printer.mechanism.logos.clear(),
}
