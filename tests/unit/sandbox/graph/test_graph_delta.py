"""Rounds of calendarView/delta: pages, removals, thin occurrences, expired tokens."""

from typing import Any

import pytest

WINDOW = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-03-31T00:00:00Z"


def followed(desk: Any, address: str, prefer: str | None = None) -> tuple[list[list[dict[str, Any]]], str]:
    """All pages from `address` on, and the delta link at their end."""
    pages = []
    while True:
        answer = desk.call("GET", address.partition("/v1.0")[2] or address, prefer=prefer)
        assert answer.status == 200, answer.json
        assert ("@odata.nextLink" in answer.json) != ("@odata.deltaLink" in answer.json)
        pages.append(answer.json["value"])
        if "@odata.deltaLink" in answer.json:
            return pages, answer.json["@odata.deltaLink"]
        address = answer.json["@odata.nextLink"]
        assert len(pages) < 30


def rows(pages: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for page in pages for row in page]


@pytest.mark.parametrize("spelling", ["delta", "delta()"])
def test_a_round_brings_all_and_the_next_only_what_changed(desk: Any, spelling: str) -> None:
    first, second = desk.create(subject="A"), desk.create(subject="B")
    pages, link = followed(desk, f"/me/calendarView/{spelling}?{WINDOW}")
    assert {row["id"] for row in rows(pages)} == {first["id"], second["id"]}
    pages, link = followed(desk, link)
    assert rows(pages) == []
    desk.call("PATCH", f"/me/events/{first['id']}", {"subject": "C"})
    desk.call("DELETE", f"/me/events/{second['id']}")
    pages, _ = followed(desk, link)
    found = {row["id"]: row for row in rows(pages)}
    assert found[first["id"]]["subject"] == "C"
    assert found[second["id"]] == {"id": second["id"], "@removed": {"reason": "deleted"}}


def test_pages_are_as_small_as_was_preferred_and_a_series_is_not_split(desk: Any) -> None:
    for number in range(5):
        desk.create(subject=str(number))
    desk.series()
    pages, _ = followed(desk, f"/me/calendarView/delta?{WINDOW}", prefer="odata.maxpagesize=2")
    assert [len(page) for page in pages] == [2, 2, 1, 6]
    kinds = [row["type"] for row in pages[-1]]
    assert kinds == ["seriesMaster"] + ["occurrence"] * 5


def test_occurrences_are_thin_and_exceptions_are_not(desk: Any) -> None:
    master = desk.series()
    second = desk.instances(master["id"])[1]
    desk.call("PATCH", f"/me/events/{second['id']}", {"subject": "Own"})
    pages, link = followed(desk, f"/me/calendarView/delta?{WINDOW}")
    by_id = {row["id"]: row for row in rows(pages)}
    thin = next(row for row in by_id.values() if row["type"] == "occurrence")
    assert set(thin) == {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
    assert by_id[second["id"]]["subject"] == "Own"
    desk.call("DELETE", f"/me/events/{desk.instances(master['id'])[2]['id']}")
    again, _ = followed(desk, link)
    assert not any("@removed" in row for row in rows(again)), "a deleted occurrence is not announced"
    assert len(rows(again)) == len(rows(pages)) - 1, "the series is delivered again without it"


def test_what_leaves_the_window_is_removed(desk: Any) -> None:
    event = desk.create()
    _, link = followed(desk, f"/me/calendarView/delta?{WINDOW}")
    later = {"dateTime": "2027-05-01T10:00:00", "timeZone": "UTC"}
    desk.call("PATCH", f"/me/events/{event['id']}", {"start": later, "end": later})
    pages, _ = followed(desk, link)
    assert rows(pages) == [{"id": event["id"], "@removed": {"reason": "deleted"}}]


def test_tokens_fall_out_of_the_cache(desk: Any) -> None:
    _, link = followed(desk, f"/me/calendarView/delta?{WINDOW}")
    assert desk.graph.forget_delta() == 1
    answer = desk.call("GET", link.partition("/v1.0")[2])
    assert (answer.status, answer.code) == (410, "SyncStateNotFound")


def test_a_token_is_good_for_its_own_mailbox_only(desk: Any) -> None:
    _, link = followed(desk, f"/me/calendarView/delta?{WINDOW}")
    assert desk.call("GET", link.partition("/v1.0")[2], upn=desk.paris).status == 410


@pytest.mark.parametrize("option", ["$select=subject", "$filter=subject eq 'x'", "$orderby=subject", "$top=5",
                                    "$expand=extensions", "$search=x"])  # fmt: skip
def test_query_options_are_rejected(desk: Any, option: str) -> None:
    assert desk.call("GET", f"/me/calendarView/delta?{WINDOW}&{option}").status == 400


def test_an_empty_page_may_come_first(desk: Any) -> None:
    desk.create()
    desk.world.faults.set_switches({"graph.delta_empty_page": True})
    pages, _ = followed(desk, f"/me/calendarView/delta?{WINDOW}")
    assert [len(page) for page in pages] == [0, 1]


def test_pages_may_repeat_without_end(desk: Any) -> None:
    event = desk.create()
    desk.world.faults.set_switches({"graph.delta_endless": True})
    address, tokens = f"/me/calendarView/delta?{WINDOW}", set()
    for _ in range(5):
        answer = desk.call("GET", address).json
        assert [row["id"] for row in answer["value"]] == [event["id"]]
        tokens.add(answer["@odata.nextLink"])
        address = answer["@odata.nextLink"].partition("/v1.0")[2]
    assert len(tokens) == 5
