"""The status row: online, outbox, prices, the devices, till, clock.

Pure. Every item is a sign and a word; colour only repeats the sign. The thing to
get wrong: leaving an item out because all is well. Calm is shown too, and on a
narrow terminal the least needed words go first, never a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pos_client.register.tasks import OFFERED
from pos_client.register.view import DeviceLine, DeviceView, StatusView
from pos_client.screens.rows import Look, Part, Row, filled, fit, width_of
from pos_client.screens.till import Till

GOOD, ATTENTION, STOP = "●", "▲", "✖"
_LOOKS = {GOOD: Look.PLAIN, ATTENTION: Look.ATTENTION, STOP: Look.STOP}
OLD_OUTBOX_SECONDS = 600
VERY_OLD_OUTBOX_SECONDS = 86_400
OLD_PRICES_SECONDS = 900
VERY_OLD_PRICES_SECONDS = 14_400
LITTLE_DISK_MB = 1_000
MANY_PRINTS = 3

# What is given up, step by step, before a light goes dark on a narrow terminal.
NO_OFFLINE_AGE, SHORTER_NAME, NO_OFFLINE_CLOCK, CLOSE, FIRST_NAME, NO_NAME = range(1, 7)
THRIFTIEST = NO_NAME
SHORT_NAME = 7
_SIGNS = {
    "ready": GOOD,
    "opening": GOOD,
    "warning": ATTENTION,
    "unknown": ATTENTION,
    "blocked": STOP,
    "fault": STOP,
    "absent": STOP,
}


_WITH_A_LIGHT = ("printer", "scanner", "fiscal_unit")


@dataclass(frozen=True, slots=True)
class Item:
    """`rank`: the higher, the sooner it is dropped on a narrow terminal."""

    sign: str
    text: str
    rank: int = 0

    @property
    def part(self) -> Part:
        return (f"{self.sign} {self.text}" if self.sign else self.text, _LOOKS[self.sign or GOOD])


def status_row(till: Till, width: int) -> Row:
    """Words grow shorter until every light has room; below 80 columns calm ones go."""
    for thrift in range(THRIFTIEST + 1):
        left, end = _facts(till, thrift), _who(till, width, thrift)
        gap = 1 if thrift >= CLOSE else 2
        room = width - width_of(end) - 1
        if _length(left, gap) <= room:
            break
    while left and _length(left, gap) > room and any(item.rank for item in left):
        left.remove(max(left, key=lambda item: item.rank))
    parts: list[Part] = [(" ", Look.PLAIN)]
    for item in left:
        parts += [item.part, (" " * gap, Look.PLAIN)]
    return (*filled(tuple(parts), room), (" " + end, Look.PLAIN))


def _length(items: list[Item], gap: int) -> int:
    return 1 + sum(width_of(item.part[0]) + gap for item in items)


def _facts(till: Till, thrift: int) -> list[Item]:
    status = till.view.status
    items = [_online(till, status, thrift), _outbox(till, status), _prices(till, status)]
    items.append(_printer(till, status))
    devices = (("scanner", status.scanner), ("fiscal_unit", status.fiscal_unit))
    items += [item for name, device in devices if (item := _device(till, name, device))]
    items += [_troubled(till, device) for device in status.devices if _is_troubled(device)]
    is_new = any(task.state == OFFERED for task in till.view.tasks)
    # A new order waits minutes only: it is told also where nobody has signed on.
    if is_new or (till.view.tasks and till.view.operator_number):
        text = till.say("status.tasks", count=len(till.view.tasks))
        items.append(Item(ATTENTION if is_new else "", text, rank=0 if is_new else 3))
    if status.disk_free_mb is not None and status.disk_free_mb < LITTLE_DISK_MB:
        items.insert(0, Item(STOP, till.say("status.disk", megabytes=status.disk_free_mb)))
    return items


def _online(till: Till, status: StatusView, thrift: int) -> Item:
    if not till.is_connected:
        return Item(STOP, till.say("status.no_core"))
    if not status.is_enrolled:
        return Item(STOP, till.say("status.not_enrolled"))
    if status.sync_problem:
        return Item(STOP, till.say("status.sync_problem"))
    if status.is_online:
        return Item(GOOD, till.say("status.online"))
    since = _clock_of(till, status.offline_since, thrift)
    return Item(ATTENTION, till.say("status.offline") + since)


def _clock_of(till: Till, iso: str, thrift: int) -> str:
    """ " 14:05 (27 min)" from an ISO UTC time, less when thrifty, "" when it is not known."""
    if not iso or thrift >= NO_OFFLINE_CLOCK:
        return ""
    at = datetime.fromisoformat(iso)
    now = till.here()
    age = max(0, int((now - at).total_seconds()))
    clock = f" {at.astimezone(now.tzinfo):%H:%M}"
    return clock if thrift >= NO_OFFLINE_AGE else f"{clock} ({age_text(till, age)})"


def _outbox(till: Till, status: StatusView) -> Item:
    oldest = status.oldest_unsent_seconds or 0
    text = till.say("status.outbox", count=status.outbox)
    if status.outbox and oldest >= 60:
        text += f" ({age_text(till, oldest)})"
    if status.outbox and oldest > VERY_OLD_OUTBOX_SECONDS:
        return Item(STOP, text)
    if status.outbox and oldest > OLD_OUTBOX_SECONDS:
        return Item(ATTENTION, text)
    return Item("", text, rank=1)


def _prices(till: Till, status: StatusView) -> Item:
    age = status.price_age_seconds
    if age is None:
        return Item(ATTENTION, till.say("status.prices_unknown"))
    text = till.say("status.prices", age=age_text(till, age))
    if age > VERY_OLD_PRICES_SECONDS:
        return Item(ATTENTION, text)
    return Item(ATTENTION if age > OLD_PRICES_SECONDS else "", text, rank=2)


def _printer(till: Till, status: StatusView) -> Item:
    """Which one prints, and how much waits for it when that is more than it should be."""
    # Without a printer set up nothing can be sold; a scanner may be a keyboard wedge.
    sign = _SIGNS.get(status.printer.health, STOP)
    name = till.say("status.printer")
    if status.prints_on == 2:
        sign, name = ATTENTION, f"{name}2"
    if status.waiting_prints > MANY_PRINTS:
        return Item(STOP, f"{name}:{status.waiting_prints}")
    return Item(sign, name)


def _device(till: Till, name: str, device: DeviceView) -> Item | None:
    if device.health == "disabled":
        return None
    sign = _SIGNS.get(device.health, ATTENTION)
    return Item(sign, till.say(f"status.{name}"), rank=3 if sign == GOOD else 0)


def _is_troubled(device: DeviceLine) -> bool:
    """Of those without a light of their own; a drawer's printer has one already."""
    is_seen = (
        device.name not in _WITH_A_LIGHT and device.advice != "device.advice.drawer.by_printer"
    )
    return is_seen and sign_of(device.health) != GOOD


