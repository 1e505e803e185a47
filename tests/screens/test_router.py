"""Scans told from typing: every rule of the router, and 20,000 bursts that are never altered."""

from __future__ import annotations

import random

import pytest

from pos_client.screens.keys import ENTER, ESCAPE, Key
from pos_client.screens.router import Routed, Scanned, ScanRouter, TakeBack, Typed
from tests.builders import gtin

FAST, HUMAN = 0.004, 0.120


class Typist:
    """Feeds a router with a clock of its own and keeps what a sale page would have."""

    def __init__(self, holds_first: bool = False) -> None:
        self.router = ScanRouter(holds_first=holds_first)
        self.at = 1.0
        self.routed: list[Routed] = []
        self.entry = ""
        self.codes: list[str] = []
        self.marked = 0

    def press(self, key: Key, gap: float) -> None:
        self.at += gap
        self._take(self.router.feed(key, self.at))

    def types(self, text: str, gap: float = HUMAN) -> Typist:
        for character in text:
            self.press(Key(character, character), gap)
        return self

    def enters(self, gap: float = HUMAN) -> Typist:
        self.press(ENTER, gap)
        return self

    def scans(self, code: str, gap: float = FAST) -> Typist:
        self.at += HUMAN
        return self.types(code, gap).enters(gap)

    def waits(self, seconds: float = 1.0) -> Typist:
        self.at += seconds
        self._take(self.router.tick(self.at))
        return self

    def _take(self, routed: list[Routed]) -> None:
        self.routed += routed
        for one in routed:
            if isinstance(one, Scanned):
                self.codes.append(one.data)
            elif isinstance(one, TakeBack):
                self.entry = self.entry[:-1]
            elif one.key == ENTER:
                if self.entry:
                    self.codes.append(self.entry)
                self.entry = ""
            else:
                self.entry += one.key.character
                self.marked += one.is_burst


def scans_of(routed: list[Routed]) -> list[Scanned]:
    return [one for one in routed if isinstance(one, Scanned)]


def test_a_burst_with_a_valid_check_digit_and_enter_is_a_scan() -> None:
    typist = Typist().scans(gtin(7))

    assert [scan.data for scan in scans_of(typist.routed)] == [gtin(7)]
    assert typist.entry == ""


def test_a_framed_code_is_a_scan_with_its_symbology_whatever_it_holds() -> None:
    typist = Typist().scans("]C101095200000000071015\x1d21AB-7")

    (scan,) = scans_of(typist.routed)
    assert (scan.symbology, scan.data) == ("C1", "01095200000000071015\x1d21AB-7")


def test_a_code_typed_by_hand_is_typing_to_the_last_digit() -> None:
    typist = Typist().types(gtin(7)).enters()

    assert scans_of(typist.routed) == []
    assert typist.codes == [gtin(7)]


def test_a_first_character_passes_at_once_and_is_taken_back_when_a_burst_follows() -> None:
    typist = Typist().types("9")
    assert typist.entry == "9"

    typist.types("5", FAST)

    assert isinstance(typist.routed[-1], TakeBack)


def test_where_a_digit_acts_the_first_character_is_held() -> None:
    typist = Typist(holds_first=True).types("1")
    assert typist.entry == ""

    typist.waits()

    assert typist.entry == "1"


def test_a_burst_that_is_no_code_goes_on_as_typing_in_order_and_marked() -> None:
    typist = Typist().scans("7312345678901")

    assert typist.codes == ["7312345678901"]
    assert typist.marked == 13
    assert typist.routed[-1] == Typed(ENTER, is_burst=True)


def test_a_burst_behind_typed_digits_is_typing_because_it_may_be_the_tail_of_a_code() -> None:
    code = gtin(7)
    typist = Typist().types(code[:5], FAST).waits(0.2).types(code[5:], FAST).enters(FAST)

    assert scans_of(typist.routed) == []
    assert typist.codes == [code]


def test_a_quantity_before_a_scan_stays_in_the_entry() -> None:
    typist = Typist().types("3*").scans(gtin(7))

    assert [scan.data for scan in scans_of(typist.routed)] == [gtin(7)]
    assert typist.entry == "3*"


def test_another_key_lets_held_characters_go_first() -> None:
    typist = Typist().types("12", FAST)
    typist.press(Key("f2"), FAST)

    names = [one.key.name for one in typist.routed if isinstance(one, Typed)]
    assert names == ["1", "1", "2", "f2"]
    assert typist.entry == "12"


def test_a_digit_right_after_escape_is_a_digit() -> None:
    typist = Typist()
    typist.press(ESCAPE, HUMAN)
    typist.types(gtin(7), 0.001).enters(0.001)

    assert typist.codes == [gtin(7)]


@pytest.mark.parametrize(("pasted", "scanned"), [(gtin(7), gtin(7)), ("]E0" + gtin(7), gtin(7))])
def test_one_pasted_line_that_is_a_code_is_a_scan(pasted: str, scanned: str) -> None:
    routed = ScanRouter().paste(pasted + "\n", 1.0)

    assert [scan.data for scan in scans_of(routed)] == [scanned]


def test_several_pasted_lines_are_nothing() -> None:
    assert ScanRouter().paste(f"{gtin(1)}\n{gtin(2)}", 1.0) == []


def test_a_pasted_word_is_marked_typing_without_enter() -> None:
    routed = ScanRouter().paste("sko", 1.0)

    assert routed == [Typed(Key(c, c), is_burst=True) for c in "sko"]


def _stalled(random_: random.Random) -> float:
    """Mostly scanner speed; now and then the machine or the line stalls."""
    return random_.choice([0.0, 0.0005, 0.002, 0.008]) + (
        random_.uniform(0.01, 0.4) if random_.random() < 0.08 else 0.0
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_burst_is_ever_altered_by_stalls(seed: int) -> None:
    random_ = random.Random(seed)
    typist = Typist()
    sent = []
    for number in range(5_000):
        code = gtin(random_.randrange(10**8)) if random_.random() < 0.9 else "96385074"
        prefix = "]E0" if number % 3 == 0 else ""
        typist.at += random_.uniform(0.05, 0.5)
        if random_.random() < 0.5:
            typist._take(typist.router.tick(typist.at))
        for character in prefix + code:
            typist.press(Key(character, character), _stalled(random_))
            if random_.random() < 0.3:  # the timer of a loop that is late
                typist._take(typist.router.tick(typist.at + random_.uniform(0, 0.02)))
        typist.press(ENTER, _stalled(random_))
        sent.append(code)

    read = [code.removeprefix("]E0") for code in typist.codes]
    assert read == sent
    assert typist.entry == ""
