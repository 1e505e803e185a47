"""Where a device is: "escpos+tcp://10.0.0.9:9100?columns=42" taken apart.

Pure. A newcomer would reach for `urllib.parse.urlsplit`; it lower-cases nothing
we need and splits everything, but reads "serial:COM3" and "%0D" in ways that
depend on the scheme. Here an option is percent-decoded and a path is kept as
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from hardware.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Address:
    """A device address: `place` is host:port or a path, `options` what follows "?"."""

    written: str
    scheme: str
    place: str
    options: Mapping[str, str]

    def host_and_port(self, default_port: int) -> tuple[str, int]:
        """Raises Misconfigured where there is no host or the port is no number."""
        host, colon, port = self.place.rstrip("/").rpartition(":")
        if not colon or "]" in port:
            host, port = self.place.rstrip("/"), str(default_port)
        if not host:
            raise self._wrong("name the host, for example 10.0.0.9:9100")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise self._wrong(f'the port "{port}" must be a number from 1 to 65535')
        return host.strip("[]"), int(port)

    def path(self) -> str:
        """Raises Misconfigured unless the place is an absolute path."""
        if not self.place.startswith("/"):
            raise self._wrong("name an absolute path after the two slashes, as in ///dev/ttyUSB0")
        return self.place

    def number(self, option: str, default: int) -> int:
        """A positive whole number; raises Misconfigured."""
        written = self.options.get(option)
        if written is None:
            return default
        if not written.isdecimal() or int(written) == 0:
            raise self._wrong(f'the option {option}="{written}" must be a whole number above 0')
        return int(written)

    def choice(self, option: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`, the first when the option is not there; raises Misconfigured."""
        written = self.options.get(option, allowed[0]).lower()
        if written not in allowed:
            raise self._wrong(
                f'the option {option}="{written}" must be one of {", ".join(allowed)}'
            )
        return written

    def allow_only(self, *options: str) -> None:
        """Raises Misconfigured for an option that this device does not know."""
        for option in self.options:
            if option not in options:
                known = ", ".join(options) or "none"
                raise self._wrong(f'the option "{option}" is not known; allowed: {known}')

    def _wrong(self, reason: str) -> Misconfigured:
        return Misconfigured(self.written, reason)


def parse_address(written: str) -> Address:
    """Take an address apart; raises Misconfigured when there is no "scheme://"."""
    scheme, found, rest = written.strip().partition("://")
    if not found or not scheme:
        raise Misconfigured(written, 'an address is written "scheme://place?option=value"')
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    return Address(written.strip(), scheme.lower(), place, options)
