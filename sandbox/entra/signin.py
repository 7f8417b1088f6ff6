"""The pages where a person signs in, signs out or an administrator agrees; it must not know how tokens are made."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.entra.errors import Refused, consent_missing
from sandbox.entra.grants import MANY_TENANTS, Grants, SignIn, check_tenant, find_client, wants_verification
from sandbox.entra.permissions import read_scopes
from sandbox.people import TENANTS, Client, Tenant, User, find_tenant, find_user
from sandbox.world import World

_COOKIE = "sandbox-signed-in"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_NATIVE = frozenset({"urn:ietf:wg:oauth:2.0:oob", "https://login.microsoftonline.com/common/oauth2/nativeclient"})
_MODES = frozenset({"query", "fragment", "form_post"})


class SignInPages:
    """Authorize, sign-out and admin consent. Who is signed in lives in a cookie and in memory."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world = world
        self._grants = grants
        self._sessions: dict[str, str] = {}

    def authorize(self, tenant: str, asked: Mapping[str, str]) -> ResponseReturnValue:
        """Show who may sign in, or answer at once where `prompt=none` or an earlier sign-in allows it."""
        check_tenant(tenant)
        client = find_client(asked.get("client_id"))
        _check_redirect(asked.get("redirect_uri"))
        try:
            self._check_request(client, asked)
            found = self._silent(tenant, asked)
            if found is not None:
                return self._back_with_code(client, found, asked, verified=False)
        except Refused as error:
            return self._back_with_error(asked, error)
        people = [(home, user) for home in _homes(tenant) for user in home.users if not user.is_room]
        return render_template(
            "signin.html",
            tenant=tenant, client=client, people=people, query=urlencode(asked), hint=asked.get("login_hint", ""),
            verify=wants_verification(asked.get("claims")), base=self._world.base,
        )  # fmt: skip

    def chosen(self, tenant: str, form: Mapping[str, str]) -> ResponseReturnValue:
        """The sign-in page came back with a person, or with `cancel`."""
        check_tenant(tenant)
        asked = dict(parse_qsl(form.get("query", "")))
        client = find_client(asked.get("client_id"))
        _check_redirect(asked.get("redirect_uri"))
        try:
            self._check_request(client, asked)
            if "cancel" in form:
                raise Refused("access_denied", 65004, "User declined to consent to access the app.")
            home, user = _person(tenant, form.get("user", ""))
            self._check_consent(home, user, client, asked)
            answer = self._back_with_code(client, (home, user), asked, verified=wants_verification(asked.get("claims")))
        except Refused as error:
            return self._back_with_error(asked, error)
        response = make_response(answer)
        session = secrets.token_urlsafe(24)
        self._sessions[session] = user.id
        response.set_cookie(
            _COOKIE, session, path="/entra", secure=request.scheme == "https", httponly=True,
            samesite="None" if request.scheme == "https" else "Lax",
        )  # fmt: skip
        return response

    def consent_page(self, tenant: str, asked: Mapping[str, str]) -> ResponseReturnValue:
        """Ask an administrator whether the application may have what its registration lists."""
        check_tenant(tenant)
        client = find_client(asked.get("client_id"))
        _check_redirect(asked.get("redirect_uri"))
        admins = [(home, user) for home in _homes(tenant) for user in home.users if "Admin" in user.roles]
        scopes = [word.rpartition("/")[2] for word in asked.get("scope", "").split()]
        return render_template(
            "consent.html", tenant=tenant, client=client, people=admins, scopes=scopes, query=urlencode(asked)
        )

    def consented(self, tenant: str, form: Mapping[str, str]) -> ResponseReturnValue:
        """The consent page came back."""
        check_tenant(tenant)
        asked = dict(parse_qsl(form.get("query", "")))
        client = find_client(asked.get("client_id"))
        _check_redirect(asked.get("redirect_uri"))
        said = {"state": asked["state"]} if "state" in asked else {}
        if "cancel" in form:
            denied = Refused("access_denied", 65004, "User declined to consent to access the app.")
            body = denied.body(self._world.clock.now())
            said |= {"error": body["error"], "error_description": body["error_description"]}
            return _back({**asked, "response_mode": "query"}, said)
        home, user = _person(tenant, form.get("user", ""))
        if "Admin" not in user.roles:
            raise Refused("access_denied", 90094, "Only an administrator can agree for the whole tenant.", 403)
        self._grants.consent(home, client)
        said |= {"admin_consent": "True", "tenant": home.id, "scope": asked.get("scope", "")}
        return _back({**asked, "response_mode": "query"}, said)

    def sign_out(self, asked: Mapping[str, str]) -> ResponseReturnValue:
        self._sessions.pop(request.cookies.get(_COOKIE, ""), None)
        target = asked.get("post_logout_redirect_uri")
        if target:
            _check_redirect(target)
            response = make_response(redirect(target))
        else:
            response = make_response(
                render_template("notice.html", title="Signed out", text="You can close this page.")
            )
        response.delete_cookie(_COOKIE, path="/entra")
        return response

    def _check_request(self, client: Client, asked: Mapping[str, str]) -> None:
        if asked.get("response_type") != "code":
            raise Refused(
                "unsupported_response_type", 700054,
                f"response_type '{asked.get('response_type')}' is not enabled for the application.",
            )  # fmt: skip
        if asked.get("response_mode", "query") not in _MODES:
            raise Refused("invalid_request", 70007, "The response_mode is not supported.")
        if not asked.get("scope"):
            raise Refused("invalid_request", 900144, "The request must contain the following parameter: 'scope'.")
        if asked.get("code_challenge_method", "plain") not in ("S256", "plain"):
            raise Refused("invalid_request", 501491, "The code_challenge_method must be 'S256' or 'plain'.")
        read_scopes(asked["scope"], client.id, (self._world.base, self._world.http_base))
        wants_verification(asked.get("claims"))

    def _silent(self, tenant: str, asked: Mapping[str, str]) -> tuple[Tenant, User] | None:
        prompt = asked.get("prompt", "")
        hint = asked.get("login_hint", "")
        session = find_user(self._sessions.get(request.cookies.get(_COOKIE, ""), "nobody"))
        fits = session is not None and hint.lower() in ("", session[1].upn.lower()) and session[0] in _homes(tenant)
        if prompt == "none":
            # naming the person is enough here, so that a script can sign in without pressing buttons
            found = find_user(hint) if hint else session if fits else None
            if found is None or found[0] not in _homes(tenant):
                raise Refused(
                    "login_required", 50058,
                    "A silent sign-in request was sent but no user is signed in.",
                )  # fmt: skip
            if wants_verification(asked.get("claims")):
                raise Refused("interaction_required", 50076, "You must use multi-factor authentication.")
            return found
        wants_page = prompt in ("login", "select_account", "consent") or wants_verification(asked.get("claims"))
        return session if fits and not wants_page else None

    def _check_consent(self, home: Tenant, user: User, client: Client, asked: Mapping[str, str]) -> None:
        wanted = read_scopes(asked["scope"], client.id, (self._world.base, self._world.http_base))
        if not self._grants.is_withheld(home, client, wanted):
            return
        if "Admin" not in user.roles:
            raise Refused(
                "access_denied", 90094,
                f"{client.name} needs permission to access resources in your organization that only an admin can "
                "grant.",
            )  # fmt: skip
        if self._grants.can_be_consented(client, wanted):
            self._grants.consent(home, client)
        else:
            raise consent_missing(client.name, client.id)

    def _back_with_code(
        self, client: Client, found: tuple[Tenant, User], asked: Mapping[str, str], *, verified: bool
    ) -> ResponseReturnValue:
        code = self._grants.start(
            SignIn(
                user=found[1].id, client=client.id, scope=asked["scope"], until=self._grants.code_until(),
                redirect_uri=asked["redirect_uri"], challenge=asked.get("code_challenge", ""),
                challenge_method=asked.get("code_challenge_method", "plain"), nonce=asked.get("nonce"),
                verified=verified,
            )
        )  # fmt: skip
        said = {"code": code, "session_state": secrets.token_hex(16)}
        if asked.get("state") is not None:
            said["state"] = asked["state"]
        return _back(asked, said)

    def _back_with_error(self, asked: Mapping[str, str], error: Refused) -> ResponseReturnValue:
        body = error.body(self._world.clock.now())
        said = {"error": body["error"], "error_description": body["error_description"]}
        if "cancel" in request.form:
            said["error_subcode"] = "cancel"
        if asked.get("state") is not None:
            said["state"] = asked["state"]
        return _back(asked, said)


