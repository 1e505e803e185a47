"""Messages to customers by mail and by a signed gateway: told once, tried again, never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from central_sync.server.messages import (
    FirstThatReaches,
    Letter,
    MessageTrouble,
    Messenger,
    SmtpMessenger,
)
from central_sync.server.messages.emulators import GatewayEmulator, MailEmulator
from central_sync.server.messages.webhook import WebhookMessenger, message_id
from central_sync.server.orders.opening import messenger_of
from central_sync.server.settings import CentralTrouble, read_settings

TEXT = ".Hej Åsa!\n"
LETTER = Letter("message/o-1/4", "eva@example.se", "+46701234567", "Är på väg", TEXT, "ready")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def mail() -> Iterator[MailEmulator]:
    with MailEmulator(refuses=["gone@example.se"]) as emulator:
        yield emulator


@pytest.fixture
def gateway() -> Iterator[GatewayEmulator]:
    with GatewayEmulator() as emulator:
        yield emulator


def by_mail(mail: MailEmulator) -> SmtpMessenger:
    port = urlsplit(mail.address).port or 0
    return SmtpMessenger("127.0.0.1", port, "order@example.com", "u", "p", starttls=False)


def posted(gateway: GatewayEmulator, secret: str = "") -> WebhookMessenger:
    return WebhookMessenger(gateway.address, secret or gateway.secret, lambda: NOON)


def no_of(messenger: Messenger, letter: Letter) -> MessageTrouble:
    with pytest.raises(MessageTrouble) as no:
        messenger.send(letter)
    return no.value


def test_an_e_mail_comes_as_it_was_written_under_one_id(mail: MailEmulator) -> None:
    by_mail(mail).send(LETTER)
    by_mail(mail).send(LETTER)

    first, again = mail.received
    assert (first.to, first.subject, first.text) == ("eva@example.se", "Är på väg", TEXT)
    assert first.message_id == again.message_id != ""


def test_a_busy_mail_server_is_asked_again_and_an_unknown_address_is_not(
    mail: MailEmulator,
) -> None:
    unknown = no_of(by_mail(mail), replace(LETTER, to_email="gone@example.se"))
    mail.is_busy = True
    busy = no_of(by_mail(mail), LETTER)

    assert (unknown.again, busy.again) == (False, True)
    assert mail.received == []


def test_a_gateway_gets_phone_text_and_the_id_of_the_message(
    gateway: GatewayEmulator, tmp_path: Path
) -> None:
    posted(gateway).send(LETTER)

    [got] = gateway.received
    assert (got.to, got.text) == ("+46701234567", TEXT)
    assert got.message_id == message_id(LETTER)


def test_what_is_signed_with_another_secret_is_not_taken(gateway: GatewayEmulator) -> None:
    trouble = no_of(posted(gateway, "another secret of mine"), LETTER)

    assert trouble.again  # the setting will be mended; the customer is told then
    assert gateway.received == []


@pytest.mark.parametrize(("status", "again"), [(500, True), (429, True), (404, True), (422, False)])
def test_only_a_no_to_the_message_itself_is_final(
    gateway: GatewayEmulator, status: int, again: bool
) -> None:
    gateway.answers = [status]

    assert no_of(posted(gateway), LETTER).again is again


def test_a_gateway_that_is_away_is_tried_again() -> None:
    with GatewayEmulator() as gone:
        messenger = posted(gone)

    assert no_of(messenger, LETTER).again


def test_who_left_no_address_or_a_wrong_one_is_told_the_next_way(
    mail: MailEmulator, gateway: GatewayEmulator
) -> None:
    both = FirstThatReaches((by_mail(mail), posted(gateway)))

    both.send(LETTER)
    both.send(replace(LETTER, to_email=""))
    both.send(replace(LETTER, to_email="gone@example.se"))
    nobody = no_of(both, replace(LETTER, to_email="", to_phone=""))

    assert [len(mail.received), len(gateway.received)] == [1, 2]
    assert not nobody.again


def test_a_busy_first_way_is_waited_for_so_that_nobody_is_told_twice(
    mail: MailEmulator, gateway: GatewayEmulator
) -> None:
    mail.is_busy = True

    assert no_of(FirstThatReaches((by_mail(mail), posted(gateway))), LETTER).again
    assert gateway.received == []


def test_an_emulator_with_a_folder_keeps_each_message_as_a_file(tmp_path: Path) -> None:
    with GatewayEmulator(tmp_path / "kept") as gateway:
        posted(gateway).send(LETTER)

    [path] = (tmp_path / "kept").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["subject"] == "Är på väg"


# Settings.


def messenger(home: Path, toml: str) -> Messenger:
    (home / "central.toml").write_text(f"[central]\n{toml}\n", encoding="utf-8")
    return messenger_of(read_settings(home), lambda: NOON)


def test_central_toml_names_one_way_or_several(tmp_path: Path) -> None:
    smtp, hook = "smtp://mail.example.se?from=a@example.se", "https://sms.example.se/x"
    secret = 'messages_secret = "0123456789abcdef"'

    one = messenger(tmp_path, f'messages = "{smtp}"')
    both = messenger(tmp_path, f'messages = ["{smtp}", "{hook}"]\n{secret}')

    assert isinstance(one, SmtpMessenger)
    assert isinstance(both, FirstThatReaches)
    assert [type(way) for way in both.ways] == [SmtpMessenger, WebhookMessenger]


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ('messages = "https://sms.example.se/x"', "messages_secret"),
        ('messages = "http://sms.example.se/x"', "https"),
        ('messages = "smtp://mail.example.se"', "from="),
        ('messages = "https://[::1"', "https"),
        ("messages = 7", "messages"),
    ],
)
def test_a_way_that_cannot_be_is_said_in_a_sentence(tmp_path: Path, toml: str, why: str) -> None:
    with pytest.raises(CentralTrouble, match=why):
        messenger(tmp_path, toml)
