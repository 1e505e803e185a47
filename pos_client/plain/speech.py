"""A View as sentences: what changed, what is due, what the till waits for.

Pure. Made to be heard: one fact after another, no columns, no signs that a
screen reader would spell. The thing to get wrong: saying everything every time;
after a command only what it changed and where that leaves the sale is spoken.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_client.plain.verdict import is_refusal, is_waiting
from pos_client.register.view import (
    ApprovalView,
    CardView,
    DeviceLine,
    DeviceView,
    LineView,
    Message,
    Mode,
    PriceCheckView,
    StatusView,
    View,
)
from pos_client.texts import NO_BREAK_SPACE, Words

# A serial terminal may have neither; a screen reader needs neither.
_PLAIN = str.maketrans({NO_BREAK_SPACE: " ", "−": "-"})


@dataclass(frozen=True, slots=True)
class Speech:
    """Says things in one language."""

    words: Words

    def say(self, key: str, **values: object) -> str:
        """The text under plain.`key`."""
        return self._plain(f"plain.{key}", **values)

    def pieces(self, count: int) -> str:
        """ "1 item", "3 items"."""
        return self.say("piece" if count == 1 else "pieces", count=count)

    def _plain(self, key: str, **values: object) -> str:
        return self.words.say(key, **values).translate(_PLAIN)

    def message(self, message: Message) -> str:
        """The register's sentence, or the prompt's own where that one names a key to press."""
        values = message.values or {}
        own = f"plain.said.{message.key}"
        said = self._plain(own if self.words.has(own) else message.key, **values)
        return " ".join(said.split())

    def reason(self, reason: str) -> str:
        key = f"reason.{reason}"
        return self._plain(key) if self.words.has(key) else reason.replace("_", " ")

    # After a command.

    def outcome(self, before: View, after: View) -> str:
        """What a command came to, in one line."""
        said = [self.message(after.message)] if after.message else []
        said += [self.line(line) for line in _changed_lines(before, after)]
        if after.goods is not None and before.goods is None:
            kind = self.words.say(f"screen.goods.kind.{after.goods.kind}")
            said.append(self.say("goods.begun", kind=kind))
        if after.price_check is not None and after.price_check != before.price_check:
            said.append(self.price_check(after.price_check))
        if not said or (_is_busy(after) and not is_refusal(after.message)):
            said.append(self.state(after))
        return " ".join(said)

    def state(self, view: View) -> str:
        """Where the register stands, and what it waits for."""
        if view.mode is Mode.FAULT:
            return self.say("state.fault")
        if view.mode is Mode.SIGNED_OFF:
            return self.say("state.signed_off")
        if view.mode is Mode.COMPLETING:
            return self.say("state.completing")
        if view.approval is not None:
            return self.approval(view.approval)
        if view.card is not None:
            return self.card(view.card)
        if view.is_closing:
            return self.say("state.comparing")
        if view.weighing is not None:
            return self.say("state.weighing", name=view.weighing.name)
        if view.mode is Mode.DAY_CLOSED:
            return self.say("state.day_closed", name=view.operator_name)
        return self._sale(view)

    def _sale(self, view: View) -> str:
        if not view.item_count:
            return self.say("state.ready", name=view.operator_name, day=view.business_day)
        values = {
            "pieces": self.pieces(view.item_count),
            "total_minor": abs(view.total_minor),
            "paid_minor": abs(view.paid_minor),
            "due_minor": abs(view.due_minor),
        }
        kind = "refund" if view.is_return else "basket"
        return self.say(f"state.{kind}_paying" if view.payments else f"state.{kind}", **values)

    def line(self, line: LineView) -> str:
        values: dict[str, object] = {
            "line": line.line,
            "quantity": self._amount(line),
            "name": line.name,
            "total_minor": line.total_minor,
            "unit_minor": line.unit_price_minor,
            "saved_minor": line.saved_minor,
            "reason": self.reason(line.reason),
        }
        said = self.say(f"line.{_line_key(line)}", **values)
        return f"{said} {self._later(line)}" if line.promise else said

    def _later(self, line: LineView) -> str:
        """How a line comes that is not taken now, and the class of its promise."""
        way = self.say(f"later.{line.mode}", store=line.collect_store)
        return f"{way} {self.say(f'later.{line.promise}', day=line.promised_by[:10] or '?')}"

    def card(self, card: CardView) -> str:
        """What a card payment under way waits for, and what may be typed about it."""
        key = "refund" if card.is_refund and card.state == "sent" else card.state
        return self.say(f"state.card.{key}", amount_minor=card.amount_minor)

    def _amount(self, line: LineView) -> str:
        if line.weight_grams:
            return f"{self.words.kilograms(line.weight_grams)} kg"
        return str(line.quantity)

    def approval(self, approval: ApprovalView) -> str:
        return self.say(
            "state.approval",
            what=self.say(
                f"action.{approval.action}",
                name=approval.line_name,
                from_minor=approval.from_minor,
                to_minor=approval.to_minor,
                limit_minor=approval.limit_minor,
                rate=self.words.percent(approval.basis_points),
            ),
        )

    def price_check(self, check: PriceCheckView) -> str:
        key = "price_check_kilogram" if check.is_weighed else "price_check"
        said = self.say(key, name=check.name, sku=check.sku, price_minor=check.price_minor)
        if check.on_hand is None:
            return said
        if check.is_weighed:
            amount = self.words.kilograms(check.on_hand)
            return f"{said} {self.say('on_hand_kilograms', amount=amount)}"
        return f"{said} {self.say('on_hand', count=check.on_hand)}"

    # Status.

    def status(self, view: View) -> str:
        status = view.status
        said = [self.online(view), self.say("status.outbox", count=status.outbox)]
        if status.oldest_unsent_seconds is not None:
            said.append(self.say("status.oldest", age=self.age(status.oldest_unsent_seconds)))
        if status.price_age_seconds is not None:
            said.append(self.say("status.prices", age=self.age(status.price_age_seconds)))
        said += [
            self.device("printer", status.printer),
            *self._second_printer(status),
            self.device("scanner", status.scanner),
            self.device("fiscal_unit", status.fiscal_unit),
        ]
        if status.waiting_prints:
            said.append(self.say("status.prints", count=status.waiting_prints))
        return " ".join(said)

    def _second_printer(self, status: StatusView) -> list[str]:
        if status.second_printer.health == "disabled":
            return []
        return [self.device("second_printer", status.second_printer)]

    def online(self, view: View) -> str:
        return self.say("status.online" if view.status.is_online else "status.offline")

    def device(self, name: str, device: DeviceView) -> str:
        health = self.say(f"health.{device.health}")
        if device.reason not in ("", "none"):
            health = f"{health}, {self.say(f'why.{device.reason}')}"
        return self.say("status.device", device=self.say(f"device.{name}"), health=health)

    def device_says(self, key: str, **values: object) -> str:
        """The text under device.`key`."""
        return self._plain(f"device.{key}", **values)

    def device_row(self, at: int, device: DeviceLine) -> str:
        health = self.say(f"health.{device.health}")
        if device.reason not in ("", "none"):
            health = f"{health}, {self.say(f'why.{device.reason}')}"
        name = self.device_says(f"name.{device.name}")
        said = [self.device_says("row", at=at, name=name, health=health)]
        if device.advice:
            said.append(self._plain(device.advice))
        if device.fixes:
            fixes = ", ".join(self.device_says(f"fix.{fix}").lower() for fix in device.fixes)
            said.append(self.device_says("can", fixes=fixes))
        return " ".join(said)

    def device_word(self, word: str) -> str:
        """A device's health or reason."""
        key = f"why.{word}"
        return self.say(key if self.words.has(f"plain.{key}") else f"health.{word}")

    def age(self, seconds: int) -> str:
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= size:
                return self.say(f"age.{unit}", count=seconds // size)
        return self.say("age.now")


def _is_busy(view: View) -> bool:
    """A sale, an approval or a seal is under way, so a message alone does not tell all."""
    return bool(view.item_count) or view.approval is not None or is_waiting(view)


def _changed_lines(before: View, after: View) -> list[LineView]:
    """Lines that the command touched, while the basket is the same one."""
    known = {line.line: line for line in before.lines}
    if not after.lines or (before.lines and not known.keys() & {x.line for x in after.lines}):
        return []
    changed = [line for line in after.lines if known.get(line.line) != line]
    return changed if len(changed) <= 2 else []


def _line_key(line: LineView) -> str:
    if line.is_voided:
        return "voided"
    if line.is_return:
        return "returned"
    if line.saved_minor:
        return "discounted"
    return "repriced" if line.is_price_overridden else "sold"
