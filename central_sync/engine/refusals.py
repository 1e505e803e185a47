"""From what went wrong on the wire to what a person reads: one sentence, one remedy.

Kept apart from the client so that the whole list can be read, and tested, at one place.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import ValidationError

from central_sync.engine.lean import httpx
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.keys import CLOCK_LEEWAY_SECONDS
from central_sync.wire.messages import PROTOCOL, Problem

# What OpenSSL calls an answer in plain text, by version.
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that is not the one asked for."""

    status: int
    media_type: str
    protocol: str
    retry_after: str
    content: bytes
    clock_skew_seconds: int


def not_central(url: str) -> SyncTrouble:
    return SyncTrouble(
        Code.NOT_CENTRAL,
        f"Something other than central answers at {url}.",
        "Check the address in workstation.toml; on a guest network, log in to it first.",
        again=True,
    )


def no_way(url: str) -> SyncTrouble:
    """Nothing is told of a proxy's address, which may hold a password."""
    return SyncTrouble(
        Code.SETTINGS,
        f"No line can be made to {url}: its address, or that of the proxy, is none.",
        "Check `central` in workstation.toml, and HTTPS_PROXY and ALL_PROXY of the environment"
        " (http:// proxies only).",
        again=True,
    )


def wrong_code(reason: str) -> SyncTrouble:
    return SyncTrouble(
        Code.WRONG_CODE,
        f"Central does not accept this code: {reason}.",
        "Check it, or ask head office for a new one (spindel central workstation add).",
    )


def transport_trouble(url: str, problem: httpx.HTTPError) -> SyncTrouble:
    """No whole reply came; says how far it got."""
    causes = _causes(problem)
    certificate = next((c for c in causes if isinstance(c, ssl.SSLError)), None)
    if certificate is not None:
        return _certificate_trouble(url, certificate)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return SyncTrouble(
            Code.ADDRESS,
            f"The name {urlsplit(url).hostname} cannot be found.",
            "Check the network cable, the name server and the address in workstation.toml.",
            again=True,
        )
    if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        return SyncTrouble(
            Code.UNREACHABLE,
            f"Central does not answer at {url}.",
            "Check the network; receipts are kept here and sent when central is back.",
            again=True,
        )
    if isinstance(problem, httpx.TimeoutException):
        return SyncTrouble(
            Code.SLOW,
            f"Central at {url} took too long to answer.",
            "Nothing is needed here: it is tried again; if it lasts, look at central's load.",
            again=True,
        )
    return SyncTrouble(
        Code.CUT,
        f"The connection to central at {url} was cut.",
        "Nothing is needed here: it is tried again; if it lasts, look at the network.",
        again=True,
    )


def refusal(url: str, answer: Answer) -> SyncTrouble:
    """A whole reply came and says no, or is not central's."""
    if answer.protocol and answer.protocol.split(".")[0] != str(PROTOCOL):
        return _version_trouble(url, answer.protocol)
    problem = _problem(answer)
    if problem is None:
        return _unexplained(url, answer)
    if problem.code == "protocol" or answer.status == 426:
        return _version_trouble(url, answer.protocol or "another")
    return _explained(url, answer, problem)


def _explained(url: str, answer: Answer, problem: Problem) -> SyncTrouble:
    detail = problem.detail.rstrip(".")
    wait = _seconds(answer.retry_after)
    if problem.code == "snapshot_building":
        sentence = "Central is making the catalogue file for this store."
        remedy = "Nothing is needed here: it is fetched as soon as it is ready."
        return SyncTrouble(Code.SNAPSHOT_BUILDING, sentence, remedy, True, wait or 2.0)
    if problem.code == "revoked":
        sentence = "Head office has revoked this workstation."
        remedy = "Call head office; receipts are kept here until it is enrolled again."
        return SyncTrouble(Code.REVOKED, sentence, remedy, True, wait)
    if problem.code == "wrong_code":
        return wrong_code(detail)
    if answer.status == 401:
        return _unknown_till(answer, detail)
    if answer.status in (429, 503):
        sentence = f"Central at {url} asks this register to wait ({detail})."
        return SyncTrouble(Code.BUSY, sentence, "Nothing is needed here.", True, wait)
    if answer.status >= 500:
        return _server_trouble(url, answer, wait)
    sentence = f"Central refused the request: {detail}."
    remedy = f"Report this to head office with the code {problem.code!r}."
    return SyncTrouble(Code.REFUSED, sentence, remedy, problem.again, wait)


def _unexplained(url: str, answer: Answer) -> SyncTrouble:
    wait = _seconds(answer.retry_after)
    if answer.status in (429, 503):
        sentence = f"Central at {url} is busy."
        return SyncTrouble(Code.BUSY, sentence, "Nothing is needed here.", True, wait)
    if answer.status >= 500:
        return _server_trouble(url, answer, wait)
    return not_central(url)


def _server_trouble(url: str, answer: Answer, wait: float | None) -> SyncTrouble:
    return SyncTrouble(
        Code.SERVER,
        f"Central at {url} failed with error {answer.status}.",
        "It is tried again; if it lasts, look at central's log.",
        again=True,
        retry_after_seconds=wait,
    )


def _unknown_till(answer: Answer, detail: str) -> SyncTrouble:
    skew = answer.clock_skew_seconds
    if abs(skew) > CLOCK_LEEWAY_SECONDS:
        direction = "ahead of" if skew > 0 else "behind"
        return SyncTrouble(
            Code.CLOCK,
            f"This computer's clock is {span(abs(skew))} {direction} central's.",
            "Set the clock (timedatectl set-ntp true); receipts are kept here meanwhile.",
            again=True,
        )
    return SyncTrouble(
        Code.UNAUTHENTICATED,
        f"Central does not accept this workstation's key: {detail}.",
        "If this computer was restored or copied, ask head office for a new enrolment code.",
        again=True,
    )


def span(seconds: int) -> str:
    """As a person says it: "40 s", "3 minutes", "5 hours"."""
    if seconds < 120:
        return f"{seconds} s"
    for unit, size in (("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} minutes"


def _version_trouble(url: str, theirs: str) -> SyncTrouble:
    return SyncTrouble(
        Code.PROTOCOL,
        f"Central at {url} speaks protocol {theirs}, this register speaks {PROTOCOL}.",
        "Update the older of the two; receipts are kept here meanwhile.",
        again=True,
    )


def _certificate_trouble(url: str, problem: ssl.SSLError) -> SyncTrouble:
    if problem.reason in _NOT_TLS:
        return SyncTrouble(
            Code.CERTIFICATE,
            f"What answers at {url} does not speak TLS.",
            "Check the port; central is started with --certificate and --key (docs/store-it.md).",
            again=True,
        )
    reason = getattr(problem, "verify_message", "") or problem.reason or "TLS failed"
    return SyncTrouble(
        Code.CERTIFICATE,
        f"The certificate of {url} cannot be trusted ({reason}).",
        "Check the address and this computer's clock; a certificate of your own goes into"
        " the key `certificate` of workstation.toml.",
        again=True,
    )


def _problem(answer: Answer) -> Problem | None:
    if "json" not in answer.media_type or not answer.protocol:
        return None
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return None


def _seconds(retry_after: str) -> float | None:
    """Retry-After in its seconds form; central does not send the date form."""
    return (
        min(float(retry_after), 3600.0) if retry_after.isascii() and retry_after.isdigit() else None
    )


def _causes(problem: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause: BaseException | None = problem
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes
