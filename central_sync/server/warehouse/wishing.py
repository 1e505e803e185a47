"""What is wished for and what became of it: values, and counting wishes out on what there is.

Pure. The thing to get wrong: two lines of one item are one wish for the sum, so what is
needed is added up per store and item before it is held against what is available.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from central_sync.retail.stock import Figure, Reservation, available
from central_sync.server.warehouse.figures import Place


@dataclass(frozen=True, slots=True)
class Want:
    """`holder` "" is named by its place among the wants: the first is HOLDER/1."""

    store_id: str
    sku: str
    quantity: int
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is granted as a whole or not at all; `soft` ones end at `expires_at`, ISO UTC."""

    wants: tuple[Want, ...]
    holder: str
    expires_at: str = ""
    soft: bool = True


@dataclass(frozen=True, slots=True)
class Granted:
    reservations: tuple[Reservation, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """`available` pieces are fewer than the `wanted` ones, all lines of the item together."""

    store_id: str
    sku: str
    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Short:
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """These holders have no live right (any more); nothing was changed."""

    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Per wish what it lacks, () when it is granted; `taken` is what the granted ones need."""

    short: list[tuple[Missing, ...]]
    taken: dict[Place, int]


def shared_out(wishes: Sequence[Wish], figures: Mapping[Place, Figure]) -> Shared:
    """Count the wishes out on what is available, first come first served. Pure."""
    left = {place: available(figure) for place, figure in figures.items()}
    taken: dict[Place, int] = {}
    short = []
    for wish in wishes:
        needed = _needed(wish)
        missing = tuple(
            Missing(*place, pieces, left.get(place, 0))
            for place, pieces in sorted(needed.items())
            if pieces > left.get(place, 0)
        )
        short.append(missing)
        for place, pieces in () if missing else needed.items():
            left[place] -= pieces
            taken[place] = taken.get(place, 0) + pieces
    return Shared(short, taken)


def _needed(wish: Wish) -> dict[Place, int]:
    needed: dict[Place, int] = {}
    for want in wish.wants:
        assert want.quantity > 0, "a want is one piece or more"
        place = (want.store_id, want.sku)
        needed[place] = needed.get(place, 0) + want.quantity
    return needed


def missing_of(needed: Mapping[Place, int], figures: Mapping[Place, Figure]) -> tuple[Missing, ...]:
    """What the figures lack of what is needed; all of it where nothing seems to be lacking."""
    left = {place: available(figures[place]) if place in figures else 0 for place in needed}
    lacking = [place for place in sorted(needed) if needed[place] > left[place]]
    return tuple(Missing(*place, needed[place], left[place]) for place in lacking or sorted(needed))
