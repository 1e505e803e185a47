"""The doctor's look at the way to central: name, proxy, certificate. Asks, changes nothing.

One thing after the other, so that the first fault is the cause of the ones behind it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from central_sync.engine.findings import Finding
from central_sync.engine.settings import SyncSettings, is_loopback

WARN_CERTIFICATE_DAYS = 14
_TIMEOUT_SECONDS = 5.0


def examine_network(settings: SyncSettings, now: datetime) -> Iterator[Finding]:
    """Nothing where no address is set. `now` is aware."""
    parts = urlsplit(settings.central)
    host = parts.hostname or ""
    if not host:
        return
    proxy = _proxy(parts.scheme, host)
    way = f"requests go through {proxy}" if proxy else "none, straight on"
    yield Finding("proxy", True, way)
    if proxy:
        return  # the proxy looks the name up and its tunnel has the certificate
    port = parts.port or (443 if parts.scheme == "https" else 80)
    name = _name(host, port)
    yield name
    if name.is_good and parts.scheme == "https":
        yield _certificate(settings, host, port, now)


def _proxy(scheme: str, host: str) -> str:
    """The proxy that the environment names for this host, without user and password, or ""."""
    if is_loopback(host) or proxy_bypass(host):
        return ""
    found = urlsplit(getproxies().get(scheme) or getproxies().get("all") or "")
    try:
        return f"{found.hostname}:{found.port}" if found.hostname else ""
    except ValueError:
        return f"{found.hostname}, whose port is none"


def _name(host: str, port: int) -> Finding:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as problem:
        fix = "Check the cable, the name server (resolvectl status) and the address."
        return Finding("dns", False, f"the name {host} is not found ({problem})", fix)
    addresses = sorted({str(answer[4][0]) for answer in answers})
    return Finding("dns", True, f"{host} is {', '.join(addresses)}")


def _certificate(settings: SyncSettings, host: str, port: int, now: datetime) -> Finding:
    try:
        ends = _ends(settings, host, port)
    except ssl.SSLError as problem:
        reason = getattr(problem, "verify_message", "") or problem.reason or str(problem)
        fix = "Mend central's certificate, or name its CA with `certificate` in workstation.toml."
        return Finding("tls", False, f"the certificate of {host} is not trusted ({reason})", fix)
    except OSError as problem:
        fix = "Start central, or open the port in the firewall between."
        return Finding("tls", False, f"nobody answers at {host}:{port} ({problem})", fix)
    days = (ends - now).days
    finding = f"the certificate of {host} is trusted and good for {days} days"
    is_good = days >= WARN_CERTIFICATE_DAYS
    return Finding("tls", is_good, finding, "" if is_good else "Renew central's certificate now.")


def _ends(settings: SyncSettings, host: str, port: int) -> datetime:
    context = ssl.create_default_context(cafile=settings.certificate or None)
    with (
        closing(socket.create_connection((host, port), _TIMEOUT_SECONDS)) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return datetime.fromtimestamp(seconds, UTC)
