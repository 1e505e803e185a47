from __future__ import annotations

import copy
import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.terminals.envelope import Envelope, SealBroken, derive
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.nexo import Sale, Unreadable, status

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "nexo_envelope_vectors.json").read_text(encoding="utf-8")
)
KEY = derive("till", 2, "a passphrase")
OLD = derive("till", 1, "an older passphrase")
HEADER = {"ServiceID": "A000000001"}


def sealed(plaintext: bytes = b'{"a": 1}') -> dict[str, Any]:
    return Envelope((KEY,)).seal(HEADER, plaintext)


@pytest.mark.parametrize("vector", VECTORS["sealed_by_vendor"])
def test_what_the_vendor_sealed_opens(vector: dict[str, Any]) -> None:
    trailer = vector["sealed"]["SecurityTrailer"]
    key = derive(trailer["KeyIdentifier"], trailer["KeyVersion"], vector["passphrase"])

    assert Envelope((key,)).open(vector["sealed"]).decode() == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS["opened_by_vendor"])
def test_what_the_vendor_opened_is_sealed_again_byte_for_byte(vector: dict[str, Any]) -> None:
    trailer = vector["sealed"]["SecurityTrailer"]
    key = derive(trailer["KeyIdentifier"], trailer["KeyVersion"], vector["passphrase"])
    envelope = Envelope((key,), lambda _count: b64decode(trailer["Nonce"]))

    again = envelope.seal(vector["sealed"]["MessageHeader"], vector["plaintext"].encode())

    assert again == vector["sealed"]


@given(st.binary(max_size=200))
def test_whatever_was_sealed_opens_again(plaintext: bytes) -> None:
    assert Envelope((KEY,)).open(sealed(plaintext)) == plaintext


def test_two_seals_of_one_message_differ() -> None:
    assert sealed()["NexoBlob"] != sealed()["NexoBlob"]


def test_a_key_is_changed_without_a_pause() -> None:
    from_terminal = Envelope((OLD,)).seal(HEADER, b"{}")

    assert Envelope((KEY, OLD)).open(from_terminal) == b"{}"
    with pytest.raises(SealBroken):
        Envelope((KEY,)).open(from_terminal)


def test_an_envelope_opens_once() -> None:
    envelope, message = Envelope((KEY,)), sealed()
    envelope.open(message)

    with pytest.raises(SealBroken):
        envelope.open(message)


def without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for name in path[:-1]:
            tree = tree[name]
        del tree[path[-1]]

    return change


def with_value(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for name in path[:-1]:
            tree = tree[name]
        tree[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("NexoBlob"),
        without("SecurityTrailer"),
        without("SecurityTrailer", "Hmac"),
        with_value("", "NexoBlob"),
        with_value("å", "NexoBlob"),
        with_value("AAAA", "NexoBlob"),
        with_value(7, "NexoBlob"),
        with_value("AAAA", "SecurityTrailer", "Nonce"),
        with_value("", "SecurityTrailer", "Hmac"),
        with_value(2, "SecurityTrailer", "AdyenCryptoVersion"),
        with_value(9, "SecurityTrailer", "KeyVersion"),
        with_value("other", "SecurityTrailer", "KeyIdentifier"),
        with_value([], "SecurityTrailer", "KeyVersion"),
        with_value(None, "SecurityTrailer"),
    ],
)
def test_a_changed_envelope_is_broken_and_says_no_more(
    change: Callable[[dict[str, Any]], None],
) -> None:
    message = copy.deepcopy(sealed())
    change(message)

    with pytest.raises(SealBroken) as caught:
        Envelope((KEY,)).open(message)
    assert str(caught.value) == "the seal of the message is broken"


def test_wrong_padding_and_wrong_mac_are_one_error() -> None:
    plain = sealed(b"x" * 15)
    for place in (-5, 2):
        message = copy.deepcopy(plain)
        blob = message["NexoBlob"]
        sign = "B" if blob[place] != "B" else "C"
        message["NexoBlob"] = blob[:place] + sign + blob[place:][1:]
        with pytest.raises(SealBroken, match="the seal of the message is broken"):
            Envelope((KEY,)).open(message)


def test_a_header_outside_must_be_the_one_inside() -> None:
    message = status(Sale("till1", "P-1"), "Z000000001", "A000000001", "Payment")
    data = json.loads(JsonSkin(Envelope((KEY,))).encode(message))
    data["SaleToPOIRequest"]["MessageHeader"]["ServiceID"] = "Z000000002"

    with pytest.raises(SealBroken):
        JsonSkin(Envelope((KEY,))).decode(json.dumps(data).encode())


@pytest.mark.parametrize("passphrase", ["", "löß€"])
def test_a_passphrase_that_cannot_be_used_is_refused(passphrase: str) -> None:
    with pytest.raises(ValueError, match=r"empty|codec"):
        derive("till", 1, passphrase)


def test_a_key_shows_nothing_of_itself() -> None:
    assert KEY.mac.hex() not in repr(KEY)
    assert "mac" not in repr(KEY)


_MESSAGE = JsonSkin(Envelope((KEY,))).encode(
    status(Sale("till1", "P-1"), "Z000000001", "A000000001", "Payment")
)


@settings(max_examples=300)
@given(st.data())
def test_no_mutation_of_a_sealed_message_is_believed(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(_MESSAGE) - 1))
    cut = data.draw(st.integers(0, 3))
    new = data.draw(st.binary(max_size=3))
    mutated = _MESSAGE[:place] + new + _MESSAGE[place + cut :]
    skin = JsonSkin(Envelope((KEY,)))
    try:
        message = skin.decode(mutated)
    except (SealBroken, Unreadable):
        return
    # Spaces and a field nobody reads may change; the message may not.
    assert message == JsonSkin(Envelope((KEY,))).decode(_MESSAGE)
