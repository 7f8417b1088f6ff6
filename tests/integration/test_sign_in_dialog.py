"""Sign-in through the dialogue, over https against the Entra stand-in: code and PKCE, one-time hand-over, renewal."""

import base64
import hashlib
import html
import json
import re
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from stage import Stage

from addin.errors import NotSignedIn
from sandbox.people import ADDIN
from server.auth import BearerCheck
from server.auth.dialog import TRANSIT_LIFE, DialogSignIn
from server.bootstrap import bearer_settings, sign_in_settings
from server.store import Seal, SqlStore, new_key

START = "/auth/dialog/start"
CLAIMS = json.dumps({"access_token": {"acrs": {"essential": True, "values": ["p1"]}}})
UPN = "organiser@contoso.example"


def digest(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Dialogue:
    """A browser's window in which somebody signs in, and the pane that opened it."""

    stage: Stage
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: requests.Session = field(default_factory=requests.Session)
    last: requests.Response | None = None

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a REQUESTS_CA_BUNDLE of the machine would win over the sandbox's own
        self.session.verify = self.stage.running.description["ca_file"]

    def begin(self, **query: str) -> str:
        """The sign-in service's address that the first page goes on to."""
        asked = {"challenge": digest(self.verifier)} | query
        self.last = self.session.get(self.stage.base + START, params=asked, timeout=10)
        return str(self.content.get("next", ""))

    def sign_in(self, address: str, **answer: str) -> dict[str, str]:
        """Choose a person (or cancel); gives the form that the service has the browser send back."""
        parts = urlsplit(address)
        tenant = parts.path.split("/")[2]
        page = f"{parts.scheme}://{parts.netloc}/entra/{tenant}/signin"
        chosen = answer or {"user": UPN}
        shown = self.session.post(page, data={"query": parts.query} | chosen, timeout=10)
        return {
            html.unescape(name): html.unescape(value)
            for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', shown.text)
        }

    def back(self, form: dict[str, str]) -> dict[str, str]:
        """The message that the last page hands to the pane."""
        self.last = self.session.post(f"{self.stage.base}/auth/dialog/return", data=form, timeout=10)
        message: dict[str, str] = self.content["message"]
        return message

    def signed_in(self, **query: str) -> str:
        """The transit code of a whole sign-in."""
        return self.back(self.sign_in(self.begin(**query)))["code"]

    @property
    def content(self) -> dict[str, Any]:
        assert self.last is not None
        [text] = re.findall(r'name="clickmeeting-dialog" content="([^"]*)"', self.last.text)
        found: dict[str, Any] = json.loads(html.unescape(text))
        return found

    def post(self, path: str, **body: Any) -> requests.Response:
        """What the pane calls."""
        return self.session.post(f"{self.stage.base}/auth/dialog/{path}", json=body, timeout=10)

    def redeem(self, code: str) -> requests.Response:
        return self.post("redeem", code=code, verifier=self.verifier)


@pytest.fixture
def dialogue(stage: Stage) -> Dialogue:
    stage.faults(entra__token_lifetime_s=3599)
    return Dialogue(stage)


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_signing_in_gives_a_token_for_our_own_api_that_works(stage: Stage, dialogue: Dialogue) -> None:
    answer = dialogue.redeem(dialogue.signed_in())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json()["access_token"]
    claims = claims_of(token)
    assert (claims["aud"], claims["scp"], claims["azp"]) == (ADDIN.id, "access_as_user", ADDIN.id)
    options = stage.api("GET", "/api/v1/options", token=token)
    assert options.json()["organiser"]["address"] == UPN


def test_the_service_is_asked_with_code_pkce_state_nonce_and_our_scope(stage: Stage, dialogue: Dialogue) -> None:
    address = dialogue.begin(hint=UPN, claims=CLAIMS)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["response_type"] == "code"
    assert asked["response_mode"] == "form_post", "no code in an address"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 16
    assert len(asked["nonce"]) >= 16
    assert asked["redirect_uri"] == f"{stage.base}/auth/dialog/return"
    assert asked["login_hint"] == UPN
    assert "p1" in asked["claims"]
    settings = stage.running.settings
    assert f"{settings.application_uri}/access_as_user" in asked["scope"].split()


def test_the_pages_let_outlook_keep_the_window_and_nobody_else_frame_it(dialogue: Dialogue) -> None:
    form = dialogue.sign_in(dialogue.begin())
    pages = [dialogue.last]
    dialogue.back(form)
    pages.append(dialogue.last)
    for page in pages:
        assert page is not None
        assert page.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"


def test_no_token_stands_in_a_page_an_address_or_a_cookie(dialogue: Dialogue) -> None:
    code = dialogue.signed_in()
    token = dialogue.redeem(code).json()["access_token"]
    assert dialogue.last is not None
    seen = (
        dialogue.last.text + dialogue.last.url + str(dialogue.session.cookies.get_dict()) + str(dialogue.last.headers)
    )
    assert token not in seen
    assert "eyJ" not in seen


def test_the_cookie_is_for_this_path_alone_and_gone_afterwards(dialogue: Dialogue) -> None:
    form = dialogue.sign_in(dialogue.begin())
    assert dialogue.last is not None
    dialogue.begin()
    cookie = dialogue.last.headers["Set-Cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=None", "Path=/auth/dialog"):
        assert part in cookie
    dialogue.back(form)
    assert "clickmeeting-sign-in" not in dialogue.session.cookies.get_dict(path="/auth/dialog")


def test_a_transit_code_opens_once(dialogue: Dialogue) -> None:
    code = dialogue.signed_in()
    assert dialogue.redeem(code).status_code == 200
    again = dialogue.redeem(code)
    assert (again.status_code, again.json()["reason"]) == (401, "sign-in-again")


def test_a_transit_code_is_worth_nothing_without_the_panes_secret(dialogue: Dialogue) -> None:
    code = dialogue.signed_in()
    stolen = dialogue.post("redeem", code=code, verifier=secrets.token_urlsafe(32))
    assert stolen.status_code == 401
    assert dialogue.redeem(code).status_code == 401, "one try, and it is spent"


def test_a_transit_code_lives_for_a_minute(stage: Stage, dialogue: Dialogue) -> None:
    """The server's own clock runs on: what it wrote is moved back by the life that was promised."""
    assert TRANSIT_LIFE.total_seconds() == 60
    code = dialogue.signed_in()
    file = stage.running.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE sign_ins SET expires_at = expires_at - 60000000 WHERE step = 'transit'")
    assert dialogue.redeem(code).status_code == 401


def test_another_browser_cannot_finish_a_sign_in(stage: Stage, dialogue: Dialogue) -> None:
    """Who is lured to somebody else's sign-in does not end up in that account."""
    form = dialogue.sign_in(dialogue.begin())
    victim = Dialogue(stage)
    assert victim.back(form) == {"reason": "mismatch"}
    assert victim.last is not None
    assert victim.last.status_code == 401


def test_a_sign_in_is_finished_once_and_only_with_its_own_state(dialogue: Dialogue) -> None:
    form = dialogue.sign_in(dialogue.begin())
    assert "code" in dialogue.back(form)
    assert dialogue.back(form) == {"reason": "sign-in-again"}
    assert dialogue.back({**form, "state": "made-up"}) == {"reason": "sign-in-again"}
    assert dialogue.back({}) == {"reason": "sign-in-again"}


def test_a_code_of_another_sign_in_is_refused(stage: Stage, dialogue: Dialogue) -> None:
    other = Dialogue(stage)
    foreign = other.sign_in(other.begin())
    own = dialogue.sign_in(dialogue.begin())
    assert set(dialogue.back({**own, "code": foreign["code"]})) == {"reason"}


@pytest.mark.parametrize("challenge", ["", "short", "x" * 44, "ä" * 43, "=" * 43])
def test_without_the_panes_proof_nothing_begins(dialogue: Dialogue, challenge: str) -> None:
    assert dialogue.begin(challenge=challenge) == ""
    assert dialogue.last is not None
    assert dialogue.last.status_code == 400


@pytest.mark.parametrize("claims", ["nonsense", "[]", "{" * 10, json.dumps({"x": "y" * 5000})])
def test_claims_that_are_none_begin_nothing(dialogue: Dialogue, claims: str) -> None:
    assert dialogue.begin(claims=claims) == ""


def test_cancelling_is_told_as_that(dialogue: Dialogue) -> None:
    assert dialogue.back(dialogue.sign_in(dialogue.begin(), cancel="1")) == {"reason": "cancelled"}


def test_missing_consent_is_told_as_that(dialogue: Dialogue) -> None:
    form = dialogue.sign_in(dialogue.begin())
    error = {
        "error": "access_denied",
        "error_description": "AADSTS90094: an admin has to grant",
        "state": form["state"],
    }
    assert dialogue.back(error) == {"reason": "consent"}


def test_a_description_from_outside_never_reaches_the_page(dialogue: Dialogue) -> None:
    form = dialogue.sign_in(dialogue.begin())
    dialogue.back({"error": "x", "error_description": "<script>alert(1)</script>", "state": form["state"]})
    assert dialogue.last is not None
    assert "alert(1)" not in dialogue.last.text


def test_a_sign_in_is_renewed_without_a_dialogue_and_each_handle_works_once(stage: Stage, dialogue: Dialogue) -> None:
    first = dialogue.redeem(dialogue.signed_in()).json()
    second = dialogue.post("renew", renewal=first["renewal"])
    assert second.status_code == 200
    assert second.json()["renewal"] != first["renewal"]
    assert stage.api("GET", "/api/v1/options", token=second.json()["access_token"]).status_code == 200
    assert dialogue.post("renew", renewal=first["renewal"]).status_code == 401
    assert dialogue.post("renew", renewal=second.json()["renewal"]).status_code == 200


def test_a_renewal_survives_a_service_that_is_down(stage: Stage, dialogue: Dialogue) -> None:
    handle = dialogue.redeem(dialogue.signed_in()).json()["renewal"]
    stage.faults({"service": "entra", "path": "/token", "times": 1, "status": 503})
    assert dialogue.post("renew", renewal=handle).status_code == 503
    assert dialogue.post("renew", renewal=handle).status_code == 200


def test_claims_that_a_renewal_cannot_meet_ask_for_a_person_and_a_dialogue_meets_them(dialogue: Dialogue) -> None:
    handle = dialogue.redeem(dialogue.signed_in()).json()["renewal"]
    refused = dialogue.post("renew", renewal=handle, claims=CLAIMS)
    assert (refused.status_code, refused.json()["reason"]) == (401, "interaction")
    token = dialogue.redeem(dialogue.signed_in(claims=CLAIMS)).json()["access_token"]
    assert claims_of(token)["acrs"] == ["p1"]


def test_each_step_may_reach_another_web_process(stage: Stage, database_url: str) -> None:
    """Nothing is kept in a process: one begins, another finishes, a third redeems, a fourth renews."""
    settings = stage.running.settings
    seal = Seal.from_setting(new_key("test"))
    return_url = f"{settings.public_url}/auth/dialog/return"

    def process() -> DialogSignIn:
        store = SqlStore(database_url, seal, lambda: datetime.now(UTC))
        opened.append(store)
        scope = f"{settings.application_uri}/{settings.api_scope}"
        return DialogSignIn(sign_in_settings(settings), store.sign_ins, bearer, scope=scope, return_url=return_url)

    opened: list[SqlStore] = []
    bearer = BearerCheck(bearer_settings(settings), lambda: datetime.now(UTC))
    dialogue = Dialogue(stage)
    begun = process().begin(digest(dialogue.verifier))
    transit = process().finish(dialogue.sign_in(begun.address), begun.binding)
    granted = process().redeem(transit, dialogue.verifier)
    renewed = process().renew(granted.renewal)
    assert bearer.check(f"Bearer {renewed.access_token}").mailbox.address == UPN
    with pytest.raises(NotSignedIn):
        process().redeem(transit, dialogue.verifier)
    for store in opened:
        store.close()


@pytest.mark.parametrize("path", ["redeem", "renew"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": 1}', b'{"code":"x","verifier":"y","more":1}'])
def test_what_is_no_request_is_a_problem(dialogue: Dialogue, path: str, body: bytes) -> None:
    answer = dialogue.session.post(f"{dialogue.stage.base}/auth/dialog/{path}", data=body, timeout=10)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
