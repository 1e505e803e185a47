"""The device screen: each device, how it is in words, what to do, and a key that does it.

A digit does what is likeliest to help; of several things it asks which. A code that is
scanned here is shown and sold to nobody. The thing to get wrong: hiding advice when the
list is long. What is worst keeps its sentence; the calm ones give theirs up.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.codes import CodeClass
from pos_client.register.commands import OpenDrawer
from pos_client.register.queries import Answer, TendDevice, Tended
from pos_client.register.view import DeviceLine, DeviceView, Level, Message, Mode, View
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Choice, Option, numbered
from pos_client.screens.page import Labels, Page, moved
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, wrapped
from pos_client.screens.status import ATTENTION, GOOD, STOP, device_text, sign_of
from pos_client.screens.till import Till

_NAME_WIDTH = 18
_INDENT = 9
_LOOKS = {STOP: Look.STOP, ATTENTION: Look.ATTENTION, GOOD: Look.PLAIN}
_WORST = (STOP, ATTENTION, GOOD)


class DevicesPage(Page):
    name = "hardware"
    accepts = frozenset(CodeClass)

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.cursor = 0

    @property
    def digits_act(self) -> bool:
        return True

    def opened(self) -> None:
        super().opened()
        self.cursor = 0

    def seen(self, before: View) -> None:
        self.cursor = min(self.cursor, max(0, len(self._devices) - 1))

    @property
    def _devices(self) -> tuple[DeviceLine, ...]:
        return self.till.view.status.devices

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        if not self._devices:
            return [BLANK, *(row(f"   {line}") for line in wrapped(self._say("none"), width - 6))]
        advice = [self._advice(device, width) for device in self._devices]
        room = height - len(self._devices) - 1
        shown = self._that_fit(advice, room - len(self._foot(width)))
        rows: list[Row] = [BLANK]
        for at, device in enumerate(self._devices):
            rows.append(self._line(at, device, width))
            rows += advice[at] if at in shown else []
        return [*rows, *self._foot(width)]

    def _that_fit(self, advice: list[list[Row]], room: int) -> set[int]:
        """Whose advice is shown: the current device's first, then the worst."""
        order = sorted(
            range(len(advice)),
            key=lambda at: (at != self.cursor, _WORST.index(_sign(self._devices[at]))),
        )
        shown = set()
        for at in order:
            if len(advice[at]) <= room:
                room -= len(advice[at])
                shown.add(at)
        return shown

    def _line(self, at: int, device: DeviceLine, width: int) -> Row:
        name = fit(self._say(f"name.{device.name}"), _NAME_WIDTH)
        health = device_text(self.till, DeviceView(device.health, device.reason))
        fix = self._say(f"fix.{device.fixes[0]}") if device.fixes else ""
        more = " …" if len(device.fixes) > 1 else ""
        text = across(f" {at + 1}  {name} {health}", f"{fix}{more} ", width - 2)
        if at == self.cursor:
            return marked(text, width)
        return ((" ", Look.PLAIN), (text, _LOOKS[_sign(device)]), (" ", Look.PLAIN))

    def _advice(self, device: DeviceLine, width: int) -> list[Row]:
        if not device.advice:
            return []
        said = wrapped(self.till.words.say(device.advice), width - _INDENT - 2)
        return [row(" " * _INDENT + line) for line in said]

    def _foot(self, width: int) -> list[Row]:
        """What printing is up to, where it is not simply printing."""
        status = self.till.view.status
        said = []
        if status.prints_on == 2:
            said.append(self.till.say("hardware.prints_on_second"))
        if status.waiting_prints:
            said.append(self.till.counted("prints", status.waiting_prints))
        if self.till.view.question is not None:
            said.append(self.till.say("hardware.question"))
        rows = [
            row(f"   {line}", Look.ATTENTION) for each in said for line in wrapped(each, width - 6)
        ]
        return [BLANK, *rows] if rows else []

    def hint(self) -> str:
        return self.till.say("hint.device") if self._devices else ""

    def labels(self) -> Labels:
        return {}

    # -- keys

    def character(self, character: str) -> None:
        if not character.isdigit() or self.by_scanner:
            self.entry.insert(character)
        elif character == "0" or int(character) > len(self._devices):
            self._refuse("no_such", digit=character)
        else:
            self.cursor = int(character) - 1
            self._tend(self._devices[self.cursor])

    def enter(self) -> None:
        """A wedge scanner's code is shown; a person's Enter acts on the current row."""
        code = self.entry.take()
        if code:
            self._show_code(code, "")
        elif self._devices and not self.by_scanner:
            self._tend(self._devices[self.cursor])

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self._devices))
        self.cursor = self.cursor if to is None else to

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self._show_code(scan.data, scan.symbology)

    def _show_code(self, code: str, symbology: str) -> None:
        kind = f"]{symbology}" if symbology else "?"
        self._tell("read", code=code.replace("\x1d", "␝")[:48], kind=kind)

    # -- doing

    def _tend(self, device: DeviceLine) -> None:
        if not device.fixes:
            self._tell("nothing_to_do", name=self._say(f"name.{device.name}"))
        elif len(device.fixes) == 1:
            self._fix(device, device.fixes[0])
        else:
            self.till.choose(Choice(self._say(f"name.{device.name}"), self._options(device)))

    def _options(self, device: DeviceLine) -> tuple[Option, ...]:
        def option(fix: str) -> tuple[str, Callable[[], None]]:
            return self._say(f"fix.{fix}"), lambda: self._fix(device, fix)

        return numbered([option(fix) for fix in device.fixes])

    def _fix(self, device: DeviceLine, fix: str) -> None:
        if fix == "open_drawer":
            reasons = self.till.view.setup.drawer_reasons
            choose_reason(self.till, reasons, lambda reason: self.till.do(OpenDrawer(reason)))
        elif self.till.view.mode is Mode.SIGNED_OFF:
            self._refuse("not_signed_on")
        else:
            self.till.ask(TendDevice(device.name, fix), self._tended)

    def _tended(self, answer: Answer | None) -> None:
        """The till works on meanwhile; the message comes wherever the cashier is by then."""
        if not isinstance(answer, Tended):
            self._refuse("unanswered")
            return
        name = self._say(f"name.{answer.device}")
        if answer.problem:
            self._refuse("failed", name=name, why=self._why(answer.problem))
        else:
            self._tell(f"done.{answer.fix}", name=name, value=answer.value)

    def _why(self, problem: str) -> str:
        for key in ("screen.health_reason", "screen.health", "device"):
            if self.till.words.has(f"{key}.{problem}"):
                return self.till.words.say(f"{key}.{problem}")
        return problem

    def _say(self, key: str, **values: object) -> str:
        return self.till.words.say(f"device.{key}", **values)

    def _tell(self, key: str, **values: str | int) -> None:
        self.till.note = Message(f"device.{key}", Level.INFO, values)

    def _refuse(self, key: str, **values: str | int) -> None:
        self.till.note = Message(f"device.{key}", Level.REFUSAL, values)
        self.till.bell()


def _sign(device: DeviceLine) -> str:
    return sign_of(device.health)
