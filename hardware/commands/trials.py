"""What a test of each kind of device does, what it proves, and what only a person can see.

No trial moves money, seals a sale or keeps anything. The thing to get wrong: calling a thing
proven because nothing failed. What no device has confirmed is said to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from hardware.commands.opening import settled
from hardware.commands.words import SYMBOLOGIES
from hardware.errors import Refused
from hardware.ports import DeviceState, DrawerPosition, Health, Reason, Scan, WeighRequest
from hardware.testpage import build_test_page

_OPEN_SECONDS = 2.0
_PRICE_MINOR = 10_000
_DOWN = frozenset({Health.ABSENT, Health.BLOCKED, Health.FAULT})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`proven` is what the device itself confirmed; `look` is what a person must see or hear."""

    proven: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """`wait_seconds`: how long for a code to be scanned. `say` tells a person what to do now."""

    address: str
    with_drawer: bool
    wait_seconds: float
    means: Callable[[str, str], dict[str, Any]]
    say: Callable[[str], None]


def try_printer(printer: Any, wish: Wish) -> Outcome:
    """The test page; with the wish, the drawer that hangs on it."""
    printer.print(build_test_page(wish.address, printer.columns))
    is_confirmed = printer.confirms
    outcome = Outcome(
        "Printed: the printer answered after the cut." if is_confirmed else "Sent.",
        ("" if is_confirmed else "This printer confirms nothing: see whether a page came out. ")
        + "The ruler must end at the paper's edge, å ä ö € be right, the paper be cut.",
    )
    if not wish.with_drawer:
        return outcome
    drawer = try_drawer(printer.drawer(), wish)
    return Outcome(f"{outcome.proven} {drawer.proven}", f"{outcome.look} {drawer.look}".strip())


def try_drawer(drawer: Any, wish: Wish) -> Outcome:
    """One pulse, and the position before and after."""
    _ready(drawer, wish)
    before = drawer.position()
    drawer.open()
    deadline = time.monotonic() + _OPEN_SECONDS
    while drawer.position() is not DrawerPosition.OPEN and time.monotonic() < deadline:
        time.sleep(0.02)
    after = drawer.position()
    told = f"Drawer: {before.value} before the pulse, {after.value} after it."
    if after is DrawerPosition.OPEN:
        return Outcome(told, "" if before is DrawerPosition.CLOSED else "Shut it and try again.")
    if after is DrawerPosition.CLOSED:
        raise Refused(wish.address, f"{told} It did not open: jammed, locked or the wrong pin")
    return Outcome(told, "Nobody knows how its switch works; see for yourself that it opened.")


def try_scanner(scanner: Any, wish: Wish) -> Outcome:
    """Two beeps, then a code."""
    heard: SimpleQueue[Scan] = SimpleQueue()
    scanner.start(heard.put, lambda text: wish.say(f"A damaged code came: {text[:40]}"))
    _ready(scanner, wish)
    scanner.refuse_tone()
    wish.say(f"Two beeps were sent. Scan a code within {wish.wait_seconds:.0f} seconds.")
    try:
        scan = heard.get(timeout=wish.wait_seconds)
    except Empty:
        raise Refused(wish.address, "no code came") from None
    kind = f"]{scan.symbology} {SYMBOLOGIES.get(scan.symbology, '')}".rstrip()
    told = kind if scan.symbology else "no AIM identifier"
    means = wish.means(scan.data, scan.symbology).get("is", "")
    proven = f"Read {scan.data!r} ({told}{f', {means}' if means else ''})."
    look = "" if scan.symbology else "Let the scanner send the AIM identifier before each code."
    return Outcome(proven, look or "Did it beep twice?")


def try_scale(scale: Any, wish: Wish) -> Outcome:
    """What lies on it."""
    _ready(scale, wish)
    weight = scale.weigh(WeighRequest(_PRICE_MINOR, name="TEST"))
    whole, rest = divmod(weight.amount_minor, 100)
    priced = f"; at 100.00 a kilogram {whole}.{rest:02}" if weight.amount_minor else ""
    return Outcome(
        f"Weighed {weight.grams} g{priced}.", "Does the scale's own display say the same?"
    )


def try_display(display: Any, wish: Wish) -> Outcome:
    """Letters and figures in both rows."""
    width = display.columns
    display.show("ÅÄÖ åäö é 0123456789"[:width], "Spindel".center(width))
    _ready(display, wish)
    return Outcome("The text was sent.", "Do the rows say “ÅÄÖ åäö é 0123456789” and “Spindel”?")


def try_label_printer(printer: Any, wish: Wish) -> Outcome:
    """One price label."""
    from hardware.labels.layouts import price_label

    _ready(printer, wish)
    printer.print(price_label("Räksmörgås ÅÄÖ", "1 234,50 kr", code="9520000000004", note="TEST"))
    return Outcome("One label was printed.", "Is the text right, and does its code scan?")


def try_terminal(terminal: Any, wish: Wish) -> Outcome:
    """How it is by its own word; no money is asked for."""
    state = _ready(terminal, wish)
    told = f"The terminal answers: {_in_words(state)}. No money was asked for."
    return Outcome(told)


def try_fiscal_unit(unit: Any, wish: Wish) -> Outcome:
    """Its name and how it is; nothing is sealed."""
    state = _ready(unit, wish)
    name = getattr(unit, "unit_id", "") or "the unit"
    return Outcome(f"{name} answers: {_in_words(state)}. Nothing was sealed.")


TRIALS: dict[str, Callable[[Any, Wish], Outcome]] = {
    "printer": try_printer,
    "drawer": try_drawer,
    "scanner": try_scanner,
    "scale": try_scale,
    "customer_display": try_display,
    "label_printer": try_label_printer,
    "payment_terminal": try_terminal,
    "fiscal_unit": try_fiscal_unit,
}
"""By kind of device."""


def _ready(device: Any, wish: Wish) -> DeviceState:
    """Raises Refused, naming why, where the device is away or stopped."""
    state = settled(device)
    if state.health in _DOWN:
        raise Refused(wish.address, state.detail or _in_words(state))
    return state


def _in_words(state: DeviceState) -> str:
    why = "" if state.reason is Reason.NONE else f", {state.reason.value.replace('_', ' ')}"
    return f"{state.health.value}{why}"
