"""A home that cannot be one is answered with a sentence, never with a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.shop import SPINDEL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


@pytest.mark.parametrize("command", [["till", "--plain"], ["demo", "--no-till"]])
def test_a_file_in_place_of_a_home_is_told_in_one_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    file = tmp_path / "file"
    file.touch()

    done = subprocess.run(
        [*SPINDEL, *command, "--home", str(file)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith(str(file))
    assert done.stderr.endswith("Check the path, its rights and the disk.\n")
    assert done.stderr.count("\n") == 1
