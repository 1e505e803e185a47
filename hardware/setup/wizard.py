"""The wizard: one kind of device at a time, from what this computer sees or what is typed.

Nothing is asked of a port that was not chosen. The outcome is a set of addresses and the udev
rules of those that are on USB; writing them is the command's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hardware.drivers import OPENERS, example_of, schemes
from hardware.errors import DeviceError, Misconfigured
from hardware.setup.asking import Asker
from hardware.setup.candidates import Candidate
from hardware.setup.learning import Learner
from hardware.transports.udev import Known

_SCHEMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("printer", "serial"): ("escpos+serial",),
    ("printer", "usb"): ("escpos+usb",),
    ("drawer", "serial"): ("serial",),
    ("scanner", "serial"): ("serial",),
    ("scanner", "keyboard"): ("evdev",),
    ("fiscal_unit", "serial"): ("ccsp+serial", "kd+serial"),
    ("customer_display", "serial"): ("cd5220+serial", "dmd+serial"),
    ("scale", "serial"): ("dialog06+serial", "toledo8217+serial", "nci+serial", "sma+serial"),
    ("label_printer", "serial"): ("zpl+serial",),
}
"""What a candidate can be, by kind of device and the way it is connected."""

WORDS = {
    "printer": "Receipt printer",
    "second_printer": "Second receipt printer, for when the first cannot print",
    "drawer": "Cash drawer with a line of its own (not the one on the printer)",
    "scanner": "Scanner",
    "fiscal_unit": "Control unit",
    "payment_terminal": "Card terminal",
    "customer_display": "Customer display",
    "scale": "Scale",
    "label_printer": "Label printer",
}


@dataclass
class Wizard:
    """`names` are the settings to go through, with their kinds."""

    asker: Asker
    candidates: Sequence[Candidate]
    learns: bool = True
    known: list[Known] = field(default_factory=list)

    def run(self, names: dict[str, str], now: dict[str, str]) -> dict[str, str]:
        """What changes: addresses by setting, "" for a device taken away. Raises Left."""
        wished = {name: self._one(name, kind, now.get(name, "")) for name, kind in names.items()}
        return {name: to for name, to in wished.items() if to != now.get(name, "")}

    def _one(self, name: str, kind: str, now: str) -> str:
        self.asker.say(f"\n{WORDS[name]}{f': now {now}' if now else ''}")
        while True:
            address = self._address(kind, now)
            if not address or (address == now and not self._may_learn(kind)):
                return address
            try:
                check(kind, address)
                return self._learned(kind, address)
            except DeviceError as error:
                self.asker.say(f"{error}.")

    def _address(self, kind: str, now: str) -> str:
        offers = self._offers(kind)
        for_example = example_of(schemes()[kind][0])
        keep = "Enter keeps it, - takes it away" if now else "Enter: there is none"
        question = f"A number, or an address such as {for_example} ({keep}):"
        while True:
            answer = self.asker.choose(question, [words for words, _, _ in offers])
            if not answer or answer == "-":
                return now if not answer else ""
            if "://" in answer:
                return answer
            if answer.isdecimal() and 0 < int(answer) <= len(offers):
                _, address, known = offers[int(answer) - 1]
                if known is not None:
                    self.known.append(known)
                return address
            self.asker.say(f'"{answer}" is neither a number of the list nor an address.')

    def _offers(self, kind: str) -> list[tuple[str, str, Known | None]]:
        return [
            (f"{each.words}  as {scheme}", f"{scheme}://{each.place}", each.known)
            for each in self.candidates
            for scheme in _SCHEMES.get((kind, each.way), ())
        ]

    def _may_learn(self, kind: str) -> bool:
        return self.learns and kind == "printer"

    def _learned(self, kind: str, address: str) -> str:
        if not self._may_learn(kind):
            return address
        wish = "Print a test card of 20 cm and learn letters, width, cutter and drawer from it?"
        if not self.asker.is_so(wish, default=True):
            return address
        return Learner(address, OPENERS["printer"], self.asker).learn()


def check(kind: str, address: str) -> None:
    """Raises Misconfigured for an address that no driver takes."""
    if kind == "fiscal_unit":
        _check_scheme(kind, address)
        return
    OPENERS[kind](address).close()


def _check_scheme(kind: str, address: str) -> None:
    """A unit is not greeted here: that would make it this register's own."""
    scheme = address.partition("://")[0].lower()
    known = schemes()[kind]
    if scheme not in known:
        allowed = ", ".join(example_of(each) for each in known)
        raise Misconfigured(address, f'"{scheme}" is not known here; allowed: {allowed}')
