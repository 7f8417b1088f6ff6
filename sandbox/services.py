"""The list of stand-ins in the order in which they are made; it knows only their names."""

from sandbox.clickmeeting.service import ClickMeetingService
from sandbox.entra.service import EntraService
from sandbox.graph.service import GraphService
from sandbox.outlook.service import OutlookService
from sandbox.world import Service, World


def make_services(world: World) -> list[Service]:
    """One of each. A service finds the others through `world.services` when it needs them, never before a request."""
    return [ClickMeetingService(world), EntraService(world), GraphService(world), OutlookService(world)]
