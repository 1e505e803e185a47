"""Heals a fork: finds how far central agrees, gets an epoch, has the register go on in it.

A restored till, a copied one and a central that forgot look alike from here, and what to do
is the same. Each step may be repeated after a cut: what was found is remembered, the nonce
stands in sync.db before it is sent, and the register enters an epoch in one durable act.
Sales never wait for any of it.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, cast

from central_sync.engine.epochs import Order, needs_grant, order_of
from central_sync.engine.journal import ENTRY_POINTS, HeadLike
from central_sync.engine.plan import Disagreement, Fork, Have, Said, narrowed, outnumbered, probes
from central_sync.engine.state import Grant
from central_sync.wire.identity import MOST_HASHES, EpochRequest, HashesRequest, Why
from central_sync.wire.messages import Boot

if TYPE_CHECKING:
    from central_sync.engine.workstation import Workstation

# The register's own lock (pos_client takes it): its name is part of the home folder.
CORE_LOCK_FILE = "core.lock"
_TRIES = 3

CarryOn = Callable[[Path, Order, str, Boot], bool]

log = logging.getLogger("spindel.sync")


def heal(
    workstation: Workstation, have: Have, said: Said, disagreements: Sequence[Disagreement]
) -> bool:
    """Do what can be done about forks now; True when the journal was changed by it.

    Raises SyncTrouble when central does not answer or grants nothing, JournalUnreadable.
    """
    found = [_fork(workstation, have, said, each) for each in disagreements]
    if not found and workstation.store.state().awaits_new_epoch:
        found = [_here(have, "restored")]
    if not found and outnumbered(have, said):
        found = [_here(have, "numbers")]
    if found:
        workstation.store.add_forks(found, workstation.timestamp())
        for fork in found:
            log.warning("fork why=%s epoch=%d common=%d", fork.why, fork.epoch, fork.sequence)
    _burn_used_grants(workstation, said)
    _get_epoch(workstation)
    return _carry_on(workstation)


def _here(have: Have, why: str) -> Fork:
    """Nothing of the epoch that is written in is told otherwise, and yet it has to end."""
    own = next((head for head in have.heads if head.epoch == have.writing), None)
    return Fork(why, own.epoch, own.sequence, own.hash) if own else Fork(why, have.writing)


def _fork(workstation: Workstation, have: Have, said: Said, told: Disagreement) -> Fork:
    """A disagreement with the newest entry that both sides hold the same."""
    own = next((head for head in have.heads if head.epoch == told.epoch), None)
    if own is None:
        return Fork("ahead", told.epoch)
    common = next((head for head in said.common if _same(head, own)), None)
    if common is not None:
        return Fork("ahead", own.epoch, own.sequence, own.hash)
    sequence = _common(workstation, told.epoch, min(own.sequence, told.sequence))
    entry = workstation.journal.entry(told.epoch, sequence) if sequence else None
    return Fork("fork", told.epoch, sequence, entry.hash) if entry else Fork("fork", told.epoch)


def _same(head: HeadLike, other: HeadLike) -> bool:
    return (head.epoch, head.sequence, head.hash) == (other.epoch, other.sequence, other.hash)


def _common(workstation: Workstation, epoch: int, high: int) -> int:
    """The newest sequence of an epoch with the same hash here and at central; 0 for none."""
    low = 0
    while low < high:
        asked = probes(low, high, MOST_HASHES)
        reply = workstation.central.hashes(HashesRequest(epoch=epoch, sequences=asked))
        theirs = {head.sequence: head.hash for head in reply.hashes}
        equal = [at for at in asked if _own_hash(workstation, epoch, at) == theirs.get(at, b"")]
        low, high = narrowed(low, high, asked, equal)
    return low


def _own_hash(workstation: Workstation, epoch: int, sequence: int) -> bytes | None:
    entry = workstation.journal.entry(epoch, sequence)
    return entry.hash if entry else None


def _burn_used_grants(workstation: Workstation, said: Said) -> None:
    """An epoch that waits to be entered and has entries at central is another life's."""
    grants = workstation.store.state().grants
    here = {head.epoch for head in workstation.journal.heads()}
    used = {head.epoch for head in said.heads if head.sequence > 0}
    lost = [Fork("ahead", epoch) for epoch in grants if epoch in used and epoch not in here]
    if lost:
        workstation.store.add_forks(lost, workstation.timestamp())


def _get_epoch(workstation: Workstation) -> None:
    """Ask for a new epoch where one is needed; asking again for the same gets the same."""
    journal, store = workstation.journal, workstation.store
    for _ in range(_TRIES):
        state = store.state()
        fork = needs_grant(state, {head.epoch for head in journal.heads()}, journal.carried())
        if fork is None:
            return
        request = EpochRequest(
            nonce=store.epoch_nonce(workstation.make_nonce()),
            why=cast("Why", fork.why),
            epoch=fork.epoch,
            common_sequence=fork.sequence,
            newest_epoch=state.newest_epoch,
            highest_number=journal.highest_number(fork.epoch),
            boot=workstation.boot,
        )
        reply = workstation.central.epoch(request)
        if reply.is_used:
            # The nonce came back with an old copy of this disk.
            store.forget_epoch_nonce()
            continue
        grant = Grant(reply.epoch, reply.first_number, reply.next_z_number)
        store.granted(grant, workstation.timestamp())
        log.warning("epoch granted epoch=%d", reply.epoch)


def _carry_on(workstation: Workstation) -> bool:
    """Carry out here what the register would, if it does not run."""
    journal = workstation.journal
    here = {head.epoch for head in journal.heads()}
    order = order_of(workstation.store.state(), here, journal.carried())
    if order is None:
        return False
    done = workstation.carry_on(workstation.home, order, workstation.timestamp(), workstation.boot)
    if done:
        workstation.look_for_journal()
        log.warning("carried on epoch=%d", order.epoch)
    return done


def carry_on_without_register(home: Path, order: Order, at: str, boot: Boot) -> bool:
    """Enter an epoch while no register runs; False when one does, or has a sale to finish.

    Raises JournalUnreadable.
    """
    with _core_lock(home) as is_free:
        if not is_free:
            return False
        for found in entry_points(group=ENTRY_POINTS, name="carry_on"):
            carry_on = cast("CarryOn", found.load())
            return carry_on(home, order, at, boot)
    return False


@contextmanager
def _core_lock(home: Path) -> Iterator[bool]:
    """Hold the register's lock; False when it has it itself."""
    with (home / CORE_LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
