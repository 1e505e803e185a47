from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.folding import _fold_word, fold, match_expression, words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Löparsko Fjäll 2", "loparsko fjall 2"),
        ("LS2-BLA-42", "ls2 bla 42"),
        ("CAFÉ", "cafe"),
        ("Ærø Łódź", "aero lodz"),
        ("Straße", "strasse"),
        ("  ", ""),
        ("- / *", ""),
        ("кроссовки", "кроссовки"),
    ],
)
def test_words_are_written_small_and_plain(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text())
def test_the_unicode_form_of_a_text_never_matters(text: str) -> None:
    forms = {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {fold(text)}


@given(st.text())
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcåäöÅÄÖéüÉ -/42.,\u00a0"))
def test_the_quick_way_folds_as_the_thorough_one(text: str) -> None:
    assert fold(text) == " ".join(" ".join(_fold_word(word) for word in text.split()).split())


@given(name=st.text(max_size=30), others=st.lists(st.text(max_size=30), max_size=5))
def test_what_is_typed_as_it_is_written_finds_the_item(name: str, others: list[str]) -> None:
    index = sqlite3.connect(":memory:")
    index.execute(
        "CREATE VIRTUAL TABLE s USING fts5"
        "(words, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = 'ascii')"
    )
    texts = enumerate([name, *others], start=1)
    index.executemany(
        "INSERT INTO s (rowid, words) VALUES (?, ?)", [(n, fold(t)) for n, t in texts]
    )
    expression = match_expression(name)
    found = (
        index.execute("SELECT rowid FROM s WHERE s MATCH ?", (expression,)).fetchall()
        if expression
        else []
    )
    assert ((1,) in found) == bool(words(name))
    index.close()
