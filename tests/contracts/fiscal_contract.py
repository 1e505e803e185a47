"""What every FiscalUnit must do (hardware.ports.FiscalUnit)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hardware.errors import Refused
from hardware.ports import FiscalUnit, Health, SealKind, SealRequest


def a_request(document_id: str = "0190-a", **changes: object) -> SealRequest:
    """Each document has a receipt number of its own, as at a till."""
    request = SealRequest(
        document_id=document_id,
        at="2026-11-22T13:32:00Z",
        organisation_number="556000-0001",
        register_id="W0012",
        receipt_number=f"W0012-1-{sum(map(ord, document_id)):06}",
        kind=SealKind.NORMAL,
        total_minor=129_900,
        returns_minor=0,
        vat=((2500, 25_980),),
    )
    return replace(request, **changes)  # type: ignore[arg-type]


class FiscalContract:
    def test_a_seal_has_the_swedish_shape(self, unit: FiscalUnit) -> None:
        seal = unit.seal(a_request())

        assert re.fullmatch(r"[A-Z2-7]{32};[A-Z2-7]{26}", seal.code)
        assert len(seal.unit_id) == 17

    def test_the_same_request_gets_the_same_seal(self, unit: FiscalUnit) -> None:
        first = unit.seal(a_request("a"))
        unit.seal(a_request("b"))

        assert unit.seal(a_request("a")) == first

    def test_two_documents_get_two_codes_and_rising_counters(self, unit: FiscalUnit) -> None:
        first, second = unit.seal(a_request("a")), unit.seal(a_request("b"))

        assert first.code != second.code
        assert second.counter == first.counter + 1

    def test_a_document_is_not_sealed_again_with_other_amounts(self, unit: FiscalUnit) -> None:
        unit.seal(a_request("a"))

        with pytest.raises(Refused):
            unit.seal(a_request("a", total_minor=1))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"document_id": ""},
            {"organisation_number": "556000"},
            {"register_id": "a register id too long"},
            {"receipt_number": "W0012-1-"},
            {"receipt_number": "1234567890123"},
            {"vat": tuple((rate, 1) for rate in range(5))},
            {"returns_minor": -1},
            {"total_minor": 10**13},
        ],
    )
    def test_a_request_that_does_not_fit_is_refused(
        self, unit: FiscalUnit, wrong: dict[str, object]
    ) -> None:
        with pytest.raises(Refused):
            unit.seal(a_request(**wrong))  # type: ignore[arg-type]

    def test_a_unit_that_seals_is_ready(self, unit: FiscalUnit) -> None:
        unit.seal(a_request())

        assert unit.state().health is Health.READY

    @pytest.mark.parametrize("kind", SealKind)
    def test_every_kind_of_receipt_is_sealed(self, unit: FiscalUnit, kind: SealKind) -> None:
        original = unit.seal(a_request("a"))

        seal = unit.seal(a_request("b", kind=kind))

        assert seal.code != original.code

    def test_a_copy_asked_twice_is_one_copy(self, unit: FiscalUnit) -> None:
        original = unit.seal(a_request("a"))
        copy = replace(a_request("a"), document_id="a/copy", kind=SealKind.COPY)

        first, second = unit.seal(copy), unit.seal(copy)

        assert first == second
        assert first.code != original.code

    def test_a_closed_unit_is_not_ready(self, unit: FiscalUnit) -> None:
        unit.seal(a_request())
        unit.close()

        assert unit.state().health is not Health.READY
