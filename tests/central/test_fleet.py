"""The fleet: who wants looking at and why, and the figures that an alarm is built on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from central_sync.server.central import Central
from central_sync.server.fleet import Member, concerns, told
from central_sync.server.safe_heads import note_backup
from tests.central.office import NOON, Clock, enrolled, key_headers

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def ago(span: timedelta) -> str:
    return (NOON - span).isoformat()


WELL = Member(
    workstation_id="s01-1",
    store_id="s01",
    label="1",
    status="active",
    version="1.4.0",
    last_contact_at=ago(MINUTE),
    outbox=3,
    oldest_unsent_at=ago(MINUTE),
    clock_skew_seconds=-30,
)


def keys_of(member: Member, made_at: str = "") -> list[str]:
    return [concern.key for concern in concerns(member, NOON, "1.4.2", made_at=made_at)]


def test_a_till_that_sells_concerns_nobody() -> None:
    assert keys_of(WELL) == []


@pytest.mark.parametrize(
    ("member", "key"),
    [
        (replace(WELL, last_contact_at=ago(16 * MINUTE)), "silent"),
        (replace(WELL, last_contact_at=ago(3 * DAY)), "lost"),
        (replace(WELL, oldest_unsent_at=ago(20 * MINUTE)), "outbox"),
        (replace(WELL, open_forks=1), "fork"),
        (replace(WELL, clock_skew_seconds=-121), "clock"),
        (replace(WELL, clock_skew_seconds=3_600), "clock"),
        (replace(WELL, version="1.2.9"), "version"),
        (replace(WELL, version="2.4.0"), "version"),
    ],
)
def test_each_trouble_has_its_concern(member: Member, key: str) -> None:
    assert keys_of(member) == [key]


@pytest.mark.parametrize(
    "member",
    [
        replace(WELL, outbox=0, oldest_unsent_at=""),
        replace(WELL, version="1.3.0"),
        replace(WELL, version="1.5.1"),
        replace(WELL, version="made at home"),
        replace(WELL, last_contact_at="", status="revoked"),
        replace(WELL, oldest_unsent_at="yesterday"),
    ],
)
def test_what_is_ordinary_concerns_nobody(member: Member) -> None:
    assert keys_of(member) == []


def test_a_silent_till_is_told_once_with_what_waits_there() -> None:
    member = replace(WELL, last_contact_at=ago(5 * DAY), oldest_unsent_at=ago(5 * DAY), outbox=40)
    (concern,) = concerns(member, NOON, "1.4.0")
    assert concern.says == "it has not been heard of for 5 days; 40 entries were waiting there"


def test_a_workstation_that_never_came_is_told_after_a_day() -> None:
    waiting = replace(WELL, status="waiting", last_contact_at="", outbox=0)
    assert keys_of(waiting, made_at=ago(2 * DAY)) == ["waiting"]
    assert keys_of(waiting, made_at=ago(2 * MINUTE)) == []


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_span_is_told_in_one_unit(span: timedelta, words: str) -> None:
    assert told(span) == words


def test_head_office_sees_who_is_silent(central: Central, http: httpx.Client, clock: Clock) -> None:
    key = key_headers(central, "workstations:read")
    till = enrolled(central)
    clock.forward(hours=3)

    (member,) = http.get("/v1/fleet", headers=key).json()["workstations"]

    assert member["workstation_id"] == till.workstation_id
    assert [concern["key"] for concern in member["concerns"]] == ["silent"]
    assert http.get("/v1/fleet?store=s02", headers=key).json()["workstations"] == []


def test_a_central_that_nobody_backs_up_is_told_of(
    central: Central, http: httpx.Client, clock: Clock
) -> None:
    def own() -> list[str]:
        own = http.get("/v1/fleet", headers=key).json()["central"]
        return [concern["says"] for concern in own["concerns"]]

    key = key_headers(central, "workstations:read")
    clock.forward(days=9)
    assert own() == []  # nothing to lose yet
    enrolled(central)
    clock.forward(hours=51)
    assert own() == ["central has never been backed up, and it serves for 2 days"]
    with central.database.atomic() as connection:
        note_backup(
            connection, [], made_at=central.timestamp(), proven_at="", file="f", size_bytes=1
        )
    assert own() == []
    clock.forward(days=3)
    assert own() == ["central was last backed up 3 days ago"]


def test_prometheus_reads_what_the_database_holds_and_what_was_asked(
    central: Central, http: httpx.Client, clock: Clock
) -> None:
    key = key_headers(central, "metrics:read")
    enrolled(central)
    clock.forward(days=3)
    http.get("/v1/no-such-thing")
    http.post("/v1/journal")

    text = http.get("/metrics", headers=key).text

    assert sample(text, 'spindel_workstations{status="active"}') == 1
    assert sample(text, 'spindel_workstations_concerning{concern="lost"}') == 1
    assert sample(text, 'spindel_orders{state="open"}') == 0
    assert sample(text, 'spindel_http_requests_total{method="GET",route="none",status="4xx"}') == 1
    uploads = 'spindel_http_requests_total{method="POST",route="/v1/journal",status="4xx"}'
    assert sample(text, uploads) == 1
    assert "no-such-thing" not in text


def test_figures_want_a_key_of_their_own(central: Central, http: httpx.Client) -> None:
    other = key_headers(central, "stock:read")
    assert http.get("/metrics").status_code == 401
    assert http.get("/metrics", headers=other).status_code == 403


def sample(text: str, series: str) -> float:
    (value,) = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(value)
