"""What befalls machines, clocks and lines; and somebody who starts again what is off."""

from __future__ import annotations

from tests.simulation.scene import Part

_FAR_SKEW_SECONDS = (-3600.0, 7200.0, -90.0, 240.0, 400.0)


class Mishaps(Part):
    def cut_power(self) -> None:
        machine = self.chance.rng.choice(self.scene.machines())
        self.chance.note("power cut")
        machine.die()

    def kill(self) -> None:
        machine = self.chance.rng.choice(self.scene.machines())
        if machine.lives:
            self.chance.note("process killed")
            machine.end(self.chance.rng.choice(machine.lives))

    def lay_fuse(self) -> None:
        """A machine loses its power, or a process its life, in the middle of what it does next."""
        disk = self.chance.rng.choice(self.scene.machines())
        disk.fuse = self.chance.rng.randint(1, 40)
        disk.is_power_fuse = self.chance.is_so(0.7)

    def change_clock(self) -> None:
        till = self.chance.rng.choice(self.tills)
        till.skew_seconds = self.chance.rng.choice((0.0, *_FAR_SKEW_SECONDS))
        self.chance.note("a clock was set")

    def lose_network(self) -> None:
        self.chance.note("the network was lost")
        self.scene.outage_until = self.chance.now
        self.scene.outage_until = self.scene.later(self.chance.rng.uniform(10, 600))

    def lose_master(self) -> None:
        """Somebody removes what can be fetched again."""
        till = self.chance.rng.choice(self.tills)
        if till.is_off:
            self.chance.note("a catalogue was lost")
            for path in till.home.glob("master*"):
                path.unlink()

    def deliver_late(self) -> None:
        """A message that nobody waits for any more arrives."""
        if not self.scene.stash:
            return
        till, asked = self.scene.stash.pop(self.chance.rng.randrange(len(self.scene.stash)))
        self.chance.note("a late request arrived")
        line = self.scene.line(till)
        self.center.deliver(line.token(), asked)

    def start_what_is_off(self) -> None:
        if self.center.central is None and self.chance.is_so(0.7):
            self.scene.start_central()
        for till in self.tills:
            if till.core is None and not till.core_is_busy and self.chance.is_so(0.7):
                self.scene.power_up(till)
                till.start_core()
            if till.sync is None and not till.sync_is_busy and self.chance.is_so(0.7):
                self.scene.power_up(till)
                till.start_sync(self.scene.line(till))
            till.settle()
