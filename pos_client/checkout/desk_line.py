"""The till's line to central for what a person waits for: asked in threads, never waited for.

A look-up has 300 ms; then the last known answer is given with its age, and what comes late
is the next one's last known. The thing to get wrong: asking on the core's thread, where a
slow network would hold the sale.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from central_sync.engine.trouble import Code, SyncTrouble
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.patient_line import LOOK_UP_SECONDS, PatientLine
from pos_client.checkout.quoting import QuoteWish, answer_of, request_of
from pos_client.register.order_commands import Quoted, QuoteFailed
from pos_client.register.queries import Answer
from pos_client.register.stock_queries import AskStock, ChainStock, ItemStock, SiteStock, StorePlace

if TYPE_CHECKING:
    from central_sync.engine.desk import Desk
    from central_sync.wire.availability import ItemAvailability, SiteAvailability
    from central_sync.wire.quotes import QuoteReply

MOST_REMEMBERED = 5_000
PLACES_SECONDS = 3_600.0
"""How long the chain's stores are taken as told: one opens seldom."""

_log = logging.getLogger(__name__)

Reply = Callable[[Answer | None], None]


@dataclass(frozen=True, slots=True)
class _Known:
    """What central said of an item, and when (monotonic seconds)."""

    stock: ItemStock
    at: float


class DeskLine:
    """`open_desk` opens one line to central; it is called on the thread that uses it."""

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        mailbox: Mailbox,
        store_id: str,
        *,
        patience_seconds: float = LOOK_UP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_desk = open_desk
        self._mailbox = mailbox
        self._store_id = store_id
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._places: tuple[StorePlace, ...] = ()
        self._placed_at = 0.0
        self._line = PatientLine(open_desk, mailbox, "desk")
        self._held_by: Desk | None = None
        self._holding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk-hold")

    def start(self) -> None:
        """Open the line before the first question, so that it does not wait for libraries."""
        self._line.start()

    def ask(self, query: AskStock, reply: Reply) -> None:
        """On the core's thread; the reply comes there too."""
        skus = query.skus[:100]
        if not skus:
            reply(ChainStock())
            return

        def told(items: tuple[ItemStock, ...] | None) -> None:
            if items is None:
                reply(self._last_known(skus))
            else:
                reply(ChainStock(items, is_live=True, places=self._places))

        self._line.submit(lambda desk: self._ask_central(desk, skus), self._patience_seconds, told)

    def quote(self, wish: QuoteWish, answer: Callable[[Quoted | QuoteFailed], None]) -> None:
        """Hold what the basket wishes; `answer` is called on the core's thread."""
        self._holding.submit(self._quote, wish, answer)

    def release(self, quote_id: str) -> None:
        """Let go what is held; it ends by itself when nobody hears."""
        self._holding.submit(self._release, quote_id)

    def stop(self) -> None:
        self._line.stop()
        self._holding.shutdown(wait=False, cancel_futures=True)
        if self._held_by is not None:
            self._held_by.close()

    def _quote(self, wish: QuoteWish, answer: Callable[[Quoted | QuoteFailed], None]) -> None:
        """A no of central is told as one; anything else is a central that is away."""
        said: Quoted | QuoteFailed
        try:
            said = answer_of(wish, self._held(wish))
        except SyncTrouble as trouble:
            _log.info("nothing is held: %s", trouble)
            said = QuoteFailed(wish.ask_id, is_refused=trouble.code is Code.REFUSED)
        self._mailbox.post(lambda: answer(said))

    def _held(self, wish: QuoteWish) -> QuoteReply:
        desk = self._holder()
        if wish.held:
            try:
                return desk.extend_quote(wish.held)
            except SyncTrouble as trouble:
                if trouble.code is not Code.REFUSED:
                    raise
        return desk.quote(request_of(wish, self._store_id), wish.ask_id)

    def _release(self, quote_id: str) -> None:
        try:
            self._holder().release_quote(quote_id)
        except SyncTrouble as trouble:
            _log.info("a quote is not released: %s", trouble)

    def _holder(self) -> Desk:
        if self._held_by is None:
            self._held_by = self._open_desk()
        return self._held_by

    def _ask_central(self, desk: Desk, skus: tuple[str, ...]) -> tuple[ItemStock, ...]:
        """What comes late is kept too: it is the next one's last known."""
        asks_places = not self._places or self._monotonic() - self._placed_at > PLACES_SECONDS
        reply = desk.availability(skus, self._store_id, places=asks_places)
        told = tuple(_item(item) for item in reply.items)
        if reply.places:
            self._places = tuple(StorePlace(p.store_id, p.name, p.km) for p in reply.places)
            self._placed_at = self._monotonic()
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        now = self._monotonic()
        self._known.update({item.sku: _Known(item, now) for item in told})
        return told

    def _last_known(self, skus: tuple[str, ...]) -> ChainStock:
        """Every figure as old as it is by now; the answer as old as its oldest."""
        now, known = self._monotonic(), self._known.copy()
        found = [known[sku] for sku in skus if sku in known]
        items = tuple(_aged(each.stock, int(now - each.at)) for each in found)
        oldest = max((int(now - each.at) for each in found), default=0)
        return ChainStock(items, age_seconds=oldest, places=self._places)


def _aged(stock: ItemStock, seconds: int) -> ItemStock:
    sites = (replace(site, age_seconds=site.age_seconds + seconds) for site in stock.sites)
    return replace(stock, sites=tuple(sites))


def _item(told: ItemAvailability) -> ItemStock:
    sites = tuple(_site(site) for site in told.sites)
    return ItemStock(told.sku, told.available, told.band, sites, told.earliest_promise)


def _site(told: SiteAvailability) -> SiteStock:
    return SiteStock(
        told.store_id,
        told.name,
        told.kind,
        told.available,
        told.band,
        told.age_seconds,
        told.km,
        told.can_ship,
        told.can_collect,
        told.expected,
        told.expected_on,
        told.never_heard,
    )
