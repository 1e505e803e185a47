"""What a Swedish control unit accepts about a receipt (SKVFS 2009:2; fiscal-law R24).

Pure. Amounts go to the unit as "123,45", made from whole öre. A request that
does not fit the unit's fields is refused here, before a counter is burnt.
"""

from __future__ import annotations

from hardware.ports import SealRequest

_AMOUNT_LENGTH = 14


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


def fault_in(request: SealRequest) -> str:
    """Why a unit would not take this request, or ""."""
    organisation = request.organisation_number.replace("-", "")
    counter = number(request.receipt_number)
    amounts = (request.total_minor, request.returns_minor, *(vat for _, vat in request.vat))
    checks = (
        (not request.document_id, "the document id is empty"),
        (not request.at, "the time is missing"),
        (
            not (organisation.isascii() and organisation.isdecimal() and len(organisation) == 10),
            "the organisation number must be ten digits",
        ),
        (
            not 0 < len(request.register_id) <= 16 or not request.register_id.isascii(),
            "the register id must be 1 to 16 ASCII characters",
        ),
        (
            not (counter.isascii() and counter.isdecimal() and len(counter) <= 12),
            "the receipt number must end in 1 to 12 digits",
        ),
        (len(request.vat) > 4, "there is room for four VAT rates"),
        (request.returns_minor < 0, "the amount of returns is an absolute sum"),
        (any(len(amount(one)) > _AMOUNT_LENGTH for one in amounts), "an amount is too large"),
    )
    return next((words for wrong, words in checks if wrong), "")
