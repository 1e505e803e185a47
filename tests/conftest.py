"""What holds for every test: a property test has no deadline, since the machine is shared."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
