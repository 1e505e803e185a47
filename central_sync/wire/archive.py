"""A sealed archive: one stream that is read by whoever holds one of its secrets.

The content is sealed under a key of its own (AES-GCM in chunks, each bound to its place, the
last one marked), and that key is wrapped once for each secret: a passphrase (argon2id) or a
store's key. The facts at its head are readable by all and can be changed by nobody. The thing
to get wrong: believing a stream before its last chunk; a cut one looks whole until then.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central_sync.wire.sealing import KeySet, Unsealable

_MAGIC = b"SPINDEL-SEALED-1\n"
_LENGTH_BYTES = 4
_LARGEST_HEAD_BYTES = 1_000_000
_CHUNK_BYTES = 1 << 18
_TAG_BYTES = 16
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_ABOUT = "archive"
# Above OWASP's first recommended setting; about 0.2 s on a till.
_PASSES, _MEMORY_KIB = 3, 65_536
# What a stranger's file may ask of this computer.
_MOST_PASSES, _MOST_MEMORY_KIB = 20, 1_048_576


class NotAnArchive(ValueError):
    """The file is no archive, is cut short, or has been changed; one sentence."""


class WrongSecret(ValueError):
    """None of the secrets at hand opens it; one sentence says which would."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What may open an archive: `passphrase` "" and `keys` None where there is none."""

    passphrase: str = ""
    keys: KeySet | None = None

    def __bool__(self) -> bool:
        return bool(self.passphrase or self.keys)

    def __repr__(self) -> str:
        return "Secrets(…)"


class ArchiveWriter(io.RawIOBase):
    """Seals what is written; nothing is complete before `close`."""

    def __init__(self, file: BinaryIO, about: Mapping[str, Any], secrets_: Secrets) -> None:
        """`about` is a JSON object that everybody may read. Raises ValueError without a secret."""
        super().__init__()
        if not secrets_:
            raise ValueError("an archive needs a passphrase or a key")
        key = secrets.token_bytes(_KEY_BYTES)
        head = json.dumps({"about": dict(about), "wraps": _wraps(key, secrets_)}).encode()
        self._file, self._cipher = file, AESGCM(key)
        self._place = _Place(head)
        self._pending = bytearray()
        file.write(_MAGIC + len(head).to_bytes(_LENGTH_BYTES, "big") + head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pending += data
        while len(self._pending) > _CHUNK_BYTES:
            self._seal(bytes(self._pending[:_CHUNK_BYTES]), is_last=False)
            del self._pending[:_CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._pending), is_last=True)
        super().close()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(self._place.next(is_last), plain, self._place.bound_to)
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)


class ArchiveReader(io.RawIOBase):
    """Opens an archive; raises NotAnArchive, WrongSecret, also while it is read."""

    def __init__(self, file: BinaryIO, secrets_: Secrets) -> None:
        super().__init__()
        head = _head(file)
        plain = _parsed(head)
        self.about: dict[str, Any] = plain["about"]
        self._cipher = AESGCM(_unwrapped(plain["wraps"], secrets_))
        self._file, self._place = file, _Place(head)
        self._plain, self._is_over = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._plain and not self._is_over:
            self._next()
        part = self._plain[: len(buffer)]
        buffer[: len(part)] = part
        self._plain = self._plain[len(part) :]
        return len(part)

    def _next(self) -> None:
        length = int.from_bytes(_exactly(self._file, _LENGTH_BYTES), "big")
        if not _TAG_BYTES <= length <= _CHUNK_BYTES + _TAG_BYTES:
            raise NotAnArchive("it has been changed")
        sealed = _exactly(self._file, length)
        try:
            self._plain = self._opened(sealed)
        except InvalidTag as problem:
            raise NotAnArchive("it has been changed, or a part of it is missing") from problem
        if self._is_over and self._file.read(1):
            raise NotAnArchive("something stands behind its end")

    def _opened(self, sealed: bytes) -> bytes:
        """The chunk as one in the middle, or else as the last one."""
        middle, last = self._place.peek(is_last=False), self._place.peek(is_last=True)
        self._place.next(False)
        try:
            return self._cipher.decrypt(middle, sealed, self._place.bound_to)
        except InvalidTag:
            plain = self._cipher.decrypt(last, sealed, self._place.bound_to)
            self._is_over = True
            return plain


