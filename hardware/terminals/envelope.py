"""The sealed envelope of the local nexo protocol (Adyen Terminal API, crypto version 1).

PBKDF2-HMAC-SHA1(passphrase, "AdyenNexoV1Salt", 4000) gives 80 bytes: HMAC key 32, AES key
32, IV 16. AES-256-CBC with IV xor nonce and PKCS#7; HMAC-SHA256 over the plaintext.

A newcomer would tell a wrong padding from a wrong MAC: that tells a stranger on the
network the plaintext, byte by byte (a padding oracle). Here every fault is the same
`SealBroken`, and the MAC is computed also where the padding was wrong. The vendor's own
library does not compare the header outside with the one inside; `json_skin` does.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

_SALT = b"AdyenNexoV1Salt"
_ROUNDS = 4000
_BLOCK = 16
_VERSION = 1
# Nonces remembered: more than the messages of a long day.
_NONCES_KEPT = 4096


class SealBroken(Exception):
    """The message is not from whom it says, or not whole. Never says more."""

    def __init__(self) -> None:
        super().__init__("the seal of the message is broken")


@dataclass(frozen=True, slots=True)
class SealKey:
    """A shared key, derived once (14 ms); `identifier` and `version` name it on the wire."""

    identifier: str
    version: int
    mac: bytes = field(repr=False)
    cipher: bytes = field(repr=False)
    iv: bytes = field(repr=False)


def derive(identifier: str, version: int, passphrase: str) -> SealKey:
    """Raises ValueError for a passphrase that is empty or not in Latin-1."""
    if not passphrase:
        raise ValueError("the passphrase is empty")
    secret = passphrase.encode("latin-1")
    made = PBKDF2HMAC(hashes.SHA1(), 80, _SALT, _ROUNDS).derive(secret)
    return SealKey(identifier, version, made[:32], made[32:64], made[64:])


class Envelope:
    """Seals with the first of `keys` and opens with any of them: so keys are rotated.

    An envelope seen before is refused.
    """

    def __init__(
        self, keys: tuple[SealKey, ...], random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._keys = keys
        self._random = random
        self._seen: deque[bytes] = deque(maxlen=_NONCES_KEPT)

    def seal(self, header: dict[str, Any], plaintext: bytes) -> dict[str, Any]:
        """The sealed message around `plaintext`; `header` stays readable."""
        key, nonce = self._keys[0], self._random(_BLOCK)
        pad = _BLOCK - len(plaintext) % _BLOCK
        encryptor = _cipher(key, nonce).encryptor()
        blob = encryptor.update(plaintext + bytes([pad]) * pad) + encryptor.finalize()
        return {
            "MessageHeader": header,
            "NexoBlob": _text(blob),
            "SecurityTrailer": {
                "AdyenCryptoVersion": _VERSION,
                "KeyIdentifier": key.identifier,
                "KeyVersion": key.version,
                "Nonce": _text(nonce),
                "Hmac": _text(_mac(key, plaintext)),
            },
        }

    def open(self, sealed: dict[str, Any]) -> bytes:
        """The plaintext. Raises SealBroken, whatever is wrong."""
        trailer = _part(sealed, "SecurityTrailer", dict)
        blob, nonce, seal = (
            _bytes(sealed, "NexoBlob"),
            _bytes(trailer, "Nonce"),
            _bytes(trailer, "Hmac"),
        )
        key = self._key(trailer)
        if len(nonce) != _BLOCK or not blob or len(blob) % _BLOCK or nonce in self._seen:
            raise SealBroken
        plaintext, padded_well = _decrypt(key, nonce, blob)
        if not (hmac.compare_digest(_mac(key, plaintext), seal) and padded_well):
            raise SealBroken
        self._seen.append(nonce)
        return plaintext

    def _key(self, trailer: dict[str, Any]) -> SealKey:
        named = (trailer.get("KeyIdentifier"), trailer.get("KeyVersion"))
        for key in self._keys:
            version = trailer.get("AdyenCryptoVersion")
            if (key.identifier, key.version) == named and version == _VERSION:
                return key
        raise SealBroken


def _decrypt(key: SealKey, nonce: bytes, blob: bytes) -> tuple[bytes, bool]:
    decryptor = _cipher(key, nonce).decryptor()
    padded = decryptor.update(blob) + decryptor.finalize()
    pad = padded[-1]
    good = 0 < pad <= _BLOCK and padded.endswith(bytes([pad]) * pad)
    return (padded[:-pad] if good else padded), good


def _cipher(key: SealKey, nonce: bytes) -> Cipher[modes.CBC]:
    iv = bytes(a ^ b for a, b in zip(key.iv, nonce, strict=True))
    return Cipher(algorithms.AES(key.cipher), modes.CBC(iv))


def _mac(key: SealKey, plaintext: bytes) -> bytes:
    return hmac.digest(key.mac, plaintext, "sha256")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _part(tree: object, name: str, kind: type) -> Any:
    found = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(found, kind):
        raise SealBroken
    return found


def _bytes(tree: object, name: str) -> bytes:
    try:
        return base64.b64decode(_part(tree, name, str), validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken from None
