"""What `init` makes of answers: the registration's request, the clouds' hosts, the steps, the settings file."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from manifest.place import WrongInput
from sandbox.certificate import make_certificate
from server import bootstrap
from server.admin.pages import RETURN_PATH as CONSOLE_RETURN
from server.auth import consent
from server.dialog.pages import RETURN_PATH
from server.settings import SettingsError, make
from server.setup import registration, settings_file
from server.setup.clouds import CLOUDS
from server.setup.preparing import COMPLETION, CREATION, SETTINGS, STEPS, Prepared, files, first_key, prepare

NOW = datetime(2026, 11, 25, tzinfo=UTC)
TENANT, CLIENT_ID = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01", "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"
ANSWERS: dict[str, Any] = {
    "public_url": "https://addin.contoso.example",
    "tenants": (TENANT,),
    "client_id": CLIENT_ID,
    "client_secret": "a-secret",
    "clickmeeting_api_key": "a-key",
    "encryption_keys": first_key(NOW),
    "database_url": "sqlite:///a.db",
}


def ready(**more: Any) -> Prepared:
    return prepare(ANSWERS | more)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ANSWERS.items() if name not in names}


def test_the_settings_file_is_whole_and_its_key_fresh() -> None:
    values = tomllib.loads(files(ready(), NOW)[SETTINGS].decode())
    assert make(values, environment=False) == ready().settings
    assert first_key(NOW) != first_key(NOW)
    assert values["encryption_keys"].startswith("20261125:")


def test_the_registration_asks_for_the_least_and_exactly_what_the_server_uses() -> None:
    body = registration.creation(ready().settings)
    [graph] = body["requiredResourceAccess"]
    assert {one["type"] for one in graph["resourceAccess"]} == {"Scope"}, "no application permission: grants add up"
    sign_in = bootstrap.sign_in_settings(ready().settings)
    names = consent.permissions(ready().settings)
    assert set(names) == {*sign_in.scopes, *sign_in.shared_scopes}
    assert len({one["id"] for one in graph["resourceAccess"]}) == len(names)
    assert "User.Read.All" not in names
    assert "User.Read.All" in consent.permissions(ready(read_directory=True).settings)


def test_the_registration_has_the_shape_that_sign_in_needs() -> None:
    body = registration.creation(ready().settings)
    assert body["api"]["requestedAccessTokenVersion"] == 2
    [scope] = body["api"]["oauth2PermissionScopes"]
    assert (scope["value"], scope["type"]) == ("access_as_user", "User")
    assert body["spa"]["redirectUris"][0] == "brk-multihub://addin.contoso.example"
    returns = [f"https://addin.contoso.example{path}" for path in (RETURN_PATH, CONSOLE_RETURN)]
    assert body["web"]["redirectUris"] == returns
    assert not any(body["web"]["implicitGrantSettings"].values())
    assert body["groupMembershipClaims"] == "SecurityGroup", "policies of groups find their people by it"
    [role] = body["appRoles"]
    assert (role["value"], role["allowedMemberTypes"]) == (ready().settings.admin_role, ["User"])
    assert body["signInAudience"] == "AzureADMyOrg"
    both = ready(tenants=(TENANT, "9d4f2063-2b3c-4d5e-9f60-6b7c8d9e0f12"))
    assert registration.creation(both.settings)["signInAudience"] == "AzureADMultipleOrgs"


def test_the_second_request_repeats_the_first_ones_scope_and_lets_office_in() -> None:
    first, second = registration.creation(ready().settings), registration.completion(ready().settings)
    assert second["identifierUris"] == [f"api://addin.contoso.example/{CLIENT_ID}"]
    assert second["api"]["oauth2PermissionScopes"] == first["api"]["oauth2PermissionScopes"], "PATCH replaces them"
    [office] = second["api"]["preAuthorizedApplications"]
    assert office["delegatedPermissionIds"] == [first["api"]["oauth2PermissionScopes"][0]["id"]]
    assert office["appId"] in ready().settings.allowed_clients
    assert registration.creation(ready().settings) == first, "a repeated request changes nothing"


@pytest.mark.parametrize("name", CLOUDS)
def test_each_cloud_gets_its_own_hosts_everywhere(name: str) -> None:
    cloud = CLOUDS[name]
    prepared = ready(**cloud.settings)
    assert prepared.cloud is cloud
    settings = prepared.settings
    assert (settings.login_url, settings.graph_url) == (cloud.login, f"{cloud.graph}/v1.0")
    assert settings.graph_scope_prefix == f"{cloud.graph}/"
    text = files(prepared, NOW)[STEPS].decode()
    for other in CLOUDS.values():
        for host in {other.graph, other.login, other.admin_centre} - {cloud.graph, cloud.login, cloud.admin_centre}:
            assert host not in text
    assert (f"-ExchangeEnvironmentName {cloud.exchange}" in text) is (cloud.exchange is not None)
    assert ("Integrated apps" in text) is cloud.has_integrated_apps
    if name == "global":
        assert cloud.settings == {}, "defaults need no line"
    else:
        assert not any("office.com" in source for source in settings.frame_ancestors)


def test_the_consent_link_names_every_permission_and_a_registered_page() -> None:
    settings = ready().settings
    link = urlsplit(consent.consent_url(settings, TENANT))
    query = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert link.path == f"/{TENANT}/v2.0/adminconsent"
    assert query["redirect_uri"] in registration.redirects(settings)["spa"]
    scopes = query["scope"].split()
    assert f"api://addin.contoso.example/{CLIENT_ID}/access_as_user" in scopes
    assert {f"https://graph.microsoft.com/{name}" for name in consent.permissions(settings)} < set(scopes)


def test_the_steps_name_everything_and_hold_no_secret() -> None:
    text = files(ready(), NOW)[STEPS].decode()
    for wanted in (
        *consent.permissions(ready().settings), "brk-multihub://addin.contoso.example", "ClickMeeting.Admin",
        RETURN_PATH, CREATION, COMPLETION, "New-ServicePrincipal", "Test-ServicePrincipalAuthorization",
        f"api://addin.contoso.example/{CLIENT_ID}", "manifest build", "doctor",
    ):  # fmt: skip
        assert wanted in text, wanted
    for secret in ("a-secret", "a-key", ANSWERS["encryption_keys"]):
        assert secret not in text


def test_what_is_missing_is_told_and_can_be_given_later() -> None:
    early = prepare(without("client_id", "client_secret", "clickmeeting_api_key"))
    assert set(early.missing) == {"client_id", "client_secret", "clickmeeting_api_key"}
    made = files(early, NOW)
    assert COMPLETION not in made, "it would hold no client id"
    assert "ffffffff" not in b"".join(made.values()).decode(), "nothing made up gets into a file"
    text = made[SETTINGS].decode()
    given = {"public_url", "tenants", "encryption_keys", "database_url"}
    assert set(tomllib.loads(text)) == given | {"allowed_clients"}
    later = prepare(
        tomllib.loads(text) | {"client_id": CLIENT_ID, "client_secret": "a-secret", "clickmeeting_api_key": "k"}
    )
    assert later.missing == ()
    completed = files(later, NOW, former=text)[SETTINGS].decode()
    assert make(tomllib.loads(completed), environment=False).client_id == CLIENT_ID
    assert "init --update sets it" not in completed
    assert completed.index("\nclient_id =") < completed.index("\ntenants ="), "it takes the place that was kept for it"


def test_a_certificate_stands_in_for_the_secret(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    file = tmp_path / "key.pem"
    file.write_bytes(made.key_file.read_bytes() + made.chain_file.read_bytes())
    answers = without("client_secret") | {"client_certificate": str(file)}
    assert "client_secret" not in prepare(answers).missing
    with pytest.raises(WrongInput, match="PEM"):
        prepare(answers | {"client_certificate": str(tmp_path / "nowhere.pem")})


def test_an_update_keeps_comments_other_settings_and_the_key() -> None:
    former = files(ready(), NOW)[SETTINGS].decode() + '\n# our own word\nlog_level = "DEBUG" # for a week\n'
    values = tomllib.loads(former) | {"public_url": "https://other.contoso.example"}
    text = files(prepare(values), NOW, former=former)[SETTINGS].decode()
    assert "# our own word" in text
    assert "# for a week" in text
    again = tomllib.loads(text)
    assert again == values
    assert again["encryption_keys"] == ANSWERS["encryption_keys"]


@pytest.mark.parametrize(("change", "told"), [
    ({"public_url": "http://addin.contoso.example"}, "https"),
    ({"public_url": "https://addin.contoso.example/x"}, "no path"),
    ({"public_url": "https://localhost"}, "allow-localhost"),
    ({"public_url": ""}, "--public-url"),
    ({"tenants": ()}, "--tenant"),
    ({"tenants": ("contoso.onmicrosoft.com",)}, "tenant id"),
    ({"client_id": "00000000-0000-0000-0000-000000000000"}, "placeholder"),
    ({"default_language": "tlh"}, "choose one of en, fr"),
    ({"database_url": "mysql://x/y"}, "SQLite or PostgreSQL"),
    ({"database_url": "what"}, "SQLite or PostgreSQL"),
    ({"prot": "1"}, "prot is not a setting"),
    ({"port": "many"}, "port"),
])  # fmt: skip
def test_a_wrong_answer_is_named_with_what_would_do(change: dict[str, Any], told: str) -> None:
    with pytest.raises((WrongInput, SettingsError), match=told):
        prepare(ANSWERS | change)


def test_a_broken_settings_file_is_not_touched() -> None:
    with pytest.raises(SettingsError, match="no TOML"):
        settings_file.read("public_url = ", "settings.toml")


def test_request_bodies_are_json_that_ends_with_a_line() -> None:
    made = files(ready(), NOW)
    for name in (CREATION, COMPLETION):
        assert made[name].endswith(b"}\n")
        assert json.loads(made[name])
