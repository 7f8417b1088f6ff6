"""What a tenant tells of its people over the Graph door (`ports.Directory`); it must not know what it is used for."""

from collections.abc import Iterable, Iterator
from itertools import islice

from addin.errors import NotAllowed
from addin.graph.door import GraphDoor
from addin.model import Person

_AT_ONCE = 15  # the directory refuses filters with more parts than this


class GraphDirectory:
    """Country and language by address. Off unless `enabled`: it needs User.ReadBasic.All or more from the tenant."""

    def __init__(self, door: GraphDoor, *, enabled: bool) -> None:
        self._door = door
        self._enabled = enabled

    def people(self, addresses: Iterable[str]) -> dict[str, Person]:
        """Who is known, by lower-case address; empty where it is off or the tenant did not grant it."""
        if not self._enabled:
            return {}
        found: dict[str, Person] = {}
        wanted = dict.fromkeys(address.strip().lower() for address in addresses if "@" in address)
        try:
            for batch in _batches(wanted):
                for person in self._ask(batch):
                    found[person.address] = person
        except NotAllowed:
            return {}
        return found

    def _ask(self, addresses: tuple[str, ...]) -> Iterator[Person]:
        wanted = ["mail eq '" + address.replace("'", "''") + "'" for address in addresses]
        query = {
            "$filter": " or ".join(wanted),
            "$select": "mail,usageLocation,country,preferredLanguage",
            "$top": "100",
        }
        for item in self._door.pages("/users", query=query):
            address = str(item.get("mail") or "").lower()
            if address in addresses:
                yield Person(address, country=_country(item), language=item.get("preferredLanguage") or None)


def _country(item: dict[str, object]) -> str | None:
    """ISO 3166: `usageLocation` always is, `country` is free text and counts only where it looks like a code."""
    for name in ("usageLocation", "country"):
        value = str(item.get(name) or "").strip().upper()
        if len(value) == 2 and value.isascii() and value.isalpha():
            return value
    return None


def _batches(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(values)
    while batch := tuple(islice(rest, _AT_ONCE)):
        yield batch
