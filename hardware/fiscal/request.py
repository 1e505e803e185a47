"""What a Swedish control unit accepts about a receipt (SKVFS 2009:2; fiscal-law R24).

Pure. Amounts go to the unit as "123,45", made from whole öre. A request that
does not fit the unit's fields is refused here, before a counter is burnt.
"""

from __future__ import annotations

import hashlib

from hardware.ports import SealRequest

_AMOUNT_LENGTH = 14
_VAT_PAIRS = 4
_SEPARATORS = frozenset("# ;<>&")


def amount(minor: int) -> str:
    """Whole öre as the unit writes them: 12345 -> "123,45"."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{minor // 100},{minor % 100:02d}"


def number(receipt_number: str) -> str:
    """The unit's own field: the counter alone of "W0012-3-000147", which is 000147.

    Workstation and epoch need no room there: the register id names the one, and a
    new epoch never goes back below a number that was used.
    """
    return receipt_number.rpartition("-")[2]


def date_minute(request: SealRequest) -> str:
    """YYYYMMDDhhmm, as printed: "2026-11-22 15:02:11" and "2026-11-22T15:02Z" alike."""
    return "".join(one for one in request.at[:16] if one in "0123456789")


def vat_pairs(request: SealRequest, *, empty: str) -> tuple[str, ...]:
    """Four "25,00;259,80", the ones not used written as `empty`."""
    used = [f"{amount(rate)};{amount(vat)}" for rate, vat in request.vat]
    return (*used, *[empty] * (_VAT_PAIRS - len(used)))


def canonical(request: SealRequest) -> str:
    """Every field in a fixed order, for hashing and for comparing two requests."""
    fields = (
        request.document_id,
        request.at,
        request.organisation_number.replace("-", ""),
        request.register_id,
        request.receipt_number,
        request.kind.value,
        amount(request.total_minor),
        amount(request.returns_minor),
        *(f"{rate};{amount(vat)}" for rate, vat in request.vat),
    )
    return "#".join(field.replace("#", "##") for field in fields)


def canonical_digest(request: SealRequest) -> str:
    """SHA-256 of `canonical`, in hex."""
    return hashlib.sha256(canonical(request).encode()).hexdigest()


def fault_in(request: SealRequest) -> str:
    """Why a unit would not take this request, or ""."""
    organisation = request.organisation_number.replace("-", "")
    counter = number(request.receipt_number)
    amounts = (request.total_minor, request.returns_minor, *(vat for _, vat in request.vat))
    checks = (
        (not request.document_id, "the document id is empty"),
        (len(date_minute(request)) != 12, "the time is missing"),
        (
            not (organisation.isascii() and organisation.isdecimal() and len(organisation) == 10),
            "the organisation number must be ten digits",
        ),
        (
            not 0 < len(request.register_id) <= 16 or not _is_plain(request.register_id),
            "the register id must be 1 to 16 ASCII letters, digits or dashes",
        ),
        (
            not (counter.isascii() and counter.isdecimal() and len(counter) <= 12),
            "the receipt number must end in 1 to 12 digits",
        ),
        (len(request.vat) > _VAT_PAIRS, "there is room for four VAT rates"),
        (request.returns_minor < 0, "the amount of returns is an absolute sum"),
        (any(len(amount(one)) > _AMOUNT_LENGTH for one in amounts), "an amount is too large"),
    )
    return next((words for wrong, words in checks if wrong), "")


def _is_plain(text: str) -> bool:
    """No dialect's separator and nothing a terminal would act on."""
    return text.isascii() and text.isprintable() and not _SEPARATORS & set(text)
