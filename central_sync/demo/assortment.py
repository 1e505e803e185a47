"""What the demo chain sells, as word lists: families of goods, colours, sizes, brands.

Data only; `catalogue` makes items of it. A new family goes last: the place of a family,
colour or size in its list is part of the GTIN, so moving one renumbers the goods.
Brands and model names are made up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """`code` is its part of the SKU."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Family:
    """Goods of one sort: each of its models comes in some of the colours and all sizes.

    `weight` is how many models it has beside the others; `depth_percent` how many
    pieces lie on a shelf beside an ordinary shoe.
    """

    code: str
    noun: str
    audience: str
    colours: tuple[Colour, ...]
    sizes: tuple[str, ...]
    prices_minor: tuple[int, ...]
    weight: int = 2
    depth_percent: int = 100
    tax_group: str = "standard"


@dataclass(frozen=True, slots=True)
class Single:
    """An item without model, colour or size; no price means that the cashier keys it.

    `label_key` is what the labels of a scale begin with: such an item goes by weight,
    at a price for one kilogram. Its stock is not kept.
    """

    sku: str
    name: str
    price_minor: int = 0
    tax_group: str = "standard"
    kind: str = "goods"
    blocked: bool = False
    label_key: str = ""
    tare_grams: int = 0

    @property
    def open_price(self) -> bool:
        return self.price_minor == 0


# Brand, and the model lines it makes.
BRANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Norrvik", ("Fjäll", "Tjärn", "Myren", "Stigen", "Kalott")),
    ("Rimfors", ("Rapp", "Blixt", "Vind", "Kvick", "Ilar")),
    ("Ålby", ("Ängen", "Björk", "Hassel", "Sälg", "Rönn")),
    ("Hällmark", ("Granit", "Klippa", "Skrovel", "Flinta", "Röse")),
    ("Lövskär", ("Brygga", "Skär", "Dyning", "Vassen", "Båk")),
    ("Tåstad", ("Plaza", "Torget", "Esplanad", "Ekko", "Kvarter")),
    ("Östlind", ("Snögubbe", "Tumme", "Lärka", "Grävling", "Kotte")),
    ("Vildmo", ("Storm", "Glöd", "Frost", "Dimma", "Åska")),
)

_BLACK, _WHITE = Colour("SVA", "svart"), Colour("VIT", "vit")
_BLUE, _RED = Colour("BLA", "blå"), Colour("ROD", "röd")
_GREEN, _GREY = Colour("GRO", "grön"), Colour("GRA", "grå")
_NAVY, _BROWN = Colour("MAR", "marin"), Colour("BRU", "brun")
_YELLOW, _PINK = Colour("GUL", "gul"), Colour("ROS", "rosa")
_BEIGE, _COGNAC = Colour("BEI", "beige"), Colour("KON", "konjak")
_ORANGE, _PURPLE = Colour("ORA", "orange"), Colour("LIL", "lila")

SPORT = (_BLACK, _BLUE, _RED, _GREEN, _WHITE, _GREY, _NAVY, _YELLOW, _PINK, _ORANGE, _PURPLE)
LEATHER = (_BLACK, _BROWN, _COGNAC, _BEIGE, _NAVY, _WHITE)
PLAIN = (Colour("", ""),)
BARS = (
    Colour("CHO", "choklad"),
    Colour("HAV", "havre"),
    Colour("JOR", "jordnöt"),
    Colour("BLB", "blåbär"),
    Colour("HAL", "hallon"),
    Colour("LAK", "lakrits"),
)
DRINKS = (
    Colour("CIT", "citron"),
    Colour("APE", "apelsin"),
    Colour("FLA", "fläder"),
    Colour("HAL", "hallon"),
)


def _eu(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(size) for size in range(first, last + 1))


_MEN, _WOMEN, _ALL = _eu(40, 47), _eu(36, 42), _eu(36, 47)
_JUNIOR, _CHILD = _eu(30, 38), _eu(22, 32)
_CLOTHES = ("XS", "S", "M", "L", "XL", "XXL")
_CHILD_CLOTHES = ("92", "104", "116", "128", "140", "152", "164")
_SOCKS = ("25-29", "30-34", "35-38", "39-42", "43-46")
_ONE = ("",)

