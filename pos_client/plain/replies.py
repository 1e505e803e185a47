"""How an answer is written: one verdict line, or one JSON object; news beside it.

    OK text          done                       | row     a list's rows stand before its verdict
    NO text          refused; says what to do   ! text    news that nobody asked for
    WAIT text        a PIN, a second person or the control unit is waited for

The thing to get wrong: a second verdict for one line. A script counts on exactly
one OK, NO or WAIT for every line it sends, with any number of rows and news around.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from central_sync.retail.plain import to_plain
from pos_client.plain.verdict import Verdict
from pos_client.register.view import View

PROMPT = "> "


@dataclass(frozen=True, slots=True)
class Reply:
    """`data` is what the rows say, as JSON-ready values, for --json."""

    verdict: Verdict
    text: str
    rows: tuple[str, ...] = ()
    data: Any = None


@dataclass(frozen=True, slots=True)
class News:
    """`kind` is scan, message, state, online, printer, scanner, fiscal_unit, question …"""

    kind: str
    text: str
    verdict: Verdict | None = None
    code: str = ""


class Writer(Protocol):
    def reply(self, reply: Reply, view: View) -> None: ...

    def news(self, news: News) -> None: ...

    def prompt(self) -> None:
        """Say that the next line may be typed; nothing where no person sits."""


@dataclass
class LineWriter:
    """Lines for people and scripts; a prompt only where a person types."""

    out: TextIO
    is_terminal: bool = False

    def reply(self, reply: Reply, view: View) -> None:
        rows = "".join(f"| {row}\n" for row in reply.rows)
        self._write(f"{rows}{reply.verdict} {reply.text}".rstrip() + "\n")

    def news(self, news: News) -> None:
        told = " ".join(part for part in (news.code, news.verdict, news.text) if part)
        kind = "SCAN " if news.kind == "scan" else ""
        start = "\r" if self.is_terminal else ""
        self._write(f"{start}! {kind}{told}\n")
        self.prompt()

    def prompt(self) -> None:
        if self.is_terminal:
            self._write(PROMPT)

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


@dataclass
class JsonWriter:
    """One object a line: {"answer": "OK", ...} or {"event": "scan", ...}."""

    out: TextIO

    def reply(self, reply: Reply, view: View) -> None:
        self._write(
            {
                "answer": reply.verdict.value,
                "text": reply.text,
                "message": view.message.key if view.message else "",
                "mode": view.mode.value,
                "operator": view.operator_number,
                "business_day": view.business_day,
                "item_count": view.item_count,
                "total_minor": view.total_minor,
                "paid_minor": view.paid_minor,
                "due_minor": view.due_minor,
                "last_receipt": to_plain(view.last_receipt),
                "rows": list(reply.rows),
                "data": reply.data,
            }
        )

    def news(self, news: News) -> None:
        told: dict[str, Any] = {"event": news.kind, "text": news.text}
        if news.verdict is not None:
            told |= {"answer": news.verdict.value, "code": news.code}
        self._write(told)

    def prompt(self) -> None:
        """A program needs none."""

    def _write(self, value: dict[str, Any]) -> None:
        self.out.write(json.dumps(value, ensure_ascii=False) + "\n")
        self.out.flush()
