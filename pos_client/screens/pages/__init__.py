"""The pages, each in a file of its own; `every_page` makes the one set that is ever used."""

from __future__ import annotations

from pos_client.screens.page import Page
from pos_client.screens.pages.approval import ApprovalPage
from pos_client.screens.pages.card import CardPage
from pos_client.screens.pages.cards import CardsPage
from pos_client.screens.pages.choice import ChoicePage
from pos_client.screens.pages.completing import CompletingPage, FaultPage
from pos_client.screens.pages.count import CountPage
from pos_client.screens.pages.customers import CustomersPage
from pos_client.screens.pages.delivery import DeliveryPage
from pos_client.screens.pages.devices import DevicesPage
from pos_client.screens.pages.facts import SyncPage
from pos_client.screens.pages.goods import GoodsPage
from pos_client.screens.pages.menu import MenuPage
from pos_client.screens.pages.new_customer import NewCustomerPage
from pos_client.screens.pages.open_day import OpenDayPage
from pos_client.screens.pages.order_address import OrderAddressPage
from pos_client.screens.pages.orders import OrdersPage
from pos_client.screens.pages.paper import PaperPage
from pos_client.screens.pages.price_check import PriceCheckPage
from pos_client.screens.pages.print_question import PrintQuestionPage
from pos_client.screens.pages.receipts import ReceiptsPage
from pos_client.screens.pages.returns import ReturnsPage
from pos_client.screens.pages.sale import SalePage
from pos_client.screens.pages.search import SearchPage
from pos_client.screens.pages.sign_on import SignOnPage
from pos_client.screens.pages.stock import StockPage
from pos_client.screens.pages.suspended import SuspendedPage
from pos_client.screens.pages.task import TaskPage
from pos_client.screens.pages.tasks import TasksPage
from pos_client.screens.pages.tender import TenderPage
from pos_client.screens.pages.value import ValuePage
from pos_client.screens.pages.weighing import WeighingPage
from pos_client.screens.till import Till

_PAGES: tuple[type[Page], ...] = (
    SignOnPage,
    OpenDayPage,
    SalePage,
    SearchPage,
    PriceCheckPage,
    StockPage,
    DeliveryPage,
    CustomersPage,
    NewCustomerPage,
    TenderPage,
    ApprovalPage,
    SuspendedPage,
    ReturnsPage,
    ChoicePage,
    ValuePage,
    MenuPage,
    ReceiptsPage,
    PaperPage,
    CountPage,
    SyncPage,
    DevicesPage,
    PrintQuestionPage,
    CompletingPage,
    CardPage,
    CardsPage,
    FaultPage,
    WeighingPage,
    GoodsPage,
    TasksPage,
    TaskPage,
    OrdersPage,
    OrderAddressPage,
)


def every_page(till: Till) -> dict[str, Page]:
    """One instance of each, made once."""
    return {kind.name: kind(till) for kind in _PAGES}
