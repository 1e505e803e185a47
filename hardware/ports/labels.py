"""The label printer: shelf and price labels, shipping labels.

Labels are idempotent: the same label may be printed twice, so an uncertain one is
simply printed again. Text is a stranger's; renderers quote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


@dataclass(frozen=True, slots=True)
class LabelText:
    """`x` and `y` are tenths of a millimetre from the top left; `height` of a capital, too."""

    x: int
    y: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class LabelBarcode:
    """`kind` is "ean13", "code128" or "qr"."""

    x: int
    y: int
    height: int
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class Label:
    """Sizes in tenths of a millimetre. `zpl` is a whole format that somebody else has drawn (a
    carrier's label); a printer of that language prints it instead of the elements."""

    width: int
    height: int
    elements: tuple[LabelText | LabelBarcode, ...]
    zpl: str = ""


class LabelPrinter(Protocol):
    """One thread uses it at a time; raises the tree in `hardware.errors`."""

    def print(self, label: Label, copies: int = 1) -> None: ...

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
