"""Enrolment: a one-time code becomes a key, an identity and an epoch.

The private key is made here and never leaves. Key and nonce are on the disk before the
code is used, so that a lost reply or a power cut is mended by the same command again:
central answers the same nonce as it did the first time.
"""

from __future__ import annotations

import fcntl
import os
import platform
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from central_sync.engine.central import Central
from central_sync.engine.client import HttpCentral, utc_now
from central_sync.engine.healing import CORE_LOCK_FILE
from central_sync.engine.refusals import wrong_code
from central_sync.engine.settings import (
    FILE,
    SyncSettings,
    checked_address,
    read_settings,
    remember_central,
)
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import CENTRAL_KEY_FILE, KEY_FILE, iso, load_key, only_one
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import EnrolReply, EnrolRequest


def enrol(
    home: Path,
    code: str,
    *,
    central_url: str = "",
    again: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> Identity:
    """Enrol the workstation of `home` with a code from head office; returns who it is.

    `central_url` is needed where workstation.toml names none, and is then written there.
    `again` takes a new epoch for a workstation that central no longer knows or trusts;
    the register must not run meanwhile. Raises SyncTrouble; the same call may be repeated.
    """
    home.mkdir(parents=True, exist_ok=True)
    settings = _settings(home, central_url)
    with only_one(home, "enrol"), _no_register(home), closing(SyncStore(home)) as store:
        known = store.state().identity
        if known is not None and not again:
            raise _already_enrolled(known)
        key = _key(home)
        nonce = store.nonce(secrets.token_urlsafe(24))
        with closing(HttpCentral(settings, now=now)) as central:
            reply = _ask(central, code.strip(), key, nonce, known)
        identity = _identity(reply)
        if known is not None and known.workstation_id != identity.workstation_id:
            raise _another_workstation(known, identity)
        _keep_central_key(home, reply.central_public_key)
        if not read_settings(home).central:
            remember_central(home, settings.central)
        store.enrolled(identity, reply.epoch, iso(now()))
    return identity


def _settings(home: Path, central_url: str) -> SyncSettings:
    settings = read_settings(home)
    if not central_url:
        if settings.central:
            return settings
        raise SyncTrouble(
            Code.SETTINGS,
            "It is not known where central is.",
            "Add its address: spindel sync enrol CODE --central https://...",
        )
    try:
        address = checked_address(central_url)
    except ValueError as problem:
        raise SyncTrouble(
            Code.SETTINGS,
            f"{central_url} is not an address for central: it {problem}.",
            "Try again.",
        ) from problem
    if settings.central and settings.central != address:
        raise SyncTrouble(
            Code.SETTINGS,
            f"{home / FILE} says that central is at {settings.central}.",
            "Change the key `central` there, or leave --central out.",
        )
    return settings.model_copy(update={"central": address})


@contextmanager
def _no_register(home: Path) -> Iterator[None]:
    """Hold the core's lock: a register that is selling must not find another epoch."""
    with (home / CORE_LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SyncTrouble(
                Code.RUNNING,
                "The register of this workstation is running.",
                "Stop it first: spindel stop",
            ) from problem
        yield


def _already_enrolled(identity: Identity) -> SyncTrouble:
    return SyncTrouble(
        Code.ALREADY_ENROLLED,
        f"This workstation is already enrolled: {identity.label} in {identity.store_name}.",
        "If central no longer trusts it, add --again; for another one use a new home folder.",
    )


def _another_workstation(known: Identity, other: Identity) -> SyncTrouble:
    return SyncTrouble(
        Code.WRONG_CODE,
        f"The code was for workstation {other.workstation_id}, this home is that of"
        f" {known.workstation_id} and keeps its receipts.",
        "Ask for a code for this one, or enrol the other with a new home folder.",
    )


def _key(home: Path) -> SigningKey:
    """The key of an enrolment that was cut short, or a new one, on the disk before use."""
    path = home / KEY_FILE
    if path.exists():
        return load_key(home)
    key = SigningKey.generate()
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    key.save(draft)
    draft.replace(path)
    return key


def _ask(
    central: Central, code: str, key: SigningKey, nonce: str, known: Identity | None
) -> EnrolReply:
    if not 4 <= len(code) <= 64:
        raise wrong_code("it is too short or too long")
    request = EnrolRequest(
        code=code,
        public_key=key.public,
        nonce=nonce,
        version=version("spindel"),
        hostname=platform.node()[:200],
        workstation_id=known.workstation_id if known else "",
    )
    return central.enrol(request)


def _identity(reply: EnrolReply) -> Identity:
    return Identity(
        workstation_id=reply.workstation_id,
        label=reply.label,
        store_id=reply.store_id,
        store_name=reply.store_name,
        chain=reply.chain,
        country=reply.country,
        central_public_key=reply.central_public_key,
    )


def _keep_central_key(home: Path, public: str) -> None:
    path = home / CENTRAL_KEY_FILE
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="ascii") as file:
        file.write(public + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
