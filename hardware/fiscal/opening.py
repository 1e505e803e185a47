"""From an address to a control unit's driver: which dialect, which wire, which ledger.

The ledger is the register's memory of what it has asked; without a folder for it no unit
is opened. The thing to get wrong: giving two registers the same one.
"""

from __future__ import annotations

from pathlib import Path

from hardware.address import Address, parse_address
from hardware.errors import Misconfigured
from hardware.fiscal.answers import Dialect
from hardware.fiscal.ccsp import Ccsp
from hardware.fiscal.kd import Kd
from hardware.fiscal.ledger import FILE_NAME, Ledger
from hardware.fiscal.posting import HttpTransport, Site
from hardware.fiscal.unit import ControlUnit
from hardware.fiscal.xccsp import Xccsp
from hardware.transports.recording import recorded
from hardware.transports.serial import OPTIONS, SerialTransport, line_of
from hardware.transports.transport import Transport

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OWN = ("unit", "ledger")


def open_ccsp(address: str, folder: Path | None = None) -> ControlUnit:
    """ "ccsp+serial:///dev/ttyUSB0?baud=9600&unit=ISCCUSE0000000001"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OWN, *OPTIONS)
    return _opened(found, Ccsp(), SerialTransport(found.written, line_of(found, 9600)), folder)


def open_kd(address: str, folder: Path | None = None) -> ControlUnit:
    """ "kd+serial:///dev/ttyUSB0?baud=57600&unit=…"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OWN, *OPTIONS)
    return _opened(found, Kd(), SerialTransport(found.written, line_of(found, 57_600)), folder)


def open_xccsp_https(address: str, folder: Path | None = None) -> ControlUnit:
    """ "xccsp+https://host/path?user=u&password-file=/etc/…&ca=…"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OWN, "user", "password-file", "ca")
    return _opened(found, Xccsp(), HttpTransport(_shown(found), _site(found, 443)), folder)


def open_xccsp_http(address: str, folder: Path | None = None) -> ControlUnit:
    """ "xccsp+http://127.0.0.1:8082/xccsp": a server on this machine; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OWN, "user", "password-file")
    site = _site(found, 80)
    if site.host not in _LOOPBACK:
        raise Misconfigured(found.written, "plain http is for this machine alone; use xccsp+https")
    return _opened(found, Xccsp(), HttpTransport(_shown(found), site), folder)


def _opened(
    address: Address, dialect: Dialect, transport: Transport, folder: Path | None
) -> ControlUnit:
    path = _ledger_path(address, folder)
    return ControlUnit(
        _shown(address),
        dialect,
        recorded(address.written, transport),
        lambda: Ledger(path),
        registered=address.options.get("unit", ""),
    ).start()


def _shown(address: Address) -> str:
    """The address as it may stand in a log: without its options."""
    return f"{address.scheme}://{address.place}"


def _ledger_path(address: Address, folder: Path | None) -> Path:
    written = address.options.get("ledger", "")
    if written:
        path = Path(written)
        if not path.is_absolute():
            raise Misconfigured(address.written, f'the ledger "{written}" must be a whole path')
        return path
    if folder is None:
        raise Misconfigured(address.written, "name a file for its ledger, as in ledger=/var/lib/…")
    return folder / FILE_NAME


def _site(address: Address, default_port: int) -> Site:
    host_port, slash, path = address.place.partition("/")
    place = Address(address.written, address.scheme, host_port, address.options)
    host, port = place.host_and_port(default_port)
    return Site(
        host,
        port,
        slash + path or "/",
        is_secure=address.scheme.endswith("https"),
        user=address.options.get("user", ""),
        password=_password(address),
        certificate=address.options.get("ca", ""),
    )


def _password(address: Address) -> str:
    """Read from its own file, so that no address in a log or a list shows it."""
    path = address.options.get("password-file", "")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(address.written, f"the password file {path} cannot be read") from error
