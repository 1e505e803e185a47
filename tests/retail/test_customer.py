"""How phone numbers, e-mails and names are made comparable."""

from __future__ import annotations

import pytest

from central_sync.retail.customer import (
    Customer,
    asked,
    has_parts,
    identity_words,
    normal_email,
    normal_phone,
    problem_with,
    search_words,
)


@pytest.mark.parametrize(
    "written",
    ["070-123 45 67", "0701234567", "+46 70 123 45 67", "0046701234567", "+46 (0)70-123 45 67"],
)
def test_one_phone_number_is_one_however_it_is_written(written: str) -> None:
    assert normal_phone(written) == "+46701234567"


@pytest.mark.parametrize("written", ["", "12", "070-ABC", "0" * 30, "+", "٠٧٠١٢٣٤٥٦٧"])
def test_what_is_no_phone_number_is_none(written: str) -> None:
    assert normal_phone(written) == ""


def test_a_phone_number_has_fifteen_digits_at_most() -> None:
    """E.164 counts the country code, and neither the plus nor the national zero."""
    assert normal_phone("+46" + "7" * 13) == "+46" + "7" * 13
    assert normal_phone("0" + "7" * 13) == "+46" + "7" * 13
    assert normal_phone("+46" + "7" * 14) == normal_phone("0" + "7" * 14) == ""


def test_an_email_is_compared_without_case() -> None:
    assert normal_email(" Eva.Ek@Example.COM ") == "eva.ek@example.com"
    assert normal_email("eva@ek") == normal_email("eva ek@example.com") == ""


def test_every_beginning_that_is_asked_for_is_a_search_word() -> None:
    customer = Customer("c", "Anna-Karin Åkerström-Bo")
    words = set(search_words(customer))

    for text in ("anna", "kar", "akerst", "Åkerström", "bo", "anna bo", "ker"):
        wanted = asked(text)
        is_found = set(wanted.names) <= words and has_parts(customer, wanted.parts)
        assert is_found == (text != "ker"), text


def test_a_number_may_be_a_phone_or_a_member() -> None:
    assert set(asked("0701234567").exact) == {"member:0701234567", "phone:+46701234567"}
    assert asked("M 7001").exact == ("member:M7001",)


def test_identity_is_phone_email_and_member_and_never_the_name() -> None:
    customer = Customer("c", "Eva Ek", "0701234567", "E@x.se", "m 1")

    assert identity_words(customer) == ("phone:+46701234567", "email:e@x.se", "member:M1")


@pytest.mark.parametrize(
    ("customer", "field"),
    [
        (Customer("c", " "), "name"),
        (Customer("c", "Eva", phone="12"), "phone"),
        (Customer("c", "Eva", email="eva"), "email"),
        (Customer("c", "Eva", phone="031-112233", email="e@x.se"), ""),
    ],
)
def test_the_field_that_cannot_be_right_is_named(customer: Customer, field: str) -> None:
    assert problem_with(customer) == field
