"""What a person types to an emulated card terminal while it runs.

A fate is for the next request: "decline", "partial 5000", "in_progress 600". A newcomer
would switch faults on and off as on a printer; a card payment meets its fault once.
"""

from __future__ import annotations

from hardware.emulators.terminal_fate import Fate, Step
from hardware.emulators.terminal_server import Tamper, TerminalServer

_MINOR = (Fate.PARTIAL, Fate.TIP, Fate.CASHBACK, Fate.CASHBACK_OVER)
_CONDITIONS = ("OK", "Busy", "Maintenance", "Unreachable")
HELP = (
    f"the next request: {', '.join(Fate)} (then öre or seconds); "
    f"its answer: tamper {'|'.join(Tamper)}; "
    f"at once: tap, empty, restart, ok, bank, off_by ÖRE, condition {'|'.join(_CONDITIONS)}"
)


def obey(server: TerminalServer, line: str) -> str:
    """Do what the line says; returns a sentence about it. An unknown word changes nothing."""
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if word in list(Fate) and (not rest or rest.isdecimal()):
        step = _step(Fate(word), int(rest or 0))
        server.do(lambda core: core.expect(step))
        return f"the next request: {word} {rest}".rstrip()
    if word == "tamper" and rest in list(Tamper):
        server.tamper(Tamper(rest))
        return f"the next answer: tampered with ({rest})"
    return _at_once(server, word, rest) or f'"{line.strip()}" is not known; {HELP}'


def _at_once(server: TerminalServer, word: str, rest: str) -> str:
    match word:
        case "tap":
            server.do(lambda core: core.finish())
            return "the cardholder pays"
        case "empty":
            server.do(lambda core: core.forget())
            return "its log is empty"
        case "restart":
            server.do(lambda core: core.reboot())
            return "it has restarted"
        case "ok":
            server.do(lambda core: core.expect_nothing())
            return "requests are approved again"
        case "bank":
            charged = server.do(lambda core: core.bank.charged)
            return ", ".join(f"{sale}: {minor}" for sale, minor in charged.items()) or "nothing"
        case "off_by" if rest.removeprefix("-").isdecimal():
            server.do(lambda core: setattr(core, "totals_off_by", int(rest)))
            return f"its totals differ by {rest}"
        case "condition" if rest in _CONDITIONS:
            server.do(lambda core: setattr(core, "global_status", rest))
            return f"its condition: {rest}"
    return ""


def _step(fate: Fate, number: int) -> Step:
    if fate in _MINOR:
        return Step(fate, minor=number)
    if fate is Fate.IN_PROGRESS:
        return Step(fate, asks=0, seconds=number or 10)
    return Step(fate, seconds=number or 3)
