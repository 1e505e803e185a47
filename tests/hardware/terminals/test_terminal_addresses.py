from __future__ import annotations

from pathlib import Path

import pytest

from hardware.drivers import open_terminal
from hardware.errors import Misconfigured
from hardware.ports import CardOutcome
from tests.contracts.terminal_contract import a_payment
from tests.hardware.terminals.lanes import POI, certificates, sealed_lane


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The root certificate and the key file, as store IT lays them down."""
    root, key = tmp_path / "root.pem", tmp_path / "shared.key"
    root.write_bytes(certificates().root)
    key.touch(mode=0o600)
    key.write_text("lane 2 a passphrase for tests\nlane 1 the passphrase before\n")
    return root, key


def test_a_payment_goes_through_a_written_address(files: tuple[Path, Path], tmp_path: Path) -> None:
    root, key = files
    (tmp_path / "lane").mkdir()
    with sealed_lane(tmp_path / "lane") as lane:
        driver = open_terminal(
            f"nexo+https://127.0.0.1:{lane.server.port}?poi={POI}&sale=till1"
            f"&passphrase=file:{key}&ca={root}&timeout=60&settle=1&currency=SEK"
        )
        answer = driver.pay(a_payment())
        driver.close()

    assert answer.outcome is CardOutcome.APPROVED


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("nexo+http://h?sale=t", "poi"),
        ("nexo+http://h?poi=p", "sale"),
        ("nexo+http://?poi=p&sale=t", "host"),
        ("nexo+http://h?poi=p&sale=t&color=red", "color"),
        ("nexo+http://h?poi=p&sale=t&currency=kr", "SEK"),
        ("nexo+http://h?poi=p&sale=t&timeout=soon", "whole number"),
        ("nexo+https://h?poi=p&sale=t&ca={root}", "passphrase=file"),
        ("nexo+https://h?poi=p&sale=t&ca={root}&passphrase=secret", "passphrase=file"),
        ("nexo+https://h?poi=p&sale=t&ca={root}&passphrase=file:/no/such", "key file"),
        ("nexo+https://h?poi=p&sale=t&passphrase=file:{key}", "root certificate"),
        ("nexo+https://h?poi=p&sale=t&passphrase=file:{key}&ca=/no/such", "CA file"),
        ("nexo+https://h?poi=p&sale=t&passphrase=file:{key}&ca={key}", "no certificate"),
    ],
)
def test_a_wrong_terminal_address_names_what_is_missing(
    files: tuple[Path, Path], address: str, names: str
) -> None:
    root, key = files
    with pytest.raises(Misconfigured, match=names):
        open_terminal(address.format(root=root, key=key))


@pytest.mark.parametrize(
    ("written", "mode", "names"),
    [
        ("lane 2 secret", 0o640, "chmod 600"),
        ("", 0o600, "holds no key"),
        ("lane secret", 0o600, "identifier version passphrase"),
        ("lane 2", 0o600, "cannot be used"),
        ("lane 2 löß€", 0o600, "cannot be used"),
    ],
)
def test_a_key_file_that_cannot_be_used_says_why(
    files: tuple[Path, Path], written: str, mode: int, names: str
) -> None:
    root, key = files
    key.write_text(written, encoding="utf-8")
    key.chmod(mode)

    with pytest.raises(Misconfigured, match=names) as caught:
        open_terminal(f"nexo+https://h?poi=p&sale=t&ca={root}&passphrase=file:{key}")
    assert "secret" not in str(caught.value)


def test_a_keyring_without_its_library_says_so(files: tuple[Path, Path]) -> None:
    root, _ = files

    with pytest.raises(Misconfigured, match=r"keyring"):
        open_terminal(f"nexo+https://h?poi=p&sale=t&ca={root}&passphrase=keyring:till1")
