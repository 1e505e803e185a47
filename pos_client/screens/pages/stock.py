"""What the chain has of a model: sizes by colours, and where the chosen one lies.

The local part is drawn at once; central's figures come into it, live or as they were last
known, greyed. The thing to get wrong: showing a figure without its age.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddItem
from pos_client.register.order_commands import OrderItem
from pos_client.register.queries import Answer, FoundItems, Search
from pos_client.register.stock_queries import (
    AskStock,
    ChainStock,
    LookUpModel,
    Model,
    ModelItem,
    SiteStock,
    StorePlace,
)
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.entry import whole_number
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import BLANK, Look, Part, Row, across, fit, right, row, wrapped
from pos_client.screens.sizes import Grid, grid_of
from pos_client.screens.status import age_text
from pos_client.screens.till import Till

_COLOUR, _CELL = 14, 6
_LEAST_COLOURS = 5
"""So many are always shown; a quarter of a higher screen."""

NO_MODEL = Model(())
NOT_ASKED = ChainStock()


class StockPage(Page):
    name = "stock"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._forget()

    def _forget(self) -> None:
        self.model = NO_MODEL
        self.grid = Grid((), (), {})
        self.stock = NOT_ASKED
        self.is_asked = False
        self.sku = ""
        self.top, self._room = 0, 1

    def opened(self) -> None:
        super().opened()
        self._forget()

    def look_up(self, code: str) -> None:
        """Show the model of the item with this SKU or code."""
        self._look_up(code, lambda: self.till.refuse("stock.unknown", code=code[:40]))

    def find(self, text: str) -> None:
        """The same for what a person typed: a code, else the item of that name, else the list
        of those to choose from."""
        self._look_up(text, lambda: self._search_for(text))

    def _look_up(self, code: str, unknown: Callable[[], None]) -> None:
        def found(answer: Answer | None) -> None:
            if isinstance(answer, Model) and answer.items:
                self._show(answer)
            else:
                unknown()

        self.till.look_up(LookUpModel(code), found)

    def _search_for(self, text: str) -> None:
        def found(answer: Answer | None) -> None:
            items = answer.items if isinstance(answer, FoundItems) else ()
            if len(items) == 1:
                self.look_up(items[0].sku)
            elif items:
                self._open_search(text)
            else:
                self.till.refuse("stock.unknown", code=text[:40])

        self.till.look_up(Search(text, 2), found)

    def _open_search(self, text: str = "") -> None:
        self.till.go("search")
        for character in text:
            self.till.pages["search"].character(character)

    def _show(self, answer: Model) -> None:
        self.model, self.grid = answer, grid_of(answer.items)
        self.sku, self.top = answer.items[0].sku, 0
        self.stock, self.is_asked = NOT_ASKED, True
        self.till.ask(AskStock(tuple(item.sku for item in answer.items)), self._told)

    def _told(self, answer: Answer | None) -> None:
        self.is_asked = False
        if isinstance(answer, ChainStock):
            self.stock = answer

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        item = self._item()
        if item is None:
            lines = wrapped(self.till.say("stock.explain"), width - 6)
            return [BLANK, *(row(f"   {line}", Look.DIM) for line in lines)]
        legend = row(fit(f" {self.till.say('stock.legend')}", width), Look.DIM)
        rows = [*self._grid_rows(width, max(_LEAST_COLOURS, height // 4)), legend]
        price = f"{self.till.money(item.price_minor)} "
        rows.append(row(across(f" {item.name}", f"{item.sku}   {price}", width), Look.STRONG))
        rows.append(self._answer_row(width))
        return [*rows, *self._site_rows(width, height - len(rows))]

    def _grid_rows(self, width: int, most_colours: int) -> list[Row]:
        """A row a colour, a column a size; the chosen cell is marked, never by colour alone."""
        at_colour, at_size = self.grid.place(self.sku)
        sizes = window(at_size, len(self.grid.sizes), max(1, (width - _COLOUR - 2) // _CELL))
        colours = window(at_colour, len(self.grid.colours), most_colours)
        rows: list[Row] = [row(self._head(sizes), Look.DIM)]
        for at in colours:
            sign = _beyond(at, colours, len(self.grid.colours))
            cells: list[Part] = [(fit(f"{sign}{self.grid.colours[at]}", _COLOUR), Look.PLAIN)]
            for size in sizes:
                cells += self._cell(
                    self.grid.at(at, size), is_chosen=(at, size) == (at_colour, at_size)
                )
            rows.append(tuple(cells))
        return rows

    def _head(self, sizes: range) -> str:
        """The sizes that there is room for; an arrow where more of them are."""
        names = "".join(right(self.grid.sizes[at], _CELL - 1) + " " for at in sizes)
        before = "←" if sizes.start else ""
        after = "→" if sizes.stop < len(self.grid.sizes) else ""
        return right(before, _COLOUR) + names + after

    def _cell(self, item: ModelItem | None, *, is_chosen: bool) -> list[Part]:
        text = right(self._count(item), _CELL - 2) if item else " " * (_CELL - 2)
        if is_chosen:
            return [("▌", Look.STRONG), (text, Look.CURRENT), ("▐", Look.STRONG)]
        return [(f" {text} ", Look.STRONG if item and item.on_hand else Look.DIM)]

    def _count(self, item: ModelItem) -> str:
        """Here; or in brackets what there is elsewhere when nothing is here."""
        if item.on_hand:
            return str(item.on_hand)
        elsewhere = self._elsewhere(item.sku)
        return f"({elsewhere})" if elsewhere else "–"

    def _elsewhere(self, sku: str) -> str:
        others = [site for site in self._sites(sku) if not self._is_here(site)]
        known = sum(site.available or 0 for site in others)
        is_some = any(site.available is None and site.band != "none" for site in others)
        return f"{known or ''}+" if is_some else str(known or "")

    def _answer_row(self, width: int) -> Row:
        if self.is_asked:
            return row(fit(f" {self.till.say('stock.asking')}", width), Look.DIM)
        if self.stock.is_live:
            return row(fit(f" {self._promise()}", width), Look.DIM)
        if not self._sites(self.sku):
            return row(fit(f" ▲ {self.till.say('stock.not_told')}", width), Look.ATTENTION)
        age = age_text(self.till, self.stock.age_seconds)
        return row(fit(f" ▲ {self.till.say('stock.last_known', age=age)}", width), Look.ATTENTION)

    def _promise(self) -> str:
        item = next((item for item in self.stock.items if item.sku == self.sku), None)
        if item is None or not item.earliest_promise:
            return self.till.say("stock.live")
        return self.till.say("stock.earliest", day=item.earliest_promise)

    def _site_rows(self, width: int, room: int) -> list[Row]:
        """This store, then the others by distance, each with its age; a last row tells of more."""
        item = self._item()
        here = self.till.say("stock.here")
        on_hand = item.on_hand if item else None
        known = "?" if on_hand is None else self.till.say("stock.pieces", count=on_hand)
        coming = self._coming(next((s for s in self._sites(self.sku) if self._is_here(s)), None))
        rows = [row(fit(f"   {here}", width - 33) + right(known, 12) + coming, Look.STRONG)]
        look = Look.PLAIN if self.stock.is_live else Look.DIM
        sites = self.elsewhere()
        is_cut = len(sites) > room - 1
        self._room = max(1, room - 1 - is_cut)
        self.top = min(self.top, max(0, len(sites) - self._room))
        shown = sites[self.top : self.top + self._room]
        rows += [row("   " + self._site_text(site, width - 3), look) for site in shown]
        if is_cut:
            first, last = self.top + 1, self.top + len(shown)
            more = self.till.say("stock.more", first=first, last=last, count=len(sites))
            rows.append(row(fit(f" ↕ {more}", width), Look.STRONG))
        return rows[:room]

    def _coming(self, site: SiteStock | None) -> str:
        """What is on its way to a site, "" when nothing is."""
        if site is None or not site.expected:
            return ""
        return "  " + self.till.say(
            "stock.coming", count=site.expected, day=site.expected_on[5:]
        ).rstrip(" .")

    def _site_text(self, site: SiteStock, width: int) -> str:
        name = site.name or site.store_id
        if site.kind != "store":
            name = f"{name} ({self.till.say(f'stock.kind.{site.kind}')})"
        pieces = self.till.say(f"stock.band.{site.band}")
        if site.available is not None:
            pieces = self.till.say("stock.pieces", count=site.available)
        km = self.till.say("stock.km", km=site.km) if site.km is not None else ""
        name += self._coming(site)
        return fit(name, width - 33) + right(pieces, 12) + right(km, 9) + right(self._age(site), 12)

    def _age(self, site: SiteStock) -> str:
        if site.never_heard:
            return self.till.say("stock.never_heard")
        return age_text(self.till, site.age_seconds)

    def prompt(self) -> str:
        return self.till.say("stock.prompt")

    def hint(self) -> str:
        return self.till.say("stock.hint") if self.model.items else self.till.say("hint.enter")

    def labels(self) -> Labels:
        if not self.model.items:
            return {5: "search"}
        return {5: "search", 9: "ship", 10: "collect", 12: "add"}

    # -- what is chosen

    def _item(self) -> ModelItem | None:
        return next((item for item in self.model.items if item.sku == self.sku), None)

    def _sites(self, sku: str) -> tuple[SiteStock, ...]:
        found = next((item for item in self.stock.items if item.sku == sku), None)
        return found.sites if found else ()

    def elsewhere(self) -> list[SiteStock]:
        """The other sites that have the chosen item, nearest first."""
        there = [
            site
            for site in self._sites(self.sku)
            if not self._is_here(site) and (site.available or site.band != "none" or site.expected)
        ]
        return sorted(there, key=lambda site: (site.km is None, site.km or 0, site.name))

    def _is_here(self, site: SiteStock) -> bool:
        return site.store_id == self.till.view.setup.store_id

    # -- keys

    def enter(self) -> None:
        """A size of this model goes there; anything else is a code to look up."""
        text = self.entry.take()
        if not text:
            return
        sku = "" if self.by_scanner else self.grid.with_size(self.sku, text)
        if sku:
            self.sku, self.top = sku, 0
        elif self.by_scanner or (self.model.items and whole_number(text)):
            # A size that this model does not come in is no name to search for.
            self.look_up(text[3:] if text.startswith("]") else text)
        else:
            self.find(text)

    def function(self, number: int) -> None:
        item = self._item()
        if number == 12 and item is not None:
            self.till.home()
            self.till.do(AddItem(item.sku))
        elif number == 9 and item is not None:
            self._order(OrderItem(item.sku, "ship"))
        elif number == 10 and item is not None:
            self._ask_where(item)
        elif number == 5:
            self._open_search(self.entry.take())
        else:
            super().function(number)

    def _ask_where(self, item: ModelItem) -> None:
        """This store first, then those that are nearest, whether it lies there or is sent."""
        setup = self.till.view.setup
        there = {site.store_id: site for site in self._sites(item.sku) if site.can_collect}
        here = StorePlace(setup.store_id, setup.store_name)
        known = self.stock.places or tuple(
            StorePlace(site.store_id, site.name, site.km) for site in there.values()
        )
        others = sorted(
            (place for place in known if place.store_id != here.store_id),
            key=lambda place: (place.km is None, place.km or 0, place.name),
        )
        places = (here, *others)
        options = numbered(
            [self._to(item, place) for place in places],
            [self._place_text(place, there.get(place.store_id)) for place in places],
        )
        self.till.choose(Choice(self.till.say("stock.collect_where"), options, (item.name,)))

    def _to(self, item: ModelItem, place: StorePlace) -> tuple[str, Callable[[], None]]:
        name = place.name or place.store_id
        wish = OrderItem(item.sku, "collect", 1, place.store_id, name)
        return name, lambda: self._order(wish)

    def _place_text(self, place: StorePlace, site: SiteStock | None) -> str:
        """What lies there already, and how far it is."""
        available = site.available if site else 0
        pieces = self.till.say("stock.pieces", count=available) if available else ""
        km = self.till.say("stock.km", km=place.km) if place.km is not None else ""
        return right(pieces, 10) + right(km, 10)

    def _order(self, wish: OrderItem) -> None:
        """The line is in the same basket; whom it is for is asked once."""
        before = len(self.till.view.lines)
        self.till.home()
        self.till.do(wish, lambda: self._ask_for_whom(before))

    def _ask_for_whom(self, lines_before: int) -> None:
        order = self.till.view.order
        is_added = len(self.till.view.lines) > lines_before
        needs_street = order is not None and order.ships and not order.postcode
        if is_added and order is not None and (not order.has_address or needs_street):
            self.till.go("delivery")

    def other(self, name: str) -> None:
        """Arrows go through the sizes; PgUp and PgDn through the stores that have this one."""
        if name in ("pageup", "pagedown"):
            self.top = moved(self.top, name, len(self.elsewhere()), self._room) or 0
            return
        before, self.sku = self.sku, self.grid.beside(self.sku, name)
        self.top = self.top if self.sku == before else 0

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self.look_up(scan.data)


def _beyond(at: int, shown: range, count: int) -> str:
    """An arrow before the first or last row shown when there are more beyond it."""
    if at == shown.start and shown.start:
        return "↑"
    return "↓" if at == shown.stop - 1 and shown.stop < count else " "


def show_stock(till: Till, code: str = "", *, typed: str = "") -> None:
    """Open the page on what a person typed, else on the item with this code, if there is one."""
    till.go(StockPage.name)
    page = till.pages[StockPage.name]
    assert isinstance(page, StockPage)
    if typed:
        page.find(typed)
    elif code:
        page.look_up(code)
