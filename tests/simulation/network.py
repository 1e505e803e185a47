"""The pretend network between tills and central, as a till knows it.

`Line` is a till's side and fulfils engine.central; `edge` is the other one. Between them
messages are lost, cut, doubled, late, or answered with an older answer. The thing to get
wrong: letting a machine that has died in the meantime hear its answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

import httpx
from pydantic import BaseModel

from central_sync.engine.central import Meanwhile, ReceivedManifest, ReceivedPage, nothing
from central_sync.engine.refusals import Answer, not_central, refusal, transport_trouble
from central_sync.wire.batch import MEDIA_TYPE, Batch
from central_sync.wire.canonical import canonical
from central_sync.wire.identity import EpochReply, EpochRequest, HashesReply, HashesRequest
from central_sync.wire.keys import TOKEN_SECONDS, SigningKey, make_token
from central_sync.wire.messages import (
    PROTOCOL,
    EnrolReply,
    EnrolRequest,
    FeedPage,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    Nudge,
    SnapshotManifest,
)
from central_sync.wire.people import NoteMessage, NoteReply, StoreKeyReply
from tests.simulation.chance import Chance
from tests.simulation.edge import Answered, Asked

URL = "https://central.example"
M = TypeVar("M", bound=BaseModel)


# By till and how far its clock is off: keys are the same in every run, so tokens may be.
_tokens: dict[tuple[str, float], tuple[float, str]] = {}


class Died(BaseException):
    """The machine that runs this has lost its power, or the process was killed."""


@dataclass(slots=True)
class NetWeather:
    """Chances of one message; `meanwhile` that something else happens while it is under way."""

    lost: float = 0.0
    answer_lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    old_answer: float = 0.0
    torn: float = 0.0
    flipped: float = 0.0
    captive: float = 0.0
    busy: float = 0.0
    meanwhile: float = 0.0


@dataclass(slots=True)
class Line:
    """A till's line to central; fulfils engine.central.Central.

    `deliver` carries a request to central and brings its answer, or None when central is
    off; `hop` is called wherever the world may go on meanwhile, and raises Died. `older` are
    answers that this place had before, in former lives and to its copies too.
    """

    chance: Chance
    weather: NetWeather
    deliver: Callable[[str, Asked], Answered | None]
    hop: Callable[[], None]
    stash: Callable[[Asked], None]
    key: SigningKey
    workstation_id: str
    skew_seconds: Callable[[], float]
    read: Callable[[str], Iterator[bytes]]
    name: str
    is_older: Callable[[], bool] = lambda: False
    older: dict[tuple[str, str, int], Answered] = field(default_factory=dict)

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        raise AssertionError("tills of the simulation are enrolled before it begins")

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        return self._message(HeartbeatReply, self._ask(_asked("heartbeat", request)))

    def journal(self, batch: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        asked = Asked("journal", batch.to_bytes(), scope=MEDIA_TYPE)
        if self.is_older():
            asked = _asked("journal", batch.request())
        meanwhile()
        return self._message(JournalReply, self._ask(asked))

    def hashes(self, request: HashesRequest) -> HashesReply:
        return self._message(HashesReply, self._ask(_asked("hashes", request)))

    def epoch(self, request: EpochRequest) -> EpochReply:
        return self._message(EpochReply, self._ask(_asked("epoch", request)))

    def feed(self, scope: str, after: int, limit: int, fh: bytes = b"") -> ReceivedPage:
        plain = self._ask(Asked("feed", b"", scope, after, limit, fh))
        page = self._message(FeedPage, plain)
        return ReceivedPage(page, hashlib.sha256(canonical(plain.get("rows", []))).digest())

    def put_note(self, note_id: str, note: NoteMessage) -> NoteReply:
        raise AssertionError("no customer is made in the simulation")

    def store_keys(self) -> StoreKeyReply:
        return self._message(StoreKeyReply, self._ask(Asked("store-key", b"")))

    @contextmanager
    def events(self) -> Iterator[Iterator[Nudge]]:
        """A proxy that lets no stream through: it ends at once, and the till polls."""
        yield iter(())

    def manifest(self) -> ReceivedManifest:
        plain = self._ask(Asked("snapshot", b""))
        signed = canonical({key: plain[key] for key in plain if key != "signature"})
        return ReceivedManifest(self._message(SnapshotManifest, plain), signed)

    @contextmanager
    def snapshot(self, name: str, offset: int) -> Iterator[Iterator[bytes]]:
        self.hop()
        if self.chance.is_so(self.weather.lost):
            self._cut()
        yield self._parts(b"".join(self.read(name))[offset:])

    def _parts(self, content: bytes) -> Iterator[bytes]:
        if self.chance.is_so(self.weather.torn):
            self.chance.note("snapshot cut in the middle")
            yield content[: self.chance.rng.randint(0, len(content))]
            self.hop()
            self._cut()
        yield content

    def close(self) -> None:
        return None

    def token(self) -> str:
        """As this till's clock would make it, in the real time that JWTs are checked by."""
        skew, now = self.skew_seconds(), datetime.now(UTC).timestamp()
        made, token = _tokens.get((self.workstation_id, skew), (0.0, ""))
        if now - made > TOKEN_SECONDS / 4:
            token = make_token(
                self.key, workstation_id=self.workstation_id, now_seconds=int(now + skew)
            )
            _tokens[self.workstation_id, skew] = (now, token)
        return token

    def _ask(self, asked: Asked) -> dict[str, Any]:
        answered = self._carried(asked)
        self.chance.trace(self.name, asked.path, asked.scope, asked.after, answered.status)
        if answered.status not in (200, 201, 204):
            raise self._refused(answered)
        try:
            plain = json.loads(answered.body)
        except ValueError as problem:
            raise not_central(URL) from problem
        assert isinstance(plain, dict)
        return plain

    def _carried(self, asked: Asked) -> Answered:
        """To central and back, with whatever befalls a message."""
        weather, chance = self.weather, self.chance
        self.hop()
        if chance.is_so(weather.captive):
            chance.note("captive portal answered")
            return Answered(200, b"<html>log in</html>")
        if chance.is_so(weather.busy):
            chance.note("central too busy")
            body = b'{"code":"busy","title":"","detail":"busy","status":503,"again":true}'
            return Answered(503, body, {"content-type": "application/problem+json"})
        if chance.is_so(weather.lost):
            chance.note("request lost")
            self._cut()
        if chance.is_so(weather.late):
            chance.note("request kept for later")
            self.stash(asked)
        if chance.is_so(weather.doubled):
            chance.note("request doubled")
            self.deliver(self.token(), asked)
        answered = self.deliver(self.token(), self._damaged(asked))
        if answered is None:
            raise transport_trouble(URL, httpx.ConnectError("central is off"))
        self.hop()
        return self._brought(asked, answered)

    def _brought(self, asked: Asked, answered: Answered) -> Answered:
        """What of the answer reaches the till."""
        weather, chance = self.weather, self.chance
        if chance.is_so(weather.answer_lost):
            chance.note("answer lost after commit")
            self._cut()
        if chance.is_so(weather.torn):
            chance.note("answer torn")
            return Answered(answered.status, answered.body[: len(answered.body) // 2])
        if asked.path == "feed" and chance.is_so(weather.flipped):
            return Answered(answered.status, self._flipped_row(answered.body))
        key = (asked.path, asked.scope, asked.after)
        older = self.older.get(key)
        if chance.is_so(weather.old_answer) and older is not None:
            chance.note("an older answer came instead")
            return older
        if answered.status == 200:
            self.older[key] = answered
        return answered

    def _flipped_row(self, body: bytes) -> bytes:
        """Another digit somewhere in the rows, which the page's hash covers."""
        rows = range(max(0, body.find(b'"rows"')), body.rfind(b"]"))
        digits = [at for at in rows if body[at : at + 1].isdigit()]
        if not digits:
            return body
        self.chance.note("a digit of a feed page changed on its way")
        at = self.chance.rng.choice(digits)
        return body[:at] + b"%d" % ((body[at] - 47) % 10) + body[at + 1 :]

    def _damaged(self, asked: Asked) -> Asked:
        if asked.path == "journal" and self.chance.is_so(self.weather.torn):
            self.chance.note("request torn")
            most = self.chance.rng.randint(0, len(asked.body) - 1)
            return replace(asked, body=asked.body[:most])
        if asked.path == "journal" and self.chance.is_so(self.weather.flipped):
            return replace(asked, body=self._flipped(asked.body))
        return asked

    def _flipped(self, content: bytes) -> bytes:
        """Anything may come of a bit; a digit of a receipt's body still reads as a receipt."""
        rng = self.chance.rng
        start = content.find(b"payload")
        digits = [at for at in range(start, len(content)) if content[at : at + 1].isdigit()]
        changed = bytearray(content)
        if start >= 0 and digits and rng.random() < 0.5:
            self.chance.note("a digit of a receipt changed on its way")
            at = rng.choice(digits)
            changed[at] = 48 + (changed[at] - 47) % 10
        else:
            self.chance.note("bits flipped in a request")
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(7)
        return bytes(changed)

    def _message(self, kind: type[M], plain: dict[str, Any]) -> M:
        return kind.model_validate(plain)

    def _refused(self, answered: Answered) -> BaseException:
        skew = round(self.skew_seconds())
        headers = {name.lower(): value for name, value in answered.headers.items()}
        return refusal(
            URL,
            Answer(
                status=answered.status,
                media_type=headers.get("content-type", ""),
                protocol=headers.get("spindel-protocol", str(PROTOCOL)),
                retry_after=headers.get("retry-after", ""),
                content=answered.body,
                clock_skew_seconds=skew,
            ),
        )

    def _cut(self) -> NoReturn:
        raise transport_trouble(URL, httpx.ReadError("the connection was cut"))


def _asked(path: str, message: BaseModel) -> Asked:
    return Asked(path, message.model_dump_json().encode())
