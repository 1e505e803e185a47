"""Background processes of a home, on a disk that takes nothing."""

from __future__ import annotations

from pathlib import Path

from pos_client.commands.demo import Demo
from pos_client.commands.processes import Background


def test_a_process_starts_although_the_disk_takes_neither_its_number_nor_its_words(
    tmp_path: Path,
) -> None:
    for name in ("run/core.pid", "logs/core.out"):
        (tmp_path / name).mkdir(parents=True)  # cannot be written
    core = Background(tmp_path, "core", ["-c", "import time; time.sleep(60)"])
    core.start()
    try:
        assert core.pid() is not None
    finally:
        core.stop()
    assert core.pid() is None


def test_a_demo_whose_list_of_ports_was_cut_chooses_them_again(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"central": 80')
    assert Demo(tmp_path).ports.central
