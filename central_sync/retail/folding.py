"""How a word is written in the search index, so that what a cashier types finds it.

Pure. å, ä and ö are typed as a, a and o by many; case, accents and the Unicode form
(NFC or NFD) never matter. The same fold is applied to items and to what is typed:
change it, and every master file must be built anew (raise SCHEMA_VERSION).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart, though a keyboard without them does.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)


# The letters of nearly every Swedish item name, so that a million of them fold in a second.
_QUICK = {
    **{code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)},
    **dict(zip(map(ord, "åäöéèüÅÄÖÉÈÜ"), "aaoeeuaaoeeu", strict=True)),
}


def fold(text: str) -> str:
    """Words in small letters without accents, one space between; "" when there is none.

    Everything that is neither letter nor digit separates words.
    """
    quick = text.translate(_QUICK)
    if quick.isascii():
        return " ".join(quick.split())
    return " ".join(" ".join(_fold_word(word) for word in text.split()).split())


def words(text: str) -> tuple[str, ...]:
    """The words of `fold`."""
    return tuple(fold(text).split())


def match_expression(text: str) -> str:
    """FTS5 MATCH text: every word as a prefix, all must be there; "" when there is none."""
    return " AND ".join(f'"{word}"*' for word in dict.fromkeys(words(text)))


@lru_cache(maxsize=100_000)
def _fold_word(word: str) -> str:
    # Casefolding may compose or decompose again (ß, ΐ), so it stands between two passes.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    text = "".join(c for c in text.translate(_LETTERS) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())
