"""Tills that send what they have, as a process of their own: their work is not central's.

`python -m bench.sync.sending URL` reads the tills' homes as a line of JSON, says "ready" when
each has spoken with central, sends at the next line, and says as JSON when each was done and
what it cost. The clock is the monotonic one, which is one for all processes of a computer.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.sync.world import Office, opened_till
from central_sync.engine.heartbeat import heartbeat
from central_sync.engine.round import send_receipts
from central_sync.engine.workstation import Workstation
from central_sync.server.settings import CentralSettings

# More threads than this only wait for one another; twenty tills in two processes have one each.
LANES = 10


@dataclass(frozen=True, slots=True)
class Done:
    """When each till was proven to its last receipt, and processor time of all of them."""

    ends: Sequence[float]
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Party:
    """A process with some of the tills, ready to send."""

    asked: IO[str]
    told: IO[str]

    def go(self) -> None:
        self.asked.write("go\n")
        self.asked.flush()

    def done(self) -> Done:
        return Done(**json.loads(self.told.readline()))


@contextmanager
def sending(office: Office, homes: Sequence[Path]) -> Iterator[Party]:
    command = [sys.executable, "-m", "bench.sync.sending", office.url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        party = Party(process.stdin, process.stdout)
        party.asked.write(json.dumps([str(home) for home in homes]) + "\n")
        party.asked.flush()
        assert party.told.readline() == "ready\n", "the tills did not come up"
        yield party


def main(url: str) -> None:
    homes = [Path(home) for home in json.loads(sys.stdin.readline())]
    office = Office(CentralSettings(Path(), ""), url)
    with ExitStack() as until_done:
        tills = [_ready(until_done, office, home) for home in homes]
        # A till of its own has nothing of the hundreds that stand here for the collector to walk.
        gc.collect()
        gc.freeze()
        _say("ready")
        sys.stdin.readline()
        before = time.process_time()
        ends = _send_all(tills)
        cost = time.process_time() - before
        _say(json.dumps({"ends": ends, "processor_seconds": cost}))


def _ready(until_done: ExitStack, office: Office, home: Path) -> Workstation:
    """A till whose sync runs and has spoken with central before."""
    till = until_done.enter_context(opened_till(office, home))
    heartbeat(till)
    return till


def _send_all(tills: Sequence[Workstation]) -> list[float]:
    ends: list[float] = []
    lanes = [
        threading.Thread(target=_send, args=(tills[lane::LANES], ends))
        for lane in range(min(LANES, len(tills)))
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return ends


def _send(tills: Sequence[Workstation], ends: list[float]) -> None:
    for till in tills:
        count = till.journal.heads()[0].sequence
        sent = 0
        while sent < count:
            report = send_receipts(till)
            sent += report.receipts
            if report.troubles and not report.troubles[0].again:
                raise report.troubles[0]
        ends.append(time.perf_counter())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