def add_sign_in(app: Flask, world: World, grants: Grants) -> None:
    """Put the pages into the application."""
    pages = SignInPages(world, grants)

    @app.get("/<tenant>/oauth2/v2.0/authorize")
    def authorize(tenant: str) -> ResponseReturnValue:
        return _shown(lambda: pages.authorize(tenant, request.args.to_dict()))

    @app.post("/<tenant>/signin")
    def signin(tenant: str) -> ResponseReturnValue:
        return _shown(lambda: pages.chosen(tenant, request.form.to_dict()))

    @app.get("/<tenant>/v2.0/adminconsent")
    @app.get("/<tenant>/adminconsent")
    def adminconsent(tenant: str) -> ResponseReturnValue:
        return _shown(lambda: pages.consent_page(tenant, request.args.to_dict()))

    @app.post("/<tenant>/adminconsent")
    def consented(tenant: str) -> ResponseReturnValue:
        return _shown(lambda: pages.consented(tenant, request.form.to_dict()))

    @app.get("/<tenant>/oauth2/v2.0/logout")
    def logout(tenant: str) -> ResponseReturnValue:
        return _shown(lambda: pages.sign_out(request.args.to_dict()))


def _shown(page: Any) -> ResponseReturnValue:
    """A person reads these pages, so a refusal that must not be sent back becomes a page too."""
    try:
        result: ResponseReturnValue = page()
    except Refused as error:
        text = f"AADSTS{error.code}: {error.sentence}"
        return render_template("notice.html", title="Sorry, but we are having trouble signing you in.", text=text), 400
    return result


