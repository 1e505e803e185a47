"""PouchDB and express-pouchdb beside ours: the same items down, as many receipts up.

They are fetched with npm into the bench's own folder. Where node, npm or the registry is
missing the bench goes on and says so. The thing to get wrong: its figure flatters it. It
signs nothing, checks no receipt, and its LevelDB does not wait for the disk.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from central_sync.demo.catalogue import articles

INSTALL_SECONDS = 120
RUN_SECONDS = 1_800
_HERE = Path(__file__).parent / "pouch"


@dataclass(frozen=True, slots=True)
class Pouch:
    """Documents a second, each way."""

    items: int
    down_a_second: float
    receipts: int
    up_a_second: float


def measure_pouch(folder: Path, items: int, receipts: Sequence[bytes]) -> Pouch | str:
    """The figures, or a sentence why there are none."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not on this computer"
    folder.mkdir(parents=True)
    for name in ("package.json", "replicate.js"):
        shutil.copy(_HERE / name, folder)
    (folder / "down.json").write_text(json.dumps(_items(items)))
    (folder / "up.json").write_text(json.dumps([json.loads(body) for body in receipts]))
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(
            install, cwd=folder, check=True, timeout=INSTALL_SECONDS, capture_output=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "npm could not install PouchDB here"
    try:
        ran = subprocess.run(
            ["node", "replicate.js", "."],
            cwd=folder, check=True, timeout=RUN_SECONDS, capture_output=True,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "PouchDB did not replicate on this computer's node"
    took = json.loads(ran.stdout.splitlines()[-1])
    return Pouch(items, items / took["down"], len(receipts), len(receipts) / took["up"])


def _items(count: int) -> list[dict[str, object]]:
    return [
        {
            "_id": a.sku, "name": a.name, "gtin": a.gtin, "tax_group": a.tax_group,
            "model": a.model, "colour": a.colour, "size": a.size, "unit": a.unit,
            "price_minor": a.price_minor,
        }
        for a in articles(1, count)
    ]  # fmt: skip
