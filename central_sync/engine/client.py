"""Central over HTTP: a thin shell that turns messages into requests and failures into troubles.

One httpx client is kept for a process, since a new one costs 21 ms. The thing to get
wrong: believing that whoever answers is central. A hotel's log-in page answers 200 too,
so a reply counts only with central's protocol header and the right media type.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import zstandard
from pydantic import BaseModel, ValidationError

from central_sync.engine import replies
from central_sync.engine.central import (
    Meanwhile,
    ReceivedManifest,
    ReceivedPage,
    Told,
    nothing,
)
from central_sync.engine.events import Event, TooLong, read_events
from central_sync.engine.lean import httpx
from central_sync.engine.refusals import Answer, no_way, not_central, refusal, transport_trouble
from central_sync.engine.settings import SyncSettings, is_loopback
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.batch import MEDIA_TYPE, SINCE_REVISION, Batch
from central_sync.wire.canonical import canonical
from central_sync.wire.changes import read_page, rows_sha256
from central_sync.wire.identity import (
    EpochReply,
    EpochRequest,
    HashesReply,
    HashesRequest,
    KeyReply,
    KeyRequest,
)
from central_sync.wire.keys import Signer, make_token
from central_sync.wire.messages import (
    PROTOCOL_HEADER,
    SPOKEN,
    EnrolReply,
    EnrolRequest,
    FeedPage,
    Follows,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    KeptEntries,
    Nudge,
    SnapshotManifest,
)
from central_sync.wire.orders import IDEMPOTENCY_HEADER
from central_sync.wire.people import NoteMessage, NoteReply, StoreKeyReply

SMALLEST_PACKED_BYTES = 1024
# The next receipt mostly comes within a minute, and over TLS a new line costs more than it.
KEPT_SECONDS = 60.0
# Central says that it is alive every fifteen seconds.
_LISTENING = httpx.Timeout(40.0, connect=5.0)
_TIMEOUT = httpx.Timeout(30.0, connect=5.0, pool=5.0)

M = TypeVar("M", bound=BaseModel)
Now = Callable[[], datetime]


@lru_cache(64)
def _address(central: str, path: str) -> httpx.URL:
    """Read once: to put it together and check it takes longer than the network of a store."""
    return httpx.URL(f"{central.rstrip('/')}{path}")


def utc_now() -> datetime:
    return datetime.now(UTC)


class HttpCentral:
    """Fulfils central.Central. Not for several threads at once."""

    def __init__(
        self,
        settings: SyncSettings,
        *,
        key: Signer | None = None,
        workstation_id: str = "",
        now: Now = utc_now,
        timeout: httpx.Timeout = _TIMEOUT,
    ) -> None:
        self._url, self._key, self._workstation_id = settings.central, key, workstation_id
        self._now = now
        self._revision = 0
        # How far this computer's clock is ahead of central's, once central has refused it for that.
        self._ahead_seconds = 0
        self._listening: Any = None
        address = urlsplit(settings.central)
        host = address.hostname or ""
        try:
            self._http = httpx.Client(
                base_url=settings.central,
                # To read the world's certificates takes 20 ms; plain http (loopback) needs none.
                verify=_trust(settings.certificate) if address.scheme == "https" else False,
                timeout=timeout,
                limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS),
                headers={PROTOCOL_HEADER: SPOKEN},
                # A proxy of the environment leads to the world, never to this computer.
                trust_env=not is_loopback(host),
            )
        except (httpx.InvalidURL, ValueError, ImportError) as problem:
            raise no_way(settings.central) from problem

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        return self._message(EnrolReply, self._ask("POST", "/v1/enrol", request, token=False))

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        return self._message(HeartbeatReply, self._ask("POST", "/v1/heartbeat", request))

    def journal(self, batch: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        """In the form that central was last heard to speak, the older one until it was heard."""
        if self._revision >= SINCE_REVISION:
            try:
                return self._message(JournalReply, self._journal_bytes(batch, meanwhile))
            except SyncTrouble:
                # Unless an older central answers at this address since just now.
                if self._revision >= SINCE_REVISION:
                    raise
        return self._message(JournalReply, self._ask("POST", "/v1/journal", batch.request()))

    def _journal_bytes(self, batch: Batch, meanwhile: Meanwhile) -> dict[str, Any]:
        headers, body = _packed(batch.to_bytes())
        headers |= {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body))} | self._token()

        def parts() -> Iterator[bytes]:
            yield body
            # Its last byte is with the network now, and central at work.
            meanwhile()

        return replies.plain(self._url, self._answer("POST", "/v1/journal", parts(), headers))

    def kept_entries(self, epoch: int, after: int) -> KeptEntries:
        """This workstation's own entries, for one that has lost them."""
        params: dict[str, str | int] = {"epoch": epoch, "after": after}
        return self._message(KeptEntries, self._ask("GET", "/v1/journal", params=params))

    def hashes(self, request: HashesRequest) -> HashesReply:
        return self._message(HashesReply, self._ask("POST", "/v1/hashes", request))

    def change_key(self, request: KeyRequest) -> KeyReply:
        """Signed by the key that this line has."""
        return self._message(KeyReply, self._ask("POST", "/v1/key", request))

    def epoch(self, request: EpochRequest) -> EpochReply:
        return self._message(EpochReply, self._ask("POST", "/v1/epoch", request))

    def feed(self, scope: str, after: int, limit: int, fh: bytes = b"") -> ReceivedPage:
        params: dict[str, str | int] = {"scope": scope, "after": after, "limit": limit}
        if fh:
            params["fh"] = fh.hex()
        content = self._content("GET", "/v1/feed", params=params)
        plain = replies.plain(self._url, content) if content else {}
        return self._page(content, plain)

    def _page(self, content: bytes, plain: dict[str, Any]) -> ReceivedPage:
        with self._reading(FeedPage):
            page = read_page(plain)
        return ReceivedPage(page, rows_sha256(content, plain, page.sha256))

    def put_note(self, note_id: str, note: NoteMessage) -> NoteReply:
        path = f"/v1/notes/{quote(note_id, safe='')}"
        return self._message(NoteReply, self._ask("PUT", path, note))

    def store_keys(self) -> StoreKeyReply:
        return self._message(StoreKeyReply, self._ask("GET", "/v1/store-key"))

    def manifest(self) -> ReceivedManifest:
        plain = self._ask("GET", "/v1/snapshot")
        manifest = self._message(SnapshotManifest, plain)
        signed = canonical({key: plain[key] for key in plain if key != "signature"})
        return ReceivedManifest(manifest, signed)

    @contextmanager
    def events(self) -> Iterator[Iterator[Nudge | Told]]:
        headers = {"Accept": "text/event-stream"} | self._token()
        asking = self._http.stream(
            "GET", "/v1/events", params={"pages": "true"}, headers=headers, timeout=_LISTENING
        )
        with self._telling(), asking as response:
            if response.status_code != 200:
                raise self._refused(response, replies.limited(response))
            replies.check_sender(self._url, response)
            self._listening = response.extensions.get("network_stream")
            yield self._heard(read_events(response.iter_bytes()))

    def _heard(self, events: Iterator[Event]) -> Iterator[Nudge | Told]:
        try:
            for event in events:
                plain = [replies.plain(self._url, line) for line in event.data]
                if event.name == b"feed" and len(plain) == 2:
                    follows = self._message(Follows, plain[0])
                    page = self._page(event.data[1], plain[1])
                    yield Told(follows.after, follows.fh, follows.spread_seconds, page)
                elif event.name == b"nudge":
                    yield self._message(Nudge, plain[0])
        except TooLong as problem:
            raise not_central(self._url) from problem

    @contextmanager
    def snapshot(self, name: str, offset: int) -> Iterator[Iterator[bytes]]:
        # The file is compressed already; a coding on top would make offsets meaningless.
        headers = {"Accept-Encoding": "identity"} | self._token()
        if offset:
            headers["Range"] = f"bytes={offset}-"
        path = f"/v1/snapshot/{quote(name, safe='')}"
        with self._telling(), self._http.stream("GET", path, headers=headers) as response:
            if response.status_code not in (200, 206):
                raise self._refused(response, replies.limited(response))
            replies.check_sender(self._url, response)
            if offset and response.status_code != 206:
                yield replies.skip(response.iter_raw(), offset)
            else:
                yield response.iter_raw()

    def close(self) -> None:
        """Ends a wait for events too, which a thread of its own may be in."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        message: BaseModel | None = None,
        *,
        params: Mapping[str, str | int] | None = None,
        token: bool = True,
        idempotency: str = "",
    ) -> dict[str, Any]:
        content = self._content(
            method, path, message, params=params, token=token, idempotency=idempotency
        )
        return replies.plain(self._url, content) if content else {}

    def _content(
        self,
        method: str,
        path: str,
        message: BaseModel | None = None,
        *,
        params: Mapping[str, str | int] | None = None,
        token: bool = True,
        idempotency: str = "",
    ) -> bytes:
        headers = self._token() if token else {}
        if idempotency:
            headers[IDEMPOTENCY_HEADER] = idempotency
        body = b""
        if message is not None:
            headers["Content-Type"] = "application/json"
            body = message.model_dump_json().encode()
            if token:
                packing, body = _packed(body)
                headers |= packing
        try:
            return self._answer(method, path, body, headers, params)
        except SyncTrouble as trouble:
            if not token or trouble.code is not Code.CLOCK:
                raise
            return self._answer(method, path, body, headers | self._token(), params)

    def _answer(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes],
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
    ) -> bytes:
        with (
            self._telling(),
            self._http.stream(
                method, _address(self._url, path), params=params, content=body, headers=headers
            ) as response,
        ):
            content = replies.limited(response)
        self._revision = replies.revision(response)
        if response.status_code not in (200, 201, 204):
            raise self._refused(response, content)
        replies.check_sender(self._url, response)
        return content

    def _token(self) -> dict[str, str]:
        if self._key is None:
            return {}
        now_seconds = int(self._now().timestamp()) - self._ahead_seconds
        token = make_token(self._key, workstation_id=self._workstation_id, now_seconds=now_seconds)
        return {"Authorization": f"Bearer {token}"}

    def _message(self, kind: type[M], plain: dict[str, Any]) -> M:
        with self._reading(kind):
            return kind.model_validate(plain)

    @contextmanager
    def _reading(self, kind: type[BaseModel]) -> Iterator[None]:
        try:
            yield
        except ValidationError as problem:
            first = problem.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise SyncTrouble(
                Code.PROTOCOL,
                f"Central at {self._url} sent an answer this register cannot read"
                f" ({kind.__name__}.{where}: {first['msg']}).",
                "Update the older of the two to the other's version.",
            ) from problem

    def _refused(self, response: httpx.Response, content: bytes) -> SyncTrouble:
        """Where a wrong clock is the cause, what comes next is signed by central's clock.

        A till's battery dies, and receipts must not wait for somebody who sets the clock.
        """
        skew = replies.clock_skew(response, self._now())
        refused = refusal(
            self._url,
            Answer(
                status=response.status_code,
                media_type=response.headers.get("Content-Type", ""),
                protocol=response.headers.get(PROTOCOL_HEADER, ""),
                retry_after=response.headers.get("Retry-After", ""),
                content=content,
                clock_skew_seconds=skew - self._ahead_seconds,
            ),
        )
        if refused.code is Code.CLOCK:
            self._ahead_seconds = skew
        return refused

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as problem:
            raise transport_trouble(self._url, problem) from problem
        except (httpx.InvalidURL, UnicodeError) as problem:
            raise no_way(self._url) from problem


def _trust(certificate: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificate or None)
    except (OSError, ssl.SSLError) as problem:
        raise SyncTrouble(
            Code.SETTINGS,
            f"The certificate file {certificate} cannot be used: {problem}.",
            "Put central's CA certificate (PEM) there, or empty the key `certificate`.",
        ) from problem


def _packed(body: bytes) -> tuple[dict[str, str], bytes]:
    """A body as it goes out, and the header that says how it is packed."""
    if len(body) < SMALLEST_PACKED_BYTES:
        return {}, body
    return {"Content-Encoding": "zstd"}, zstandard.compress(body)
