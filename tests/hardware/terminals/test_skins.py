"""The wire as the vendors' public pages show it (Adyen Terminal API, Swedbank Pay PAX)."""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import CardKind, CardOutcome, CardReference, CardTotals, Health, Reason
from hardware.terminals import nexo
from hardware.terminals.answers import read_card_answer, read_state, read_totals
from hardware.terminals.envelope import Envelope, SealBroken, derive
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.nexo import Amount, Header, Message, Sale, Tree, Unreadable
from hardware.terminals.xml_skin import XmlSkin
from tests.contracts.terminal_contract import a_payment, a_reversal

SALE = Sale("till1", "A-POIID")
KEY = derive("till", 1, "a passphrase")


def json_sent(message: Message) -> Tree:
    """What is inside the envelope, as text would be read by anybody."""
    sealed = json.loads(JsonSkin(Envelope((KEY,))).encode(message))["SaleToPOIRequest"]
    found: Tree = json.loads(Envelope((KEY,)).open(sealed))["SaleToPOIRequest"]
    return found


def xml_sent(message: Message) -> ElementTree.Element:
    return ElementTree.fromstring(XmlSkin().encode(message))


def test_a_json_payment_carries_exact_amounts() -> None:
    sealed = json.loads(
        JsonSkin(Envelope((KEY,))).encode(nexo.payment(SALE, a_payment(amount_minor=110)))
    )
    inside = Envelope((KEY,)).open(sealed["SaleToPOIRequest"])

    assert b'"RequestedAmount":1.10' in inside


def test_a_json_payment_names_both_ends() -> None:
    sent = json_sent(nexo.payment(SALE, a_payment()))

    assert sent["MessageHeader"] == {
        "ProtocolVersion": "3.0",
        "MessageClass": "Service",
        "MessageCategory": "Payment",
        "MessageType": "Request",
        "ServiceID": "A000000001",
        "SaleID": "till1",
        "POIID": "A-POIID",
    }
    assert sent["PaymentRequest"]["SaleData"]["SaleTransactionID"]["TransactionID"] == "sale-1"


def test_an_xml_payment_is_attributes() -> None:
    sent = xml_sent(nexo.payment(SALE, a_payment()))

    header = sent.find("MessageHeader")
    amounts = sent.find("PaymentRequest/PaymentTransaction/AmountsReq")
    assert header is not None
    assert header.get("ProtocolVersion") == "3.1"
    assert amounts is not None
    assert amounts.attrib == {"Currency": "SEK", "RequestedAmount": "199.00"}


@pytest.mark.parametrize(
    ("kind", "most", "told"),
    [
        (CardKind.PAYMENT, 0, "0.00"),
        (CardKind.PAYMENT, 100_050, "1000.50"),
        (CardKind.PAYMENT, None, None),
        (CardKind.REFUND, 0, None),
    ],
)
def test_a_payment_says_how_much_cash_the_drawer_can_give(
    kind: CardKind, most: int | None, told: str | None
) -> None:
    sent = xml_sent(nexo.payment(SALE, a_payment(kind=kind, most_cashback_minor=most)))

    amounts = sent.find("PaymentRequest/PaymentTransaction/AmountsReq")
    assert amounts is not None
    assert amounts.get("MaximumCashBackAmount") == told


def test_an_xml_refund_names_what_it_takes_back() -> None:
    request = a_payment(
        kind=CardKind.REFUND, original=CardReference("8778880185", "2023-08-24T15:04:00.498Z")
    )
    sent = xml_sent(nexo.payment(SALE, request))

    data = sent.find("PaymentRequest/PaymentData")
    original = sent.find(
        "PaymentRequest/PaymentTransaction/OriginalPOITransaction/POITransactionID"
    )
    assert data is not None
    assert data.get("PaymentType") == "Refund"
    assert original is not None
    assert original.get("TransactionID") == "8778880185"


