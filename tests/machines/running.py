"""Runs a state machine a little in CI, and longer by `make fuzz-api EXAMPLES=500`."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from central_sync.database.migrate import migrate
from central_sync.database.open import Database, open_database

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
STEPS = 30


def run(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def fresh_database(folder: Path) -> Database:
    """A migrated, empty central database in this folder."""
    copyfile(_template(), folder / "central.db")
    return open_database(f"sqlite:///{folder / 'central.db'}")


@cache
def _template() -> Path:
    path = Path(mkdtemp(prefix="spindel-machines-")) / "central.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path
