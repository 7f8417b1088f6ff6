"""Brings the pane into each of its states, for the accessibility tests and for the pictures."""

from collections.abc import Callable
from typing import Any

from .conftest import Answers, Compose

Open = Callable[..., Compose]
State = Callable[[Open, Answers], Compose]


def nothing_yet(compose: Open, answers: Answers) -> Compose:
    window = compose()
    window.fill()
    return window


def token_access(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.press("#access-token")
    window.view.locator("#token_delivery").select_option("body")
    window.press("#dial_in")
    return window


def password_and_more(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.press("#access-password")
    window.press("text=More options")
    return window


def preview(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.view.locator("iframe.paper").wait_for()
    return window


def scheduling(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    held: list[Any] = []
    answers.give("/meetings", "POST", held.append)  # the answer stays away
    window.press("#add")
    window.phase("working")
    return window


def scheduled(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.press("#access-token")
    window.schedule()
    return window


def host_link(compose: Open, answers: Answers) -> Compose:
    window = scheduled(compose, answers)
    window.press("#enter-host")
    window.view.locator(".entry a").wait_for()
    return window


def changed_outside(compose: Open, answers: Answers) -> Compose:
    window = scheduled(compose, answers)
    window.desk("setTimes('2027-01-12T13:00:00Z', '2027-01-12T14:00:00Z')")
    window.view.locator("#update-now").wait_for()
    return window


def removing(compose: Open, answers: Answers) -> Compose:
    window = scheduled(compose, answers)
    window.press("#remove")
    return window


def refused(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    detail = "ClickMeeting cannot repeat every second weekday of a month."
    answers.problem("/meetings", "POST", 422, reason="unsupported", detail=detail, nearest_text="every month on day 12")
    window.press("#add")
    window.view.locator(".bar.error").wait_for()
    return window


def wrong_password(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.press("#access-password")
    window.view.locator("#password").fill("short")
    window.press("#add")
    window.view.locator("#password-error").wait_for()
    return window


def half_done(compose: Open, answers: Answers) -> Compose:
    window = nothing_yet(compose, answers)
    window.desk("failNext(38, 9001)")
    window.desk("failNext(156, 9001)")
    window.press("#add")
    window.phase("incomplete")
    return window


def gone(compose: Open, answers: Answers) -> Compose:
    window = scheduled(compose, answers)
    window.desk("closePane()")
    answers.problem("/meetings/*", "GET", 404, reason="missing", detail="x")
    window.desk("openPane()")
    window.phase("gone")
    return window


def locked(compose: Open, answers: Answers) -> Compose:
    def lock(route: Any) -> None:
        reply = route.fetch()
        options = reply.json()
        options["locks"] = {"access": "Every meeting needs a password.", "language": "Invitations are in English."}
        options["defaults"]["access"] = "password"
        route.fulfill(json=options)

    answers.give("/options", "GET", lock)
    return nothing_yet(compose, answers)


def needs_signin(compose: Open, answers: Answers) -> Compose:
    answers.problem("/options", "GET", 401, reason="expired")
    return compose(ready="signin")


def needs_consent(compose: Open, answers: Answers) -> Compose:
    answers.problem("/options", "GET", 403, reason="consent", detail="x")
    return compose(ready="consent")


def offline(compose: Open, answers: Answers) -> Compose:
    answers.unreachable("/options", "GET")
    return compose(ready="offline")


def nothing_to_do(compose: Open, answers: Answers) -> Compose:
    window = compose()
    window.desk("selectNothing()")
    window.phase("unusable")
    return window


STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        nothing_yet, token_access, password_and_more, preview, scheduling, scheduled, host_link, changed_outside,
        removing, refused, wrong_password, half_done, gone, locked, needs_signin, needs_consent, offline, nothing_to_do,
    )
}  # fmt: skip

THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
