"""The protocol header on every request and reply, checked before anything else is read.

Pure ASGI, so that it also stands on replies that no handler made. A request without the
header is a person or a system that trusts the path's /v1; a till always sends it.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_sync.server.problems import problem_response
from central_sync.server.refused import Refused
from central_sync.wire.messages import PROTOCOL, PROTOCOL_HEADER, SPOKEN


class ProtocolHeader:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[PROTOCOL_HEADER] = SPOKEN
            await send(message)

        spoken = Headers(scope=scope).get(PROTOCOL_HEADER, str(PROTOCOL))
        if spoken.split(".")[0].strip() != str(PROTOCOL):
            refusal = problem_response(_other_protocol(spoken))
            await refusal(scope, receive, send_with_header)
        else:
            await self._app(scope, receive, send_with_header)


def _other_protocol(spoken: str) -> Refused:
    detail = f"central speaks protocol {PROTOCOL}, the request {spoken[:20]!r}; update the older"
    return Refused(426, "protocol", detail)