def test_an_xml_status_asks_about_one_request_of_ours() -> None:
    sent = xml_sent(nexo.status(SALE, "Z1", "A000000001", "Payment"))

    reference = sent.find("TransactionStatusRequest/MessageReference")
    assert reference is not None
    assert reference.attrib == {
        "MessageCategory": "Payment",
        "POIID": "A-POIID",
        "SaleID": "till1",
        "ServiceID": "A000000001",
    }


def test_an_xml_abort_gives_its_reason_in_an_element() -> None:
    sent = xml_sent(nexo.abort(SALE, "Z1", "A000000001"))

    assert sent.findtext("AbortRequest/AbortReason") == "MerchantAbort"


def test_an_xml_login_has_its_time_in_an_element() -> None:
    sent = xml_sent(nexo.login(SALE, "Z1", "2026-11-22T13:32:00Z"))

    assert sent.findtext("LoginRequest/DateTime") == "2026-11-22T13:32:00Z"
    assert "PrinterReceipt" in str(sent.findtext("LoginRequest/SaleTerminalData/SaleCapabilities"))


def test_a_reversal_is_of_the_terminals_own_reference() -> None:
    sent = json_sent(
        nexo.reversal(SALE, a_reversal(CardReference("oLk.98", "2026-11-22T13:32:04Z")))
    )

    body = sent["ReversalRequest"]
    assert body["OriginalPOITransaction"]["POITransactionID"]["TransactionID"] == "oLk.98"
    assert body["ReversalReason"] == "Malfunction"


# As the PAX terminal answers a contactless payment of 56 kronor.
RECEIPT = {
    "Cardholder": {
        "Mandatory": {"Payment": {"SignatureBlock": False, "TotalAmount": "56,00"}},
        "Optional": {"ReceiptString": ["BUTIK", "", "KÖP: 56,00 SEK", "AID: A0000000041010"]},
    }
}
XML_ANSWER = f"""<?xml version="1.0" encoding="UTF-8"?>
<SaleToPOIResponse>
 <MessageHeader MessageClass="Service" MessageCategory="Payment" MessageType="Response"
   ServiceID="A000000001" SaleID="till1" POIID="A-POIID"/>
 <PaymentResponse>
  <Response Result="Success"/>
  <SaleData><SaleTransactionID TransactionID="sale-1" TimeStamp="2026-11-22T13:32:00Z"/></SaleData>
  <POIData>
   <POITransactionID TransactionID="8778880185" TimeStamp="2026-11-22T13:32:05.498Z"/>
  </POIData>
  <PaymentResult PaymentType="Normal">
   <PaymentInstrumentData PaymentInstrumentType="Card">
    <CardData PaymentBrand="01,Mastercard Debit" MaskedPAN="516815******9659"
      EntryMode="Contactless"/>
   </PaymentInstrumentData>
   <AmountsResp Currency="SEK" AuthorizedAmount="56" CashBackAmount="0.00"/>
   <PaymentAcquirerData MerchantID="10020001" AcquirerPOIID="877888">
    <ApprovalCode>611506</ApprovalCode>
   </PaymentAcquirerData>
  </PaymentResult>
  <PaymentReceipt DocumentQualifier="CustomerReceipt">
   <OutputContent OutputFormat="Text">
    <OutputText>{base64.b64encode(json.dumps(RECEIPT).encode()).decode()}</OutputText>
   </OutputContent>
  </PaymentReceipt>
 </PaymentResponse>
</SaleToPOIResponse>""".encode()


def test_a_pax_answer_is_read() -> None:
    answer = read_card_answer(XmlSkin().decode(XML_ANSWER), 5_600, "SEK")

    assert (answer.outcome, answer.approved_minor) == (CardOutcome.APPROVED, 5_600)
    assert (answer.brand, answer.masked_pan) == ("01,Mastercard Debit", "516815******9659")
    assert answer.authorisation_code == "611506"
    assert answer.reference == CardReference("8778880185", "2026-11-22T13:32:05.498Z")
    assert answer.cardholder_receipt == ("BUTIK", "", "KÖP: 56,00 SEK", "AID: A0000000041010")
    assert not answer.needs_signature


