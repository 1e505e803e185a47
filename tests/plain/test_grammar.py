"""What a typed line means, in Swedish and in English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.plain.amounts import BadLine, read_money, read_rate
from pos_client.plain.arguments import Context
from pos_client.plain.grammar import read_line
from pos_client.plain.verbs import ALIASES, NAMES
from pos_client.plain.wishes import (
    AskPin,
    Quit,
    ShowHelp,
    ShowStatus,
    SpeakLanguage,
    TakeOver,
    Wish,
)
from pos_client.register import commands as ask
from pos_client.register import desk_commands as desk
from pos_client.register import order_commands as later
from pos_client.register.queries import FindReceipt, ListReceipts, PreviewReport, PrintLabel, Search
from pos_client.register.stock_queries import AskStock, LookUpModel
from pos_client.register.tasks import Task
from pos_client.register.view import (
    PaymentView,
    QuestionView,
    Setup,
    SuspendedView,
    TenderView,
    View,
)
from pos_client.texts import LANGUAGES, words

VIEW = View(
    setup=Setup(
        price_reasons=("price_match", "damaged", "other"),
        discount_reasons=("staff", "other"),
        return_reasons=("regret", "other"),
        drawer_reasons=("change", "other"),
        loan_reasons=("safe", "other"),
        pickup_reasons=("safe", "expense", "other"),
    ),
    last_line=7,
    tenders=(
        TenderView("cash", "Kontant", "cash", 0),
        TenderView("card", "Kort", "card", 0),
        TenderView("swish", "Swish", "mobile", 0),
        TenderView("gift", "Presentkort", "voucher", 0),
    ),
    payments=(PaymentView("card", "Kort", 100), PaymentView("swish", "Swish", 100)),
    suspended=(SuspendedView("b-1", "", "", 1, 100), SuspendedView("b-2", "", "", 1, 100)),
    question=QuestionView(12, "1-1-4", 100),
)


def read(line: str) -> Wish:
    return read_line(line, Context(VIEW, found=("SKO-42", "OPEN-25")))


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("on 1001 1234", ask.SignOn("1001", "1234")),
        ("på 1001 1234", ask.SignOn("1001", "1234")),
        ("on 1001", AskPin("on", "1001")),
        ("off", ask.SignOff()),
        ("open 1000", ask.OpenDay(100_000)),
        ("öppna 1000,50", ask.OpenDay(100_050)),
        ("7310865004703", ask.EnterCode("7310865004703")),
        ("3*7310865004703", ask.EnterCode("7310865004703", 3)),
        ("3 * SKO-42", ask.EnterCode("SKO-42", 3)),
        ("OPEN-25@149,50", ask.AddItem("OPEN-25", 1, 14_950)),
        ("2*OPEN-25@10", ask.AddItem("OPEN-25", 2, 1_000)),
        ("sell x", ask.EnterCode("x")),
        ("search löparsko 42", Search("löparsko 42")),
        ("sök löparsko", Search("löparsko")),
        ("pick 1", ask.AddItem("SKO-42")),
        ("välj 2 149", ask.AddItem("OPEN-25", price_minor=14_900)),
        ("qty 2", ask.SetQuantity(7, 2)),
        ("antal 2 3", ask.SetQuantity(3, 2)),
        ("price 199 damaged", ask.OverridePrice(7, 19_900, "damaged")),
        ("pris 199 2 Prismatchning", ask.OverridePrice(2, 19_900, "price_match")),
        ("price 199 2 price match", ask.OverridePrice(2, 19_900, "price_match")),
        ("price 199 my own words", ask.OverridePrice(7, 19_900, "my own words")),
        ("discount 10% staff", ask.DiscountLine(7, "staff", basis_points=1_000)),
        ("rabatt 12,5 % 2 personal", ask.DiscountLine(2, "staff", basis_points=1_250)),
        ("discount 50 2 other", ask.DiscountLine(2, "other", amount_minor=5_000)),
        ("discount 0 2", ask.DiscountLine(2, "")),
        ("discount 0%", ask.DiscountLine(7, "")),
        ("void", ask.VoidLine(7)),
        ("makulera 2", ask.VoidLine(2)),
        ("void basket", ask.VoidBasket()),
        ("makulera köpet", ask.VoidBasket()),
        ("undo", ask.UndoLast()),
        ("ångra", ask.UndoLast()),
        ("park", ask.Suspend()),
        ("fetch", ask.Resume("b-1")),
        ("hämta 2", ask.Resume("b-2")),
        ("check SKO-42", ask.CheckPrice("SKO-42")),
        ("cash", ask.Pay("cash")),
        ("kontant 500", ask.Pay("cash", 50_000)),
        ("card 100,50", ask.Pay("card", 10_050)),
        ("kort", ask.Pay("card")),
        ("swish 100", ask.Pay("swish", 10_000)),
        ("presentkort 50", ask.Pay("gift", 5_000)),
        ("pay swish", ask.Pay("swish")),
        ("betala gift 50 nr 123", ask.Pay("gift", 5_000, "nr 123")),
        ("unpay", ask.RemovePayment(1)),
        ("unpay 1", ask.RemovePayment(0)),
        ("return 1-1-4", FindReceipt("1-1-4")),
        ("return 1-1-4 2", ask.ReturnLine("1-1-4", 2, 1, "other")),
        ("retur 1-1-4 2 3 ångrat köp", ask.ReturnLine("1-1-4", 2, 3, "regret")),
        ("return 1-1-4 2 regret", ask.ReturnLine("1-1-4", 2, 1, "regret")),
        ("drawer change", ask.OpenDrawer("change")),
        ("låda växling", ask.OpenDrawer("change")),
        ("loan 500 safe", ask.Loan(50_000, "safe")),
        ("påfyllnad 500 kassaskåpet", ask.Loan(50_000, "safe")),
        ("uttag 99 blommor till kassan", ask.Pickup(9_900, "blommor till kassan")),
        ("approve 1009 9876", ask.Approve("1009", "9876")),
        ("godkänn 1009", AskPin("approve", "1009")),
        ("decline", ask.DeclineApproval()),
        ("retry", ask.RetryCompletion()),
        ("abandon", ask.AbandonCompletion()),
        ("abort", ask.AbortCard()),
        ("signed yes", ask.ConfirmSignature(True)),
        ("underskrivet nej", ask.ConfirmSignature(False)),
        ("aside", ask.SetCardAside()),
        ("x", ask.PrintXReport()),
        ("Z cash=5230 card=1000,50", ask.CloseDay((("cash", 523_000), ("card", 100_050)))),
        ("z kontant=0", ask.CloseDay((("cash", 0),))),
        ("preview z", PreviewReport("z")),
        ("wayorder 1-1-7 2 ship", desk.ChangeOrderLine("1-1-7", 2, "ship")),
        ("sätt-order 1-1-7 2 hämtas s02", desk.ChangeOrderLine("1-1-7", 2, "collect", "s02")),
        ("waitorder 1-1-7 2", desk.WaitForOrder("1-1-7", 2)),
        ("vänta-order 1-1-7 2 14", desk.WaitForOrder("1-1-7", 2, 14)),
        ("instead 1-1-7 2 SKO-42", desk.SubstituteOrderLine("1-1-7", 2, "SKO-42")),
        (
            "moveorder 1-1-7 Eva Borg; 070-1; ; Storgatan 1; 411 19; Göteborg",
            desk.MoveOrder("1-1-7", "Eva Borg", "070-1", "", "Storgatan 1", "411 19", "Göteborg"),
        ),
        ("ship SKO-42", later.OrderItem("SKO-42", "ship")),
        ("skicka SKO-42 2", later.OrderItem("SKO-42", "ship", 2)),
        ("collect SKO-42 s02", later.OrderItem("SKO-42", "collect", 1, "s02", "")),
        (
            "address Eva Borg; 070-1; ; Storgatan 1; 411 19; Göteborg",
            later.GiveAddress("Eva Borg", "070-1", "", "Storgatan 1", "411 19", "Göteborg"),
        ),
        ("stock SKO-42", AskStock(("SKO-42",))),
        ("storlekar SKO-42", LookUpModel("SKO-42")),
        ("label 9520000000004", PrintLabel("9520000000004")),
        ("etikett SOCKA 12", PrintLabel("SOCKA", 12)),
        ("copy", ask.CopyReceipt()),
        ("kopia 1-1-4", ask.CopyReceipt("1-1-4")),
        ("printed 12 yes", ask.SettlePrint(12, True)),
        ("utskrivet nej", ask.SettlePrint(12, False)),
        ("receipts", ListReceipts()),
        ("kvitto 4", FindReceipt("4")),
        ("status", ShowStatus()),
        ("clear", ask.Clear()),
        ("lang en", SpeakLanguage("en")),
        ("take", TakeOver()),
        ("help kort", ShowHelp("card")),
        ("quit", Quit()),
    ],
)
def test_a_line_means_one_thing(line: str, wish: Wish) -> None:
    assert read(line) == wish


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("on", "usage"),
        ("open", "usage"),
        ("open tusen", "money"),
        ("open 1.000", "money"),
        ("qty", "usage"),
        ("qty 0", "count"),
        ("qty två", "count"),
        ("price 199", "reason"),
        ("discount 10%", "reason"),
        ("discount x% staff", "rate"),
        ("drawer", "reason"),
        ("pick 3", "nothing_found"),
        ("fetch 3", "nothing_parked"),
        ("pay guld", "tender"),
        ("z", "count_cash"),
        ("z card=100", "count_cash"),
        ("z cash", "tender"),
        ("z cash=mycket", "money"),
        ("printed 12 maybe", "usage"),
        ("preview y", "usage"),
        ("lang fi", "language"),
        ("köp en sko", "verb"),
        ("0*SKO-42", "count"),
        ("@5", "code"),
    ],
)
def test_a_line_that_means_nothing_says_why(line: str, why: str) -> None:
    with pytest.raises(BadLine) as bad:
        read(line)

    assert bad.value.key == why


def test_an_answer_about_paper_needs_a_question() -> None:
    with pytest.raises(BadLine, match="no_question"):
        read_line("printed yes", Context(View()))


@given(minor=st.integers(0, 999_999_999), point=st.sampled_from(",."))
def test_typed_money_is_read_as_it_was_meant(minor: int, point: str) -> None:
    assert read_money(f"{minor // 100}{point}{minor % 100:02d}") == minor


@given(basis_points=st.integers(0, 10_000), point=st.sampled_from(",."))
def test_a_typed_rate_is_read_as_it_was_meant(basis_points: int, point: str) -> None:
    assert read_rate(f"{basis_points // 100}{point}{basis_points % 100:02d}%") == basis_points


@given(line=st.text(min_size=1).filter(lambda text: bool(text.strip())))
def test_any_line_is_a_wish_or_a_reason_why_not(line: str) -> None:
    why = ""
    try:
        read(line)
    except BadLine as bad:
        why = bad.key

    assert not why or words("sv").has(f"plain.bad.{why}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", sorted(ALIASES))
def test_every_verb_has_its_help_in_both_languages(language: str, verb: str) -> None:
    assert words(language).has(f"plain.help.{verb}")


def test_no_name_means_two_verbs() -> None:
    assert len(NAMES) == sum(1 + len(others) for others in ALIASES.values())


def test_a_task_of_goods_begins_its_list_and_no_other_task_does() -> None:
    goods = Task("e1", "receive", "accepted")
    parcel = Task("p1/transfer_in", "transfer_in", "accepted", parcel_id="p1")
    tasks = Context(View(tasks=(goods, parcel)))

    assert read_line("goods task 1", tasks) == ask.StartGoods("goods_received", task_id="e1")
    assert read_line("varor uppgift 1", tasks) == ask.StartGoods("goods_received", task_id="e1")
    for line in ("goods task 2", "goods task 3"):
        with pytest.raises(BadLine):
            read_line(line, tasks)


def test_a_parcel_is_handed_over_by_its_number_in_the_list_or_by_its_code() -> None:
    tasks = Context(View(tasks=(Task("p1/pick", "pick", "packed"),)))

    assert read_line("handover 1", tasks) == ask.HandOverTask("p1/pick")
    assert read_line("handover SPD1SE", tasks) == ask.HandOverParcel("SPD1SE")
    assert read_line("handover 373500000000000017", tasks) == ask.HandOverParcel(
        "373500000000000017"
    )
