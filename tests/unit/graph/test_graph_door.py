"""What the door sends, repeats, refuses and makes of answers (Graph facts 1.5, 6, 7.3)."""

import base64
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
import stamina
from pytest_httpserver import HTTPServer
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from werkzeug import Request, Response

from addin.errors import (
    AddinError,
    Changed,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
)
from addin.graph import GraphOffice

PATH = "/v1.0/users/oid-1/events/e1"


def answer_in_turn(*answers: Response) -> Callable[[Request], Response]:
    """One answer after the other; the last one stays."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def error(status: int, code: str, **headers: str) -> Response:
    body = f'{{"error": {{"code": "{code}", "message": "about organiser@contoso.example"}}}}'
    found = Response(body, status, content_type="application/json")
    found.headers["request-id"] = "0f-1"
    for name, value in headers.items():
        found.headers[name.replace("_", "-")] = value
    return found


def good() -> Response:
    return Response('{"id": "e1"}', content_type="application/json")


def test_every_request_asks_for_immutable_ids_and_carries_token_and_request_id(
    httpserver: HTTPServer, office: GraphOffice
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"id": "e1"})
    office.door.get("/users/oid-1/events/e1", prefer=('outlook.timezone="UTC"',))
    sent = httpserver.log[0][0]
    assert sent.headers["Prefer"] == 'IdType="ImmutableId", outlook.timezone="UTC"', "both preferences in one header"
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert len(sent.headers["client-request-id"]) == 36, "a GUID names the request"
    assert sent.headers["return-client-request-id"] == "true"


def test_query_is_percent_encoded_without_plus_signs(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_json({})
    office.door.get("/users/oid-1/events/e1", query={"$filter": "id eq 'String {a} Name b+c'"})
    assert httpserver.log[0][0].query_string == b"$filter=id%20eq%20%27String%20%7Ba%7D%20Name%20b%2Bc%27"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ErrorInvalidProperty", Refused),
        (400, "syncStateNotFound", Missing),
        (403, "ErrorAccessDenied", NotAllowed),
        (404, "ErrorItemNotFound", Missing),
        (404, "MailboxNotEnabledForRESTAPI", NotAllowed),
        (404, "ErrorInvalidUser", NotAllowed),
        (404, "Request_ResourceNotFound", NotAllowed),
        (409, "ErrorDuplicateTransactionId", Refused),
        (410, "SyncStateNotFound", Missing),
        (412, "ErrorIrresolvableConflict", Changed),
    ],
)
def test_an_answer_becomes_the_error_of_its_status_and_code(
    httpserver: HTTPServer, office: GraphOffice, status: int, code: str, kind: type[AddinError]
) -> None:
    httpserver.expect_request(PATH).respond_with_response(error(status, code))
    with pytest.raises(kind) as caught:
        office.door.get("/users/oid-1/events/e1")
    assert type(caught.value) is kind
    told = str(caught.value)
    assert code in told, f"the code is told: {told}"
    assert "0f-1" in told, f"the request-id is told: {told}"
    assert "contoso" not in told, f"Graph's own text may name people and stays out: {told}"
    assert len(httpserver.log) == 1, "what Graph refused is not asked again"


def test_reasons_tell_apart_what_programs_must_tell_apart(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_handler(
        answer_in_turn(
            error(410, "resyncRequired"), error(404, "MailboxNotEnabledForRESTAPI"), error(400, "ErrorInvalidProperty")
        )
    )
    reasons = []
    for _ in range(3):
        with pytest.raises((Missing, NotAllowed, Refused)) as caught:
            office.door.get("/users/oid-1/events/e1")
        reasons.append(caught.value.reason)
    assert reasons == ["resync", "no-mailbox", "ErrorInvalidProperty"]


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize(
    "fault",
    [
        Response("<html>Bad Gateway</html>", 502),
        Response("", 504),
        Response("<html>sign in to the proxy</html>", 200),
        error(429, "ApplicationThrottled", Retry_After="0"),
        error(503, "serviceNotAvailable", Retry_After="0"),
    ],
)
def test_a_read_is_repeated_until_it_succeeds(httpserver: HTTPServer, office: GraphOffice, fault: Response) -> None:
    httpserver.expect_request(PATH).respond_with_handler(answer_in_turn(fault, fault, good()))
    assert office.door.get("/users/oid-1/events/e1") == {"id": "e1"}
    assert len(httpserver.log) == 3


@pytest.mark.usefixtures("no_backoff")
def test_a_read_is_repeated_a_bounded_number_of_times(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_response(Response("", 500))
    with pytest.raises(Unavailable):
        office.door.get("/users/oid-1/events/e1")
    assert len(httpserver.log) == 4


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", [Response("", 500), Response("", 503), Response("<html>", 200), Response("", 504)])
def test_a_change_that_cannot_be_repeated_is_sent_once_and_its_outcome_is_unknown(
    httpserver: HTTPServer, office: GraphOffice, fault: Response
) -> None:
    httpserver.expect_request("/v1.0/users/oid-1/sendMail").respond_with_handler(answer_in_turn(fault, good()))
    if fault.status_code == 200:
        fault.data = b"<html>"
    with pytest.raises(OutcomeUnknown):
        office.door.call("POST", "/users/oid-1/sendMail", json={})
    assert len(httpserver.log) == 1


@pytest.mark.usefixtures("no_backoff")
def test_a_throttled_change_was_not_made_and_is_left_to_the_caller(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/x").respond_with_response(error(429, "TooManyRequests", Retry_After="7"))
    with pytest.raises(Throttled) as caught:
        office.door.call("POST", "/x", json={})
    assert caught.value.after == 7
    assert len(httpserver.log) == 1


@pytest.mark.usefixtures("no_backoff")
def test_a_repeatable_change_is_repeated(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request("/v1.0/x", method="DELETE").respond_with_handler(
        answer_in_turn(Response("", 504), Response("", 204))
    )
    assert office.door.call("DELETE", "/x", repeatable=True) == {}
    assert len(httpserver.log) == 2


def test_a_short_retry_after_is_waited_out_exactly(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_handler(
        answer_in_turn(error(429, "TooManyRequests", Retry_After="0.25"), good())
    )
    seen: list[RetryDetails] = []
    set_on_retry_hooks([seen.append])
    try:
        office.door.get("/users/oid-1/events/e1")
    finally:
        set_on_retry_hooks(None)
    assert len(seen) == 1
    assert seen[0].wait_for == pytest.approx(0.25, abs=0.01), "neither shorter nor longer than Graph asked for"


def test_a_long_retry_after_goes_back_to_the_caller_and_stops_all_calls_for_the_mailbox(
    httpserver: HTTPServer, office: GraphOffice
) -> None:
    httpserver.expect_request(PATH).respond_with_response(error(429, "TooManyRequests", Retry_After="120"))
    with pytest.raises(Throttled) as caught:
        office.door.get("/users/oid-1/events/e1")
    assert caught.value.after == 120
    with pytest.raises(Throttled) as again:
        office.door.get("/users/oid-1/events/other")
    assert again.value.after is not None
    assert 110 < again.value.after <= 120, "the pause counts for the mailbox, not for one call"
    assert len(httpserver.log) == 1, "nothing is sent during the pause"


def test_a_claims_challenge_is_put_to_the_token_source_once(
    httpserver: HTTPServer, office: GraphOffice, tokens: Any
) -> None:
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    encoded = base64.b64encode(claims.encode()).decode()
    challenge = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    httpserver.expect_request(PATH).respond_with_handler(
        answer_in_turn(error(401, "InvalidAuthenticationToken", WWW_Authenticate=challenge), good())
    )
    assert office.door.get("/users/oid-1/events/e1") == {"id": "e1"}
    assert tokens.asked == [{"claims": None, "renew": False}, {"claims": claims, "renew": True}]
    assert httpserver.log[1][0].headers["Authorization"] == "Bearer token-2"


def test_a_token_that_is_never_taken_ends_as_not_signed_in(
    httpserver: HTTPServer, office: GraphOffice, tokens: Any
) -> None:
    httpserver.expect_request(PATH).respond_with_response(error(401, "InvalidAuthenticationToken"))
    with pytest.raises(NotSignedIn):
        office.door.get("/users/oid-1/events/e1")
    assert len(tokens.asked) == 2, "one fresh token, not a third"


def test_a_token_source_that_refuses_is_not_asked_again(httpserver: HTTPServer, make_office: Any) -> None:
    asked = []

    def refuse(*, claims: str | None = None, renew: bool = False) -> str:
        asked.append(claims)
        raise NotSignedIn("sign in", claims="{}")

    office = make_office()
    office.door._token = refuse
    with pytest.raises(NotSignedIn) as caught:
        office.door.get("/users/oid-1/events/e1")
    assert caught.value.claims == "{}", "the challenge reaches the person's client"
    assert asked == [None]
    assert httpserver.log == []


def test_pages_are_followed_to_the_end(httpserver: HTTPServer, office: GraphOffice) -> None:
    link = httpserver.url_for("/v1.0/users/oid-1/events?$skip=1")
    httpserver.expect_ordered_request("/v1.0/users/oid-1/events").respond_with_json(
        {"value": [{"id": "a"}], "@odata.nextLink": link}
    )
    httpserver.expect_ordered_request("/v1.0/users/oid-1/events", query_string="$skip=1").respond_with_json(
        {"value": [{"id": "b"}]}
    )
    found = office.door.pages("/users/oid-1/events", query={"$top": "1"})
    assert [item["id"] for item in found] == ["a", "b"]


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/users", "//evil.example/v1.0/x", "{base}/beta/users"])
def test_a_link_that_leads_elsewhere_never_gets_the_token(
    httpserver: HTTPServer, office: GraphOffice, tokens: Any, link: str
) -> None:
    where = link.format(base=httpserver.url_for("").rstrip("/"))
    httpserver.expect_request("/v1.0/users/oid-1/events").respond_with_json({"value": [], "@odata.nextLink": where})
    with pytest.raises((Refused, Missing)) as caught:
        list(office.door.pages("/users/oid-1/events", query={}))
    assert caught.value.reason == "foreign-link"
    assert len(httpserver.log) == 1


def test_pages_without_end_are_given_up(httpserver: HTTPServer, office: GraphOffice) -> None:
    link = httpserver.url_for("/v1.0/users/oid-1/events?$skiptoken=x")
    httpserver.expect_request("/v1.0/users/oid-1/events").respond_with_json({"value": [], "@odata.nextLink": link})
    with pytest.raises(Unavailable):
        list(office.door.pages("/users/oid-1/events", query={}))
    assert len(httpserver.log) == 201


def test_a_redirect_is_not_followed(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_data("", status=302, headers={"Location": httpserver.url_for("/else")})
    with pytest.raises(Refused):
        office.door.get("/users/oid-1/events/e1")
    assert len(httpserver.log) == 1


def test_no_cookie_passes_from_one_answer_to_the_next_request(httpserver: HTTPServer, office: GraphOffice) -> None:
    httpserver.expect_request(PATH).respond_with_json({}, headers={"Set-Cookie": "who=one; Path=/"})
    office.door.get("/users/oid-1/events/e1")
    office.door.get("/users/oid-1/events/e1")
    assert "Cookie" not in httpserver.log[1][0].headers


def test_netrc_does_not_take_the_place_of_the_token(
    httpserver: HTTPServer, office: GraphOffice, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request(PATH).respond_with_json({})
    office.door.get("/users/oid-1/events/e1")
    assert httpserver.log[0][0].headers["Authorization"] == "Bearer token-1"


@pytest.mark.usefixtures("no_backoff")
def test_where_nobody_listens_nothing_was_sent(make_office: Callable[..., GraphOffice]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        office = make_office(graph_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1.0")
        with pytest.raises(Unavailable):
            office.door.call("POST", "/users/oid-1/sendMail", json={})


def test_a_connection_cut_after_sending_leaves_the_outcome_unknown(make_office: Callable[..., GraphOffice]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=cut)
        thread.start()
        office = make_office(graph_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1.0")
        with pytest.raises(OutcomeUnknown):
            office.door.call("POST", "/users/oid-1/sendMail", json={})
        thread.join(5)


def test_silence_ends_after_the_read_timeout(make_office: Callable[..., GraphOffice]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        office = make_office(
            graph_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1.0", read_timeout_s=0.2, attempts=1
        )
        with pytest.raises(Unavailable):
            office.door.get("/me")


def test_at_most_four_calls_for_one_mailbox_run_at_once(make_office: Callable[..., GraphOffice]) -> None:
    guard, running, most = threading.Lock(), [0], [0]
    four_inside, go = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == 4:
                four_inside.set()
        go.wait(5)
        with guard:
            running[0] -= 1
        return good()

    with HTTPServer(threaded=True) as many:
        many.expect_request(PATH).respond_with_handler(slow)
        office = make_office(graph_url=many.url_for("/v1.0"), read_timeout_s=10)
        callers = [threading.Thread(target=office.door.get, args=("/users/oid-1/events/e1",)) for _ in range(9)]
        for caller in callers:
            caller.start()
        assert four_inside.wait(5), "four calls get in"
        go.set()
        for caller in callers:
            caller.join(10)
        served = len(many.log)
    assert most[0] == 4
    assert served == 9, "all are served in the end"


def test_nothing_secret_is_logged(
    httpserver: HTTPServer, office: GraphOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request(PATH).respond_with_json({"subject": "the-secret-subject"})
    office.door.call("PATCH", "/users/oid-1/events/e1", json={"body": "the-secret-body"})
    assert "token-1" not in caplog.text
    assert "the-secret" not in caplog.text


def test_backoff_without_retry_after_grows_and_stays_bounded(httpserver: HTTPServer, office: GraphOffice) -> None:
    assert not stamina.is_testing()
    pause = office.door._pause_before_repeating
    assert pause(Unavailable("x")) is True, "stamina's own growing pause"
    assert pause(Throttled("x", after=3)) == 3
    assert pause(Throttled("x", after=16)) is False, "longer than a call may wait"
    assert pause(Refused("x")) is False
    assert pause(Changed("x")) is False


def test_an_environments_certificates_do_not_replace_the_settings(
    make_office: Callable[..., GraphOffice], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def record(self: requests.Session, request: Any, **rest: Any) -> requests.Response:
        seen.append(rest["verify"])
        raise requests.ConnectTimeout

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "other.pem")
    monkeypatch.setattr(requests.Session, "send", record)
    for ca_file in ("own.pem", None):
        with pytest.raises(Unavailable):
            make_office(ca_file=ca_file, attempts=1).door.get("/me")
    assert seen == ["own.pem", "other.pem"], "a setting wins, without one the environment may say"
