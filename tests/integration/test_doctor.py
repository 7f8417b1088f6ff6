"""Doctor against the running product, and against proxies and settings that are wrong: each named with its remedy."""

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from stage import Stage, a_wish
from werkzeug import Request, Response

from addin.graph.settings import GraphSettings
from sandbox import certificate as authority
from sandbox.people import CONTOSO
from server import bootstrap
from server.auth import ApplicationTokens
from server.demo.running import running
from server.doctor import outside, rights
from server.doctor.examination import Wish, examine
from server.doctor.findings import Finding, Outcome
from server.settings import Settings
from server.store import Seal, SqlStore, new_key
from server.store.accounts import Account, Scope
from server.store.audit import Act

COMMAND = [str(Path(sys.executable).with_name("clickmeeting-addin"))]
ORGANISER, PARIS = CONTOSO.users[0].upn, CONTOSO.users[2].upn


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running(folder=tmp_path_factory.mktemp("product")) as product:
        yield Stage(product)


def real_now() -> datetime:
    return datetime.now(UTC)


def written(settings: Settings, file: Path, **changes: Any) -> Path:
    """The settings as a file, as an administrator keeps them."""
    lines = []
    for name, value in (settings.model_dump() | changes).items():
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            plain = str(plain) if isinstance(plain, Path) else plain
            lines.append(f"{name} = {json.dumps(plain)}")
    file.write_text("\n".join(lines), "utf-8")
    file.chmod(0o600)
    return file


def found(stage: Stage, tmp_path: Path, **changes: Any) -> dict[str, Finding]:
    """The worst finding of each check."""
    file = written(stage.running.settings, tmp_path / "settings.toml", **changes)
    order = list(Outcome)
    worst: dict[str, Finding] = {}
    for one in examine(Wish(file), real_now):
        if one.check not in worst or order.index(one.outcome) > order.index(worst[one.check].outcome):
            worst[one.check] = one
    return worst


def test_everything_passes_at_the_running_product(stage: Stage, tmp_path: Path) -> None:
    assert stage.schedule(a_wish()).status_code == 201, "somebody has signed in, and something is stored"
    file = written(stage.running.settings, tmp_path / "settings.toml")
    result = subprocess.run([*COMMAND, "doctor", "--json", "--settings", str(file)], capture_output=True, check=False)
    told = json.loads(result.stdout)
    assert result.returncode == 0, told
    assert told["ok"]
    assert [one for one in told["findings"] if one["outcome"] != "pass"] == []
    assert {one["check"] for one in told["findings"]} == {
        "settings", "pane", "database", "keys", "disk", "certificate", "server", "pane headers", "well-known file",
        "notifications", "icons", "sign-in", "clock", "Graph", "ClickMeeting", "registration", "consent",
    }  # fmt: skip


