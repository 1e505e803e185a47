"""Enrolment: a code is good once, for a while, for one computer, and cannot be guessed."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from central_sync.server.central import Central
from central_sync.server.enrolment import (
    LARGEST_TRIES,
    NewCode,
    add_workstation,
    parted_code,
    replace_workstation,
    revoke_workstation,
)
from central_sync.server.guesses import LARGEST_GUESSES, Guesses
from central_sync.server.refused import Refused
from central_sync.wire.keys import SigningKey
from tests.central.office import Clock, enrol_request, enrolled


def _code(central: Central, label: str = "1") -> NewCode:
    with central.database.atomic() as connection:
        return add_workstation(connection, "s01", label, central.now())


def _ask(http: httpx.Client, code: str, key: SigningKey, **changes: Any) -> httpx.Response:
    request = enrol_request(code, key).model_copy(update=changes)
    return http.post("/v1/enrol", content=request.model_dump_json())


def test_a_code_gives_identity_epoch_and_centrals_key(central: Central, http: httpx.Client) -> None:
    code = _code(central)

    reply = _ask(http, code.code, SigningKey.generate()).json()

    assert reply == {
        "workstation_id": "s01-1",
        "label": "1",
        "store_id": "s01",
        "store_name": "Två Par s01",
        "chain": "Två Par",
        "country": "SE",
        "epoch": 1,
        "central_public_key": central.key.public,
    }


def test_a_code_may_be_typed_in_small_letters_without_dashes(
    central: Central, http: httpx.Client
) -> None:
    typed = _code(central).code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert _ask(http, typed, SigningKey.generate()).status_code == 200


def test_a_repeat_with_the_same_nonce_and_key_gets_the_same_answer(
    central: Central, http: httpx.Client
) -> None:
    code, key = _code(central), SigningKey.generate()
    first = _ask(http, code.code, key).json()

    assert _ask(http, code.code, key).json() == first


def test_a_used_code_is_refused_to_another_computer(central: Central, http: httpx.Client) -> None:
    code, key = _code(central), SigningKey.generate()
    _ask(http, code.code, key)

    others = [
        _ask(http, code.code, SigningKey.generate()),
        _ask(http, code.code, key, nonce="another-nonce-of-sixteen"),
    ]

    assert [reply.status_code for reply in others] == [401, 401]
    assert "used already" in others[0].json()["detail"]


def test_a_code_for_another_workstation_is_refused_and_still_good(
    central: Central, http: httpx.Client
) -> None:
    code, key = _code(central), SigningKey.generate()

    refused = _ask(http, code.code, key, workstation_id="s01-9")

    assert refused.status_code == 401
    assert "workstation code s01-9" in refused.json()["detail"]
    assert _ask(http, code.code, key).json()["workstation_id"] == "s01-1"


def test_a_wrong_code_is_refused(central: Central, http: httpx.Client) -> None:
    _code(central)

    reply = _ask(http, "AAAA-BBBBB-CCCCC", SigningKey.generate())

    assert (reply.status_code, reply.json()["code"]) == (401, "wrong_code")


def test_a_code_expires(central: Central, http: httpx.Client, clock: Clock) -> None:
    code = _code(central)
    clock.forward(hours=25)

    reply = _ask(http, code.code, SigningKey.generate())

    assert "expired" in reply.json()["detail"]


def test_a_code_is_dead_after_five_wrong_guesses(central: Central, http: httpx.Client) -> None:
    code = _code(central)
    wrong = parted_code(code.code)[0] + "-00000-00000"
    for _ in range(LARGEST_TRIES):
        _ask(http, wrong, SigningKey.generate())

    reply = _ask(http, code.code, SigningKey.generate())

    assert reply.status_code == 401
    assert "too often" in reply.json()["detail"]


def test_whoever_guesses_codes_has_to_wait(central: Central, http: httpx.Client) -> None:
    code = _code(central)
    for _ in range(LARGEST_GUESSES):
        _ask(http, "AAAA-BBBBB-CCCCC", SigningKey.generate())

    reply = _ask(http, code.code, SigningKey.generate())

    assert (reply.status_code, reply.json()["again"]) == (429, True)
    assert 1 <= int(reply.headers["Retry-After"]) <= 61


def test_a_guesser_may_try_again_after_a_minute() -> None:
    now = 1000.0
    guesses = Guesses(lambda: now)
    for _ in range(LARGEST_GUESSES):
        guesses.count("10.0.0.9")
    with pytest.raises(Refused):
        guesses.check("10.0.0.9")

    now += 61

    guesses.check("10.0.0.9")


def test_a_key_that_is_none_is_refused(central: Central, http: httpx.Client) -> None:
    reply = _ask(http, _code(central).code, SigningKey.generate(), public_key="A" * 44)

    assert reply.status_code == 422


def test_a_new_code_ends_the_one_before(central: Central, http: httpx.Client) -> None:
    first, second = _code(central), _code(central)

    replies = [_ask(http, code.code, SigningKey.generate()) for code in (first, second)]

    assert [reply.status_code for reply in replies] == [401, 200]


def test_a_label_in_use_is_not_given_twice(central: Central) -> None:
    enrolled(central)

    with pytest.raises(Refused, match="workstation code s01-1"):
        _code(central)


def test_replaced_hardware_keeps_its_id_and_gets_the_next_epoch(
    central: Central, http: httpx.Client
) -> None:
    enrolled(central)
    with central.database.atomic() as connection:
        code = replace_workstation(connection, "s01-1", central.now())

    reply = _ask(http, code.code, SigningKey.generate()).json()

    assert (reply["workstation_id"], reply["epoch"]) == ("s01-1", 2)


def test_a_label_after_a_revoked_one_begins_above_its_epochs(
    central: Central, http: httpx.Client
) -> None:
    enrolled(central)
    with central.database.atomic() as connection:
        revoke_workstation(connection, "s01-1", central.now())

    reply = _ask(http, _code(central).code, SigningKey.generate()).json()

    assert (reply["workstation_id"], reply["label"], reply["epoch"]) == ("s01-1-2", "1", 2)


def test_revoking_ends_a_code_that_was_not_used(central: Central, http: httpx.Client) -> None:
    code = _code(central)
    with central.database.atomic() as connection:
        revoke_workstation(connection, code.workstation_id, central.now())

    assert _ask(http, code.code, SigningKey.generate()).status_code == 401


@pytest.mark.parametrize(("store", "label"), [("s99", "1"), ("s01", "a b"), ("s01", "")])
def test_a_workstation_needs_a_store_and_a_plain_label(
    central: Central, store: str, label: str
) -> None:
    with central.database.atomic() as connection, pytest.raises(Refused):
        add_workstation(connection, store, label, central.now())


def test_no_two_codes_begin_alike(central: Central, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter("AAAA" + "B" * 10 + "AAAA" + "CCCC" + "B" * 10)
    monkeypatch.setattr(secrets, "choice", lambda _letters: next(drawn))

    codes = [_code(central, label).code for label in ("1", "2")]

    assert [code[:4] for code in codes] == ["AAAA", "CCCC"]
