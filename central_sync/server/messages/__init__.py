"""Messages to customers: the words, and the ways out (SMTP, a webhook, a folder).

The thing to get wrong: a message that says more than it must. It names the order and what
happened, never what was bought.
"""

from __future__ import annotations

import hashlib
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

SMTP_SECONDS = 20

TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "sv": {
        "shipped": (
            "Din order {number} är på väg",
            "Hej {name}!\n\nDin order {number} är packad och lämnad till fraktbolaget."
            "{tracking}{more}\n\nHälsningar\n{company}",
        ),
        "ready": (
            "Din order {number} kan hämtas",
            "Hej {name}!\n\nDin order {number} ligger klar i {store}. Säg koden {code} och ditt"
            " namn när du hämtar den, senast {until}.{unpaid}{more}\n\nHälsningar\n{company}",
        ),
        "later": (
            "Din order {number} kommer senare",
            "Hej {name}!\n\nVaror i din order {number} kommer senare än vi har lovat: senast {by}."
            " Vi skriver igen när de är på väg eller kan hämtas. Vill du inte vänta, hör av dig,"
            " så betalar vi tillbaka dem på samma sätt som du betalade.\n\nHälsningar\n{company}",
        ),
        "refused": (
            "Något i din order {number} kan inte levereras",
            "Hej {name}!\n\nEn del av din order {number} kan tyvärr inte levereras. Vi betalar"
            " tillbaka det på samma sätt som du betalade.\n\nHälsningar\n{company}",
        ),
    },
    "en": {
        "shipped": (
            "Your order {number} is on its way",
            "Hello {name},\n\nyour order {number} is packed and with the carrier.{tracking}"
            "{more}\n\nRegards\n{company}",
        ),
        "ready": (
            "Your order {number} can be collected",
            "Hello {name},\n\nyour order {number} is ready in {store}. Say the code {code} and"
            " your name when you collect it, by {until}.{unpaid}{more}\n\nRegards\n{company}",
        ),
        "later": (
            "Your order {number} comes later",
            "Hello {name},\n\ngoods in your order {number} come later than we promised: by {by}."
            " We write again when they are on their way or can be collected. If you do not want"
            " to wait, tell us, and we pay them back the way you paid.\n\nRegards\n{company}",
        ),
        "refused": (
            "Something in your order {number} cannot be delivered",
            "Hello {name},\n\na part of your order {number} can not be delivered. We pay it back"
            " the way you paid.\n\nRegards\n{company}",
        ),
    },
}


# A sentence that stands only where its value is not empty.
ADDED: Mapping[str, Mapping[str, str]] = {
    "sv": {
        "tracking": " Kollinummer: {tracking}.",
        "unpaid": " Att betala när du hämtar: {unpaid}.",
        "more": " Resten av ordern ({more} st) kommer för sig.",
    },
    "en": {
        "tracking": " Parcel number: {tracking}.",
        "unpaid": " To be paid when you collect: {unpaid}.",
        "more": " The rest of the order ({more} pcs) comes by itself.",
    },
}


class MessageTrouble(Exception):
    """It could not be sent; `again` whether another try may help."""

    def __init__(self, detail: str, *, again: bool = True) -> None:
        super().__init__(detail)
        self.again = again


@dataclass(frozen=True, slots=True)
class Letter:
    """`once` names it, so that a receiver can drop a repeat."""

    once: str
    to_email: str
    to_phone: str
    subject: str
    text: str
    kind: str = ""


class Messenger(Protocol):
    def reaches(self, letter: Letter) -> bool:
        """Is enough known of the customer to be told this way?"""
        ...

    def send(self, letter: Letter) -> None:
        """Raises MessageTrouble."""


@dataclass(frozen=True, slots=True)
class FirstThatReaches:
    """Several ways out, the dearest last: a customer without an e-mail address gets an SMS."""

    ways: tuple[Messenger, ...]

    def reaches(self, letter: Letter) -> bool:
        return any(way.reaches(letter) for way in self.ways)

    def send(self, letter: Letter) -> None:
        """The next way is tried when one says no for good, never when it may only be late."""
        final: MessageTrouble | None = None
        for way in self.ways:
            if not way.reaches(letter):
                continue
            try:
                way.send(letter)
            except MessageTrouble as trouble:
                if trouble.again:
                    raise
                final = trouble
            else:
                return
        raise final or MessageTrouble("the customer left nothing to be told by", again=False)


@dataclass(frozen=True, slots=True)
class FolderMessenger:
    """Writes each letter as a file; the emulator."""

    folder: Path

    def reaches(self, letter: Letter) -> bool:
        return True

    def send(self, letter: Letter) -> None:
        name = hashlib.sha256(letter.once.encode()).hexdigest()[:24]
        path = self.folder / f"{name}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(json.dumps(asdict(letter), ensure_ascii=False), encoding="utf-8")
        except OSError as problem:
            raise MessageTrouble(f"{path} cannot be written: {problem}") from problem


@dataclass(frozen=True, slots=True)
class SmtpMessenger:
    """E-mail; `starttls` is on unless the server is on this computer."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    starttls: bool = True

    def reaches(self, letter: Letter) -> bool:
        return bool(letter.to_email)

    def send(self, letter: Letter) -> None:
        if not letter.to_email:
            raise MessageTrouble("the customer has no e-mail address", again=False)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=SMTP_SECONDS) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(self._email(letter))
        except smtplib.SMTPRecipientsRefused as problem:
            raise MessageTrouble(f"the address is refused: {problem}", again=False) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise MessageTrouble(f"{self.host} does not take e-mail: {problem}") from problem

    def _email(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self.sender, letter.to_email
        message["Subject"] = letter.subject
        digest = hashlib.sha256(letter.once.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{self.sender.rpartition('@')[2] or 'spindel'}>"
        message.set_content(letter.text)
        return message


def worded(kind: str, language: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text; raises KeyError for a kind that is unknown."""
    subject, text = TEXTS.get(language, TEXTS["sv"])[kind]
    added = ADDED.get(language, ADDED["sv"])
    said = {key: added[key].format(**values) if values.get(key) else "" for key in added}
    return subject.format(**values), text.format(**{**values, **said})
