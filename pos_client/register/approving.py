"""Limits, and the second person who may go beyond them.

Pure. A limit includes the act itself, and what the line was reduced by before
counts too. The same person's PIN never counts, whatever their role.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from central_sync.retail.operator import Limits, Operator
from central_sync.retail.plain import tagged
from pos_client.register.events import ApprovalAsked, ApprovalSettled, Event
from pos_client.register.refusal import refuse
from pos_client.register.state import PendingApproval, Register


def anyone(state: Register, approver: Operator | None, allows: Callable[[Limits], bool]) -> bool:
    """True when the cashier or the second person may do it.

    Refuses when a second person was given and may not either.
    """
    if state.operator is not None and allows(state.operator.limits):
        return True
    if approver is None:
        return False
    if not allows(approver.limits):
        refuse("approval.not_allowed", name=approver.name)
    return True


def ask(command: Any, action: str, **facts: Any) -> list[Event]:
    """Keep the command and ask for a second person."""
    return [ApprovalAsked(PendingApproval(tagged(command), action, **facts))]


def settle(state: Register, person: Operator) -> list[Event]:
    assert state.approval is not None
    pending = state.approval
    detail = f"{pending.line_name} {pending.from_minor} {pending.to_minor}".strip()
    return [ApprovalSettled(person.number, pending.action, detail)]


def decline(state: Register) -> list[Event]:
    if state.approval is None:
        refuse("approval.none")
    return [ApprovalSettled("", state.approval.action)]


def without(state: Register) -> Register:
    return replace(state, approval=None)
