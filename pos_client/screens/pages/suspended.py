"""Parked baskets, fetched by digit or by arrow and Enter."""

from __future__ import annotations

from collections.abc import Sequence

from pos_client.register.commands import Resume
from pos_client.register.view import SuspendedView
from pos_client.screens.pages.listing import ListPage


class SuspendedPage(ListPage[SuspendedView]):
    name = "suspended"

    def entries(self) -> Sequence[SuspendedView]:
        return self.till.view.suspended

    def at_of(self, entry: SuspendedView) -> str:
        return entry.at

    def texts(self, entry: SuspendedView) -> tuple[str, str]:
        items = self.till.counted("items", entry.item_count)
        return f"{entry.operator_name}  {items}", self.till.money(entry.total_minor)

    def take(self, entry: SuspendedView) -> None:
        self.till.do(Resume(entry.basket_id))
