"""`spindel central serve` as a process: it says where it is, serves, and stops when told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from central_sync.engine.client import KEPT_SECONDS
from central_sync.server.central import make_central
from central_sync.server.serving import KEEP_ALIVE_SECONDS, OTHER_FILES
from central_sync.server.settings import CentralSettings

pytestmark = pytest.mark.e2e


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_central(CentralSettings(tmp_path, f"sqlite:///{tmp_path / 'central.db'}"))
    return tmp_path


class Serve:
    """The process, and the address that it told."""

    def __init__(self, home: Path, *options: str) -> None:
        command = "import sys; from pos_client.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "central", "serve", "--home", str(home), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )

    def address(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        assert found, line + (self.process.stderr.read() if self.process.stderr else "")
        return found[0]

    def stop(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out + err


@pytest.fixture
def serving(home: Path) -> Iterator[Serve]:
    serve = Serve(home, "--port", "0")
    yield serve
    serve.process.kill()
    serve.process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_when_told(
    serving: Serve, home: Path, how: signal.Signals
) -> None:
    status = httpx.get(f"{serving.address()}/v1/status", trust_env=False).status_code

    code, said = serving.stop(how)

    assert (status, code) == (401, 0)
    assert "Central has stopped." in said
    assert "Traceback" not in said
    assert "started" in (home / "logs" / "central.log").read_text().lower()


def test_a_second_one_on_the_same_home_is_refused(serving: Serve, home: Path) -> None:
    serving.address()

    second = Serve(home, "--port", "0")
    _, said = second.process.communicate(timeout=120)

    assert second.process.returncode == 1
    assert "already serves" in said


def test_a_port_in_use_is_told(serving: Serve, tmp_path: Path) -> None:
    port = serving.address().rsplit(":", 1)[1]
    other = tmp_path / "other"
    make_central(CentralSettings(other, f"sqlite:///{other / 'central.db'}"))

    second = Serve(other, "--port", port)
    _, said = second.process.communicate(timeout=120)

    assert (second.process.returncode, "--port" in said) == (1, True)


def test_a_till_never_asks_on_a_line_that_central_is_closing() -> None:
    assert KEPT_SECONDS + 10 < KEEP_ALIVE_SECONDS


@pytest.mark.parametrize(("given", "most", "room"), [(512, 2_000, 2_000), (2_000, 2_000, 2_000)])
def test_central_takes_as_many_lines_as_the_system_lets_it(
    given: int, most: int, room: int
) -> None:
    """Most systems give a process 1,024 files until it asks, and each till keeps two lines."""
    asked = (
        "import resource as r, sys; from central_sync.server.serving import room_for_connections;"
        f"r.setrlimit(r.RLIMIT_NOFILE, ({given}, {most}));"
        "print(room_for_connections(), r.getrlimit(r.RLIMIT_NOFILE)[0])"
    )

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout.split() == [str(room - OTHER_FILES), str(room)]
