"""The product's own source files, parsed once, for the tests that keep the house tidy."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("pos_client", "central_sync", "hardware")


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return self.path

    def line(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> str:
        return self.text.splitlines()[node.lineno - 1]

    def place(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> str:
        return f"{self.path}:{node.lineno}"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file of these folders (of the whole product, if none is named)."""
    found = []
    for folder in folders or PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Source(str(path.relative_to(ROOT)), text, ast.parse(text)))
    assert found
    return tuple(found)
