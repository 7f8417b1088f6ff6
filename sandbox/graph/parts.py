"""The pieces of the stand-in that routes work with, in one record; it does nothing itself."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.graph.appointments import Appointments
from sandbox.graph.responses import Responses
from sandbox.graph.store import Store
from sandbox.world import World


@dataclass
class Parts:
    """Made once by the service."""

    world: World
    store: Store
    appointments: Appointments
    responses: Responses
    beside: dict[str, Any] = field(default_factory=dict)

    def switch(self, name: str) -> Any:
        """A switch of Graph's by its short name."""
        return self.world.faults.switch(f"graph.{name}")
