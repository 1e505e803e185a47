"""Sealing what is private: AES-GCM under a key that has a name, and blind tokens to find it by.

A sealed value names its key, so keys can be changed while old values stay readable, and it
is bound to what it is about: moved to another row it does not open. The thing to get wrong:
sealing without `about`, or searching sealed values: search by `token`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES = 32
KEY_ID_BYTES = 4
_VERSION = b"\x01"
_NONCE_BYTES = 12
_HEAD_BYTES = len(_VERSION) + KEY_ID_BYTES
_TOKEN_BYTES = 9


class Unsealable(ValueError):
    """The value is damaged, about something else, or sealed under a key that is not here."""


class UnknownKey(Unsealable):
    """Sealed under a key that is not here (yet, or any more)."""


@dataclass(frozen=True, slots=True)
class SecretKey:
    """32 random bytes and the name that sealed values call them by (8 hexadecimal digits)."""

    key_id: str
    secret: bytes

    @staticmethod
    def generate() -> SecretKey:
        return SecretKey(secrets.token_hex(KEY_ID_BYTES), secrets.token_bytes(SECRET_BYTES))

    def part(self, purpose: str) -> bytes:
        """A key of its own for each purpose, so that one never weakens the other."""
        return hmac.digest(self.secret, f"spindel/{purpose}".encode(), "sha256")

    def __repr__(self) -> str:
        return f"SecretKey({self.key_id!r}, …)"


class KeySet:
    """Keys of one owner, the newest first: it seals, all of them open. Never empty."""

    def __init__(self, keys: Iterable[SecretKey]) -> None:
        self.keys = tuple(keys)
        if not self.keys:
            raise ValueError("a key set needs a key")
        self._ciphers = {
            bytes.fromhex(key.key_id): AESGCM(key.part("seal")) for key in reversed(self.keys)
        }

    @staticmethod
    def generate() -> KeySet:
        return KeySet([SecretKey.generate()])

    @property
    def newest(self) -> SecretKey:
        return self.keys[0]

    def with_new(self) -> KeySet:
        """The same keys with a new one before them."""
        return KeySet([SecretKey.generate(), *self.keys])

    def seal(self, plain: bytes, about: str) -> bytes:
        """`about` names what the value belongs to ("customer/018b…"); it is not in the value."""
        key_id = bytes.fromhex(self.newest.key_id)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, plain, about.encode())
        return _VERSION + key_id + nonce + sealed

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """What was sealed; raises Unsealable, UnknownKey."""
        head, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        if head[: len(_VERSION)] != _VERSION or len(nonce) < _NONCE_BYTES:
            raise Unsealable("not a sealed value")
        cipher = self._ciphers.get(head[len(_VERSION) :])
        if cipher is None:
            raise UnknownKey(f"sealed under the key {head[len(_VERSION) :].hex()}")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], about.encode())
        except InvalidTag as problem:
            raise Unsealable("damaged, or about something else") from problem

    def seal_text(self, plain: bytes, about: str) -> str:
        """Sealed, as base64."""
        return base64.b64encode(self.seal(plain, about)).decode()

    def unseal_text(self, sealed: str, about: str) -> bytes:
        """What `seal_text` sealed; raises Unsealable, UnknownKey."""
        try:
            return self.unseal(base64.b64decode(sealed, validate=True), about)
        except Unsealable:
            raise
        except ValueError as problem:
            raise Unsealable("not base64") from problem

    def tokens(self, word: str) -> list[str]:
        """The blind tokens of a word under each key, the newest first."""
        return [tokenizer(key)(word) for key in self.keys]

    def to_text(self) -> str:
        """One key a line, the newest first; for a file that its owner alone may read."""
        lines = (f"{key.key_id} {base64.b64encode(key.secret).decode()}" for key in self.keys)
        return "\n".join(lines) + "\n"

    @staticmethod
    def from_text(text: str) -> KeySet:
        """What `to_text` wrote; raises ValueError."""
        keys = []
        for line in text.split("\n"):
            if line.strip():
                key_id, _, coded = line.strip().partition(" ")
                keys.append(SecretKey(key_id, base64.b64decode(coded, validate=True)))
        if any(len(k.secret) != SECRET_BYTES or len(k.key_id) != 2 * KEY_ID_BYTES for k in keys):
            raise ValueError("a key is eight hexadecimal digits and 32 bytes in base64")
        return KeySet(keys)


def tokenizer(key: SecretKey) -> Callable[[str], str]:
    """Words to blind tokens: the same word gives the same token, and no token gives its word."""
    secret = key.part("token")

    def token(word: str) -> str:
        digest = hmac.digest(secret, word.encode("utf-8", "backslashreplace"), "sha256")
        return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode()

    return token


def token_numbers(key: SecretKey) -> Callable[[str], int]:
    """The same as 64-bit integers with sign, for a database that searches millions of them."""
    secret = key.part("token number")

    def number(word: str) -> int:
        digest = hmac.digest(secret, word.encode("utf-8", "backslashreplace"), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)

    return number
