"""How much of what lies where: uneven on purpose.

A store carries some of the models, and then all their sizes; the sizes most people
wear are sold out here and there, the odd ones are down to the last pair, and the
warehouse is deep in nearly everything. Each site draws from a row of chance of its
own, so its stock is the same whichever other sites are asked for.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from central_sync.demo.catalogue import Article
from central_sync.demo.stores import Site


class Shelves:
    """The stock of some sites, drawn article by article in the catalogue's order."""

    def __init__(self, seed: int, sites: Sequence[Site]) -> None:
        self._sites = [_SiteShelves(seed, site) for site in sites]

    def rows(self, article: Article) -> list[tuple[str, str, str]]:
        """Rows of stock.csv: store_id, sku, on_hand; none where it is not carried."""
        if not article.depth_percent:
            return []
        return [
            (shelves.store_id, article.sku, str(shelves.draw(article)))
            for shelves in self._sites
            if shelves.carries(article)
        ]


class _SiteShelves:
    def __init__(self, seed: int, site: Site) -> None:
        self.store_id = site.store_id
        self._site = site
        self._random = random.Random(f"{seed}/stock/{site.store_id}").random
        self._shelf: int | None = None
        self._is_carried = False

    def carries(self, article: Article) -> bool:
        """Decided once for a model, when its first variant comes by."""
        if article.shelf != self._shelf:
            self._shelf = article.shelf
            self._is_carried = self._random() * 100 < self._site.range_percent
        return self._is_carried

    def draw(self, article: Article) -> int:
        chance = self._random()
        sold_out, last_one = self._shares(article)
        if chance < sold_out:
            return 0
        if chance < last_one:
            return 1
        most = 6 * article.depth_percent * self._site.depth_percent // 10_000
        return 2 + int(self._random() * most)

    def _shares(self, article: Article) -> tuple[float, float]:
        """Below the first it is sold out, below the second one piece is left."""
        if self._site.kind == "warehouse":
            return 0.02, 0.03
        return (0.14, 0.30) if article.is_fast else (0.06, 0.55)
