"""A bug that seeds show too seldom, for the heartbeat heals it first: shown by a script.

Central is restored from a backup and goes on further than before, all between two polls of a
till, which never asks for a heartbeat meanwhile.
"""

from __future__ import annotations

from central_sync.engine.round import contact, poll_feed
from tests.simulation.bugs import BUGS
from tests.simulation.calm import Calm
from tests.simulation.copies import Copies
from tests.simulation.images import SKUS
from tests.simulation.mishaps import Mishaps
from tests.simulation.office import Office
from tests.simulation.running import Simulator
from tests.simulation.scene import Scene
from tests.simulation.shop import Shop

BUG = "a-rewritten-feed-is-followed"


def rewritten_between_two_polls(scene: Scene) -> None:
    shop, office, copies = Shop(scene), Office(scene), Copies(scene)
    till = scene.tills[0]
    scene.start_all()
    office.note_prices()
    shop.talk_by(till, contact)
    copies.back_up_central()
    for price_minor in (11_100, 11_200):
        office.set_price(SKUS[0], price_minor)
    shop.talk_by(till, poll_feed)
    copies.restore_central()
    for price_minor in (22_100, 22_200, 22_300):
        office.set_price(SKUS[1], price_minor)
    shop.talk_by(till, poll_feed)
    Calm(scene, shop, Mishaps(scene)).come()


def test_a_till_does_not_follow_a_feed_that_was_rewritten(runs: Simulator) -> None:
    assert runs.run(1, play=rewritten_between_two_polls, is_calm=True).fault == ""


def test_a_till_that_followed_it_is_found_out(runs: Simulator) -> None:
    with BUGS[BUG]():
        assert runs.run(1, play=rewritten_between_two_polls, is_calm=True).fault
