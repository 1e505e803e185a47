"""The words after a verb: a line, a reason, a tender, with what the View fills in.

Pure. The thing to get wrong: a number after an amount is a line, a word is the
beginning of a reason; a line number left out is the last line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_client.plain.amounts import BadLine, read_count
from pos_client.register.view import TenderView, View
from pos_client.texts import LANGUAGES, words


@dataclass(frozen=True, slots=True)
class Context:
    """What a line may lean on: the newest View, the SKUs of the last search, and the ids of
    the customers that were found last."""

    view: View
    found: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


Typed = Sequence[str]


def one(rest: Typed, verb: str) -> str:
    """The first word after the verb; raises BadLine with its usage when there is none."""
    return some(rest, verb)[0]


def some(rest: Typed, verb: str) -> Typed:
    if not rest:
        raise BadLine("usage", verb=verb)
    return rest


def line_then(rest: Typed, context: Context) -> tuple[int, Typed]:
    """The line number, or the last line when none is given, and what stands after it."""
    if rest and rest[0].isascii() and rest[0].isdigit():
        return read_count(rest[0]), rest[1:]
    return context.view.last_line, rest


def reason_of(typed: Typed, known: Sequence[str]) -> str:
    """A reason by its key or its words in any language; else as it was typed."""
    text = " ".join(typed)
    if not text:
        raise BadLine("reason", reasons=", ".join(known))
    for key in known:
        spoken = {words(language).say(f"reason.{key}").casefold() for language in LANGUAGES}
        if text.casefold() in {key, key.replace("_", " "), *spoken}:
            return key
    return text


def tender_of(name: str, view: View) -> TenderView | None:
    """By id, by name, or the first of a kind ("cash", "card")."""
    wanted = name.casefold()
    for tender in view.tenders:
        if wanted in (tender.tender_id.casefold(), tender.name.casefold()):
            return tender
    return next((tender for tender in view.tenders if tender.kind == wanted), None)


def last_reason(reasons: Sequence[str]) -> str:
    """Reasons end with "other": what is meant when a person gives none."""
    return reasons[-1] if reasons else "other"
