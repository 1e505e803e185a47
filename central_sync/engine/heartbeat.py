"""The heartbeat: what is here is told, what is there is heard, and what is news is noted.

The thing to get wrong: a write for each. All that has changed goes to the disk at once, and what
is the same as before does not.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib.metadata import version

from central_sync.engine import epochs
from central_sync.engine.having import have_now
from central_sync.engine.plan import Said, heads_to_name
from central_sync.engine.rotating import forget_former, with_former_key
from central_sync.engine.stages import safe_news
from central_sync.engine.workstation import Workstation
from central_sync.wire.messages import REVISION, Head, HeartbeatReply, HeartbeatRequest


def heartbeat(workstation: Workstation) -> HeartbeatReply:
    """Tell central what is here and hear what is there; raises SyncTrouble, JournalUnreadable."""
    have = have_now(workstation)
    state = workstation.store.state()
    heads = [head.epoch for head in have.heads]
    outbox, oldest = epochs.unsent(state, workstation.journal, heads)
    reply = workstation.central.heartbeat(
        HeartbeatRequest(
            heads=[
                Head(epoch=h.epoch, sequence=h.sequence, hash=h.hash) for h in heads_to_name(have)
            ],
            version=_version(),
            clock=workstation.timestamp(),
            outbox=outbox,
            oldest_unsent_at=oldest,
            boot=workstation.boot,
            revision=REVISION,
        )
    )
    skew = _skew_seconds(workstation.now(), reply.clock)
    news = safe_news(workstation, reply, have.limits, state)
    # A second more or less is the journey, and not worth a write.
    if abs(skew - state.clock_skew_seconds) > 1 or reply.version != state.central_version:
        news |= {"clock_skew_seconds": skew, "central_version": reply.version}
    if reply.positions != state.central_positions:
        news["central_positions"] = json.dumps(dict(reply.positions))
    if reply.numbers != state.central_numbers:
        news["central_numbers"] = json.dumps({str(epoch): n for epoch, n in reply.numbers.items()})
    if news:
        workstation.store.note(**news)  # all at once: each write wears a flash disk
    return reply


def trusted_heartbeat(workstation: Workstation) -> HeartbeatReply:
    """The heartbeat; a central that came back from before a change of key is told of that."""
    home, who = workstation.home, workstation.identity.workstation_id
    reply = with_former_key(home, who, lambda: heartbeat(workstation))
    forget_former(home, reply.backup_at, workstation.now())
    return reply


def said_in(reply: HeartbeatReply) -> Said:
    return Said(
        reply.heads,
        reply.positions,
        reply.common,
        reply.numbers,
        can_heal=reply.revision >= 1,
        hashes=reply.hashes,
    )


@cache
def _version() -> str:
    """Looked up once: it is read from the disk."""
    return version("spindel")


def _skew_seconds(now: datetime, theirs: str) -> int:
    try:
        return round((now - datetime.fromisoformat(theirs)).total_seconds())
    except (ValueError, TypeError):
        return 0
