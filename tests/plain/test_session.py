"""The line mode over a real socket: a whole day, scans, news, approvals, json."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos_client.errors import EXIT_CORE_GONE, EXIT_DONE, EXIT_FAILED
from pos_client.link.client import CoreClient, CoreGone
from pos_client.plain import run_plain
from pos_client.register.commands import ScanCode
from pos_client.register.view import (
    DeviceLine,
    DeviceView,
    Level,
    Message,
    QuestionView,
    StatusView,
)
from tests.plain.core_twin import CoreTwin
from tests.plain.prompt import Prompt


@pytest.fixture
def core(tmp_path: Path) -> Iterator[CoreTwin]:
    with CoreTwin(tmp_path / "core.sock") as twin:
        yield twin


@pytest.fixture
def prompt(core: CoreTwin) -> Iterator[Prompt]:
    with Prompt(core.path) as opened:
        yield opened


def selling(prompt: Prompt) -> Prompt:
    prompt.type("on 1001 1234")
    prompt.type("open 1000")
    return prompt


def test_a_prompt_says_at_once_where_the_register_stands(prompt: Prompt) -> None:
    assert prompt.hello == "! Spindel, kassa 1, Två Par Göteborg. Utloggad. Skriv: på NUMMER PIN"


def test_a_list_of_goods_says_which_it_is_when_it_begins(prompt: Prompt) -> None:
    said = selling(prompt).type("goods count")

    assert said == "OK Räkna hyllan. Skriv: fick KOD för varje vara, klart när allt är med."


def test_a_whole_day_can_be_scripted(core: CoreTwin) -> None:
    script = """
        # a day at the till
        on 1001 1234
        open 1000
        7310865004703
        2*SOCKA
        void 2
        BOK
        discount 10% staff
        card 500
        cash 1000
        return 1-1-1 1 faulty
        card
        x
        preview z
        copy 1-1-1
        z cash=1424 card=500
        off
        """
    out = io.StringIO()

    code = run_plain(core.path, stdin=io.StringIO(script), stdout=out)

    verdicts = [line.split(" ")[0] for line in out.getvalue().splitlines()]
    answers = [verdict for verdict in verdicts if verdict in ("OK", "NO", "WAIT")]
    assert code == EXIT_DONE
    assert answers == ["OK"] * 16, out.getvalue()
    assert core.reports == 2


def test_every_line_gets_exactly_one_verdict(core: CoreTwin) -> None:
    lines = ["on 1001 9999", "on 1001 1234", "nonsense words here", "open x", "open 0", "FINNS-EJ"]
    out = io.StringIO()

    run_plain(core.path, stdin=io.StringIO("\n".join(lines)), stdout=out)

    verdicts = [line.split(" ")[0] for line in out.getvalue().splitlines()[1:]]
    assert verdicts == ["NO", "OK", "NO", "NO", "OK", "NO"]


def test_a_sold_line_is_said_with_the_total(prompt: Prompt) -> None:
    assert selling(prompt).type("3*SOCKA") == (
        "OK Rad 1: 3 Sockor 3-pack Åre, 297,00 kr. 3 varor, totalt 297,00 kr."
    )


def test_a_refusal_says_what_to_type_and_no_key_to_press(prompt: Prompt) -> None:
    assert selling(prompt).type("FINNS-EJ") == (
        "NO Varan FINNS-EJ är okänd. Skanna igen eller skriv: sök ORD"
    )


def test_an_open_price_item_tells_how_its_price_is_typed(prompt: Prompt) -> None:
    assert "OPEN-25@BELOPP" in selling(prompt).type("OPEN-25")
    assert "149,50" in prompt.type("OPEN-25@149,50")


def test_change_is_the_first_thing_said_after_cash(prompt: Prompt) -> None:
    selling(prompt).type("BOK")

    assert prompt.type("cash 300").startswith("OK Växel 50,00")


def test_paying_in_parts_says_what_is_left(prompt: Prompt) -> None:
    selling(prompt).type("BOK")

    assert "kvar 149,50 kr" in prompt.type("card 100")


def test_above_the_limit_the_prompt_waits_for_another_person(prompt: Prompt) -> None:
    selling(prompt).type("BOK")
    asked = prompt.type("discount 50% damaged")

    assert asked.startswith("WAIT Godkännande behövs: rabatt")
    assert prompt.type("SOCKA").startswith("NO")
    assert prompt.type("approve 1009 9876").startswith("OK")
    assert "124,75" in prompt.type("view")


def test_a_pin_can_be_typed_on_a_line_of_its_own(prompt: Prompt) -> None:
    assert prompt.type("on 1001") == "WAIT Skriv PIN för 1001."
    assert prompt.type("1234").startswith("OK Hej Anna Berg")


def test_search_gives_rows_and_a_number_picks_one(prompt: Prompt) -> None:
    found = selling(prompt).type("search löp").splitlines()

    assert [row[:4] for row in found[:2]] == ["| 1:", "| 2:"]
    assert found[-1].startswith("OK 2 hittades")
    assert "Löpboken" in prompt.type("pick 2")


def test_a_parked_sale_is_listed_and_fetched(prompt: Prompt) -> None:
    selling(prompt).type("BOK")
    prompt.type("park")

    assert prompt.type("parked").splitlines()[0].startswith("| 1: 1 vara")
    assert "totalt" in prompt.type("fetch")


def test_a_receipt_shows_its_paper_and_what_can_be_returned(prompt: Prompt) -> None:
    selling(prompt).type("2*BOK")
    prompt.type("card")
    prompt.type("return 1-1-1 1 1")
    prompt.type("card")
    shown = prompt.type("receipt 1-1-1")

    assert "| Kvitto 1-1-1" in shown
    assert "1 kan återlämnas" in shown


def test_an_unknown_receipt_is_a_no(prompt: Prompt) -> None:
    assert prompt.type("receipt 9").startswith("NO Kvitto 9 finns inte")


def test_a_serial_scan_is_sold_without_typing(core: CoreTwin, prompt: Prompt) -> None:
    selling(prompt)
    core.scan("7310865004703", scan_id=5)

    assert prompt.hear().startswith("! SCAN 7310865004703 OK Rad 1: 1 Löparsko Vind 42")
    assert core.commands[-1] == ScanCode("7310865004703", "E0", scan_id=5)


def test_a_scan_of_an_unknown_code_is_told_as_a_no(core: CoreTwin, prompt: Prompt) -> None:
    selling(prompt)
    core.scan("952000")

    assert prompt.hear().startswith("! SCAN 952000 NO Varan 952000 är okänd")


def test_a_scan_while_a_pin_is_typed_is_refused(core: CoreTwin, prompt: Prompt) -> None:
    prompt.type("on 1001")
    core.scan("7310865004703", scan_id=9)

    assert prompt.hear().startswith("! SCAN 7310865004703 NO")
    assert prompt.type("1234").startswith("OK")
    assert core.refused_scans == [9]


def test_device_trouble_is_told_without_being_asked(core: CoreTwin, prompt: Prompt) -> None:
    core.change(status=StatusView(printer=DeviceView("blocked", "paper_out")))

    assert prompt.hear() == "! Skrivare: stoppad, papperet är slut."


def test_going_online_is_told(core: CoreTwin, prompt: Prompt) -> None:
    core.change(status=StatusView(is_online=True))

    assert prompt.hear() == "! Uppkopplad."


def test_a_late_message_is_told(core: CoreTwin, prompt: Prompt) -> None:
    core.tell(Message("scan.damaged", Level.REFUSAL, {"code": "952#"}, 2))

    assert "952#" in prompt.hear()


def test_a_question_about_paper_is_put_and_answered(core: CoreTwin, prompt: Prompt) -> None:
    core.change(question=QuestionView(12, "1-1-4", 10_000))

    assert prompt.hear().startswith("! Utskriften av kvitto 1-1-4 bröts.")
    assert prompt.type("printed yes").startswith("NO")
    prompt.type("on 1001 1234")
    assert prompt.type("printed yes").startswith("OK")
    assert "12" in str(core.commands[-1])


def test_a_late_seal_is_waited_for(core: CoreTwin, prompt: Prompt) -> None:
    core.seals = "late"
    selling(prompt).type("BOK")

    assert prompt.type("card").startswith("OK Kvitto 1-1-1")


def test_a_missing_seal_is_no_refusal_but_a_wait(core: CoreTwin, prompt: Prompt) -> None:
    core.seals = "never"
    selling(prompt).type("BOK")

    assert prompt.type("card").startswith("WAIT")
    core.seals = "at once"
    assert prompt.type("retry").startswith("OK Kvitto 1-1-1")


def test_status_tells_line_outbox_and_devices(core: CoreTwin, prompt: Prompt) -> None:
    status = StatusView(
        is_online=True,
        outbox=3,
        oldest_unsent_seconds=7_200,
        price_age_seconds=60,
        printer=DeviceView("ready"),
        waiting_prints=1,
    )
    core.change(status=status)

    assert prompt.caught_up().type("status").splitlines()[-1] == (
        "OK Uppkopplad. Osända poster: 3. Den äldsta sedan 2 tim. "
        "Priser kontrollerade för 1 min sedan. Skrivare: klar. Skanner: okänt läge. "
        "Kontrollenhet: okänt läge. Väntande utskrifter: 1."
    )


def test_the_language_can_be_changed_at_any_time(prompt: Prompt) -> None:
    assert prompt.type("lang en") == "OK English."
    assert prompt.type("off").startswith("NO Nobody is signed on")
    assert prompt.type("språk sv") == "OK Svenska."


def test_help_has_a_row_for_every_command_and_one_for_each(prompt: Prompt) -> None:
    assert "| z cash=BELOPP" in prompt.type("help")
    assert prompt.type("help rabatt").startswith("OK rabatt 10%")


def test_a_second_prompt_watches_until_it_takes_the_register(
    core: CoreTwin, prompt: Prompt
) -> None:
    selling(prompt)
    with Prompt(core.path) as second:
        assert second.hear() == "! En annan skärm har kassan. Skriv: ta-över"
        prompt.type("BOK")
        assert "Löpboken" in second.hear()
        assert second.type("SOCKA").startswith("NO En annan skärm")
        assert second.type("take").startswith("OK Du har kassan")
        assert prompt.hear() == "! En annan skärm har kassan. Skriv: ta-över"
        assert second.type("SOCKA").startswith("OK")


def test_a_prompt_goes_on_by_itself_when_the_other_has_left(core: CoreTwin) -> None:
    first = CoreClient(core.path)
    first.connect()
    with Prompt(core.path) as second:
        second.hear()
        first.close()
        core.change(status=replace(StatusView(), is_online=True))
        second.hear()

        assert second.type("on 1001 1234").startswith("OK")


def test_a_script_may_stop_at_the_first_no(core: CoreTwin) -> None:
    out = io.StringIO()
    script = io.StringIO("on 1001 0000\non 1001 1234\n")

    code = run_plain(core.path, stdin=script, stdout=out, stop_on_refusal=True)

    assert code == EXIT_FAILED
    assert out.getvalue().splitlines()[-1].startswith("NO Fel nummer eller PIN")


def test_quit_leaves_the_sale_in_the_register(core: CoreTwin, prompt: Prompt) -> None:
    selling(prompt).type("BOK")
    prompt.send("quit")

    assert prompt.ended() == EXIT_DONE
    assert core.view.item_count == 1


def test_a_core_that_stops_ends_the_prompt_with_a_sentence(core: CoreTwin, prompt: Prompt) -> None:
    core.stop()

    assert prompt.hear() == "! Kassan har stannat. Starta den igen med: spindel till"
    assert prompt.ended() == EXIT_CORE_GONE


def test_without_a_core_there_is_no_prompt(tmp_path: Path) -> None:
    with pytest.raises(CoreGone):
        run_plain(tmp_path / "none.sock", stdin=io.StringIO(), stdout=io.StringIO())


def test_under_json_each_answer_is_one_object(core: CoreTwin) -> None:
    out = io.StringIO()
    script = io.StringIO("on 1001 1234\nopen 0\nBOK\nsearch löp\ncard 1000\ncash 300\n")

    run_plain(core.path, stdin=script, stdout=out, as_json=True)

    hello, *answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert hello["event"] == "hello"
    assert [each["answer"] for each in answers] == ["OK", "OK", "OK", "OK", "NO", "OK"]
    assert answers[2]["total_minor"] == 24_950
    assert answers[3]["data"]["items"][1]["sku"] == "BOK"
    assert answers[4]["message"] == "tender.card_over_total"
    assert answers[5]["last_receipt"]["change_minor"] == 5_000


def test_a_pin_is_never_said_back(core: CoreTwin) -> None:
    out = io.StringIO()
    script = io.StringIO("on 1001 1234\noff\non 1001\n1234\nview\n")

    run_plain(core.path, stdin=script, stdout=out, as_json=True)

    assert "1234" not in out.getvalue()


def test_a_refusal_is_not_followed_by_the_sale_again(prompt: Prompt) -> None:
    selling(prompt).type("BOK")

    assert prompt.type("qty 2 9") == "NO Det finns ingen sådan rad. Skriv: visa"


def test_money_is_said_in_signs_that_every_terminal_has(prompt: Prompt) -> None:
    selling(prompt).type("SKO-42")
    prompt.type("card")
    said = prompt.type("return 1-1-1 1")

    assert "-1 199,00 kr" in said


def test_a_printer_that_stops_is_news_with_what_to_do(core: CoreTwin, prompt: Prompt) -> None:
    core.change(status=StatusView(printer=DeviceView("blocked", "paper_out"), prints_on=0))

    heard = [prompt.hear() for _ in range(2)]
    assert any("lägg i en ny rulle" in line for line in heard)


def test_devices_are_told_with_advice_and_with_what_can_be_done(
    core: CoreTwin, prompt: Prompt
) -> None:
    printer = DeviceLine(
        "printer", "blocked", "paper_out", "device.advice.printer.paper_out", ("try_again",)
    )
    core.change(status=StatusView(devices=(printer,)))

    said = prompt.caught_up().type("enheter").splitlines()

    assert said[-1] == "OK Enheter: 1."
    assert "1. Kvittoskrivare: stoppad, papperet är slut. Sätt i en ny rulle" in said[-2]
    assert said[-2].endswith("Kan göras: försök igen.")
    assert prompt.type("devices 2") == ("NO Det numret finns inte bland enheterna. Skriv: enheter")
    assert prompt.type("devices 1 feed").startswith("NO Det går inte att göra")
