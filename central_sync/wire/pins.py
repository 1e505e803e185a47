"""PINs are argon2id strings; the PIN itself is written nowhere.

A four-digit PIN has ten thousand values, so the hash only slows a thief down;
the register's back-off after wrong attempts is the other half.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second recommended setting: 19 MiB, two passes; about 20 ms on a till.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_pin(pin: str) -> str:
    return _HASHER.hash(pin)


def pin_matches(pin_hash: str, pin: str) -> bool:
    """False for a wrong PIN and for a hash that cannot be read."""
    try:
        return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
