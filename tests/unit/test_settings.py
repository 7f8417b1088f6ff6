"""Settings: typed, unknown ones refused, secrets silent, and the page about them true."""

import base64
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from server import settings as module
from server.settings import PREFIX, Settings, SettingsError, load, make
from server.settings_table import table

ROOT = Path(__file__).parents[2]
KEY = base64.urlsafe_b64encode(bytes(32)).decode()
GOOD: dict[str, Any] = {
    "public_url": "https://addin.example.com",
    "encryption_keys": f"a:{KEY}",
    "clickmeeting_api_key": "eu-very-secret",
    "client_id": "00000000-0000-0000-0000-000000000000",
    "tenants": ["00000000-0000-0000-0000-000000000001"],
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(module.os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_the_page_lists_every_setting_as_it_is() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == table(), "run python -m server.settings_table"


def test_the_example_file_is_complete_and_holds_only_real_settings() -> None:
    values = tomllib.loads((ROOT / "docs" / "settings.example.toml").read_text("utf-8"))
    assert make(values).port == 8600
    assert set(values) <= set(Settings.model_fields)


def test_secrets_show_as_stars_everywhere() -> None:
    made = make(GOOD)
    for shown in (repr(made), str(made), str(made.model_dump())):
        assert "very-secret" not in shown
        assert KEY not in shown


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    lines = [f"{name} = {value!r}" for name, value in GOOD.items()]
    file.write_text("\n".join([*lines, "port = 8601"]).replace("'", '"'))
    monkeypatch.setenv(PREFIX + "PORT", "8602")
    monkeypatch.setenv(PREFIX + "TENANTS", "one, two")
    made = load(file)
    assert made.port == 8602
    assert made.tenants == ("one", "two")


@pytest.mark.parametrize(("change", "told"), [
    ({"prot": 8600}, "prot is not a setting"),
    ({"public_url": "http://addin.example.com"}, "public_url: must begin with https://"),
    ({"public_url": "https://addin.example.com/path"}, "without a path"),
    ({"public_url": "https://somebody:word@addin.example.com"}, "without a path"),
    ({"public_url": "https://addin.example.com?x=1"}, "without a path"),
    ({"public_url": "https://"}, "without a path"),
    ({"tenants": ()}, "tenants must name at least one tenant id"),
    ({"port": 70000}, "port:"),
    ({"clickmeeting_api_key": None}, "clickmeeting_api_key"),
])  # fmt: skip
def test_a_wrong_setting_is_named_in_one_line_without_its_value(change: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make(GOOD | change)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_a_missing_setting_says_how_to_give_it() -> None:
    with pytest.raises(SettingsError, match=PREFIX + "CLIENT_ID"):
        make({name: value for name, value in GOOD.items() if name != "client_id"})


def test_an_unknown_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "CLICKMETING_API_KEY", "x")
    with pytest.raises(SettingsError, match="CLICKMETING_API_KEY"):
        load()


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing-here"):
        load(tmp_path / "nothing-here.toml")


def test_values_alone_stand_whatever_the_shell_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "PORT", "8602")
    assert make(GOOD, environment=False).port == 8600


def test_every_setting_that_the_page_about_following_names_exists() -> None:
    text = (Path(__file__).parents[2] / "docs" / "following.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+_minutes|graph_[a-z]+|client_[a-z]+)`", text))
    assert named <= set(Settings.model_fields)
    assert {"graph_access", "shared_poll_minutes", "client_certificate"} <= named


def test_the_databases_password_is_not_shown() -> None:
    settings = make(GOOD | {"database_url": "postgresql://addin:hunter2@db.example/addin"})
    assert "hunter2" not in repr(settings) + str(settings)
