"""Bugs planted into the product, one at a time, that the simulator has to find.

Each puts something plausible and wrong in the place of one part of the product, as a tired
person might write it. `python -m tests.simulation.planting` looks for a seed that shows it;
the seeds found are kept in found_seeds.json and played again in CI. The thing to get wrong:
a bug that no promise of ours forbids; it proves nothing that it is not found.
"""

from __future__ import annotations

from tests.simulation.bugs import at_central, coming_down, going_up, of_forks, on_the_till
from tests.simulation.bugs.planted import BUGS

__all__ = ["BUGS", "at_central", "coming_down", "going_up", "of_forks", "on_the_till"]