_CHEAP = (29900, 34900, 39900, 49900, 59900)
_MIDDLE = (49900, 59900, 69900, 79900, 89900, 99900)
_DEAR = (89900, 99900, 119900, 129900, 149900, 179900, 199900)
_SMALL = (4900, 5900, 7900, 9900, 12900)
_GEAR = (19900, 24900, 29900, 39900, 49900, 69900)

# fmt: off
FAMILIES: tuple[Family, ...] = (
    Family("LS", "Löparsko", "", SPORT, _ALL, _DEAR, 4),
    Family("LD", "Löparsko", "dam", SPORT, _WOMEN, _DEAR, 3),
    Family("LJ", "Löparsko", "junior", SPORT, _JUNIOR, _MIDDLE),
    Family("TH", "Terrängsko", "herr", SPORT, _MEN, _DEAR),
    Family("TD", "Terrängsko", "dam", SPORT, _WOMEN, _DEAR),
    Family("SN", "Sneaker", "", SPORT, _ALL, _MIDDLE, 4),
    Family("SJ", "Sneaker", "junior", SPORT, _JUNIOR, _CHEAP),
    Family("SB", "Sneaker", "barn", SPORT, _CHILD, _CHEAP),
    Family("VH", "Fjällkänga", "herr", LEATHER, _MEN, _DEAR),
    Family("VD", "Fjällkänga", "dam", LEATHER, _WOMEN, _DEAR),
    Family("VJ", "Fjällkänga", "junior", LEATHER, _JUNIOR, _MIDDLE, 1),
    Family("KH", "Vinterkänga", "herr", LEATHER, _MEN, _DEAR),
    Family("KD", "Vinterkänga", "dam", LEATHER, _WOMEN, _DEAR),
    Family("KB", "Vintersko", "barn", SPORT, _CHILD, _CHEAP),
    Family("GD", "Gummistövel", "dam", LEATHER, _WOMEN, _CHEAP, 1),
    Family("GB", "Gummistövel", "barn", SPORT, _CHILD, _CHEAP, 1),
    Family("SH", "Sandal", "herr", LEATHER, _MEN, _CHEAP),
    Family("SD", "Sandal", "dam", LEATHER, _WOMEN, _CHEAP),
    Family("BS", "Sandal", "barn", SPORT, _CHILD, _CHEAP),
    Family("PU", "Pumps", "dam", LEATHER, _WOMEN, _MIDDLE),
    Family("BA", "Ballerina", "dam", LEATHER, _WOMEN, _CHEAP),
    Family("LO", "Loafer", "herr", LEATHER, _MEN, _DEAR),
    Family("FI", "Finsko", "herr", LEATHER, _MEN, _DEAR),
    Family("TO", "Toffel", "", LEATHER, _ALL, _CHEAP, 1),
    Family("FH", "Fotbollssko", "herr", SPORT, _MEN, _MIDDLE),
    Family("FJ", "Fotbollssko", "junior", SPORT, _JUNIOR, _CHEAP),
    Family("IN", "Inomhussko", "", SPORT, _ALL, _MIDDLE),
    Family("PJ", "Längdpjäxa", "", SPORT, _ALL, _DEAR, 1),
    Family("SO", "Socka", "", SPORT, _SOCKS, _SMALL, 3, 300),
    Family("YS", "Yllesocka", "", SPORT, _SOCKS, _SMALL, 2, 300),
    Family("JH", "Skaljacka", "herr", SPORT, _CLOTHES, _DEAR),
    Family("JD", "Skaljacka", "dam", SPORT, _CLOTHES, _DEAR),
    Family("JB", "Vinterjacka", "barn", SPORT, _CHILD_CLOTHES, _MIDDLE),
    Family("TR", "T-shirt", "herr", SPORT, _CLOTHES, _GEAR, 3, 150),
    Family("TT", "T-shirt", "dam", SPORT, _CLOTHES, _GEAR, 3, 150),
    Family("TJ", "T-shirt", "junior", SPORT, _CHILD_CLOTHES, _SMALL, 2, 150),
    Family("MO", "Mössa", "", SPORT, _ONE, _GEAR, 2, 150),
    Family("HA", "Handske", "", SPORT, _CLOTHES, _GEAR, 2),
    Family("FB", "Fotboll", "", SPORT, ("3", "4", "5"), _GEAR, 1, 150),
    Family("IB", "Innebandyboll", "", SPORT, _ONE, (1990, 2490, 2990), 1, 600),
    Family("PR", "Padelracket", "", SPORT, _ONE, _DEAR, 2, 50),
    Family("BR", "Badmintonracket", "", SPORT, _ONE, _GEAR, 1, 80),
    Family("RY", "Ryggsäck", "", SPORT, ("15 l", "25 l", "45 l", "65 l"), _DEAR, 2, 60),
    Family("VF", "Vattenflaska", "", SPORT, ("0,5 l", "0,75 l", "1 l"), _SMALL, 2, 300),
    Family("IL", "Iläggssula", "", PLAIN, _eu(36, 47), (9900, 14900, 19900, 24900), 1, 200),
    Family("SK", "Skokräm", "", LEATHER, ("50 ml", "75 ml"), (4990, 6990, 8990), 1, 300),
    Family("SP", "Impregnering", "", PLAIN, ("150 ml", "300 ml"), (7990, 9990, 14990), 1, 300),
    Family("SR", "Skosnöre", "", LEATHER, ("90 cm", "120 cm", "150 cm"), (2990, 3990), 1, 500),
    Family("EB", "Energibar", "", BARS, ("45 g", "60 g"), (1990, 2290, 2490), 1, 1200, "food"),
    Family("EP", "Energibar 12-pack", "", BARS, _ONE, (19900, 22900), 1, 200, "food"),
    Family("SU", "Sportdryck", "", DRINKS, ("400 g",), (12900, 17900), 1, 200, "food"),
    Family("GE", "Energigel", "", DRINKS, ("40 g",), (1690, 1990, 2290), 1, 1200, "food"),
)
# fmt: on

