"""Builders of a store's tasks, as central tells them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pos_client.register.tasks import Task, TaskLine
from tests.builders import RegisterDriver, a_shoe_shop, an_open_register

CODE = "K7P2QX"


def an_offer(**changes: Any) -> Task:
    """Two pairs of shoes and a sock, to be shipped from here."""
    offer = Task(
        task_id="p1/pick",
        kind="pick",
        state="offered",
        due_at="2026-11-22T15:00:00Z",
        offered_until="2026-11-22T12:05:00Z",
        order_id="o1",
        number="A-1001",
        parcel_id="p1",
        epoch=3,
        mode="ship",
        lines=(
            TaskLine(1, "SKO-42", "Löparsko Fjäll 42", 2, place="B3"),
            TaskLine(2, "STRUMPA", "Strumpa Sjö", 1, place="C1"),
        ),
        why_sv="Er butik har minst att göra just nu och har båda varorna.",
        why_en="Your store has the least to do just now and has both items.",
    )
    return replace(offer, **changes)


def a_collection(**changes: Any) -> Task:
    """The same goods on a shelf, waiting for the customer."""
    return an_offer(
        task_id="p1/collect",
        kind="collect",
        state="ready",
        mode="collect",
        offered_until="",
        code_hash=CODE,
        shelf_place="H2",
        hold_until="2026-11-29T12:00:00Z",
        who=("Eva Ek", "070-123 45 67"),
        **changes,
    )


def a_store_with(*tasks: Task) -> RegisterDriver:
    shop = a_shoe_shop()
    shop.told = {task.task_id: task for task in tasks}
    return an_open_register(shop)


def the_task(register: RegisterDriver, task_id: str = "p1/pick") -> Task:
    task = register.shop.task(task_id)
    assert task is not None
    return task
