"""A restored receipts.db: what was under way when it was copied is no longer.

The thing to get wrong: going on with what waited in the copy. What waited for paper was printed
long ago, so each such job becomes a question to a person; a sale that waited for its seal is an
open basket again, under its own id, so that central knows it if it was finished after all.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from pos_client.storage.database import durable, open_receipts
from pos_client.storage.prints import OPEN_STATES


def settle_restored(home: Path) -> None:
    """Migrate the home's receipts.db and put every open print to a person.

    Raises StorageTrouble, StorageDamaged.
    """
    path = home / "receipts.db"
    if not path.exists():
        return
    with closing(open_receipts(path)) as database, durable(database) as connection:
        connection.execute(
            f"""
            UPDATE print_job SET state = 'unknown', torn_on = 0, problem = 'restored'
             WHERE state IN {OPEN_STATES}
            """
        )
        connection.execute(
            """
            UPDATE register
               SET state = json_set(
                       state,
                       '$.next_number',
                       MAX(json_extract(state, '$.next_number'),
                           json_extract(state, '$.completing.number') + 1),
                       '$.completing', json('null')
                   )
             WHERE json_extract(state, '$.completing') IS NOT NULL
            """
        )