_MAP_PLACES = (
    *("Abisko", "Bohuslän", "Dalsland", "Fulufjället", "Gotland", "Grövelsjön", "Helags"),
    *("Höga kusten", "Jämtlandsfjällen", "Kebnekaise", "Kullaberg", "Lofsdalen", "Öland"),
    *("Padjelanta", "Rogen", "Sarek", "Sylarna", "Sörmlandsleden", "Tiveden", "Åre"),
)
_MAPS = (("KV", "Vandringskarta", 15900), ("KC", "Cykelkarta", 13900), ("KS", "Skidkarta", 14900))
_BOOKS = (
    *("Börja löpa", "Fjällboken", "Knopar och knutar", "Laga över eld", "Längdskidans teknik"),
    *("Milen under 50", "Packa lätt", "Padel för alla", "Simma i öppet vatten", "Skavsår och råd"),
    *("Sköt om dina skor", "Styrka utan gym", "Tältliv", "Vandra med barn", "Vildmarkens växter"),
)

# What lies at every counter sells best of all.
COUNTER: tuple[Single, ...] = (
    Single("OPEN-25", "Övrig vara"),
    Single("OPEN-6", "Övrig trycksak", tax_group="print"),
    Single("KASSE-S", "Papperskasse liten", 300),
    Single("KASSE-L", "Papperskasse stor", 500),
    Single("GODIS-1", "Lösgodis", 9900, "food", label_key="20100001", tare_grams=8),
    Single("NOTTER-1", "Nötter i lösvikt", 19900, "food", label_key="23100002", tare_grams=8),
)

SINGLES: tuple[Single, ...] = (
    Single("TJ-VALLA", "Skidvallning", 34900, kind="service"),
    Single("TJ-SLIP", "Slipning skridskor", 12900, kind="service"),
    Single("TJ-STRANG", "Omsträngning racket", 24900, kind="service"),
    Single("TJ-SULA", "Omsulning", 59900, kind="service"),
    Single("TJ-ANALYS", "Löpstegsanalys", 49900, kind="service"),
    Single("TJ-CYKEL", "Cykelservice", 79900, kind="service"),
    Single("LAMPA-1", "Pannlampa Glimt (återkallad)", 29900, blocked=True),
    *(
        Single(f"{code}-{at:02d}", f"{kind} {place}", price_minor, "print")
        for code, kind, price_minor in _MAPS
        for at, place in enumerate(_MAP_PLACES, 1)
    ),
    *(
        Single(f"BOK-{at:02d}", f"{title} (bok)", 14900 + at % 4 * 5000, "print")
        for at, title in enumerate(_BOOKS, 1)
    ),
)