def test_a_pax_receipt_with_a_signature_block_wants_a_signature() -> None:
    signed = json.loads(json.dumps(RECEIPT).replace("false", "true"))
    data = XML_ANSWER.replace(
        base64.b64encode(json.dumps(RECEIPT).encode()),
        base64.b64encode(json.dumps(signed).encode()),
    )

    assert read_card_answer(XmlSkin().decode(data), 5_600, "SEK").needs_signature


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"not xml",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><SaleToPOIResponse>&b;</SaleToPOIResponse>",
        b"<SaleToPOIResponse/>",
        b"<SaleToPOI/>",
        XML_ANSWER.replace(b"PaymentResponse", b"OtherResponse"),
        XML_ANSWER.replace(b'MessageCategory="Payment"', b'MessageCategory="../x"'),
        XML_ANSWER[:-1],
        b"<SaleToPOIResponse>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</SaleToPOIResponse>",
    ],
)
def test_xml_that_is_no_message_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        XmlSkin().decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"SaleToPOIResponse": {"MessageHeader": {}}}',
        b'{"SaleToPOIResponse": NaN}',
    ],
)
def test_json_that_is_no_message_is_unreadable(data: bytes) -> None:
    with pytest.raises((Unreadable, SealBroken)):
        JsonSkin(Envelope((KEY,))).decode(data)


def test_a_rejection_says_what_the_terminal_wrote() -> None:
    event = {"EventToNotify": "Reject", "EventDetails": "message=Did+not+understand"}
    data = json.dumps({"SaleToPOIRequest": {"EventNotification": event}}).encode()

    with pytest.raises(Unreadable, match="Did\\+not\\+understand"):
        JsonSkin(Envelope((KEY,))).decode(data)


def a_response(category: str, body: Tree) -> Message:
    return Message(Header(category, "A000000001", "till1", "A-POIID"), "Response", body)


def approved(**amounts: object) -> Tree:
    return {"Response": {"Result": "Success"}, "PaymentResult": {"AmountsResp": amounts}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Response": {"Result": "Failure"}},
        {"Response": {"Result": "Perhaps"}},
        {"Response": {"Result": "Failure", "ErrorCondition": "MessageFormat"}},
        approved(AuthorizedAmount="200.00", Currency="SEK"),
        approved(AuthorizedAmount="199.00", Currency="EUR"),
        approved(AuthorizedAmount="199.001"),
        approved(AuthorizedAmount=[199]),
        approved(AuthorizedAmount=True),
        approved(AuthorizedAmount="10.00", TipAmount="20.00"),
    ],
)
def test_an_answer_that_does_not_fit_the_question_is_unreadable(body: Tree) -> None:
    with pytest.raises(Unreadable):
        read_card_answer(a_response("Payment", body), 19_900, "SEK")


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("Busy", CardOutcome.BUSY),
        ("Aborted", CardOutcome.ABORTED),
        ("Cancel", CardOutcome.ABORTED),
        ("InProgress", CardOutcome.IN_PROGRESS),
        ("Refusal", CardOutcome.DECLINED),
        ("WrongPIN", CardOutcome.DECLINED),
        ("UnreachableHost", CardOutcome.DECLINED),
    ],
)
def test_every_condition_has_its_outcome(condition: str, outcome: CardOutcome) -> None:
    body = {"Response": {"Result": "Failure", "ErrorCondition": condition}}

    assert read_card_answer(a_response("Payment", body), 1, "SEK").outcome is outcome


def test_a_no_is_told_in_the_terminals_words() -> None:
    hint = "refusalReason=210+Not+enough+balance&message=x"
    response = {"Result": "Failure", "ErrorCondition": "Refusal", "AdditionalResponse": hint}

    answer = read_card_answer(a_response("Payment", {"Response": response}), 1, "SEK")

    assert answer.reason == "Refusal: 210 Not enough balance"


