"""The shared secret of a terminal, from a file or from the system's keyring.

Written as lines "identifier version passphrase": the first seals, the others are accepted
too while a key is changed at the terminal. A newcomer would put the passphrase into
workstation.toml, which is copied to support; it stays in a file that only the till reads.
"""

from __future__ import annotations

import importlib
import stat
from pathlib import Path

from hardware.errors import Misconfigured
from hardware.terminals.envelope import SealKey, derive

ALLOWED = "passphrase=file:/path or passphrase=keyring:name"


def read_keys(device: str, written: str) -> tuple[SealKey, ...]:
    """Raises Misconfigured, saying what to write where."""
    source, _, name = written.partition(":")
    if source not in ("file", "keyring") or not name:
        raise Misconfigured(device, f"write {ALLOWED}")
    lines = (_from_file if source == "file" else _from_keyring)(device, name).splitlines()
    keys = tuple(_key(device, line) for line in lines if line.strip())
    if not keys:
        raise Misconfigured(device, f"{written} holds no key; write: identifier version passphrase")
    return keys


def _key(device: str, line: str) -> SealKey:
    identifier, _, rest = line.strip().partition(" ")
    version, _, passphrase = rest.strip().partition(" ")
    if not version.isdecimal():
        raise Misconfigured(device, "write each key as: identifier version passphrase")
    try:
        return derive(identifier, int(version), passphrase.strip())
    except ValueError as error:
        raise Misconfigured(device, f"the passphrase of key {identifier} cannot be used") from error


def _from_file(device: str, name: str) -> str:
    path = Path(name)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Misconfigured(device, f"others may read {path}; run: chmod 600 {path}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(device, f"the key file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(device, f"the key file {path} is no text") from error


def _from_keyring(device: str, name: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise Misconfigured(
            device, "this machine has no keyring library; use passphrase=file:/path"
        ) from error
    try:
        found = keyring.get_password("spindel", name)
    except keyring.errors.KeyringError as error:
        raise Misconfigured(device, f"the keyring does not open ({error})") from error
    if not found:
        raise Misconfigured(device, f'the keyring has no "{name}" for "spindel"')
    return str(found)
