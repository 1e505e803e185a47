"""Customers at the prompt: found, told with where the answer comes from, put on the sale, made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.retail.customer import Customer
from tests.plain.core_twin import CoreTwin
from tests.plain.prompt import Prompt


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Prompt]:
    with CoreTwin(tmp_path / "core.sock") as core:
        core.knows(
            Customer("c-1", "Eva Borg", "0701234567"), Customer("c-2", "Bo Borg", "0707654321")
        )
        with Prompt(core.path, language="en") as opened:
            opened.type("on 1001 1234")
            opened.type("open 1000")
            opened.type("SOCKA")
            yield opened


def test_found_customers_are_numbered_and_their_age_is_told(prompt: Prompt) -> None:
    said = prompt.type("customers borg")

    assert said.splitlines()[:2] == ["| 1: Eva Borg, 0701234567", "| 2: Bo Borg, 0707654321"]
    assert "the store's own customers, 120 minutes old" in said


def test_a_number_puts_one_on_the_sale_and_detach_takes_off(prompt: Prompt) -> None:
    prompt.type("kunder borg")
    prompt.type("koppla 2")
    assert "| Customer: Bo Borg" in prompt.type("view")

    prompt.type("detach")
    assert "Customer" not in prompt.type("view")


def test_the_sale_s_customer_is_told_with_orders_and_purchases(prompt: Prompt) -> None:
    prompt.type("customers eva")
    prompt.type("attach 1")

    said = prompt.type("customer")

    assert "| Order W-1, 2026-11-20, open, Webben, 249.50 kr." in said
    assert "| Order line: 1 Löpboken, packed." in said
    assert "| Purchase 1-1-1, 2026-11-20, Göteborg, 99.00 kr." in said
    assert "OK Eva Borg, 0701234567. Live from central." in said


def test_who_shares_a_number_is_told_before_somebody_new_is_made(prompt: Prompt) -> None:
    asked = prompt.type("newcustomer Ny Borg; 0707654321")
    assert asked.splitlines()[0] == "| 1: Bo Borg, 0707654321"
    assert asked.splitlines()[-1].startswith("NO The same phone")

    prompt.type("attach 1")
    assert "| Customer: Bo Borg" in prompt.type("view")


@pytest.mark.parametrize("line", ["newcustomer Ny; 0739998877", "ny-kund Ny; 0707654321 yes"])
def test_a_new_customer_is_made_in_a_line(prompt: Prompt, line: str) -> None:
    assert prompt.type(line).startswith("OK")


@pytest.mark.parametrize("line", ["attach 1", "customer 3", "customer", "newcustomer", "customers"])
def test_a_line_that_names_nobody_says_what_to_type(prompt: Prompt, line: str) -> None:
    said = prompt.type(line)

    assert said.startswith("NO")
    assert "customer" in said