def test_card_data_that_nobody_needs_never_leaves_the_codec() -> None:
    body = approved(AuthorizedAmount="1.00")
    number = "4111111111111111"
    body["PaymentResult"]["PaymentInstrumentData"] = {
        "CardData": {
            "PaymentBrand": f"visa {number}",
            "MaskedPan": number,
            "SensitiveCardData": {"PAN": number, "TrackData": [{"TrackValue": number}]},
        }
    }
    body["PaymentReceipt"] = [
        {
            "DocumentQualifier": "CustomerReceipt",
            "OutputContent": {"OutputText": [{"Text": f"name=Kort&value={number}"}]},
        }
    ]

    answer = read_card_answer(a_response("Payment", body), 100, "SEK")

    assert number not in repr(answer)
    assert answer.masked_pan == "411111******1111"
    assert answer.cardholder_receipt == ("Kort 411111******1111",)


def test_totals_count_reversed_payments_back() -> None:
    def total(kind: str, count: int, amount: str) -> Tree:
        return {
            "TransactionType": kind,
            "TransactionCount": count,
            "TransactionAmount": Amount(amount).text,
        }

    body = {
        "Response": {"Result": "Success"},
        "TransactionTotals": [
            {
                "CardBrand": "visa",
                "PaymentCurrency": "SEK",
                "PaymentTotals": [
                    total("Debit", 3, "300.00"),
                    total("ReverseDebit", 1, "100.00"),
                    total("Credit", 1, "40.5"),
                    total("Declined", 9, "900.00"),
                ],
            }
        ],
    }

    assert read_totals(body) == CardTotals((("visa", 2, 20_000),), (("visa", 1, 4_050),))


@pytest.mark.parametrize(
    ("status", "health", "reason"),
    [
        ({"GlobalStatus": "OK"}, Health.READY, Reason.NONE),
        ({"GlobalStatus": "Busy"}, Health.WARNING, Reason.BUSY),
        ({"GlobalStatus": "Maintenance"}, Health.BLOCKED, Reason.BUSY),
        ({"GlobalStatus": "Unreachable"}, Health.WARNING, Reason.OFFLINE),
        ({"GlobalStatus": "OK", "CommunicationOKFlag": "false"}, Health.WARNING, Reason.OFFLINE),
        ({"GlobalStatus": "OK", "SecurityOKFlag": False}, Health.BLOCKED, Reason.NOT_CONFIGURED),
        ({"GlobalStatus": "OK", "PrinterStatus": "NoPaper"}, Health.WARNING, Reason.PAPER_OUT),
    ],
)
def test_a_diagnosis_becomes_a_state(status: Tree, health: Health, reason: Reason) -> None:
    state = read_state({"Response": {"Result": "Success"}, "POIStatus": status})

    assert (state.health, state.reason) == (health, reason)


_names = st.sampled_from(
    ["Response", "Result", "ErrorCondition", "PaymentResult", "AmountsResp", "AuthorizedAmount",
     "TipAmount", "PaymentReceipt", "OutputContent", "OutputText", "Text", "DocumentQualifier",
     "TransactionTotals", "PaymentTotals", "TransactionCount", "POIStatus", "ReversedAmount",
     "AdditionalResponse", "PaymentInstrumentData", "CardData", "MaskedPan", "POIData"]
)  # fmt: skip
_anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=20,
)


@given(_anything, st.sampled_from(["Payment", "Reversal"]))
def test_no_tree_brings_the_readers_down(tree: object, category: str) -> None:
    body: Tree = {"Response": {"Result": "Success"}}
    body |= tree if isinstance(tree, dict) else {}
    for read in (
        lambda: read_card_answer(a_response(category, body), 1, "SEK"),
        lambda: read_totals(body),
        lambda: read_state(body),
    ):
        try:
            read()
        except Unreadable:
            continue


@given(st.integers(0, len(XML_ANSWER) - 1), st.integers(0, 4), st.binary(max_size=4))
def test_no_mutation_brings_the_xml_skin_down(place: int, cut: int, new: bytes) -> None:
    mutated = XML_ANSWER[:place] + new + XML_ANSWER[place + cut :]
    try:
        read_card_answer(XmlSkin().decode(mutated), 5_600, "SEK")
    except Unreadable:
        return
