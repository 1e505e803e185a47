"""Ids, order numbers that people read aloud, and the code that a customer collects with.

The code is worked out from central's own secret, so it is nowhere stored; only its hash
goes to the stores.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import datetime

from central_sync.retail.identity import uuid7

# Without letters and figures that are mistaken for one another.
_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(at: str) -> str:
    """A UUIDv7: later ones sort after earlier ones."""
    return uuid7(int(datetime.fromisoformat(at).timestamp() * 1000), os.urandom(10))


def new_number() -> str:
    """As in K7PW-3Q9XA: short enough to be said on the telephone."""
    letters = "".join(secrets.choice(_READABLE) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def collect_code(secret: bytes, parcel_id: str) -> str:
    """Six figures that belong to this parcel alone."""
    digest = hmac.new(secret, parcel_id.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"
