from __future__ import annotations

from pathlib import Path

import pytest

from central_sync.engine.settings import read_settings, remember_central
from central_sync.engine.trouble import Code, SyncTrouble


def write(home: Path, text: str) -> None:
    (home / "workstation.toml").write_text(text, encoding="utf-8")


def test_a_home_without_a_file_has_no_central(tmp_path: Path) -> None:
    assert read_settings(tmp_path).central == ""


@pytest.mark.parametrize(
    "url",
    ["https://central.example.com/", "http://127.0.0.1:8470", "http://[::1]:1", "http://localhost"],
)
def test_plain_http_is_for_this_computer_alone(tmp_path: Path, url: str) -> None:
    write(tmp_path, f'[workstation]\ncentral = "{url}"\nlanguage = "sv"\n')
    assert read_settings(tmp_path).central == url.rstrip("/")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('central = "http://central.example.com"', "https://"),
        ('central = "central.example.com"', "workstation.central"),
        ('central = "https://user:secret@c.example"', "workstation.central"),
        ('central = "https://central.example.com:84700"', "workstation.central"),
        ('central = "https://central..example.com"', "workstation.central"),
        ("central = 7", "workstation.central"),
        ('certificate = "/no/such/file.pem"', "workstation.certificate"),
        ("central = ", "workstation.toml"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(tmp_path: Path, line: str, told: str) -> None:
    write(tmp_path, f"[workstation]\n{line}\n")
    with pytest.raises(SyncTrouble) as raised:
        read_settings(tmp_path)
    assert raised.value.code is Code.SETTINGS
    assert told in raised.value.sentence
    assert "workstation.toml" in raised.value.sentence


@pytest.mark.parametrize(
    "before",
    [
        "",
        "[ workstation ]  # the till at the door\nlanguage = 'en'\n",
        '[devices]\nprinter = "x"\n',
        '# Till 1\n[workstation]\ncentral = ""\nlanguage = "en"\n',
    ],
)
def test_centrals_address_is_added_and_all_else_is_kept(tmp_path: Path, before: str) -> None:
    if before:
        write(tmp_path, before)
    remember_central(tmp_path, "https://central.example.com")
    after = (tmp_path / "workstation.toml").read_text(encoding="utf-8")
    assert read_settings(tmp_path).central == "https://central.example.com"
    assert all(line in after for line in before.splitlines() if "central" not in line)


def test_a_file_that_would_no_longer_say_the_same_is_left_as_it_is(tmp_path: Path) -> None:
    before = 'workstation = { language = "sv" }\n'
    write(tmp_path, before)
    with pytest.raises(SyncTrouble, match="by hand"):
        remember_central(tmp_path, "https://central.example.com")
    assert (tmp_path / "workstation.toml").read_text() == before
