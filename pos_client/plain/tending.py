"""`devices`, `devices 1`, `devices 1 test page`: which device is meant, and what to do with it.

Pure. Numbers are those of the list; an action goes by its key or its words in any
language. Opening the drawer is the register's own command and wants its reason.
"""

from __future__ import annotations

from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, last_reason, reason_of
from pos_client.plain.wishes import ShowDevices, Wish
from pos_client.register.commands import OpenDrawer
from pos_client.register.queries import TendDevice
from pos_client.register.view import DeviceLine
from pos_client.texts import LANGUAGES, words


def devices_wish(rest: Typed, context: Context) -> Wish:
    """[NUMBER [ACTION]]; raises BadLine."""
    if not rest:
        return ShowDevices()
    at = read_count(rest[0])
    devices = context.view.status.devices
    if at > len(devices):
        raise BadLine("no_device")
    device = devices[at - 1]
    if device.fixes[:1] == ("open_drawer",):
        reasons = context.view.setup.drawer_reasons
        return OpenDrawer(reason_of(rest[1:] or [last_reason(reasons)], reasons))
    return TendDevice(device.name, _fix(device, " ".join(rest[1:])))


def _fix(device: DeviceLine, text: str) -> str:
    if not text and device.fixes:
        return device.fixes[0]
    for fix in device.fixes:
        spoken = {words(language).say(f"device.fix.{fix}").casefold() for language in LANGUAGES}
        if text.casefold() in {fix, fix.replace("_", " "), *spoken}:
            return fix
    raise BadLine("no_fix")
