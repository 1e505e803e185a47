from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hardware.drivers import open_fiscal_unit
from hardware.ports import FiscalUnit
from tests.contracts.fiscal_contract import FiscalContract, a_request
from tests.hardware.units import EMULATED, emulated_unit


@pytest.fixture(params=["memory", "demo", "demo with a ledger", *EMULATED])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FiscalUnit]:
    with ExitStack() as open_things:
        if request.param in EMULATED:
            emulated = emulated_unit(request.param)
            open_things.enter_context(emulated)
            address = emulated.address
        else:
            ledger = tmp_path / "unit.jsonl"
            name, _, more = request.param.partition(" ")
            address = f"{name}://{ledger if more else ''}"
        unit = open_fiscal_unit(address, tmp_path)
        open_things.callback(unit.close)
        yield unit


class TestEveryFiscalUnit(FiscalContract):
    pass


def test_a_demo_ledger_outlives_the_till(tmp_path: Path) -> None:
    address = f"demo://{tmp_path / 'unit.jsonl'}"
    first = open_fiscal_unit(address).seal(a_request("a"))

    after_restart = open_fiscal_unit(address)

    assert after_restart.seal(a_request("a")) == first
    assert after_restart.seal(a_request("b")).counter == first.counter + 1


def test_a_ledger_line_cut_by_a_power_failure_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "unit.jsonl"
    open_fiscal_unit(f"demo://{path}").seal(a_request("a"))
    with path.open("ab") as ledger:
        ledger.write(b'["b", "nor')

    after_restart = open_fiscal_unit(f"demo://{path}")

    assert after_restart.seal(a_request("b")).counter == 2
    assert open_fiscal_unit(f"demo://{path}").seal(a_request("c")).counter == 3
