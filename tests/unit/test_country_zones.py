"""A country's only zone, from the time zone database."""

import pytest

from addin.country_zones import only_zone


@pytest.mark.parametrize(("country", "zone"), [
    ("FR", "Europe/Paris"),
    ("pl", "Europe/Warsaw"),
    ("JP", "Asia/Tokyo"),
    ("CA", None),
    ("US", None),
    ("XX", None),
    ("", None),
    (None, None),
])  # fmt: skip
def test_only_what_is_certain_is_told(country: str | None, zone: str | None) -> None:
    assert only_zone(country) == zone
