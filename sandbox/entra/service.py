"""The sign-in service under `/entra`: metadata, keys, pages, tokens; it must not know what tokens are used for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.entra.errors import Refused
from sandbox.entra.grants import DEFAULT_LIFETIME_S, MANY_TENANTS, Grants, check_tenant, find_client
from sandbox.entra.permissions import OIDC, graph_audiences
from sandbox.entra.signin import add_sign_in
from sandbox.entra.tokens import Signer
from sandbox.people import ADDIN, OFFICE, SCOPE, Client, Tenant, find_tenant, find_user
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class EntraService:
    """A desk-sized Microsoft Entra ID. Switches: `entra.consent_missing`, `entra.groups_overage`,
    `entra.interaction_required`, `entra.token_lifetime_s`."""

    name = "entra"

    def __init__(self, world: World) -> None:
        self._world = world
        self.signer = Signer(world)
        self.grants = Grants(world, self.signer)
        world.faults.declare(
            {
                "entra.consent_missing": False,
                "entra.groups_overage": False,
                "entra.interaction_required": False,
                "entra.token_lifetime_s": DEFAULT_LIFETIME_S,
            }
        )
        self._app = self._make_app()

    def wsgi(self) -> "dict[str, WSGIApplication]":
        return {"/entra": self._app.wsgi_app}

    def reset(self) -> None:
        self.grants.reset()

    def dump(self) -> Any:
        return self.grants.dump()

    def load(self, state: Any) -> None:
        self.grants.load(state)

    def close(self) -> None:
        """Nothing runs by itself here."""

    def verify(self, token: str) -> dict[str, Any]:
        """Claims of a token meant for the Graph stand-in; ValueError says why it is not good."""
        claims = self.signer.read(token)
        if claims.get("aud") not in graph_audiences((self._world.base, self._world.http_base)):
            raise ValueError("the token is meant for somebody else")
        return claims

    def issue_addin_token(self, user_upn: str, client: Client = OFFICE) -> str:
        """What `Office.auth.getAccessToken` gives: the person's token for the add-in's own API."""
        return self.issue(user_upn, client=client)

    def issue(
        self,
        user_upn: str | None,
        *,
        tenant: Tenant | None = None,
        client: Client = OFFICE,
        audience: str = ADDIN.id,
        scopes: tuple[str, ...] = (SCOPE,),
        roles: tuple[str, ...] = (),
        lifetime_s: int = DEFAULT_LIFETIME_S,
        claims: Mapping[str, Any] | None = None,
        key: RSAPrivateKey | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """Any token, also wrong ones: `claims` overrides (None removes), `key` signs with a stranger's key.

        Without `user_upn` an application's own token for `tenant` (default: the first) with `roles`.
        """
        user = None
        if user_upn is not None:
            found = find_user(user_upn)
            if found is None:
                raise ValueError(f"nobody is called {user_upn}")
            tenant, user = found
        tenant = tenant or self.default_tenant()
        return self.signer.access_token(tenant, user, client, audience, scopes, roles, lifetime_s, claims, key, headers)

    @staticmethod
    def default_tenant() -> Tenant:
        found = find_tenant("contoso.example")
        assert found is not None
        return found

    def _make_app(self) -> Flask:
        app = Flask(__name__)

        @app.errorhandler(Refused)
        def refused(error: Refused) -> ResponseReturnValue:
            body = error.body(self._world.clock.now(), request.headers.get("client-request-id"))
            return jsonify(body), error.status

        @app.after_request
        def shared(response: Response) -> Response:
            origin = request.headers.get("Origin")
            if origin and not request.path.endswith(("/authorize", "/adminconsent", "/signin")):
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Headers"] = (
                    request.headers.get("Access-Control-Request-Headers") or "*"
                )
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
                response.headers["Vary"] = "Origin"
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        self._add_metadata(app)
        self._add_token(app)
        add_sign_in(app, self._world, self.grants)
        return app

    def _add_metadata(self, app: Flask) -> None:
        @app.get("/<tenant>/v2.0/.well-known/openid-configuration")
        def configuration(tenant: str) -> ResponseReturnValue:
            check_tenant(tenant)
            return jsonify(self._configuration(tenant))

        @app.get("/<tenant>/discovery/v2.0/keys")
        def keys(tenant: str) -> ResponseReturnValue:
            check_tenant(tenant)
            return jsonify(self.signer.key_set(_issuer_part(tenant)))

        @app.get("/<tenant>/discovery/instance")
        def instance(tenant: str) -> ResponseReturnValue:
            asked = request.args.get("authorization_endpoint", "")
            # msal leaves the port out of the address that it asks about
            wanted = urlsplit(asked).path.removeprefix("/entra/").split("/")[0]
            check_tenant(wanted)
            host = self._world.base.removeprefix("https://")
            alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host, host.split(":")[0]]}
            return jsonify(
                {
                    "api-version": "1.1",
                    "tenant_discovery_endpoint": (
                        f"{self._world.base}/entra/{wanted}/v2.0/.well-known/openid-configuration"
                    ),
                    "metadata": [alias],
                }
            )

    def _configuration(self, tenant: str) -> dict[str, Any]:
        base = self._world.base if request.scheme == "https" else self._world.http_base
        root = f"{base}/entra/{tenant}"
        return {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": sorted(OIDC),
            "issuer": self.signer.issuer(_issuer_part(tenant)),
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid",
            ],
            "code_challenge_methods_supported": ["S256", "plain"],
            "tenant_region_scope": "EU",
        }  # fmt: skip

    def _add_token(self, app: Flask) -> None:
        @app.post("/<tenant>/oauth2/v2.0/token")
        def token(tenant: str) -> ResponseReturnValue:
            form = {name: value for name, value in request.form.items() if value}
            basic = request.authorization
            if basic is not None and basic.type == "basic" and basic.username:
                form.setdefault("client_id", unquote(basic.username))
                form.setdefault("client_secret", unquote(basic.password or ""))
            return jsonify(self.grants.answer(tenant, form, cross_origin="Origin" in request.headers))

        @app.post("/registrations/<client_id>/certificates")
        def certificate(client_id: str) -> ResponseReturnValue:
            client = find_client(client_id)
            try:
                thumbprint = self.grants.credentials.register(client, request.get_data(as_text=True))
            except ValueError:
                return jsonify(error="send one certificate in PEM form"), 400
            return jsonify(thumbprint=thumbprint), 201

        @app.route("/<tenant>/oauth2/v2.0/token", methods=["OPTIONS"])
        def preflight(tenant: str) -> ResponseReturnValue:
            return "", 204


def _issuer_part(tenant: str) -> str:
    """For 'common' Entra answers with the template itself."""
    found = find_tenant(tenant)
    return "{tenantid}" if tenant in MANY_TENANTS or found is None else found.id
