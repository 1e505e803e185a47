"""A web shop's side of Spindel in one file, standard library only: take it and change it.

    python webshop.py https://central.example.se spk_… SKU-1 "411 19"

Asks what can be had, holds it, places the order and follows it. The thing to get wrong: a
new Idempotency-Key for a second try. Keep the key with the cart, so that a lost answer is
asked for again and not ordered again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

OLDEST_MESSAGE_SECONDS = 300


class ShopProblem(Exception):
    """Central said no; `code` is for programs, the text for people."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Spindel:
    """Central as a web shop sees it. `key` has the scopes stock:read, orders:read, orders:write."""

    url: str
    key: str

    def availability(self, skus: list[str], postcode: str) -> Any:
        """Bands (many, few, last, none) per item and store."""
        return self._ask("POST", "/v1/availability", {"skus": skus, "postcode": postcode})

    def quote(self, cart: list[dict[str, Any]], postcode: str, basket_id: str) -> Any:
        """Hold the cart for ten minutes; a new quote of the same basket replaces the old one."""
        asked = {"lines": cart, "postcode": postcode, "basket_id": basket_id}
        return self._ask("POST", "/v1/quotes", asked)

    def order(self, quote: Any, address: dict[str, str], key: str, reference: str) -> Any:
        """The quote, paid. The same key again gives the same order."""
        payment = {"tender_id": "web", "amount_minor": quote["total_minor"], "reference": reference}
        asked = {
            "quote_id": quote["quote_id"],
            "reference": reference,
            "address": address,
            "payments": [payment],
        }
        return self._ask("POST", "/v1/orders", asked, key)

    def follow(self, order_id: str, after: int = 0) -> Any:
        """What happened to an order since its version `after`."""
        return self._ask("GET", f"/v1/orders/{order_id}/events?after={after}")

    def cancel(self, order_id: str, key: str) -> Any:
        """All that is not packed yet; the answer says what took effect and what did not."""
        return self._ask("POST", f"/v1/orders/{order_id}/cancel", {"reason": "customer"}, key)

    def _ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        content = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                told = json.load(problem)
            raise ShopProblem(problem.code, told["code"], told["detail"]) from problem


def is_genuine(secret: str, signature: str, body: bytes, now_seconds: int) -> bool:
    """Whether a webhook's Spindel-Signature is central's own and young enough."""
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    seconds = parts.get("t", "")
    if not seconds.isdigit() or abs(now_seconds - int(seconds)) > OLDEST_MESSAGE_SECONDS:
        return False
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, parts.get("v1", ""))


def main(url: str, key: str, sku: str, postcode: str) -> None:
    shop = Spindel(url, key)
    cart = [{"line": 1, "sku": sku, "quantity": 1}]
    basket_id = str(uuid.uuid4())
    quote = shop.quote(cart, postcode, basket_id)
    print(f"{quote['total_minor'] / 100:.2f} kr, by {quote['lines'][0]['promised_by']}")
    address = {
        "name": "Anna Provsson",
        "street": "Provgatan 7",
        "postcode": postcode,
        "town": "Göteborg",
        "email": "anna@example.se",
    }
    order = shop.order(quote, address, key=basket_id, reference=f"W-{int(time.time())}")
    print(f"order {order['number']}")
    for event in shop.follow(order["order_id"])["events"]:
        print(event["at"], event["fact"]["is"])


if __name__ == "__main__":
    main(*sys.argv[1:5])
