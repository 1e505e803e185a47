"""A driver and an emulated terminal on a real socket, with time that only the driver passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hardware.emulators.terminal import EmulatedTerminal
from hardware.emulators.terminal_certificates import Certificates, make_certificates
from hardware.emulators.terminal_replies import XML_DIALECT
from hardware.emulators.terminal_server import TerminalServer
from hardware.terminals.dialogue import Dialogue
from hardware.terminals.envelope import Envelope, SealKey, derive
from hardware.terminals.http import Place, trusting
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.nexo import Sale
from hardware.terminals.nexo_terminal import Deadlines, NexoTerminal
from hardware.terminals.xml_skin import XmlSkin

POI = "V400m-1234"
SALE = Sale("till1", POI)
KEY = derive("lane", 2, "a passphrase for tests")
OLD_KEY = derive("lane", 1, "the passphrase before")
# Making keys takes a while, and one pair serves all tests.
_MADE: dict[str, Certificates] = {}


@dataclass(slots=True)
class Clock:
    """Seconds; `sleep` passes them."""

    now: float = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass(slots=True)
class Lane:
    """`messages` holds what the driver recorded, in order: (way, bytes)."""

    driver: NexoTerminal
    server: TerminalServer
    core: EmulatedTerminal
    clock: Clock
    messages: list[tuple[str, bytes]] = field(default_factory=list)


def certificates(poi_id: str = POI) -> Certificates:
    if poi_id not in _MADE:
        _MADE[poi_id] = make_certificates(poi_id)
    return _MADE[poi_id]


@contextmanager
def sealed_lane(
    folder: Path,
    *,
    keys: tuple[SealKey, ...] = (KEY,),
    made: Certificates | None = None,
    trusted: Certificates | None = None,
    deadlines: Deadlines | None = None,
) -> Iterator[Lane]:
    """JSON, sealed, over TLS; the server shows `made`, the driver believes `trusted`."""
    made = made or certificates()
    ca_file = folder / "ca.pem"
    ca_file.write_bytes((trusted or made).root)
    core, clock = EmulatedTerminal(POI), Clock()
    with TerminalServer(
        core,
        JsonSkin(Envelope((KEY, OLD_KEY))),
        certificates=made,
        old_skin=JsonSkin(Envelope((OLD_KEY,))),
        clock=clock.read,
    ) as server:
        device = f"nexo+https://127.0.0.1:{server.port}"
        place = Place(device, "127.0.0.1", server.port, POI, trusting(device, ca_file))
        dialogue = Dialogue(JsonSkin(Envelope(keys)), SALE)
        yield from _driven(place, dialogue, server, core, clock, deadlines)


@contextmanager
def plain_lane(*, deadlines: Deadlines | None = None) -> Iterator[Lane]:
    """XML over plain HTTP."""
    core, clock = EmulatedTerminal(POI, dialect=XML_DIALECT), Clock()
    with TerminalServer(core, XmlSkin(), clock=clock.read) as server:
        place = Place(f"nexo+http://127.0.0.1:{server.port}", "127.0.0.1", server.port, POI)
        yield from _driven(place, Dialogue(XmlSkin(), SALE), server, core, clock, deadlines)


def _driven(
    place: Place,
    dialogue: Dialogue,
    server: TerminalServer,
    core: EmulatedTerminal,
    clock: Clock,
    deadlines: Deadlines | None,
) -> Iterator[Lane]:
    messages: list[tuple[str, bytes]] = []
    driver = NexoTerminal(
        place,
        dialogue,
        deadlines,
        sleep=clock.sleep,
        record=lambda way, data: messages.append((way, data)),
    )
    try:
        yield Lane(driver, server, core, clock, messages)
    finally:
        driver.close()
