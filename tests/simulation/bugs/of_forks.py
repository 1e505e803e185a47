"""Bugs that only a copied or restored disk brings to light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from central_sync.engine import healing, heartbeat
from central_sync.engine import round as rounds
from central_sync.engine import upload as sending
from central_sync.engine.plan import Mark
from central_sync.server import (
    intake,
)
from central_sync.server.intake import Verdict
from pos_client.storage import epochs as till_epochs
from tests.simulation.bugs.planted import changed, planted
from tests.simulation.replacing import part


@planted
def forks_are_told_and_not_healed() -> Iterator[None]:
    yield from changed((healing, "heal", lambda *_: False), (rounds, "heal", lambda *_: False))


@planted
def what_forked_is_not_said_again() -> Iterator[None]:
    """The register enters the new epoch and leaves behind what it sold in the old one."""
    yield from changed((till_epochs, "_above", lambda *_: []))


@planted
def only_the_newest_epoch_is_named() -> Iterator[None]:
    """The heartbeat speaks of the epoch that is written in, and no other is compared."""
    plain, plain_after = part(heartbeat, "heads_to_name"), part(rounds, "marks_after")

    def heads_to_name(have: Any) -> Any:
        return plain(have)[-1:]

    def marks_after(have: Any, *said: Any) -> Any:
        agreed = plain_after(have, *said)
        newest = max(agreed.marks, default=0)
        older = {epoch: mark for epoch, mark in have.marks.items() if epoch < newest}
        return replace(agreed, marks=agreed.marks | older)

    yield from changed(
        (heartbeat, "heads_to_name", heads_to_name), (rounds, "marks_after", marks_after)
    )


@planted
def a_fork_is_taken_for_a_repeat() -> Iterator[None]:
    """Another entry under a number that central has is answered as known."""

    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        verdict = plain(entries, head, held)
        if verdict.status != "fork":
            return verdict
        last = entries[-1]
        return Verdict("accepted", (last.sequence, last.hash))

    plain = intake.compare
    yield from changed((intake, "compare", compare))


@planted
def own_hashes_are_not_compared() -> Iterator[None]:
    """What central says that it has is believed, whatever this till holds there."""

    def marks_after(have: Any, said: Any, hashes: Any, *rest: Any) -> Any:
        theirs = {(head.epoch, head.sequence): head.hash for head in said}
        return plain(
            have, said, {place: theirs.get(place, hashes[place]) for place in hashes}, *rest
        )

    def proven(workstation: Any, reply: Any, epoch: int) -> Mark:
        return Mark(epoch, reply.head.sequence, reply.head.hash)

    plain = part(rounds, "marks_after")
    yield from changed((rounds, "marks_after", marks_after), (sending, "_proven", proven))
