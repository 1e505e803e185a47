"""The line mode: one line in, one answer out, over the same core as the screen.

Lines are read by one thread, scans and news come from the link's; all of them
meet in one queue and are answered by one loop, so that answers never mix. The
thing to get wrong: saying less than the screen shows. Whatever changes on its own
(a device, a message, the line to central) is told as news.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TextIO

from pos_client.errors import EXIT_CORE_GONE, EXIT_DONE, EXIT_FAILED
from pos_client.link.client import CoreClient, CoreGone, Listener, NotLeased, PushedScan
from pos_client.plain import wishes
from pos_client.plain.amounts import BadLine
from pos_client.plain.arguments import Context
from pos_client.plain.customer_rows import likely_reply
from pos_client.plain.echo import Echo
from pos_client.plain.found import answer_reply, help_reply
from pos_client.plain.grammar import read_line
from pos_client.plain.news import around_news, news_between, question
from pos_client.plain.replies import JsonWriter, LineWriter, News, Reply, Writer
from pos_client.plain.shown import SHOWN
from pos_client.plain.speech import Speech
from pos_client.plain.task_rows import task_reply
from pos_client.plain.verdict import Verdict, awaits_seal, awaits_terminal, verdict_of
from pos_client.register.commands import Approve, Command, ScanCode, SeeTask, SignOn
from pos_client.register.queries import Answer, FindLikely, FoundCustomers, FoundItems, Query
from pos_client.register.view import View
from pos_client.texts import words

CARD_PATIENCE_SECONDS = 2.0
"""How long an answer waits for the card terminal before it says WAIT."""

SEAL_PATIENCE_SECONDS = 20.0
"""How long an answer waits for a late seal before it says WAIT."""


LISTEN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Typed:
    text: str


@dataclass(frozen=True, slots=True)
class _Changed:
    """There is a newer View."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """No more lines will be typed, or (with a code) the core is gone."""

    exit_code: int = EXIT_DONE


_Input = _Typed | PushedScan | _Changed | _Ended


def run_plain(
    socket_path: Path,
    *,
    language: str | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    as_json: bool = False,
    stop_on_refusal: bool = False,
) -> int:
    """Serve lines until `quit`, the end of input, or the core is gone.

    `language` is "sv" or "en", None follows the operator. Returns 0; 1 when
    `stop_on_refusal` met a NO; EXIT_CORE_GONE when the core stopped. Raises
    CoreGone when nobody answers at `socket_path`.
    """
    lines, out = stdin or sys.stdin, stdout or sys.stdout
    is_terminal = lines.isatty() and out.isatty()
    writer: Writer = JsonWriter(out) if as_json else LineWriter(out, is_terminal)
    session = Session(socket_path, writer, Echo(lines), language, stop_on_refusal)
    try:
        session.connect()
        threading.Thread(target=session.read, args=(lines,), name="typed", daemon=True).start()
        return session.serve()
    finally:
        session.close()


class Session:
    """One prompt on one core."""

    def __init__(
        self,
        socket_path: Path,
        writer: Writer,
        echo: Echo,
        language: str | None = None,
        stop_on_refusal: bool = False,
    ) -> None:
        self._inputs: SimpleQueue[_Input] = SimpleQueue()
        self._news = threading.Event()
        listener = Listener(
            on_view=lambda view: self._changed(),
            on_scan=self._inputs.put,
            on_lease_lost=self._changed,
            on_gone=lambda: self._inputs.put(_Ended(EXIT_CORE_GONE)),
        )
        self._client = CoreClient(socket_path, listener)
        self._writer = writer
        self._echo = echo
        self._language = language
        self._stops = stop_on_refusal
        self._told = View()
        self._had_lease = False
        self._found: tuple[str, ...] = ()
        self._customers: tuple[str, ...] = ()
        self._pin_for: wishes.AskPin | None = None

    @property
    def speech(self) -> Speech:
        view = self._client.view
        spoken = view.language if view.operator_number else "sv"
        return Speech(words(self._language or spoken))

    # Running.

    def connect(self) -> None:
        """Connect and say where the register stands; raises CoreGone."""
        self._told = self._client.connect()
        self._had_lease = self._client.has_lease
        setup = self._told.setup
        hello = self.speech.say("hello", workstation=setup.workstation, store=setup.store_name)
        self._writer.news(News("hello", f"{hello} {self.speech.state(self._told)}"))
        if not self._had_lease:
            self._writer.news(News("lease", self.speech.say("bad.lease")))
        if self._told.question is not None:
            self._writer.news(News("question", question(self._told, self.speech)))

    def read(self, lines: TextIO) -> None:
        """In a thread of its own: every typed line into the queue."""
        for line in lines:
            self._inputs.put(_Typed(line))
        self._inputs.put(_Ended())

    def _next(self) -> _Input:
        """A key like Ctrl-C that falls between two waits is heard at the next."""
        while True:
            with contextlib.suppress(Empty):
                return self._inputs.get(timeout=LISTEN_SECONDS)

    def serve(self) -> int:
        while True:
            given = self._next()
            if isinstance(given, _Ended):
                return self._end(given.exit_code)
            try:
                is_last = self._take(given)
            except CoreGone:
                return self._end(EXIT_CORE_GONE)
            if is_last is not None:
                return is_last

    def close(self) -> None:
        self._echo.show()
        self._client.close()

    def _end(self, exit_code: int) -> int:
        if exit_code == EXIT_CORE_GONE:
            self._writer.news(News("gone", self.speech.say("gone")))
        return exit_code

    def _take(self, given: _Typed | PushedScan | _Changed) -> int | None:
        """Answer one input; an exit code when it was the last."""
        match given:
            case _Typed(text):
                return self._typed(text)
            case PushedScan():
                self._scanned(given)
            case _Changed():
                self._tell_news()
        return None

    # Lines.

    def _typed(self, text: str) -> int | None:
        line = text.strip()
        if self._pin_for is None and (not line or line.startswith("#")):
            self._writer.prompt()
            return None
        reply = self._answer(line)
        if reply is None:
            return EXIT_DONE
        self._writer.reply(reply, self._client.view)
        if self._stops and reply.verdict is Verdict.NO:
            return EXIT_FAILED
        self._writer.prompt()
        return None

    def _answer(self, line: str) -> Reply | None:
        """None when the line ends the session."""
        try:
            wish = self._wish(line)
        except BadLine as bad:
            return Reply(Verdict.NO, self._bad(bad))
        if isinstance(wish, wishes.Quit):
            return None
        if isinstance(wish, Query):
            return self._ask(wish)
        if isinstance(wish, Command):
            return self._do(wish)
        show = SHOWN.get(type(wish))
        if show is not None:
            return show(self._client.view, self.speech)
        return _LOCAL[type(wish)](self, wish)

    def _wish(self, line: str) -> wishes.Wish:
        asked, self._pin_for = self._pin_for, None
        if asked is None:
            return read_line(line, Context(self._client.view, self._found, self._customers))
        self._echo.show()
        return SignOn(asked.number, line) if asked.verb == "on" else Approve(asked.number, line)

    def _bad(self, bad: BadLine) -> str:
        if bad.key == "usage":
            return self.speech.say("bad.usage", usage=self.speech.say(f"help.{bad.values['verb']}"))
        values = dict(bad.values)
        if "reasons" in values:
            reasons = str(values["reasons"]).split(", ")
            values["reasons"] = ", ".join(self.speech.reason(each) for each in reasons)
        return self.speech.say(f"bad.{bad.key}", **values)

    # The core.

    def _do(self, command: Command) -> Reply:
        before = self._client.view
        try:
            self._act(command)
        except NotLeased:
            return Reply(Verdict.NO, self.speech.say("bad.lease"))
        after = self._settled()
        for news in around_news(self._told, after, self.speech):
            self._writer.news(news)
        self._told = after
        return Reply(verdict_of(after), self.speech.outcome(before, after))

    def _act(self, command: Command) -> None:
        """Do it, taking the right to act when the one who had it has left."""
        try:
            self._client.do(command)
        except NotLeased:
            if not self._client.take_lease():
                raise
            self._had_lease = True
            self._client.do(command)

    def _settled(self) -> View:
        """The View once a late seal or the terminal has come, or after a while without it."""
        self._hear_the_terminal()
        while awaits_seal(self._client.view):
            self._news.clear()
            if awaits_seal(self._client.view) and not self._news.wait(SEAL_PATIENCE_SECONDS):
                break
        return self._client.view

    def _hear_the_terminal(self) -> None:
        """A moment only: the line that stops a card payment has to be read meanwhile."""
        end = time.monotonic() + CARD_PATIENCE_SECONDS
        while awaits_terminal(self._client.view):
            self._news.clear()
            left = end - time.monotonic()
            if awaits_terminal(self._client.view) and not self._news.wait(max(0.0, left)):
                break

    def _ask(self, query: Query) -> Reply:
        answer: Answer | None = self._client.ask(query)
        if isinstance(answer, FoundItems):
            self._found = tuple(item.sku for item in answer.items)
        if isinstance(answer, FoundCustomers):
            self._customers = tuple(each.customer_id for each in answer.customers)
        return answer_reply(query, answer, self.speech)

    def _scanned(self, scan: PushedScan) -> None:
        if self._pin_for is not None:
            self._client.refuse_scan(scan.scan_id)
            said = Reply(Verdict.NO, self.speech.say("bad.scan_while_pin"))
        else:
            said = self._do(ScanCode(scan.data, scan.symbology, scan_id=scan.scan_id))
        self._writer.news(News("scan", said.text, said.verdict, scan.data))

    # News.

    def _changed(self) -> None:
        """On the link's thread."""
        self._news.set()
        self._inputs.put(_Changed())

    def _tell_news(self) -> None:
        before, self._told = self._told, self._client.view
        if self._had_lease and not self._client.has_lease:
            self._writer.news(News("lease", self.speech.say("bad.lease")))
        self._had_lease = self._client.has_lease
        watches = not self._client.has_lease
        for news in news_between(before, self._told, self.speech, watches=watches):
            self._writer.news(news)

    # The prompt's own.

    def _speak(self, wish: wishes.SpeakLanguage) -> Reply:
        self._language = wish.language
        return Reply(Verdict.OK, self.speech.say("language"))

    def _take_over(self, wish: wishes.TakeOver) -> Reply:
        self._had_lease = self._client.take_lease(force=True)
        if not self._had_lease:
            return Reply(Verdict.NO, self.speech.say("bad.lease"))
        return Reply(Verdict.OK, f"{self.speech.say('taken')} {self.speech.state(self._told)}")

    def _ask_pin(self, wish: wishes.AskPin) -> Reply:
        self._pin_for = wish
        self._echo.hide()
        return Reply(Verdict.WAIT, self.speech.say("pin", number=wish.number))

    def _task(self, wish: wishes.ShowTask) -> Reply:
        with contextlib.suppress(NotLeased):
            self._act(SeeTask(wish.task_id))
        return task_reply(wish.task_id, self._client.view, self.speech)

    def _make_customer(self, wish: wishes.MakeCustomer) -> Reply:
        """Who has the same phone, e-mail or member number is told first; a person decides."""
        made = wish.wish
        if made.is_sure:
            return self._do(made)
        likely = self._client.ask(FindLikely(made.phone, made.email, made.member_number))
        if isinstance(likely, FoundCustomers) and likely.customers:
            self._customers = tuple(each.customer_id for each in likely.customers)
            return likely_reply(likely, self.speech)
        return self._do(made)

    def _help(self, wish: wishes.ShowHelp) -> Reply:
        return help_reply(wish.verb, self.speech)


_LOCAL: dict[type[wishes.Wish], Callable[..., Reply]] = {
    wishes.SpeakLanguage: Session._speak,
    wishes.TakeOver: Session._take_over,
    wishes.AskPin: Session._ask_pin,
    wishes.ShowTask: Session._task,
    wishes.MakeCustomer: Session._make_customer,
    wishes.ShowHelp: Session._help,
}
