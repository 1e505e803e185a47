"""Ten thousand tills at once: the queue stays short, and those sent away come back spread."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from starlette.types import Message, Receive, Scope, Send

from central_sync.engine.plan import retry_delay
from central_sync.server.shedding import WANTED_A_SECOND, Shedding, wait


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _asked(app: Shedding) -> tuple[int, int]:
    """Status and Retry-After of one request."""
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    await app({"type": "http", "headers": [], "method": "GET", "path": "/"}, _nothing, send)
    headers = dict(heard[0].get("headers", []))
    return heard[0]["status"], int(headers.get(b"retry-after", b"0"))


async def _rush(tills: int, largest: int) -> tuple[int, list[tuple[int, int]]]:
    """So many at once; the most that were at work together, and the answers."""
    busy, most = 0, 0
    gate = asyncio.Event()

    async def work(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await gate.wait()
        busy -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})

    app = Shedding(work, largest=largest, clock=lambda: 0.0, chance=random.Random(1).random)
    asking = [asyncio.create_task(_asked(app)) for _ in range(tills)]
    await asyncio.sleep(0)
    gate.set()
    return most, list(await asyncio.gather(*asking))


def test_a_full_queue_sends_away_and_tells_when_to_come_back() -> None:
    most, answers = asyncio.run(_rush(1_000, largest=40))

    statuses = Counter(status for status, _ in answers)
    assert (most, statuses) == (40, {200: 40, 503: 960})
    assert all(again >= 1 for status, again in answers if status == 503)


def test_a_stream_that_flows_leaves_its_place_to_others() -> None:
    async def flowing() -> tuple[int, int]:
        ends = asyncio.Event()

        async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await ends.wait()

        app = Shedding(stream, largest=1)
        first = asyncio.create_task(_asked(app))
        await asyncio.sleep(0)
        second = asyncio.create_task(_asked(app))
        await asyncio.sleep(0)
        ends.set()
        return (await first)[0], (await second)[0]

    assert asyncio.run(flowing()) == (200, 200)


def test_ten_thousand_that_were_sent_away_come_back_spread_out() -> None:
    """Central's wish and the till's own jitter together: no second has a stampede."""
    chance = random.Random(7).random
    comes_at = [retry_delay(1, chance(), wait(number, chance())) for number in range(1, 10_001)]

    a_second = Counter(int(at) for at in comes_at)

    assert max(a_second.values()) < 4 * WANTED_A_SECOND
    assert min(comes_at) >= 1
