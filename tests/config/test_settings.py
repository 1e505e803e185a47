"""workstation.toml: a mistake names the file, the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos_client.config import BadConfig, Settings, read_settings


def a_file(home: Path, text: str) -> Path:
    path = home / "workstation.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_home_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_what_stands_in_the_file_is_what_the_till_uses(tmp_path: Path) -> None:
    a_file(tmp_path, '[workstation]\nlanguage = "en"\n[devices]\nprinter = "memory://"\n')

    settings = read_settings(tmp_path)

    assert settings.workstation.language == "en"
    assert settings.devices.printer == "memory://"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[devices]\ncolour = 3\n", "devices.colour is not a setting; allowed are printer, "),
        ("[screen]\n", "screen is not a setting; allowed are workstation, devices"),
        ('[workstation]\nlanguage = "fi"\n', "workstation.language: "),
        ("[devices]\nprinter = 9100\n", "devices.printer: "),
        ("printer = \n", "is not valid TOML"),
    ],
)
def test_a_mistake_names_file_and_key_and_what_is_allowed(
    tmp_path: Path, text: str, told: str
) -> None:
    path = a_file(tmp_path, text)

    with pytest.raises(BadConfig) as refused:
        read_settings(tmp_path)

    assert str(path) in str(refused.value)
    assert told in str(refused.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    a_file(tmp_path, '[workstation]\nlanguage = "fi"\n[devices]\ncolour = 3\n')

    with pytest.raises(BadConfig, match=r"language.*colour"):
        read_settings(tmp_path)


def test_a_language_that_is_not_spoken_is_answered_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "workstation.toml").write_text('[workstation]\nlanguage = "de"\n')

    with pytest.raises(BadConfig, match=r"workstation\.language: .*'sv' or 'en'"):
        read_settings(tmp_path)


def test_a_file_that_is_no_text_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "workstation.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(BadConfig, match="cannot be read"):
        read_settings(tmp_path)