def test_a_failure_is_told_with_its_remedy_and_exit_code_1(stage: Stage, tmp_path: Path) -> None:
    file = written(stage.running.settings, tmp_path / "settings.toml", clickmeeting_api_key="eu" + "0" * 40)
    result = subprocess.run([*COMMAND, "doctor", "--settings", str(file)], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "fail  ClickMeeting     ClickMeeting does not take the API key." in result.stdout
    assert "Copy the key anew" in result.stdout
    assert "0" * 40 not in result.stdout + result.stderr


WRONG = [
    ({"client_id": "00000000-0000-0000-0000-000000000000"}, "settings", "client_id", "app registration"),
    ({"tenants": ["contoso"]}, "settings", "tenants", "directory (tenant) id"),
    ({"tenants": ["11111111-2222-4333-8444-555555555555"]}, "sign-in", "does not know the tenant", "login_url"),
    ({"public_url": "https://localhost", "ca_file": None}, "settings", "this machine", "public"),
    ({"client_secret": "wrong"}, "registration", "registration", "secret"),
    ({"encryption_keys": new_key("other")}, "keys", "open with none", "Put the key"),
    ({"database_url": "sqlite:////no-such-folder/a.db"}, "database", "unable to open", "database_url"),
    ({"graph_url": "https://localhost:9/graph"}, "Graph", "cannot be reached", "network"),
    ({"invitation_template": "/no-such-file.json"}, "template", "no-such-file", "invitation_template"),
]


@pytest.mark.parametrize(
    ("changes", "check", "text", "remedy"), WRONG, ids=[f"{row[1]}-{next(iter(row[0]))}" for row in WRONG]
)
def test_a_wrong_setting_is_named_and_the_rest_goes_on(
    stage: Stage, tmp_path: Path, changes: dict[str, Any], check: str, text: str, remedy: str
) -> None:
    seen = found(stage, tmp_path, **changes)
    assert seen[check].outcome is Outcome.FAIL
    assert text in seen[check].text
    assert remedy in seen[check].remedy
    assert "ClickMeeting" in seen, "the other checks were made all the same"


def test_the_key_of_every_account_of_the_console_is_tried_and_told_by_its_name(stage: Stage, tmp_path: Path) -> None:
    settings = stage.running.settings
    mine, other = settings.tenants[:2]
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    store = SqlStore(settings.database_url, seal, real_now)
    act = Act(mine, "admin", "account.added")
    good, bad = settings.clickmeeting_api_key.get_secret_value(), "eu" + "9" * 40
    try:
        store.accounts.add(mine, Account("a1", "Heron", Scope.TENANT, "", "", good), act)
        store.accounts.add(other, Account("a2", "Pelican", Scope.TENANT, "", "", bad), replace(act, tenant_id=other))
        store.accounts.retire(other, "a2", replace(act, tenant_id=other))
        file = written(settings, tmp_path / "settings.toml")
        told = [one for one in examine(Wish(file), real_now) if one.check == "account"]
        unreadable = found(stage, tmp_path, encryption_keys=new_key("other"))
    finally:
        store.accounts.remove(mine, "a1", act)
        store.accounts.remove(other, "a2", replace(act, tenant_id=other))
        store.close()
    assert [one.outcome for one in told] == [Outcome.PASS, Outcome.FAIL]
    assert "the account Heron" in told[0].text
    assert "the retired account Pelican" in told[1].text
    assert "Accounts" in told[1].remedy
    assert not any(key in str(told) for key in (good, bad))
    assert "account" not in unreadable, "the keys themselves cannot be read, which is told once"


def test_no_settings_is_one_failure(tmp_path: Path) -> None:
    [only] = examine(Wish(tmp_path / "none.toml"), real_now)
    assert (only.check, only.outcome) == ("settings", Outcome.FAIL)
    assert "init" in only.remedy


def test_settings_that_others_may_read_are_a_warning(stage: Stage, tmp_path: Path) -> None:
    file = written(stage.running.settings, tmp_path / "settings.toml")
    file.chmod(0o644)
    first = next(examine(Wish(file), real_now))
    assert first.outcome is Outcome.WARN
    assert "chmod 600" in first.remedy


def test_an_empty_database_is_to_be_upgraded_and_nothing_is_made(stage: Stage, tmp_path: Path) -> None:
    seen = found(stage, tmp_path, database_url=f"sqlite:///{tmp_path}/new.db")
    assert "db upgrade" in seen["database"].remedy
    assert "keys" not in seen


def test_the_reach_of_app_only_access_is_tried(stage: Stage) -> None:
    settings = stage.running.settings
    graph: GraphSettings = bootstrap.graph_settings(settings)
    own = rights.OwnName(
        ApplicationTokens(bootstrap.sign_in_settings(settings)), graph, settings.tenants, ORGANISER, PARIS
    )
    try:
        stage.faults(graph__app_mailboxes=[ORGANISER])
        inside, beyond, mail = own.reach()
        assert (inside.outcome, beyond.outcome) == (Outcome.PASS, Outcome.PASS)
        assert mail.outcome is Outcome.WARN
        assert "Mail.Send" in mail.text, "it was not tried, and Entra grants it for every mailbox"
        stage.faults(graph__app_mailboxes=None)
        inside, beyond, _ = own.reach()
        assert (inside.outcome, beyond.outcome) == (Outcome.PASS, Outcome.FAIL)
        assert "RBAC for Applications" in beyond.remedy
        stage.faults(graph__app_mailboxes=[PARIS])
        assert [one.outcome for one in own.reach()][:2] == [Outcome.FAIL, Outcome.FAIL]
        only_outside = replace(own, pilot=None)
        assert [one.outcome for one in only_outside.reach()][:2] == [Outcome.FAIL, Outcome.WARN], (
            "what is named is tried"
        )
    finally:
        stage.faults(graph__app_mailboxes=None)


@pytest.fixture
def proxy(stage: Stage, tmp_path: Path) -> Iterator["Proxy"]:
    files = authority.make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain_file, files.key_file)
    with HTTPServer(ssl_context=context) as server:
        yield Proxy(server, stage.running.settings, files.ca_file)