def _homes(tenant: str) -> tuple[Tenant, ...]:
    found = find_tenant(tenant)
    return TENANTS if tenant in MANY_TENANTS else (found,) if found else ()


def _person(tenant: str, name: str) -> tuple[Tenant, User]:
    found = find_user(name)
    if found is None or found[0] not in _homes(tenant) or found[1].is_room:
        raise Refused("invalid_request", 50034, f"The user account '{name}' does not exist in this directory.")
    return found


def _check_redirect(uri: str | None) -> None:
    """AADSTS50011 for an address that no registration of ours would hold; such a request is never sent back."""
    parts = urlsplit(uri or "")
    host = parts.hostname or ""
    is_ours = parts.scheme in ("https", "http") and host in _LOCAL
    is_broker = parts.scheme == "brk-multihub" and bool(host)
    is_example = parts.scheme == "https" and host.endswith(".example")
    if not uri or parts.fragment or not (is_ours or is_broker or is_example or uri in _NATIVE):
        raise Refused(
            "invalid_request", 50011,
            f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
            "application.",
        )  # fmt: skip


def _back(asked: Mapping[str, str], said: Mapping[str, str]) -> ResponseReturnValue:
    target = asked["redirect_uri"]
    mode = asked.get("response_mode", "query")
    if mode == "form_post":
        return render_template("form_post.html", target=target, fields=said)
    if mode == "fragment":
        return redirect(f"{target}#{urlencode(said)}")
    return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(said)}")
