"""Sealed archives: who opens them, and that no change, cut or path trick goes unseen."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from central_sync.wire.archive import ArchiveWriter, NotAnArchive, Secrets, WrongSecret
from central_sync.wire.bundle import digest_of, digests, pack, read_about, unpack
from central_sync.wire.sealing import KeySet

STORE = Secrets(keys=KeySet.generate())
CONTENT = bytes(range(256)) * 3000


def no_progress(what: str, done: int, total: int) -> None:
    """Nobody looks."""


def a_bundle(folder: Path, secrets: Secrets = STORE) -> Path:
    path = folder / "a.backup"
    (folder / "big").write_bytes(CONTENT)
    files: dict[str, Path | bytes] = {"receipts.db": folder / "big", "keys/data.key": b"secret"}
    pack(path, {"kind": "till"}, files, secrets, no_progress)
    return path


def test_what_is_packed_comes_out_again(tmp_path: Path) -> None:
    path = a_bundle(tmp_path)
    found = unpack(path, STORE, tmp_path / "out", no_progress)
    assert found["receipts.db"].read_bytes() == CONTENT
    assert found["keys/data.key"].read_bytes() == b"secret"
    assert digests(path, STORE, no_progress)["receipts.db"] == digest_of(CONTENT)


def test_a_bundle_is_private_and_tells_only_what_it_is_about(tmp_path: Path) -> None:
    path = a_bundle(tmp_path)
    assert read_about(path) == {"kind": "till"}
    assert path.stat().st_mode & 0o077 == 0
    assert b"secret" not in path.read_bytes()


def test_each_of_its_secrets_opens_it_and_no_other(tmp_path: Path) -> None:
    both = Secrets("correct horse battery", STORE.keys)
    path = a_bundle(tmp_path, both)
    assert digests(path, Secrets("correct horse battery"), no_progress)
    assert digests(path, STORE, no_progress)
    for wrong in (Secrets("incorrect horse"), Secrets(keys=KeySet.generate()), Secrets()):
        with pytest.raises(WrongSecret, match="its passphrase or the key of its store"):
            digests(path, wrong, no_progress)


def test_an_archive_without_a_secret_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        a_bundle(tmp_path, Secrets())
    assert not list(tmp_path.glob("*.backup*"))


def test_a_changed_byte_anywhere_is_found(tmp_path: Path) -> None:
    path = a_bundle(tmp_path)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((NotAnArchive, WrongSecret)):
            digests(path, STORE, no_progress)


@pytest.mark.parametrize("left", [0, 5, 30, 400, -1, -20])
def test_a_cut_bundle_is_never_taken_for_a_whole_one(tmp_path: Path, left: int) -> None:
    path = a_bundle(tmp_path)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(NotAnArchive):
        digests(path, STORE, no_progress)


def _link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"


def _up(member: tarfile.TarInfo) -> None:
    member.name = "../up"


def _root(member: tarfile.TarInfo) -> None:
    member.name = "/root"


@pytest.mark.parametrize("trick", [_link, _up, _root])
def test_a_bundle_never_writes_outside_its_folder(
    tmp_path: Path, trick: Callable[[tarfile.TarInfo], None]
) -> None:
    plain = io.BytesIO()
    with tarfile.open(mode="w", fileobj=plain) as tar:
        member = tarfile.TarInfo("plain")
        trick(member)
        tar.addfile(member)
    path = tmp_path / "a.backup"
    with path.open("wb") as file, ArchiveWriter(file, {}, STORE) as archive:
        archive.write(zstandard.compress(plain.getvalue()))
    with pytest.raises(NotAnArchive):
        unpack(path, STORE, tmp_path / "out", no_progress)
    assert not list(tmp_path.glob("up*"))
