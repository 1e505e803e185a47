"""What to do about a device that is not well: (kind of device, reason) to one piece of advice.

Pure. Gives the name of a sentence, "printer.paper_out"; the sentences themselves are the
register's texts (`device.advice.…`). The thing to get wrong: advice by the reason alone. "No
answer" is a cable for a printer, a service call for a control unit and nothing to wait for
at a card terminal.
"""

from __future__ import annotations

from enum import StrEnum

from hardware.ports import DeviceState, Health, Reason

OTHER = "other"
_WIRE = (Reason.BUSY_OTHER_OWNER, Reason.NO_ANSWER, Reason.NO_PERMISSION, Reason.WRONG_DEVICE)


class Fix(StrEnum):
    """What a person can have done about it from the till, with one key."""

    TRY_AGAIN = "try_again"
    TEST_PRINT = "test_print"
    FEED = "feed"
    OPEN_DRAWER = "open_drawer"
    BEEP = "beep"
    SHOW = "show"
    WEIGH = "weigh"
    TEST_LABEL = "test_label"


KINDS: dict[str, str] = {
    "printer": "printer",
    "second_printer": "printer",
    "drawer": "drawer",
    "scanner": "scanner",
    "fiscal_unit": "fiscal_unit",
    "payment_terminal": "payment_terminal",
    "customer_display": "customer_display",
    "scale": "scale",
    "label_printer": "label_printer",
}
"""The devices of workstation.toml, in the order they are listed, and what kind each is."""

ADVICE: dict[str, tuple[Reason, ...]] = {
    "printer": (
        *_WIRE,
        Reason.PAPER_NEAR_END,
        Reason.PAPER_OUT,
        Reason.COVER_OPEN,
        Reason.CUTTER_JAM,
        Reason.OVERHEATED,
        Reason.OFFLINE,
    ),
    "drawer": (*_WIRE, Reason.DRAWER_OPEN, Reason.DRAWER_JAM, Reason.DRAWER_FORCED),
    "scanner": (*_WIRE, Reason.OFFLINE),
    "fiscal_unit": (
        *_WIRE,
        Reason.MEMORY_NEAR_FULL,
        Reason.MEMORY_FULL,
        Reason.LICENCE,
        Reason.CLOCK_SKEW,
        Reason.OFFLINE,
        Reason.BUSY,
    ),
    "payment_terminal": (
        *_WIRE,
        Reason.BAD_CHECKSUM,
        Reason.BUSY,
        Reason.OFFLINE,
        Reason.PAPER_OUT,
        Reason.NOT_CONFIGURED,
    ),
    "customer_display": _WIRE,
    "scale": (
        *_WIRE,
        Reason.IN_MOTION,
        Reason.NOT_MOVED,
        Reason.OVERLOAD,
        Reason.BELOW_ZERO,
        Reason.UNDER_MINIMUM,
        Reason.TARE_TOO_LARGE,
        Reason.PRICE_DIFFERS,
        Reason.BAD_REQUEST,
        Reason.BAD_CHECKSUM,
        Reason.BUSY,
        Reason.LICENCE,
        Reason.INTERNAL_FAULT,
    ),
    "label_printer": (
        *_WIRE,
        Reason.PAPER_OUT,
        Reason.COVER_OPEN,
        Reason.RIBBON_OUT,
        Reason.OVERHEATED,
        Reason.BUSY,
        Reason.OFFLINE,
        Reason.INTERNAL_FAULT,
    ),
}
"""Which reasons each kind has a sentence of its own for; beside them absent, unknown, other."""

_WHEN_WELL: dict[str, tuple[Fix, ...]] = {
    "printer": (Fix.TEST_PRINT, Fix.FEED),
    "drawer": (Fix.OPEN_DRAWER,),
    "scanner": (Fix.BEEP,),
    "payment_terminal": (Fix.TRY_AGAIN,),
    "customer_display": (Fix.SHOW,),
    "scale": (Fix.WEIGH,),
    "label_printer": (Fix.TEST_LABEL,),
}
_DOWN = frozenset({Health.ABSENT, Health.BLOCKED, Health.FAULT, Health.UNKNOWN})
# A drawer on the printer's connector is as the printer is.
_PRINTERS_OWN = frozenset(ADVICE["printer"]) - frozenset(ADVICE["drawer"])


def every_advice() -> list[str]:
    """The name of each sentence there must be."""
    return [
        f"{kind}.{why}"
        for kind, reasons in ADVICE.items()
        for why in (*(reason.value for reason in reasons), "absent", "unknown", OTHER)
    ] + ["drawer.by_printer"]


def advise(kind: str, state: DeviceState) -> str:
    """The name of what to do, "printer.paper_out"; "" where there is nothing to do."""
    if state.health is Health.ABSENT and state.reason is Reason.NO_ANSWER:
        # Nobody is there to answer: that is the cable, not the device.
        return f"{kind}.absent"
    if state.reason is Reason.NONE:
        if state.health in (Health.READY, Health.OPENING, Health.DISABLED):
            return ""
        is_named = state.health in (Health.ABSENT, Health.UNKNOWN)
        return f"{kind}.{state.health.value if is_named else OTHER}"
    if state.health is Health.DISABLED:
        return ""
    if kind == "drawer" and state.reason in _PRINTERS_OWN:
        return "drawer.by_printer"
    return f"{kind}.{state.reason.value if state.reason in ADVICE[kind] else OTHER}"


def fixes(kind: str, state: DeviceState) -> tuple[Fix, ...]:
    """What may be done from the till, the likeliest first."""
    if state.health is Health.DISABLED:
        return ()
    if state.reason is Reason.DRAWER_JAM:
        return (Fix.OPEN_DRAWER,)  # Its line is well: only another pulse tries it.
    if state.health in _DOWN:
        return (Fix.TRY_AGAIN,)
    return _WHEN_WELL.get(kind, ())
