"""What never changes while a core runs: whose till it is, and the reasons to choose from.

The thing to get wrong: a reason without its word. Each is a key of the texts, `reason.*`.
"""

from __future__ import annotations

from importlib.metadata import version

from central_sync.engine.state import Identity
from pos_client.checkout.shop import StoreShop
from pos_client.config import Settings
from pos_client.register.view import Setup

PRICE_REASONS = ("price_match", "wrong_label", "damaged", "other")
DISCOUNT_REASONS = ("damaged", "staff", "campaign", "goodwill", "other")
RETURN_REASONS = ("regret", "wrong_item", "faulty", "wrong_price", "other")
WEIGHT_REASONS = ("scale_broken", "too_big", "on_the_pack", "other")
DRAWER_REASONS = ("change", "check", "wrong_change", "other")
LOAN_REASONS = ("safe", "bank", "other_till", "other")
PICKUP_REASONS = ("safe", "bank", "other_till", "expense", "other")
REJECT_REASONS = ("no_time", "not_found", "damaged", "closing", "other")
MISSING_REASONS = ("not_found", "damaged", "other")
STOCK_REASONS = ("broken", "stolen", "found", "own_use", "other")
CARD_REASONS = ("terminal_slip", "bank_report", "customer_shows", "other")


def setup_of(identity: Identity, settings: Settings, shop: StoreShop) -> Setup:
    return Setup(
        store_name=identity.store_name,
        store_id=identity.store_id,
        workstation=identity.label,
        version=version("spindel"),
        currency=shop.country.currency.code,
        time_zone=shop.country.time_zone,
        is_demo=settings.workstation.is_demo,
        has_label_printer=bool(settings.devices.label_printer),
        price_reasons=PRICE_REASONS,
        discount_reasons=DISCOUNT_REASONS,
        return_reasons=RETURN_REASONS,
        drawer_reasons=DRAWER_REASONS,
        loan_reasons=LOAN_REASONS,
        pickup_reasons=PICKUP_REASONS,
        weight_reasons=WEIGHT_REASONS,
        card_reasons=CARD_REASONS,
        stock_reasons=STOCK_REASONS,
        reject_reasons=REJECT_REASONS,
        missing_reasons=MISSING_REASONS,
    )
