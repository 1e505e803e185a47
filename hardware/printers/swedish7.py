"""The Swedish seven-bit set (ESC R 5) as a codec, for printers that know no code page.

Brackets, braces and a few signs give their places to å, ä, ö, é and ü. A newcomer would
send "[" and read "Ä" on paper: such characters are not in this set, so `wording.clean`
finds them a likeness before they are encoded.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

NAME = "swedish7"
_PLACES = dict(zip("$@[\\]^`{|}~", "¤ÉÄÖÅÜéäöåü", strict=True))
_DECODING = "".join(_PLACES.get(chr(code), chr(code)) for code in range(128))
_ENCODING = codecs.charmap_build(_DECODING)


def _encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
    return codecs.charmap_encode(text, errors, _ENCODING)


def _decode(data: Buffer, errors: str = "strict") -> tuple[str, int]:
    return codecs.charmap_decode(bytes(data), errors, _DECODING)


def _find(name: str) -> codecs.CodecInfo | None:
    return codecs.CodecInfo(_encode, _decode, name=NAME) if name == NAME else None


codecs.register(_find)
