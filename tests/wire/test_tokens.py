from __future__ import annotations

import time

import pytest

from central_sync.wire.keys import (
    CLOCK_LEEWAY_SECONDS,
    TOKEN_SECONDS,
    BadToken,
    SigningKey,
    check_token,
    make_token,
)

TILL = "s01-1"


def test_a_token_that_was_proven_is_proven_for_no_other_key() -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    token = make_token(key, workstation_id=TILL, now_seconds=int(time.time()))

    assert [check_token(token, key.public) for _ in range(2)] == [TILL, TILL]
    with pytest.raises(BadToken, match="not signed"):
        check_token(token, other.public)


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (-TOKEN_SECONDS - CLOCK_LEEWAY_SECONDS - 1, "too old"),
        (CLOCK_LEEWAY_SECONDS + 60, "from the future"),
    ],
)
def test_a_token_speaks_for_its_time_alone_however_often_it_comes(seconds: int, word: str) -> None:
    key = SigningKey.generate()
    token = make_token(key, workstation_id=TILL, now_seconds=int(time.time()) + seconds)

    for _ in range(2):
        with pytest.raises(BadToken, match=word):
            check_token(token, key.public)


def test_a_token_is_not_proven_by_one_that_is_like_it() -> None:
    key = SigningKey.generate()
    token = make_token(key, workstation_id=TILL, now_seconds=int(time.time()))
    assert check_token(token, key.public) == TILL

    words, signature = token.rsplit(".", 1)
    with pytest.raises(BadToken, match="not signed"):
        check_token(f"{words}.{signature[::-1]}", key.public)
