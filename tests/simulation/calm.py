"""Good weather: the faults stop, everything has to come together, and all is looked at.

The thing to get wrong: being kinder than the world. Nobody repairs anything here; machines are
started, tills make contact, and a newer version comes to central.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from central_sync.database import tables as t
from central_sync.engine.round import contact
from central_sync.engine.trouble import SyncTrouble
from central_sync.server import reading
from central_sync.server.repost import repost
from central_sync.wire.entries import SCHEMA
from pos_client.storage.errors import StorageTrouble
from tests.simulation import judge
from tests.simulation.core import Core
from tests.simulation.disk import Weather
from tests.simulation.images import SKUS
from tests.simulation.mishaps import Mishaps
from tests.simulation.network import NetWeather
from tests.simulation.replacing import replaced
from tests.simulation.scene import Part, Scene
from tests.simulation.shop import Shop
from tests.simulation.till import Till
from tests.simulation.truth import Sale, Violation

MOST_CALM_CONTACTS = 8


class Calm(Part):
    def __init__(self, scene: Scene, shop: Shop, mishaps: Mishaps) -> None:
        super().__init__(scene)
        self._shop, self._mishaps = shop, mishaps

    def come(self) -> None:
        """The faults stop; whatever was off comes back."""
        self.chance.trace("calm")
        self._clear_skies()
        self.center.put_out()
        self.scene.settle()
        self.scene.start_all()
        while self.scene.stash:
            self._mishaps.deliver_late()
        for till in self.tills:
            if till.core is None or till.sync is None:
                raise Violation(f"{till.name} does not start in good weather")
        here = t.workstation.c.status == "revoked"
        self.center.do(
            lambda connection, at: connection.execute(
                t.workstation.update().where(here).values(status="active")
            )
        )

    def _clear_skies(self) -> None:
        for disk in self.files.disks:
            disk.weather, disk.fuse = Weather(), None
        for each in fields(NetWeather):
            setattr(self.net, each.name, 0.0)
        self.scene.outage_until = self.chance.now
        newest = max([0.0, *(till.skew_seconds for till in self.tills)])
        # A register refuses to open a day before its newest entry, so time passes.
        self.chance.forward(newest + 60)
        for till in self.tills:
            till.skew_seconds = 0.0
            till.on_body = None

    def finish(self) -> None:
        """Everything comes together; in most seeds after one more sale everywhere."""
        if any(till.core and not till.core.shop.master.is_loaded for till in self.tills):
            self._converge()
        for till in self.tills:
            # A paid basket is finished by whoever comes next: a new epoch waits for it too.
            with till.as_core():
                if till.core is not None and till.core.state.completing is not None:
                    self._shop.sell_at(till)
        for till in self.tills if self.chance.is_so(0.7) else ():
            with till.as_core():
                if not any(self._shop.sell_at(till) for _ in range(20)):
                    raise Violation(f"{till.name} cannot sell in good weather")
                while till.core is not None and self._shop.print_at(till, till.core):
                    pass
        self._converge()
        if self.climate.is_newer:
            self._upgrade_central()
            self._converge()
        self._check_end()

    def _look_at_epochs(self, core: Core) -> bool:
        """What the core does once a second; True when it went on in another epoch."""
        try:
            has_entered = core.epochs.look() is not None
        except StorageTrouble:
            return False
        if has_entered:
            self.chance.note("a register entered a new epoch")
        return has_entered

    def _converge(self) -> None:
        troubles: list[SyncTrouble] = []
        for _ in range(MOST_CALM_CONTACTS):
            self.chance.forward(90)
            work, troubles = 0, []
            for till in self.tills:
                assert till.sync is not None
                with till.as_sync():
                    report = contact(till.sync)
                if till.core is not None:
                    with till.as_core():
                        till.core.shop.master.refresh()
                        work += self._look_at_epochs(till.core)
                work += len(report.actions)
                troubles += report.troubles
            if not work and not troubles:
                return
        said = "; ".join(str(trouble) for trouble in troubles) or "there is always more to do"
        raise Violation(f"after {MOST_CALM_CONTACTS} contacts in good weather: {said}")

    def _upgrade_central(self) -> None:
        """The newer version comes to central too, and what was parked for it is booked."""
        with replaced(reading, "SCHEMA", SCHEMA + 1):
            self.center.do(lambda connection, at: repost(connection, at))

    def _check_end(self) -> None:
        with self.center.asking() as ask:
            if not self.center.is_whole(ask):
                raise Violation("central's database is damaged")
            self._check_with(ask)
        self.chance.seen["sales"] += len(self.truth.sales)
        self.chance.seen["sales done"] += sum(s.is_done for s in self.truth.sales.values())
        self.chance.seen["messages"] += self.center.requests
        self.chance.seen["disk operations"] += sum(disk.operations for disk in self.files.disks)

    def _check_with(self, ask: judge.Ask) -> None:
        at = judge.read_central(ask)
        if not self.truth.forked:
            judge.check_aside(ask)
        judge.check_chains(at)
        judge.check_sales(self.truth, at)
        judge.check_printed(self.truth, at)
        judge.check_stock(self.truth, at)
        for till in self.tills:
            with till.as_core():
                journal = judge.journal_in(till.home / "receipts.db")
                judge.check_journal(
                    journal,
                    at,
                    till.identity.workstation_id,
                    is_forked=till.number in self.truth.forked,
                )
                self._check_register(till, at, judge.journalled(self.truth, journal))
                judge.check_master(till.home / "master.db", ask, till.identity.store_id)
        self.chance.trace("end", len(at.entries), len(at.receipts))

    def _check_register(self, till: Till, at: judge.AtCentral, sold: Sequence[Sale]) -> None:
        """What the register says of its day, its shelf and its prices is so."""
        core = till.core
        assert core is not None
        core.shop.master.refresh()
        total_minor = sum(sale.total_minor for sale in sold)
        if core.ledger.totals.grand.sales_minor != total_minor:
            raise Violation(f"{till.name} has other totals than it sold for")
        if any(sale.is_poison for sale in self.truth.sales.values()):
            return
        for sku in SKUS:
            if core.shop.on_hand(sku) != at.on_hand[till.identity.store_id, sku]:
                raise Violation(f"{till.name} shows another stock of {sku} than central has")
            item = core.shop.find(sku)
            if item is None or item.price_minor != at.prices[sku]:
                raise Violation(f"{till.name} sells {sku} at another price than central's")
