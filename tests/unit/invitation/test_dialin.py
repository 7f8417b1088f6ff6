"""Which numbers are shown, in which order and how they are written (R22 to R29)."""

import phonenumbers
import pytest

from addin.invitation import dialin
from addin.invitation.content import DialInNumber


def test_the_table_holds_the_28_numbers_of_20_countries() -> None:
    table = dialin.table()
    assert len(table) == 28
    assert len({number.country for number in table}) == 20
    assert {"København", "São Paulo", "Zürich"} <= {number.location for number in table}


def test_calgary_and_toronto_are_canada_though_the_prefix_is_shared() -> None:
    canada = {number.location for number in dialin.table() if number.country == "CA"}
    assert canada == {"Calgary", "Toronto"}


@pytest.mark.parametrize("number", dialin.table(), ids=lambda number: number.location)
def test_every_number_is_valid_and_written_with_its_own_digits(number: DialInNumber) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(number.e164, None))
    written = dialin.written(number.e164)
    assert written.startswith("+")
    assert "+" + "".join(filter(str.isdigit, written)) == number.e164


def test_a_number_that_does_not_parse_is_shown_as_it_is() -> None:
    assert dialin.written("+999999") == "+999999"
    assert dialin.written("call me") == "call me"


def test_links_dial_the_number_alone_unless_a_tone_sequence_is_set() -> None:
    assert dialin.link("+48223078288") == "tel:+48223078288"
    assert dialin.link("+48223078288", ",,123#") == "tel:+48223078288,,123#"


def test_gateways_are_read_as_the_provider_gives_them() -> None:
    gateways = [
        {"code": "pl", "location": "Warsaw", "value": "+48 (22) 307-8288", "geo": {"lat": 52.2, "long": 21.0}},
        {"code": "CA", "location": "Calgary", "value": "+1 (587) 774-1365"},
        {"code": "PL", "location": "again", "value": "+48223078288"},
        {"code": "", "location": None, "value": "+44 20 3807 7999"},
        {"code": "DE", "value": "no number"},
        {"code": "DE"},
        "nonsense",
        None,
    ]
    assert dialin.numbers_from_gateways(gateways) == (
        DialInNumber("PL", "Warsaw", "+48223078288"),
        DialInNumber("CA", "Calgary", "+15877741365"),
        DialInNumber("GB", "", "+442038077999"),
    )
    assert dialin.numbers_from_gateways({"error": "x"}) == ()


def test_the_organisers_country_is_first_then_the_readers() -> None:
    chosen = dialin.choose(dialin.table(), countries=["FR", "PL"], first="ca")
    assert [number.country for number in chosen[:4]] == ["CA", "CA", "FR", "PL"]
    assert sorted(chosen, key=str) == sorted(dialin.table(), key=str), "choosing loses or adds a number"


def test_nearest_shows_only_named_countries_and_all_where_none_has_a_number() -> None:
    assert [number.location for number in dialin.nearest(dialin.table(), countries=["PL", "DE"])] == [
        "Warsaw",
        "Berlin",
    ]
    assert len(dialin.nearest(dialin.table(), countries=["IS"])) == 28


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("ann@firma.example.de", "DE"),
        ("ann@contoso.co.uk", "GB"),
        ("ann@contoso.example", None),
        ("ann@startup.io", None),
        ("ann@contoso.com", None),
        ("ann@de", None),
        ("ann@contoso.pl.", "PL"),
        ("not an address", None),
    ],
)
def test_the_mail_domain_names_a_country_only_where_it_is_one(address: str, country: str | None) -> None:
    assert dialin.country_of_mail_domain(address) == country
