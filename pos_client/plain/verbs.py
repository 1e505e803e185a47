"""The verbs of the prompt: one name, its other names in both languages, its help line.

Pure. Every name works whatever language is spoken, so that a script never
breaks because somebody else signed on. Help sentences are texts under
plain.help.<verb>; docs/plain.md is held to this table by a test.
"""

from __future__ import annotations

ALIASES: dict[str, tuple[str, ...]] = {
    "on": ("på", "logga-in"),
    "off": ("av", "logga-ut"),
    "open": ("öppna",),
    "sell": ("sälj",),
    "search": ("sök",),
    "pick": ("välj",),
    "weigh": ("väg",),
    "qty": ("antal",),
    "price": ("pris",),
    "discount": ("rabatt",),
    "void": ("makulera",),
    "undo": ("ångra",),
    "park": ("parkera",),
    "parked": ("parkerade",),
    "fetch": ("hämta",),
    "check": ("kolla",),
    "stock": ("saldo",),
    "ship": ("skicka",),
    "collect": ("avhämtas",),
    "address": ("adress",),
    "sizes": ("storlekar",),
    "customers": ("kunder",),
    "customer": ("kund",),
    "attach": ("koppla",),
    "detach": ("koppla-bort",),
    "newcustomer": ("ny-kund",),
    "cash": ("kontant",),
    "card": ("kort",),
    "pay": ("betala",),
    "unpay": ("återta",),
    "return": ("retur",),
    "drawer": ("låda",),
    "approve": ("godkänn",),
    "decline": ("avböj",),
    "retry": ("försök",),
    "abandon": ("avbryt",),
    "abort": ("avbryt-kort",),
    "signed": ("underskrivet",),
    "aside": ("lägg-undan",),
    "cards": ("kortköp",),
    "finish": ("slutför",),
    "settle": ("avgör",),
    "x": (),
    "z": (),
    "preview": ("granska",),
    "label": ("etikett",),
    "copy": ("kopia",),
    "printed": ("utskrivet",),
    "receipts": ("kvitton",),
    "receipt": ("kvitto",),
    "goods": ("varor",),
    "got": ("fick",),
    "counted": ("räknat",),
    "done": ("klart",),
    "drop": ("kasta",),
    "tasks": ("uppgifter",),
    "task": ("uppgift",),
    "accept": ("ta",),
    "reject": ("neka",),
    "picked": ("plockat",),
    "missing": ("saknas",),
    "packed": ("packat",),
    "handover": ("överlämna",),
    "shelve": ("hylla",),
    "handout": ("lämna-ut",),
    "noshow": ("ej-hämtat",),
    "ended": ("utfört",),
    "status": ("läge",),
    "devices": ("enheter", "utrustning"),
    "view": ("visa",),
    "clear": ("rensa",),
    "lang": ("språk",),
    "take": ("ta-över",),
    "help": ("hjälp", "?"),
    "quit": ("sluta",),
}

NAMES: dict[str, str] = {name: verb for verb, others in ALIASES.items() for name in (verb, *others)}

YES = frozenset({"yes", "y", "ja", "j"})
NO = frozenset({"no", "n", "nej"})
PAID = frozenset({"paid", "betald", "betalt"})
UNPAID = frozenset({"unpaid", "obetald", "obetalt"})
GOODS_KINDS = {
    "in": "goods_received",
    "out": "transfer_out",
    "ut": "transfer_out",
    "from": "transfer_in",
    "från": "transfer_in",
    "count": "count",
    "räkna": "count",
    "adjust": "adjustment",
    "ändra": "adjustment",
    "invoice": "invoice",
    "faktura": "invoice",
}
WHOLE_BASKET = frozenset({"basket", "all", "köp", "köpet", "allt"})
