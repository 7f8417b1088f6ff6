"""O365 over the door: it sees no token, opens no connection, and its errors are ours."""

import logging
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from addin.errors import NotAllowed, Refused
from addin.graph import GraphOffice
from addin.graph.library import CalendarEntry, open_account

CALENDARS = "/v1.0/users/oid-1/calendars"


def test_calendars_own_and_shared_are_listed(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(CALENDARS).respond_with_json(
        {
            "value": [
                {"id": "c1", "name": "Calendar", "canEdit": True,
                 "owner": {"name": "Organiser", "address": "Organiser@contoso.example"}},
                {"id": "c2", "name": "Paris", "canEdit": False,
                 "owner": {"name": "Paris", "address": "paris@contoso.example"}},
            ]
        }
    )  # fmt: skip
    assert office.calendars() == (
        CalendarEntry("c1", "Calendar", "organiser@contoso.example", True),
        CalendarEntry("c2", "Paris", "paris@contoso.example", False),
    )
    sent = httpserver.log[0][0]
    assert sent.headers["Authorization"] == "Bearer token-1", "the door puts the token on"
    assert 'IdType="ImmutableId"' in sent.headers["Prefer"]


def test_o365_never_holds_a_token_nor_logs_one(
    httpserver: HTTPServer, office: GraphOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="O365.connection")  # a server in this process may have quietened it
    httpserver.expect_request(CALENDARS).respond_with_json({"value": []})
    account: Any = open_account(office.door, httpserver.url_for("/v1.0"), "oid-1")
    account.schedule().list_calendars()
    assert "O365.connection" in {record.name for record in caplog.records}, "the library did log"
    assert "token-1" not in caplog.text
    assert "token-1" not in repr(vars(account.con)) + repr(account.con.session.headers)


def test_its_errors_are_the_doors(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(CALENDARS).respond_with_json({"error": {"code": "ErrorAccessDenied"}}, 403)
    with pytest.raises(NotAllowed):
        office.calendars()


def test_it_reaches_no_other_host(httpserver: HTTPServer, office: GraphOffice, tokens: Any) -> None:
    account: Any = open_account(office.door, httpserver.url_for("/v1.0"), "oid-1")
    with pytest.raises(Refused):
        account.con.get("https://evil.example/v1.0/me")
    assert tokens.asked == []
