"""What the screen knows and nothing else knows: which page is open, what is half typed.

No Textual, no sockets, no clock of its own: keys, scans and Views come in, wishes
go out through `Core`. The thing to get wrong: handling a key while a command is
under way. Inputs wait for the answer, in one queue, so that a scan behind an
unknown code, or a key behind a scan, always meets the View it was meant for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pos_client.register.codes import CodeClass, classify
from pos_client.register.commands import Clear, Command
from pos_client.register.queries import Answer, Query
from pos_client.register.tasks import OFFERED
from pos_client.register.view import LastReceipt, Level, Message, Mode, View
from pos_client.screens.core_port import Core, Scan
from pos_client.screens.dialogs import Asked, Choice, Sheet
from pos_client.screens.router import Routed, Scanned, TakeBack
from pos_client.texts import Words, words

if TYPE_CHECKING:
    from pos_client.screens.page import Page

OLDEST_SCAN_SECONDS = 2.0
SHOWN_RECEIPTS = 3


@dataclass
class Till:
    """`now` is local time for the clock, `monotonic` seconds for ages of scans."""

    core: Core
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    bell: Callable[[], None]
    leave: Callable[[], None]
    receipt_done: Callable[[], None] = lambda: None
    start_language: str = "sv"
    view: View = field(default_factory=View)
    note: Message | None = None
    _read: Message | None = None
    is_connected: bool = False
    was_connected: bool = False
    has_lease: bool = True
    is_locked: bool = False
    receipts: deque[LastReceipt] = field(default_factory=lambda: deque(maxlen=SHOWN_RECEIPTS))

    def __post_init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.stack: list[str] = []
        self.choice = Choice("", ())
        self.asked = Asked("", "", "", lambda text: "")
        self.sheet = Sheet("", ())
        self.task_id = ""
        self._open = ""
        self._waiting: deque[Routed | Scan] = deque()
        self._language = ""
        self._wait_until = 0.0
        self._under_way = 0

    # -- what is shown

    @property
    def words(self) -> Words:
        spoken = self.view.language if self.view.operator_number else self.start_language
        return words(self._language or spoken)

    def say(self, key: str, **values: object) -> str:
        return self.words.say(f"screen.{key}", **values)

    def counted(self, key: str, count: int) -> str:
        """1 vara, 2 varor: both our languages have one plural."""
        return self.say(f"counted.{key}.{'one' if count == 1 else 'many'}", count=count)

    def money(self, minor: int) -> str:
        return self.words.money(minor)

    @property
    def page(self) -> Page:
        return self.pages[self._name()]

    @property
    def message(self) -> Message | None:
        if self.note is not None:
            return self.note
        return None if self.view.message is self._read else self.view.message

    @property
    def wait_seconds(self) -> int:
        """How long no PIN is tried, counted down here between two Views."""
        return max(0, -int(-(self._wait_until - self.monotonic()) // 1))

    @property
    def is_busy(self) -> bool:
        """A command, or what the next page shows, is under way."""
        return self._under_way > 0

    def here(self) -> datetime:
        """Now, by the shop's clock: the same as on its receipts."""
        return self.now().astimezone(ZoneInfo(self.view.setup.time_zone))

    def _name(self) -> str:
        """The core's needs go before the cashier's: fault, seal, approval, question."""
        view = self.view
        if view.mode is Mode.FAULT:
            return "fault"
        if view.mode is Mode.COMPLETING:
            return "completing"
        if view.mode is Mode.CARD:
            return "card"
        if view.approval is not None:
            return "approval"
        if view.weighing is not None and self.stack[-1:] != ["choice"]:
            return "weighing"
        if self._is_question_due():
            return "question"
        if self.stack:
            return self.stack[-1]
        base = {Mode.SIGNED_OFF: "sign_on", Mode.DAY_CLOSED: "open_day"}
        return base.get(view.mode, "sale")

    def _is_question_due(self) -> bool:
        """A question about paper never breaks into a basket, and waits for who can answer it."""
        view = self.view
        return view.question is not None and bool(view.operator_number) and not view.item_count

    # -- moving between pages

    def go(self, name: str) -> None:
        """Open a page on top of what is there; what was said before it is read by now."""
        self._read = self.view.message
        if name in self.stack:
            self.stack.remove(name)
        self.stack.append(name)
        self.pages[name].opened()
        self._settle()

    def back(self) -> None:
        """One step back; nothing is lost."""
        if self.stack:
            self.stack.pop()
        self.note = None
        self._settle()

    def home(self) -> None:
        self.stack.clear()
        self._settle()

    def _settle(self) -> None:
        """Tell a page that it is in front now, once."""
        name = self._name()
        if name != self._open:
            self._open = name
            self.pages[name].in_front()

    # -- saying things

    def tell(self, key: str, level: Level = Level.INFO, **values: str | int) -> None:
        """A line of the screen's own, until the next key."""
        self.note = Message(f"screen.{key}", level, values)

    def refuse(self, key: str, **values: str | int) -> None:
        self.tell(key, Level.REFUSAL, **values)
        self.bell()

    def refusal_read(self) -> None:
        """What the register refused is being mended: its words need no line any more."""
        message = self.view.message
        if message is not None and message.level is Level.REFUSAL:
            self._read = message

    def choose(self, choice: Choice) -> None:
        """Ask one question that is answered by a digit."""
        self.choice = choice
        self.go("choice")

    def ask_value(self, asked: Asked) -> None:
        """Ask for one typed value."""
        self.asked = asked
        self.go("value")

    def show_sheet(self, sheet: Sheet) -> None:
        """Show paper."""
        self.sheet = sheet
        self.go("paper")

    def open_task(self, task_id: str) -> None:
        """Show one of the store's tasks."""
        self.task_id = task_id
        self.go("task")

    def speak(self, language: str) -> None:
        self._language = language

    # -- asking the core

    def do(self, command: Command, then: Callable[[], None] = lambda: None) -> None:
        """Send a command; everything typed meanwhile waits for the answer."""
        self._under_way += 1
        self.note = None
        before = self.view.message

        def done() -> None:
            self._under_way = max(0, self._under_way - 1)
            said, is_read = self.view.message, self.view.message is self._read
            if said is not None and (is_read or said is not before):
                self._sound(said)
            self._read = None  # the same words again are an answer of their own
            then()
            self._drain()

        self.core.do(command, done)

    def ask(self, query: Query, then: Callable[[Answer | None], None]) -> None:
        """Ask while the cashier types on, as a search does."""
        self.core.ask(query, then)

    def look_up(self, query: Query, then: Callable[[Answer | None], None]) -> None:
        """Ask for what the next page shows; what is typed meanwhile is meant for that page."""
        self._under_way += 1

        def answered(answer: Answer | None) -> None:
            self._under_way = max(0, self._under_way - 1)
            then(answer)
            self._drain()

        self.core.ask(query, answered)

    def clear(self) -> None:
        """Take away whatever the message line says, and the lock behind it."""
        self.is_locked = False
        self.note = None
        view = self.view
        if view.message is not None or view.last_receipt is not None or view.price_check:
            self.do(Clear())

    def _sound(self, message: Message) -> None:
        if message.beeps or message.level in (Level.REFUSAL, Level.FAULT):
            self.bell()

    # -- what comes in

    def connected(self, view: View, has_lease: bool) -> None:
        """The core answers (again): draw what it has."""
        self.is_connected = self.was_connected = True
        self.has_lease = has_lease
        self._under_way, self.is_locked, self.note = 0, False, None
        self._waiting.clear()
        self.stack.clear()
        self._open = ""
        self.view = View()
        self.see(view)

    def gone(self) -> None:
        """The core does not answer; nothing typed now can mean anything."""
        self.is_connected = False
        self._under_way = 0
        self._waiting.clear()

    def see(self, view: View) -> None:
        """A newer View, asked for or pushed."""
        before, self.view = self.view, view
        if view.sign_on_wait_seconds != before.sign_on_wait_seconds:
            self._wait_until = self.monotonic() + view.sign_on_wait_seconds
        if view.mode is not before.mode:
            self._changed_mode(before)
        is_to_be_paid = before.mode is Mode.CARD and view.item_count > 0
        if (
            (view.payments or is_to_be_paid)
            and view.mode is Mode.SALE
            and "tender" not in self.stack
        ):
            self.stack = ["tender"]
            self.pages["tender"].opened()
        if before.item_count and not view.item_count and "tender" in self.stack:
            self.stack.clear()
        if view.last_receipt is not None and view.last_receipt != before.last_receipt:
            self._completed(view.last_receipt)
        self._ring(before)
        self.page.seen(before)
        self._settle()

    def _ring(self, before: View) -> None:
        """A new order rings; its line never covers what the cashier is being told."""
        known = {task.task_id for task in before.tasks}
        new = [t for t in self.view.tasks if t.state == OFFERED and t.task_id not in known]
        if new:
            self.bell()
            if self.message is None and self.view.operator_number:
                self.tell("tasks.new", number=new[0].number)

    def _changed_mode(self, before: View) -> None:
        self.stack.clear()
        self._open = ""
        if before.mode is Mode.SIGNED_OFF or self.view.mode is Mode.SIGNED_OFF:
            self._language = ""
            self.receipt_done()

    def _completed(self, receipt: LastReceipt) -> None:
        if not self.receipts or self.receipts[0] != receipt:
            self.receipts.appendleft(receipt)
        self.stack.clear()
        self.receipt_done()

    def take(self, came: Routed | Scan) -> None:
        """A typed key or a scan, in the order they were read."""
        if self.is_busy:
            self._waiting.append(came)
        else:
            self._handle(came)

    def _drain(self) -> None:
        while self._waiting and not self.is_busy:
            self._handle(self._waiting.popleft())

    def _handle(self, came: Routed | Scan) -> None:
        if isinstance(came, Scanned):
            came = Scan(came.data, came.symbology, 0, came.at)
        if isinstance(came, Scan):
            self._scan(came)
        elif isinstance(came, TakeBack):
            self.page.entry.backspace()
        elif self._may_act():
            self.page.typed(came)
        elif came.key.function == 1 and self.is_connected:
            self.core.take_lease(self._leased)
        self._settle()

    def _may_act(self) -> bool:
        return self.is_connected and self.has_lease

    def _leased(self, has_lease: bool) -> None:
        self.has_lease = has_lease
        if not has_lease:
            self.refuse("link.still_watching")

    def _scan(self, scan: Scan) -> None:
        kind = classify(scan.data, scan.symbology)
        wanted = CodeClass.PRODUCT if kind is CodeClass.DAMAGED else kind
        if not self._may_act():
            self._refuse_scan(scan, "scan.not_now")
        elif self.monotonic() - scan.at > OLDEST_SCAN_SECONDS:
            self._refuse_scan(scan, "scan.too_old")
        elif self.is_locked:
            self._refuse_scan(scan, "scan.locked")
        elif wanted not in self.page.accepts:
            self._refuse_scan(scan, "scan.not_here")
        else:
            self.page.scanned(scan)

    def _refuse_scan(self, scan: Scan, key: str) -> None:
        """Refused, told and never kept: a queued scan would be sold unseen."""
        self.refuse(key)
        if scan.scan_id:
            self.core.refuse_scan(scan.scan_id)
