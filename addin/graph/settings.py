"""What the Graph door has to be told; it must not know where settings come from."""

from dataclasses import dataclass
from datetime import timedelta

KEY_PROPERTY = "String {e005aaf9-1783-4901-bfae-b3bdbdb418bb} Name ClickMeetingKey"
"""Our own extended property: searchable, invisible to people, and no mail goes out when it is written (1.6, 1.8)."""


def pane_property(add_in_id: str) -> str:
    """The property as which Graph shows what Office.js wrote as custom properties (generally told, unconfirmed)."""
    return f"String {{00020329-0000-0000-C000-000000000046}} Name cecp-{add_in_id}"


@dataclass(frozen=True)
class GraphSettings:
    """Addresses, limits and property ids; durations in seconds unless they are timedeltas.

    `ca_file` is a PEM file of authorities to trust instead of the usual ones. `longest_pause_s` is how long a call
    may wait for the service by itself; a longer Retry-After goes back to the caller.
    """

    graph_url: str = "https://graph.microsoft.com/v1.0"
    ca_file: str | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    attempts: int = 4
    longest_pause_s: float = 15.0
    concurrent_per_mailbox: int = 4
    key_property: str = KEY_PROPERTY
    pane_property: str | None = None
    url_search_margin: timedelta = timedelta(days=1)
    ask_directory: bool = False
    delta_page_size: int = 200
