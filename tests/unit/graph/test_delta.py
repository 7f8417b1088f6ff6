"""Rounds over the calendar: pages, ends that never come, tokens that are forgotten (Graph facts 4)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from addin.errors import Missing, Refused, Unavailable
from addin.graph import GraphOffice
from addin.graph.delta import Sight

PATH = "/v1.0/users/oid-1/calendarView/delta"
FROM, TO = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)


@pytest.fixture
def tell(httpserver: HTTPServer) -> Any:
    """Pages by token; `{next}` and `{delta}` in a page name the token of its link."""

    def prepare(**pages: dict[str, Any]) -> None:
        def answer(request: Request) -> Response:
            token = request.args.get("$skiptoken") or request.args.get("$deltatoken") or "first"
            page = dict(pages[token])
            links = {"next": "@odata.nextLink", "delta": "@odata.deltaLink"}
            for name, key in links.items():
                if name in page:
                    kind = "skiptoken" if name == "next" else "deltatoken"
                    page[key] = httpserver.url_for(f"{PATH}?${kind}={page.pop(name)}")
            return Response(json.dumps(page), content_type="application/json")

        httpserver.expect_request(PATH).respond_with_handler(answer)

    return prepare


def item(event_id: str, etag: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": event_id, "@odata.etag": etag, **more}


def test_a_round_goes_over_all_pages_also_empty_ones(httpserver: HTTPServer, office: GraphOffice, tell: Any) -> None:
    tell(
        first={"value": [item("a"), item("o", seriesMasterId="m", type="occurrence")], "next": "p2"},
        p2={"value": [], "next": "p3"},
        p3={"value": [item("a", "2"), {"id": "gone", "@removed": {"reason": "deleted"}}], "delta": "d1"},
        d1={"value": [item("b")], "delta": "d2"},
    )
    first = office.delta.begin(after=FROM, before=TO)
    assert first.sights == (Sight("a", "2"), Sight("o", "1", "m"), Sight("gone", removed=True)), "the latest of each"
    assert first.link is not None
    second = office.delta.go_on(first.link)
    assert second.sights == (Sight("b", "1"),)
    sent = [request for request, _ in httpserver.log]
    assert sent[0].args.to_dict() == {"startDateTime": "2026-12-01T00:00:00Z", "endDateTime": "2027-12-01T00:00:00Z"}
    assert all("odata.maxpagesize=" in request.headers["Prefer"] for request in sent)
    assert all("$select" not in request.args for request in sent), "delta takes no such options"


@pytest.mark.parametrize(("status", "code"), [(410, "syncStateNotFound"), (400, "syncStateInvalid")])
def test_a_forgotten_token_asks_for_a_new_round(
    httpserver: HTTPServer, office: GraphOffice, status: int, code: str
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"error": {"code": code}}, status)
    with pytest.raises(Missing) as caught:
        office.delta.go_on(httpserver.url_for(f"{PATH}?$deltatoken=old"))
    assert caught.value.reason == "resync"


def test_pages_that_repeat_end_the_round_without_a_link(httpserver: HTTPServer, office: GraphOffice, tell: Any) -> None:
    tell(first={"value": [item("a")], "next": "p2"}, p2={"value": [item("a")], "next": "p2"})
    found = office.delta.begin(after=FROM, before=TO)
    assert found.sights == (Sight("a", "1"),), "what was seen is kept"
    assert found.link is None, "the next round begins afresh"
    assert len(httpserver.log) == 2


def test_a_round_never_goes_on_for_ever(httpserver: HTTPServer, office: GraphOffice, tell: Any) -> None:
    tell(first={"value": [], "next": "first"})
    assert office.delta.begin(after=FROM, before=TO).link is None
    assert len(httpserver.log) == 500


def test_a_page_without_any_link_is_an_outage(office: GraphOffice, tell: Any) -> None:
    tell(first={"value": [item("a")]})
    with pytest.raises(Unavailable):
        office.delta.begin(after=FROM, before=TO)


def test_a_kept_link_to_another_host_is_not_followed(httpserver: HTTPServer, office: GraphOffice) -> None:
    with pytest.raises(Refused):
        office.delta.go_on("https://evil.example/v1.0/me/calendarView/delta?$deltatoken=x")
    assert httpserver.log == []