def _troubled(till: Till, device: DeviceLine) -> Item:
    """Only while something is wrong; the sale goes on without it."""
    return Item(ATTENTION, till.say(f"status.{device.name}"), rank=1)


def sign_of(health: str) -> str:
    """The light of a device that is set up."""
    return _SIGNS.get(health, GOOD if health == "disabled" else ATTENTION)


def device_text(till: Till, device: DeviceView) -> str:
    """Sign, health and reason in words, for the hardware page."""
    text = till.say(f"health.{device.health}")
    if device.reason not in ("none", ""):
        text += ": " + till.say(f"health_reason.{device.reason}")
    return f"{sign_of(device.health)} {text}"


def _who(till: Till, width: int, thrift: int) -> str:
    view = till.view
    till_name = till.say("status.till", number=view.setup.workstation or "–")
    clock = f"{till.here():%H:%M}"
    longest = 24 if width >= 100 else 12
    name = short_name(view.operator_name, SHORT_NAME if thrift >= SHORTER_NAME else longest)
    if thrift >= FIRST_NAME:
        name = name.partition(" ")[0]
    parts = [till_name, "" if thrift >= NO_NAME else name, clock]
    return "  ".join(part for part in parts if part) + " "


def short_name(name: str, longest: int) -> str:
    """ "Anna Berg" -> "Anna B." when the whole does not fit."""
    if width_of(name) <= longest:
        return name
    first, _, last = name.partition(" ")
    return fit(f"{first} {last[:1]}." if last else first, longest).rstrip()


def age_text(till: Till, seconds: int) -> str:
    """27 min, 3 h, 2 d: the largest whole unit, "0 min" for less than one."""
    if seconds < 3_600:
        return till.say("age.minutes", count=seconds // 60)
    if seconds < 172_800:
        return till.say("age.hours", count=seconds // 3_600)
    return till.say("age.days", count=seconds // 86_400)