class Proxy:
    """A TLS front that does what misconfigured ones do; what that is, the test says."""

    def __init__(self, server: HTTPServer, settings: Settings, ca_file: Path) -> None:
        self._server = server
        self.settings = settings.model_copy(update={"public_url": server.url_for("").rstrip("/"), "ca_file": ca_file})
        self.outside = outside.Outside(self.settings)

    def answers(self, text: str = "", status: int = 200, **headers: str) -> outside.Outside:
        told = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(_: Request) -> Response:
            return Response(text, status, told)

        self._server.clear()
        self._server.expect_request(re.compile(".*")).respond_with_handler(answer)
        return self.outside


def test_a_proxy_that_forbids_framing_is_named(proxy: Proxy) -> None:
    good = "; ".join(("default-src 'none'", "frame-ancestors 'self' " + " ".join(proxy.settings.frame_ancestors)))
    [fine] = outside.framing(proxy.answers(Content_Security_Policy=good))
    assert fine.outcome is Outcome.PASS
    for headers, told in (
        ({"Content_Security_Policy": good, "X_Frame_Options": "DENY"}, "X-Frame-Options"),
        ({"Content_Security_Policy": "frame-ancestors 'none'"}, "frame-ancestors"),
        ({}, "frame-ancestors"),
        ({"Content_Security_Policy": good, "Cross_Origin_Opener_Policy": "same-origin"}, "Opener-Policy"),
    ):
        [finding] = outside.framing(proxy.answers(**headers))
        assert finding.outcome is Outcome.FAIL
        assert told in finding.text


def test_a_proxy_that_swallows_the_handshake_is_named(proxy: Proxy) -> None:
    for text, status, kind in (("", 404, "text/html"), ("%2B", 200, "text/plain"), ("<p>", 200, "text/html")):
        [finding] = outside.handshake(proxy.answers(text, status, Content_Type=kind))
        assert finding.outcome is Outcome.FAIL
        assert "handshake" in finding.text


def test_icons_that_may_not_be_cached_or_are_none_are_named(proxy: Proxy) -> None:
    paths = ("/taskpane/icons/16.png",)
    [fine] = outside.icons(proxy.answers(Content_Type="image/png"), paths)
    assert fine.outcome is Outcome.PASS
    for status, headers in (
        (200, {"Content_Type": "image/png", "Cache_Control": "no-store"}),
        (200, {"Content_Type": "text/html"}),
        (404, {"Content_Type": "image/png"}),
    ):
        [finding] = outside.icons(proxy.answers("", status, **headers), paths)
        assert finding.outcome is Outcome.FAIL


def test_another_product_at_our_address_is_named(proxy: Proxy) -> None:
    [finding] = outside.answers(proxy.answers("Welcome"))
    assert finding.outcome is Outcome.FAIL
    [stopped] = outside.answers(proxy.answers("the workers have stopped", 503))
    assert "workers have stopped" in stopped.text


def test_a_certificate_that_ends_soon_is_a_warning(proxy: Proxy) -> None:
    [fine] = outside.certificate(proxy.settings, real_now())
    assert fine.outcome is Outcome.PASS
    [soon] = outside.certificate(proxy.settings, real_now() + timedelta(days=12))
    assert soon.outcome is Outcome.WARN
    assert "Renew it now" in soon.remedy


def test_an_expired_certificate_and_one_of_a_strange_authority_fail(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: Proxy
) -> None:
    stranger = proxy.settings.model_copy(update={"ca_file": stage.running.settings.ca_file})
    [finding] = outside.certificate(stranger, real_now())
    assert finding.outcome is Outcome.FAIL
    assert "whole chain" in finding.remedy
    monkeypatch.setattr(authority, "_LIFE", timedelta(hours=-12))
    folder = tmp_path / "expired"
    folder.mkdir()
    files = authority.make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain_file, files.key_file)
    with HTTPServer(ssl_context=context) as server:
        [expired] = outside.certificate(Proxy(server, proxy.settings, files.ca_file).settings, real_now())
    assert expired.outcome is Outcome.FAIL
    assert "expired" in expired.text
