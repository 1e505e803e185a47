"""Keys in files: what a process holds that outlives a change of its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_sync.wire.key_files import KeyOnDisk
from central_sync.wire.keys import SigningKey, verify


def changed(path: Path) -> SigningKey:
    """As a change of the key does it: beside, then in its place."""
    key = SigningKey.generate()
    key.save(path.with_suffix(".next"))
    path.with_suffix(".next").replace(path)
    return key


def test_a_changed_key_signs_from_the_next_use_on(tmp_path: Path) -> None:
    path = tmp_path / "workstation.key"
    first = changed(path)
    key = KeyOnDisk(path)
    assert verify(first.public, key.sign(b"entry"), b"entry")

    second = changed(path)

    assert verify(second.public, key.sign(b"entry"), b"entry")
    assert key.public == second.public


def test_while_the_file_cannot_be_read_the_key_before_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "workstation.key"
    first = changed(path)
    key = KeyOnDisk(path)
    path.write_text("half a k")
    assert key.public == first.public
    path.unlink()
    assert key.public == first.public
    assert changed(path).public == key.public


def test_a_process_does_not_start_without_a_key(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="workstation"):
        KeyOnDisk(tmp_path / "workstation.key")
