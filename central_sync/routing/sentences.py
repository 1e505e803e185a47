"""The sentences of "why this store", Swedish and English, with the same keys and blanks.

A store's screen and central show them; the words of the register itself live elsewhere.
"""

# ruff: noqa: E501 - a sentence stands on one line, so that both languages can be compared

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "sv": {
        "chosen.only": "Valdes för att ingen annan butik kan skicka det ({km} km bort).",
        "chosen.whole": "Valdes för att butiken har allt; {other} har bara en del.",
        "chosen.minutes": "Valdes för att ni har minst att göra just nu: {busy} % mot {other_busy} % i {other}.",
        "chosen.parcel": "Valdes för att {other} nyss fick fler beställningar än ni.",
        "chosen.scarcity": "Valdes för att ni har fler kvar än {other}, som riskerar att stå utan.",
        "chosen.distance": "Valdes för att ni ligger närmast kunden: {km} km mot {other_km} km från {other}.",
        "chosen.nil": "Valdes för att ert saldo brukar stämma bättre än i {other}.",
        "chosen.late": "Valdes för att ni hinner i tid; {other} gör det inte.",
        "chosen.ship": "Valdes för att frakten härifrån är billigare än från {other}.",
        "chosen.silent": "Valdes för att {other} inte har hörts av.",
        "chosen.turn": "Valdes för att det var er tur; {other} var lika bra.",
        "chosen.together": "Valdes för att hela lösningen blev billigast så, {amount} kr under {other}.",
        "chosen.rule": "Valdes av regeln {policy}.",
        "not.none": "Valdes inte: butiken hade inget av det.",
        "not.closed": "Valdes inte: butiken öppnar för sent.",
        "not.cannot_ship": "Valdes inte: butiken skickar inte paket.",
        "not.too_far": "Valdes inte: butiken ligger för långt bort ({km} km).",
        "not.day_full": "Valdes inte: butiken har fått dagens antal paket.",
        "not.cooling_down": "Valdes inte: butiken tackade nyss nej.",
        "not.left_out": "Valdes inte: butiken var undantagen för den här ordern.",
        "not.part": "Valdes inte: butiken har bara {gives} av {wanted} varor.",
        "not.silent": "Valdes inte: butiken har inte hörts av på {minutes} min.",
        "not.minutes": "Valdes inte: butiken har mer att göra ({busy} % mot {other_busy} % i {other}).",
        "not.parcel": "Valdes inte: butiken fick nyss fler beställningar än {other}.",
        "not.scarcity": "Valdes inte: butiken behöver sina sista själv.",
        "not.distance": "Valdes inte: butiken ligger längre bort ({km} km mot {other_km} km från {other}).",
        "not.nil": "Valdes inte: butikens saldo stämmer sämre än i {other}.",
        "not.late": "Valdes inte: butiken hinner inte i tid.",
        "not.ship": "Valdes inte: frakten är dyrare än från {other}.",
        "not.turn": "Valdes inte: {other} var lika bra och stod på tur.",
    },
    "en": {
        "chosen.only": "Chosen because no other store can send it ({km} km away).",
        "chosen.whole": "Chosen because you have all of it; {other} has only a part.",
        "chosen.minutes": "Chosen because you have the least to do right now: {busy} % against {other_busy} % in {other}.",
        "chosen.parcel": "Chosen because {other} was given more orders than you a moment ago.",
        "chosen.scarcity": "Chosen because you have more left than {other}, which may run out.",
        "chosen.distance": "Chosen because you are nearest to the customer: {km} km against {other_km} km from {other}.",
        "chosen.nil": "Chosen because your stock figures are right more often than in {other}.",
        "chosen.late": "Chosen because you can make it in time; {other} can not.",
        "chosen.ship": "Chosen because freight from here is cheaper than from {other}.",
        "chosen.silent": "Chosen because {other} has not been heard of.",
        "chosen.turn": "Chosen because it was your turn; {other} was as good.",
        "chosen.together": "Chosen because the whole answer was cheapest this way, {amount} kr below {other}.",
        "chosen.rule": "Chosen by the rule {policy}.",
        "not.none": "Not chosen: the store had none of it.",
        "not.closed": "Not chosen: the store opens too late.",
        "not.cannot_ship": "Not chosen: the store sends no parcels.",
        "not.too_far": "Not chosen: the store is too far away ({km} km).",
        "not.day_full": "Not chosen: the store has had its parcels for today.",
        "not.cooling_down": "Not chosen: the store has just said no.",
        "not.left_out": "Not chosen: the store was left out for this order.",
        "not.part": "Not chosen: the store has only {gives} of {wanted} items.",
        "not.silent": "Not chosen: the store has not been heard of for {minutes} min.",
        "not.minutes": "Not chosen: the store has more to do ({busy} % against {other_busy} % in {other}).",
        "not.parcel": "Not chosen: the store was given more orders than {other} a moment ago.",
        "not.scarcity": "Not chosen: the store needs its last ones itself.",
        "not.distance": "Not chosen: the store is further away ({km} km against {other_km} km from {other}).",
        "not.nil": "Not chosen: its stock figures are wrong more often than in {other}.",
        "not.late": "Not chosen: the store can not make it in time.",
        "not.ship": "Not chosen: freight is dearer than from {other}.",
        "not.turn": "Not chosen: {other} was as good, and it was its turn.",
    },
}  # fmt: skip
