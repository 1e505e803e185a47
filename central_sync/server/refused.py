"""Every no of central, as an exception that the edge turns into a problem document.

Raised by the plain functions too, so that a simulator sees the same answers as a till.
`code` is what programs read, `detail` is a sentence for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """`again`: may the same request succeed later? `retry_after_seconds` 0: not said.

    `more` are further members of the problem document, JSON-ready.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        again: bool = False,
        retry_after_seconds: int = 0,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.again, self.retry_after_seconds = again, retry_after_seconds
        self.more = dict(more or {})


def invalid(detail: str) -> Refused:
    return Refused(422, "invalid", detail)


def not_found(detail: str) -> Refused:
    return Refused(404, "not_found", detail)


def unauthenticated(detail: str) -> Refused:
    return Refused(401, "unauthenticated", detail)


def revoked() -> Refused:
    return Refused(
        403, "revoked", "this workstation has been revoked; head office can enrol it again"
    )