def about_of(file: BinaryIO) -> dict[str, Any]:
    """The facts at the head, unproven until the archive is opened; raises NotAnArchive."""
    about: dict[str, Any] = _parsed(_head(file))["about"]
    return about


class _Place:
    """The nonce of each chunk: its number, and whether it is the last."""

    def __init__(self, head: bytes) -> None:
        self.bound_to = hashlib.sha256(head).digest()
        self._number = 0

    def peek(self, *, is_last: bool) -> bytes:
        return self._number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])

    def next(self, is_last: bool) -> bytes:
        nonce = self.peek(is_last=is_last)
        self._number += 1
        return nonce


def _wraps(key: bytes, secrets_: Secrets) -> list[dict[str, Any]]:
    wraps: list[dict[str, Any]] = []
    if secrets_.passphrase:
        salt = secrets.token_bytes(_SALT_BYTES)
        wrap = {"by": "passphrase", "salt": _text(salt), "passes": _PASSES, "kib": _MEMORY_KIB}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(_stretched(secrets_.passphrase, salt, _PASSES, _MEMORY_KIB))
        wrap["key"] = _text(nonce + cipher.encrypt(nonce, key, _ABOUT.encode()))
        wraps.append(wrap)
    if secrets_.keys is not None:
        sealed = secrets_.keys.seal(key, _ABOUT)
        wraps.append({"by": "key", "id": secrets_.keys.newest.key_id, "key": _text(sealed)})
    return wraps


def _unwrapped(wraps: list[Any], secrets_: Secrets) -> bytes:
    for wrap in wraps:
        try:
            key = _unwrap(wrap, secrets_)
        except (KeyError, TypeError, ValueError, InvalidTag):
            continue
        if key is not None:
            return key
    names = {"passphrase": "its passphrase", "key": "the key of its store"}
    known = [names[w["by"]] for w in wraps if isinstance(w, dict) and w.get("by") in names]
    raise WrongSecret(f"it opens with {' or '.join(known) or 'nothing that is known here'}")


def _unwrap(wrap: dict[str, Any], secrets_: Secrets) -> bytes | None:
    if wrap["by"] == "passphrase" and secrets_.passphrase:
        passes, kib = int(wrap["passes"]), int(wrap["kib"])
        if not (0 < passes <= _MOST_PASSES and 8 <= kib <= _MOST_MEMORY_KIB):
            return None
        salt, sealed = base64.b64decode(wrap["salt"]), base64.b64decode(wrap["key"])
        cipher = AESGCM(_stretched(secrets_.passphrase, salt, passes, kib))
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _ABOUT.encode())
    if wrap["by"] == "key" and secrets_.keys is not None:
        try:
            return secrets_.keys.unseal(base64.b64decode(wrap["key"]), _ABOUT)
        except Unsealable:
            return None
    return None


def _stretched(passphrase: str, salt: bytes, passes: int, kib: int) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, passes, kib, 1, _KEY_BYTES, Type.ID)


def _head(file: BinaryIO) -> bytes:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise NotAnArchive("it is no backup of Spindel")
    length = int.from_bytes(_exactly(file, _LENGTH_BYTES), "big")
    if length > _LARGEST_HEAD_BYTES:
        raise NotAnArchive("it is damaged at its beginning")
    return _exactly(file, length)


def _parsed(head: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(head)
        is_good = isinstance(plain["about"], dict) and isinstance(plain["wraps"], list)
    except (ValueError, KeyError, TypeError) as problem:
        raise NotAnArchive("it is damaged at its beginning") from problem
    if not is_good:
        raise NotAnArchive("it is damaged at its beginning")
    found: dict[str, Any] = plain
    return found


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise NotAnArchive("it is cut short")
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
