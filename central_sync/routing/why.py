"""Why this store: one sentence that a shop assistant understands, from the record alone.

The reason is the term in which the chosen store beats the next best whole answer; said
with both stores' figures. The thing to get wrong: a made-up reason. A store that was out
by a rule gets the rule, a dearer one the term that made it dearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from central_sync.routing.asking import ONE, Dropped, Inputs
from central_sync.routing.decide import Candidate, Decision, candidates
from central_sync.routing.policy import Policy
from central_sync.routing.sentences import TEXTS


@dataclass(frozen=True, slots=True)
class Sentence:
    """`key` of the text and what fills it; stores by id, to be named by whoever words it."""

    key: str
    values: dict[str, str | int]


# What to say instead of "nearest" and "the least to do" where that is not so.
_COMPARED = {"distance": "nearer", "minutes": "calmer"}
_HEARD_OF_NEVER_SECONDS = 1_000_000_000
_HOURS_FROM_SECONDS = 2 * 3600
_WORST = ("minutes", "parcel", "scarcity", "distance", "nil", "late", "ship")


def why(decision: Decision, policy: Policy, store_id: str) -> Sentence:
    """Why this store was chosen, or why not."""
    table = {each.store_id: each for each in candidates(decision, policy)}
    ours = table.get(store_id)
    if ours is None:
        return Sentence("not.none", {"store": store_id})
    if ours.is_chosen:
        return _chosen(decision, table, ours)
    return _not_chosen(decision, table, ours)


def worded(sentence: Sentence, language: str, names: Mapping[str, str]) -> str:
    """The sentence in sv or en, with stores by name."""
    texts = TEXTS.get(language, TEXTS["sv"])
    values = {
        key: names.get(str(value), value) if key in ("store", "other") else value
        for key, value in sentence.values.items()
    }
    return texts[sentence.key].format(**values)


def _chosen(decision: Decision, table: Mapping[str, Candidate], ours: Candidate) -> Sentence:
    if decision.policy in ("nearest-complete", "least-busy-complete"):
        return Sentence("chosen.rule", {"policy": decision.policy})
    rivals = [each for each in table.values() if not each.is_chosen and not each.dropped]
    other = next(iter(rivals), None)
    if other is None or not other.gives:
        return _sentence(decision.inputs, "chosen.only", ours, ours)
    if other.gives < ours.gives:
        return _sentence(decision.inputs, "chosen.whole", ours, other)
    if len(decision.plan.parcels) > 1:
        saved = max(0, other.terms.total_minor - ours.terms.total_minor) // 100
        values: dict[str, str | int] = {"amount": saved, "other": other.store_id}
        return Sentence("chosen.together", values)
    key = _worse_in(other, ours)
    if key in _COMPARED and not _is_foremost(decision.inputs, key, ours, rivals):
        key = _COMPARED[key]
    return _sentence(decision.inputs, f"chosen.{key}", ours, other)


def _is_foremost(inputs: Inputs, key: str, ours: Candidate, rivals: list[Candidate]) -> bool:
    """Is nobody nearer, or less busy, among those who could have sent as much?"""
    figures = inputs.metres if key == "distance" else inputs.load
    mine = figures[inputs.stores.index(ours.store_id)]
    others = (each for each in rivals if each.gives >= ours.gives)
    return all(mine <= figures[inputs.stores.index(each.store_id)] for each in others)


def _not_chosen(decision: Decision, table: Mapping[str, Candidate], ours: Candidate) -> Sentence:
    inputs = decision.inputs
    if ours.dropped:
        key = f"not.{Dropped(ours.dropped).name.lower()}"
        return _sentence(inputs, _of_silence(inputs, key, ours), ours, ours)
    if not ours.gives:
        return Sentence("not.none", {"store": ours.store_id})
    chosen = next((each for each in table.values() if each.is_chosen), ours)
    if ours.gives < chosen.gives:
        values: dict[str, str | int] = {"gives": ours.gives, "wanted": len(inputs.demands)}
        return Sentence("not.part", values)
    key = _of_silence(inputs, f"not.{_worse_in(ours, chosen)}", ours)
    return _sentence(inputs, key, ours, chosen)


def _of_silence(inputs: Inputs, key: str, ours: Candidate) -> str:
    """Minutes, hours, or never: nobody reads 16666666 minutes."""
    seconds = int(inputs.silent_seconds[inputs.stores.index(ours.store_id)])
    if key != "not.silent" or seconds < _HOURS_FROM_SECONDS:
        return key
    return "not.silent_ever" if seconds >= _HEARD_OF_NEVER_SECONDS else "not.silent_hours"


def _worse_in(dear: Candidate, cheap: Candidate) -> str:
    """The term in which `dear` loses most; "turn" when nothing is dearer."""
    if dear.terms.silent_minor > cheap.terms.silent_minor:
        return "silent"
    gaps = {
        name: getattr(dear.terms, f"{name}_minor") - getattr(cheap.terms, f"{name}_minor")
        for name in _WORST
    }
    worst = max(_WORST, key=lambda name: gaps[name])
    return worst if gaps[worst] > 0 else "turn"


def _sentence(inputs: Inputs, key: str, ours: Candidate, other: Candidate) -> Sentence:
    here, there = inputs.stores.index(ours.store_id), inputs.stores.index(other.store_id)
    return Sentence(
        key,
        {
            "store": ours.store_id,
            "other": other.store_id,
            "km": int(inputs.metres[here]) // 1000,
            "other_km": int(inputs.metres[there]) // 1000,
            "busy": _percent(int(inputs.load[here])),
            "other_busy": _percent(int(inputs.load[there])),
            "minutes": int(inputs.silent_seconds[here]) // 60,
            "hours": int(inputs.silent_seconds[here]) // 3600,
        },
    )


def _percent(load: int) -> int:
    return (load * 100 + ONE // 2) // ONE
