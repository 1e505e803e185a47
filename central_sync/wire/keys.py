"""Ed25519 keys of workstations and central, signatures, and the short-lived token.

The private key is made on the workstation and never leaves it. A token proves
possession for one minute; it says which workstation and which epoch speak, and
carries nothing that central does not check again (design section 4, enrolment).
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TOKEN_SECONDS = 60
CLOCK_LEEWAY_SECONDS = 300


class BadToken(ValueError):
    """The token is malformed, too old, or not signed by the key it should be."""


class Signer(Protocol):
    """Whoever has a private key: one in memory, or the one that a file holds now."""

    @property
    def private(self) -> Ed25519PrivateKey: ...
    @property
    def public(self) -> str: ...
    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key in memory; `public` is its 32 raw bytes in base64url."""

    private: Ed25519PrivateKey

    @staticmethod
    def generate() -> SigningKey:
        return SigningKey(Ed25519PrivateKey.generate())

    @staticmethod
    def load(path: Path) -> SigningKey:
        """Read a PEM key; raises OSError, or ValueError when it is no Ed25519 key."""
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} is not an Ed25519 key")
        return SigningKey(key)

    def save(self, path: Path) -> None:
        """Write as PEM, readable by its owner alone (mode 0600), durably."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    @property
    def public(self) -> str:
        raw = self.private.public_key().public_bytes_raw()
        return base64.urlsafe_b64encode(raw).decode()

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def verify(public: str, signature: bytes, message: bytes) -> bool:
    """True when `signature` over `message` was made by the key behind `public`."""
    try:
        _public_key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def make_token(key: Signer, *, workstation_id: str, now_seconds: int) -> str:
    claims = {"sub": workstation_id, "iat": now_seconds, "exp": now_seconds + TOKEN_SECONDS}
    return jwt.encode(claims, key.private, algorithm="EdDSA")


def workstation_of(token: str) -> str:
    """Who the token says it is from, unproven; raises BadToken."""
    try:
        _, claims, _ = token.split(".")
        # urlsafe_b64decode reads past what is not base64; nothing here is believed yet.
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
    except (KeyError, TypeError, ValueError) as problem:
        raise BadToken("the token cannot be read") from problem


def check_token(token: str, public: str) -> str:
    """The workstation id of a token signed by `public`; raises BadToken with the cause.

    A till sends the same token again and again: its signature is proven once.
    """
    proven = _proven.get((token, public))
    if proven is not None and proven.begins <= time.time() < proven.ends:
        return proven.who
    claims = _claims(token, public)
    who, begins, ends = str(claims["sub"]), claims["iat"], claims["exp"]
    if isinstance(begins, int) and isinstance(ends, int):
        if len(_proven) >= _MOST_PROVEN:
            _proven.clear()
        _proven[token, public] = _Proven(
            who, begins - CLOCK_LEEWAY_SECONDS, ends + CLOCK_LEEWAY_SECONDS
        )
    return who


def _claims(token: str, public: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _public_key(public),
            algorithms=["EdDSA"],
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": ["sub", "iat", "exp"]},
        )
    except jwt.ExpiredSignatureError as problem:
        raise BadToken("the token is too old; check this computer's clock") from problem
    except jwt.ImmatureSignatureError as problem:
        raise BadToken("the token is from the future; check this computer's clock") from problem
    except (jwt.PyJWTError, ValueError) as problem:
        raise BadToken("the token is not signed by this workstation's key") from problem
    return claims


class _Proven(NamedTuple):
    """Between these times (Unix seconds) the token speaks for `who`, if the key still may."""

    who: str
    begins: int
    ends: int


# Each of 10,000 tills has one at a time; beyond this all are proven anew.
_MOST_PROVEN = 20_000
_proven: dict[tuple[str, str], _Proven] = {}


@lru_cache(maxsize=20_000)
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public))
