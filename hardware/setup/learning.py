"""What a printer is, learned from paper and from its drawer, as options of its address.

The printer is opened anew for each part of the card, as the till would open it with those
options. The thing to get wrong: guessing where nobody answered. An option that was not
learned is left out, and the driver's default stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hardware.document import Document
from hardware.errors import Busy, DeviceError
from hardware.ports import Printer
from hardware.setup.asking import Asker
from hardware.setup.card import (
    CUTS,
    PAGES,
    WIDTHS,
    Part,
    chosen,
    print_cut,
    print_letters,
    print_widths,
)

_LEARNED = ("page", "profile", "columns", "drawer_open", "drawer_pin")
_SWITCH_SECONDS = 2.0
_LET_GO_SECONDS = 3.0
Open = Callable[[str], Printer]


def with_options(address: str, options: dict[str, str]) -> str:
    """The address with these options in place of learned ones; the others stay."""
    place, _, query = address.partition("?")
    kept = [one for one in query.split("&") if one and one.partition("=")[0] not in _LEARNED]
    added = [f"{name}={quote(value, safe='/:.-')}" for name, value in options.items()]
    return "?".join(part for part in (place, "&".join((*kept, *added))) if part)


@dataclass
class Learner:
    """One printer at `address`."""

    address: str
    open_printer: Open
    asker: Asker

    def learn(self) -> str:
        """The address with what was learned; raises DeviceError when nothing can be printed."""
        options = dict(self._letters())
        options.update(self._width(options))
        options.update(self._cutter(options))
        if self.asker.is_so("Does a cash drawer hang on this printer?"):
            options.update(self._drawer(options))
        return with_options(self.address, options)

    def _send(self, options: dict[str, str], document: Document) -> None:
        self._with(options, lambda printer: printer.print(document))

    def _with(self, options: dict[str, str], use: Callable[[Any], None]) -> None:
        """The printer of the part before may take a moment to let go of the line."""
        until = time.monotonic() + _LET_GO_SECONDS
        while True:
            printer = self.open_printer(with_options(self.address, options))
            try:
                return use(printer)
            except Busy:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.1)
            finally:
                printer.close()

    def _letters(self) -> dict[str, str]:
        print_letters(self._send)
        part = self._which("Scan or type the code under the row that says å ä ö Å Ä Ö é ü €", PAGES)
        return part.options if part else {}

    def _width(self, letters: dict[str, str]) -> dict[str, str]:
        print_widths(self._send, letters)
        part = self._which("Scan or type the code under the longest ruler on ONE row", WIDTHS)
        return part.options if part else {}

    def _cutter(self, options: dict[str, str]) -> dict[str, str]:
        letters = {name: value for name, value in options.items() if name != "columns"}
        for part in CUTS[:-1]:
            print_cut(self._send, letters, part)
            answer = self._which(
                f"Was the paper cut? Scan or type {part.code}; {CUTS[-1].code} if it was not",
                (part, CUTS[-1]),
            )
            if answer is part or "profile" in letters:
                return {**part.options, **letters}
            if answer is None:
                return {}
        return self._without_cutter(letters)

    @staticmethod
    def _without_cutter(letters: dict[str, str]) -> dict[str, str]:
        """The profile that only feeds has a table of letters of its own: name the one learned."""
        return {**CUTS[-1].options, "page": letters.get("page", "19")}

    def _which(self, question: str, parts: tuple[Part, ...]) -> Part | None:
        while answer := self.asker.ask(f"{question} (Enter: not known):"):
            if part := chosen(answer, parts):
                return part
            codes = ", ".join(part.code for part in parts)
            self.asker.say(f'"{answer}" is none of the codes here: {codes}.')
        return None

    def _drawer(self, options: dict[str, str]) -> dict[str, str]:
        self.asker.ask("Shut the drawer, then press Enter.")
        for pin in ("2", "5"):
            given = {**options, **({"drawer_pin": pin} if pin != "2" else {})}
            before, after = self._kick(given)
            found = {"drawer_pin": pin} if pin != "2" else {}
            if before is not None and after is not None and before != after:
                self.asker.say("The drawer opened, and its switch told so.")
                return {**found, "drawer_open": "high" if after else "low"}
            if self.asker.is_so("Did the drawer open?"):
                self.asker.say(
                    "Its switch says nothing; the till will not know whether it is open."
                )
                return found
        self.asker.say("The drawer did not open on either pin: check its cable, then try again.")
        return {}

    def _kick(self, options: dict[str, str]) -> tuple[bool | None, bool | None]:
        """The switch's level before and after a pulse; None where it is not heard."""
        seen: list[bool | None] = []

        def kick(printer: Any) -> None:
            drawer = printer.drawer()
            seen.append(_heard(lambda: drawer.level))
            drawer.open()
            seen.append(_heard(lambda: drawer.level, unlike=seen[0]))

        try:
            self._with(options, kick)
        except DeviceError as error:
            self.asker.say(f"No pulse was given: {error.reason}.")
        return (seen[0], seen[1]) if len(seen) == 2 else (None, None)


def _heard(level: Callable[[], bool | None], unlike: bool | None = None) -> bool | None:
    deadline = time.monotonic() + _SWITCH_SECONDS
    while (now := level()) is None or now is unlike:
        if time.monotonic() >= deadline:
            break
        time.sleep(0.02)
    return now
