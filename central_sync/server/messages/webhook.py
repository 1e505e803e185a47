"""Messages to customers by way of somebody's own system: an SMS gateway, a marketing tool.

One signed POST a message (`server.signed_post`), with the id by which a repeat is known. It
carries a name, a number and a text: the one thing that leaves the house with personal data,
so it goes over https alone. The thing to get wrong: taking a gateway that was set up wrongly
(401, 404) for a customer who cannot be told; only a no to the message itself is final.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from central_sync.server.messages import Letter, MessageTrouble
from central_sync.server.signed_post import NoAnswer, post

FINAL = frozenset((400, 410, 413, 422))
"""What a receiver answers that cannot take this very message, now or later."""


@dataclass(frozen=True, slots=True)
class WebhookMessenger:
    """Fulfils Messenger. `now` dates the signature."""

    url: str
    secret: str
    now: Callable[[], datetime]

    def reaches(self, letter: Letter) -> bool:
        return bool(letter.to_phone or letter.to_email)

    def send(self, letter: Letter) -> None:
        body = json.dumps(body_of(letter), ensure_ascii=False).encode()
        headers = {"Idempotency-Key": message_id(letter)}
        try:
            status = post(self.url, self.secret, body, int(self.now().timestamp()), headers)
        except NoAnswer as problem:
            raise MessageTrouble(str(problem)) from problem
        if not 200 <= status < 300:
            raise MessageTrouble(f"it was answered {status}", again=status not in FINAL)


def message_id(letter: Letter) -> str:
    """The same for every try of one message."""
    return hashlib.sha256(letter.once.encode()).hexdigest()[:32]


def body_of(letter: Letter) -> dict[str, str]:
    """What is posted: id, kind (shipped, ready, refused), phone, email, subject, text."""
    return {
        "id": message_id(letter),
        "kind": letter.kind,
        "phone": letter.to_phone,
        "email": letter.to_email,
        "subject": letter.subject,
        "text": letter.text,
    }
