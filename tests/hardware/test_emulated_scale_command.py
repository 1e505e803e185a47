from __future__ import annotations

from pathlib import Path

from hardware.drivers import open_scale
from hardware.ports import Health, WeighRequest
from tests.hardware.test_hardware_commands import running
from tests.hardware.waiting import until


def test_typed_grams_lie_on_the_emulated_scale(tmp_path: Path) -> None:
    link = tmp_path / "scale"
    with running("emulate", "scale", "--link", str(link)) as emulator:
        assert emulator.stdout is not None
        assert emulator.stdin is not None
        assert "dialog06+serial://" in emulator.stdout.readline()
        scale = open_scale(f"dialog06+serial://{link}")
        try:
            until(lambda: scale.state().health is Health.READY)
            emulator.stdin.write("452\n")
            emulator.stdin.flush()
            assert "452 g" in emulator.stdout.readline()

            assert scale.weigh(WeighRequest(19_900)).amount_minor == 8_995
        finally:
            scale.close()
