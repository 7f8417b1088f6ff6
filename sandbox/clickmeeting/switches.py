"""Names every behaviour that can be switched, with its default; it must not know what reads them.

What ClickMeeting does in these places is not known from outside, or depends on the account; so both ways can be tried.
"""

from typing import Any

from sandbox.people import CLICKMEETING_KEY

SWITCHES: dict[str, Any] = {
    # the key in force; another value plays a key that the account owner regenerated
    "clickmeeting.api_key": CLICKMEETING_KEY,
    # the zone that a start without zone and offset is read in
    "clickmeeting.account_zone": "Europe/Warsaw",
    # rooms per page of a list
    "clickmeeting.page_size": 250,
    # the status of a successful create: 201 or 200
    "clickmeeting.create_status": 201,
    # `code` of an error body as text instead of a number
    "clickmeeting.string_codes": False,
    # an error body that is only a JSON string such as "404 Not Found"
    "clickmeeting.bare_errors": False,
    # what a delete answers: "object" ({"result": "OK"}) or "string" ("200 OK")
    "clickmeeting.delete_answer": "object",
    # what the token of an address looks like: "list" (["ABC123"]), "object" ({"token": ...}) or "string"
    "clickmeeting.token_answer": "list",
    # every call is answered 429 with this many seconds in Retry-After; None is off
    "clickmeeting.retry_after": None,
    # the longest duration that a room may have, in minutes
    "clickmeeting.longest_minutes": 360,
    # how many scheduled rooms may overlap (R40); None is no limit
    "clickmeeting.parallel_sessions": None,
    # whether the availability question is offered; False answers 404
    "clickmeeting.availability": True,
    # 422 for a parameter that no source names; False ignores it (both record it in `unknown_parameters`)
    "clickmeeting.strict": True,
    # answers leave out settings.phonegateway_enabled
    "clickmeeting.hide_phonegateway": False,
    # features outside the account's plan, of "phonegateway", "tokens", "recording"
    "clickmeeting.plan_without": [],
    # what asking for such a feature does: "refuse" (403) or "ignore" (accepted, and not done)
    "clickmeeting.plan_answer": "refuse",
    # a finished scheduled room: "inactive" (listed and readable) or "missing" (404), R41
    "clickmeeting.finished_rooms": "inactive",
    # the create answer shows the room's password
    "clickmeeting.echo_password": False,
}
