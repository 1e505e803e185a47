"""How large a QR code prints: its version by what it holds, and dots a module that the paper takes.

Pure. The printer makes the symbol; here only its size is foreseen (ISO/IEC 18004, table 7). The
thing to get wrong: a fixed size. A printer leaves out a symbol that is wider than its paper.
"""

from __future__ import annotations

_ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
_QUIET = 8
_MOST_DOTS, _READABLE_DOTS, _LEAST_DOTS = 5, 3, 2
# Characters that versions 1 to 40 hold, at error correction L and M.
_LETTERS_L = (
    *(25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619, 667, 758, 854, 938, 1046),
    *(1153, 1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223, 2369, 2520, 2677, 2840, 3009),
    *(3183, 3351, 3537, 3729, 3927, 4087, 4296),
)
_LETTERS_M = (
    *(20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816),
    *(909, 970, 1035, 1134, 1248, 1326, 1451, 1542, 1637, 1732, 1839, 1994, 2113, 2238, 2369),
    *(2506, 2632, 2780, 2894, 3054, 3220, 3391),
)
_BYTES_L = (
    *(17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718),
    *(792, 858, 929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068),
    *(2188, 2303, 2431, 2563, 2699, 2809, 2953),
)
_BYTES_M = (
    *(14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560),
    *(624, 666, 711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628),
    *(1722, 1809, 1911, 1989, 2099, 2213, 2331),
)
LEVEL_L, LEVEL_M = b"0", b"1"


def level_and_dots(data: str, paper_dots: int) -> tuple[bytes, int]:
    """(error correction of GS ( k, dots a module): M while its modules stay readable, else L."""
    dots = _dots(version(data, LEVEL_M), paper_dots)
    if dots >= _READABLE_DOTS:
        return LEVEL_M, dots
    return LEVEL_L, _dots(version(data, LEVEL_L), paper_dots)


def version(data: str, level: bytes) -> int:
    """1 to 40; 40 also for what fits none."""
    if _ALPHANUMERIC.issuperset(data):
        size, holds = len(data), _LETTERS_M if level == LEVEL_M else _LETTERS_L
    else:
        size, holds = len(data.encode()), _BYTES_M if level == LEVEL_M else _BYTES_L
    return next((at for at, most in enumerate(holds, 1) if size <= most), 40)


def _dots(number: int, paper_dots: int) -> int:
    modules = 17 + 4 * number + _QUIET
    return max(_LEAST_DOTS, min(_MOST_DOTS, paper_dots // modules))
