"""A till's figures for Prometheus: true to its status, whole, and written by the sync itself."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.metrics import FILE, metrics_of, write_metrics
from central_sync.engine.round import contact
from central_sync.engine.status import read_status
from tests.engine.conftest import Shop
from tests.engine.journal_twin import NOON
from tests.storage.disk import Disk, a_receipt


def figures(text: str) -> dict[str, dict[str, float]]:
    """Metric -> (stream or "") -> value."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[one.labels.get("stream", "")] = one.value
    return found


def test_what_waits_and_how_old_it_is_can_be_alarmed_on(shop: Shop) -> None:
    home = shop.workstation.home
    contact(shop.workstation)
    with Disk(home) as disk:
        disk.files(a_receipt(1))
    status = read_status(home, NOON)

    found = figures(metrics_of(status, NOON + timedelta(seconds=90)))

    assert found["spindel_till_behind"]["receipts"] == 1
    assert found["spindel_till_behind"]["catalogue"] == 0
    assert found["spindel_till_catalogue_items"][""] == 4
    assert found["spindel_till_contact_age_seconds"][""] == 90


def test_the_file_is_replaced_as_a_whole_and_is_what_the_command_says(shop: Shop) -> None:
    home = shop.workstation.home
    contact(shop.workstation)

    path = write_metrics(home, NOON)
    said = CliRunner().invoke(sync, ["metrics", "--home", str(home)]).stdout

    assert path == home / FILE
    assert set(figures(path.read_text())) == set(figures(said))
    assert not (home / "metrics.new").exists()
