"""Brings the pane into each of its states, one after the other, for the accessibility tests and for the pictures.

A journey is one window on its way through several states, so that each state costs a step and no new Outlook.
"""

from collections.abc import Callable, Iterator
from typing import Any

from .conftest import Answers, Compose

Open = Callable[..., Compose]
Journey = Callable[[Open, Answers], Iterator[tuple[str, Compose]]]
WEEKLY = (
    "setRecurrence({recurrenceType: 'weekly', recurrenceProperties: {interval: 1, days: ['mon']},"
    " recurrenceTimeZone: {name: 'Central European Standard Time'}, seriesTimeJson: {startYear: 2027,"
    " startMonth: 3, startDay: 8, endYear: 2027, endMonth: 6, endDay: 28, startTimeMin: 600, durationMin: 30}})"
)
Stop = tuple[str, Compose]


def adding(compose: Open, answers: Answers) -> Iterator[Stop]:
    """The usual way from an empty pane to a room and back."""
    window = compose()
    window.fill()
    yield "nothing_yet", window
    window.press("#access-password")
    window.view.locator("#password").fill("short")
    window.press("#add")
    window.view.locator("#password-error").wait_for()
    yield "wrong_password", window
    window.press("text=Make another password")
    window.press("#advanced-control")
    window.press("#dial_in")
    yield "password_and_more", window
    window.press("#advanced-control")
    window.press("#access-token")
    window.view.locator("#token_delivery").select_option("body")
    yield "token_in_the_invitation", window
    window.view.locator("#token_delivery").select_option("personal")
    held: list[Any] = []
    answers.give("/meetings", "POST", held.append)  # the answer stays away
    window.press("#add")
    window.phase("working")
    yield "scheduling", window
    while not held:
        window.page.wait_for_timeout(20)  # lets the request through to this process
    held[0].continue_()
    window.phase("scheduled")
    yield "scheduled", window
    window.press("#enter-host")
    window.view.locator(".entry a").wait_for()
    yield "host_link", window
    window.desk("setTimes('2027-01-12T13:00:00Z', '2027-01-12T14:00:00Z')")
    window.view.locator("#update-now").wait_for()
    yield "changed_outside", window
    window.press("#change")
    window.phase("editing")
    window.press("#advanced-control")
    yield "changing", window
    window.press("#back")
    window.press("#remove")
    yield "removing", window


def series(compose: Open, answers: Answers) -> Iterator[Stop]:
    """Weekly over two changes of the clocks, with one date that is taken."""

    def busy(route: Any) -> None:
        reply = route.fetch()
        look = reply.json()
        if look["dates"][1]["clashes"] is not None:
            look["dates"][1]["clashes"] = ["Budget review"]
        look["dates"][2]["elsewhere"] = [{"time_zone": "America/Toronto", "start": look["dates"][2]["start"]}]
        route.fulfill(json=look)

    answers.give("/series", "POST", busy)
    window = compose()
    window.fill("Weekly planning")
    window.desk(WEEKLY)
    window.view.locator(".mark.clash").wait_for()
    yield "series", window
    window.press("#advanced-control")
    window.press("#room_per_date")
    yield "series_with_a_room_for_each_date", window
    window.press("#room_per_date")
    window.schedule()
    window.view.locator(".mark.clash").wait_for()
    yield "series_scheduled", window


def delegate(compose: Open, answers: Answers) -> Iterator[Stop]:
    """A calendar that has to be looked into, mail that went astray, more people than are shown at first."""

    def polled(route: Any) -> None:
        reply = route.fetch()
        route.fulfill(
            status=reply.status,
            json=reply.json() | {"following": {"by": "polling", "minutes": 10}, "state": "followed"},
        )

    def astray(route: Any) -> None:
        reply = route.fetch()
        invited = reply.json()
        first, second, *_ = invited["participants"]
        first |= {"delivery": "sent", "has_token": True}
        second |= {"delivery": "failed", "declined": True}
        room = {"address": "room@contoso.example", "name": "Room Aurora", "type": "resource", "delivery": "none"}
        nobody = {"link": None, "country": None, "language": None}
        guests = [
            first | {"address": f"guest-{number}@example.jp", "name": f"Guest {number}", "type": "guest",
                     "delivery": "uncertain", "country": "JP", "language": "ja"}
            for number in range(5)
        ]  # fmt: skip
        invited["participants"] += [first | room | nobody, *guests]
        route.fulfill(json=invited | {"waiting": 1})

    answers.give("/meetings", "POST", polled)
    answers.give("/meetings/*/participants", "GET", astray)
    window = compose()
    window.fill()
    window.press("#access-token")
    window.schedule()
    window.view.locator("#send-invitations").wait_for()
    yield "shared_calendar_and_undelivered", window
    window.press("#all-people")
    yield "everybody", window


