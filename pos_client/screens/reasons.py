"""Why: the reasons that a discount, price, return or opened drawer needs, by digit.

Pure. The words are the same on screen and on paper (`reason.` in texts).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.till import Till


def reason_text(till: Till, key: str) -> str:
    """A reason in words; one of the chain's own, with no text here, stands as it is."""
    known = f"reason.{key}"
    return till.words.say(known) if till.words.has(known) else key


def choose_reason(
    till: Till,
    reasons: tuple[str, ...],
    then: Callable[[str], None],
    *,
    further: Sequence[tuple[str, Callable[[], None]]] = (),
    facts: tuple[str, ...] = (),
) -> None:
    """Ask why, by digit; `then` gets the reason's key. `further` stands behind the reasons."""

    def picked(reason: str) -> tuple[str, Callable[[], None]]:
        return reason_text(till, reason), lambda: then(reason)

    options = numbered([*(picked(reason) for reason in reasons), *further])
    till.choose(Choice(till.say("reason_title"), options, facts))
