"""From an address to a card terminal; opening connects to nothing.

nexo+https://10.0.0.5:8443?poi=V400m-1234&sale=till1&passphrase=file:/etc/spindel/key&ca=/etc/…
nexo+http://10.0.0.6:11000?poi=A-POIID&sale=till1
"""

from __future__ import annotations

from pathlib import Path

from hardware.address import Address, parse_address
from hardware.errors import Misconfigured
from hardware.terminals.dialogue import Dialogue
from hardware.terminals.envelope import Envelope
from hardware.terminals.http import Place, trusting
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.keys import ALLOWED, read_keys
from hardware.terminals.nexo import Sale
from hardware.terminals.nexo_terminal import Deadlines, NexoTerminal
from hardware.terminals.xml_skin import XmlSkin
from hardware.transports.recording import recorder_of

_COMMON = ("poi", "sale", "currency", "timeout", "settle")


def open_sealed(address: str) -> NexoTerminal:
    """ "nexo+https://…": sealed JSON over TLS. Raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_COMMON, "passphrase", "ca")
    host, port = found.host_and_port(8443)
    keys = read_keys(found.written, _needed(found, "passphrase", ALLOWED))
    ca_file = Path(_needed(found, "ca", "ca=/path, the vendor's root certificate"))
    sale = _sale(found)
    place = Place(found.written, host, port, sale.poi_id, trusting(found.written, ca_file))
    dialogue = Dialogue(JsonSkin(Envelope(keys)), sale, _currency(found))
    return _driver(found, place, dialogue)


def open_plain(address: str) -> NexoTerminal:
    """ "nexo+http://…": XML on a network that must be trusted. Raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_COMMON)
    host, port = found.host_and_port(11000)
    sale = _sale(found)
    place = Place(found.written, host, port, sale.poi_id)
    return _driver(found, place, Dialogue(XmlSkin(), sale, _currency(found)))


def _driver(found: Address, place: Place, dialogue: Dialogue) -> NexoTerminal:
    log = recorder_of(found.written)

    def record(way: str, data: bytes) -> None:
        (log.sent if way == "out" else log.heard)(data)

    return NexoTerminal(place, dialogue, _deadlines(found), record=record)


def _sale(found: Address) -> Sale:
    return Sale(
        _needed(found, "sale", "sale=till1, this till's name at the terminal"),
        _needed(found, "poi", "poi=V400m-1234, the terminal's own name"),
    )


def _needed(found: Address, option: str, example: str) -> str:
    written = found.options.get(option, "")
    if not written:
        raise Misconfigured(found.written, f"the option {option} is missing; write {example}")
    return written


def _currency(found: Address) -> str:
    currency = found.options.get("currency", "SEK")
    if not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
        raise Misconfigured(found.written, f'currency="{currency}" must be three capitals, as SEK')
    return currency


def _deadlines(found: Address) -> Deadlines:
    return Deadlines(
        payment_seconds=found.number("timeout", 120), settle_seconds=found.number("settle", 5)
    )