def interrupted(compose: Open, answers: Answers) -> Iterator[Stop]:
    window = compose()
    window.fill()
    answers.give("/meetings", "POST", lambda route: None)
    window.press("#add")
    window.page.wait_for_function("desk.item.customProperties.clickmeetingRequest")
    window.desk("closePane()")
    window.desk("openPane()")
    window.view.locator(".bar.info").wait_for()
    yield "interrupted", window


def pictures(compose: Open, answers: Answers) -> Iterator[Stop]:
    window = compose()
    window.fill()
    window.desk("""setBody('<p>Plan: <img alt="Plan" src="cid:plan@contoso.example"></p>')""")
    window.schedule()
    yield "pictures_in_the_text", window
    window.desk("setBody('<p>Other words</p>')")
    window.desk("closePane()")
    window.desk("openPane()")
    window.view.locator("#put-back").wait_for()
    yield "block_missing", window
    window.desk("closePane()")
    answers.problem("/meetings/*", "GET", 404, reason="missing", detail="x")
    window.desk("openPane()")
    window.phase("gone")
    yield "gone", window


def refusals(compose: Open, answers: Answers) -> Iterator[Stop]:
    window = compose()
    window.fill()
    detail = "ClickMeeting cannot repeat every second weekday of a month."
    answers.problem("/meetings", "POST", 422, reason="unsupported", detail=detail, nearest_text="every month on day 12")
    window.press("#add")
    window.view.locator(".bar.error").wait_for()
    yield "refused", window
    answers.forget()
    window.settled()
    window.desk("failNext(38, 9001)")
    window.desk("failNext(156, 9001)")
    window.press("#add")
    window.phase("incomplete")
    yield "half_done", window


def locked(compose: Open, answers: Answers) -> Iterator[Stop]:
    def lock(route: Any) -> None:
        reply = route.fetch()
        options = reply.json()
        options["locks"] = {"access": "Every meeting needs a password.", "language": "Invitations are in English."}
        options["defaults"]["access"] = "password"
        route.fulfill(json=options)

    answers.give("/options", "GET", lock)
    window = compose()
    window.fill()
    yield "locked", window


def nothing_to_show(compose: Open, answers: Answers) -> Iterator[Stop]:
    """Everything that keeps the form away, one after the other."""
    answers.problem("/options", "GET", 500, reason="internal")
    window = compose(ready="broken")
    yield "broken", window
    answers.forget()
    answers.unreachable("/options", "GET")
    window.press("#again")
    window.phase("offline")
    yield "offline", window
    answers.forget()
    answers.problem("/options", "GET", 403, reason="consent", detail="x")
    window.press("#again")
    window.phase("consent")
    yield "needs_consent", window
    answers.forget()
    answers.problem("/options", "GET", 401, reason="expired")
    window.press("#again")
    window.phase("signin")
    yield "needs_signin", window
    window.desk("selectNothing()")
    window.phase("unusable")
    yield "nothing_to_do", window


def languages(compose: Open, answers: Answers) -> Iterator[Stop]:
    """The longest words and the other direction."""
    spoken = ["en-GB"]

    def translated(route: Any) -> None:
        page = route.fetch()
        route.fulfill(response=page, body=page.text().replace('"en-GB"', f'"{spoken[0]}"'))

    answers.visitor.context.route("**/compose?pane*", translated)
    for tag in ("de-DE", "ru-RU", "ar-EG"):
        spoken[0] = tag
        window = compose()
        window.fill("Weekly")
        window.desk(WEEKLY)
        window.press("#access-token")
        window.press("#advanced-control")
        window.view.locator(".dates li").first.wait_for()
        yield f"form_in_{tag[:2]}", window
    window.schedule()
    yield "scheduled_in_ar", window


JOURNEYS: dict[str, Journey] = {
    journey.__name__: journey
    for journey in (
        adding, series, delegate, interrupted, pictures, refusals, locked, nothing_to_show,
        languages,
    )
}  # fmt: skip

THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
