"""Files are written all or not at all, private ones for nobody else; a server without a real client id says so."""

import stat
from pathlib import Path

import pytest
from flask import Flask

from manifest.files import write_all
from server.manifests import manifests_blueprint
from server.settings import make
from server.store.seal import new_key


def test_where_one_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"before")
    with pytest.raises(OSError):
        write_all(tmp_path, {"first": b"after", "no/such/folder": b""})
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert (tmp_path / "first").read_bytes() == b"before"


def test_private_ones_are_readable_for_their_owner_alone(tmp_path: Path) -> None:
    write_all(tmp_path, {"open": b"1", "secret": b"2"}, private=frozenset({"secret"}))
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert (tmp_path / "open").read_bytes() == b"1"


@pytest.mark.parametrize(("client_id", "status", "told"), [
    ("6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0", 200, "https://addin.contoso.example/taskpane/events.js"),
    ("00000000-0000-0000-0000-000000000000", 404, "placeholder"),
])  # fmt: skip
def test_manifests_are_handed_out_for_a_real_registration_only(client_id: str, status: int, told: str) -> None:
    app = Flask("test")
    app.register_blueprint(
        manifests_blueprint(
            make(
                {
                    "public_url": "https://addin.contoso.example",
                    "encryption_keys": new_key("a"),
                    "clickmeeting_api_key": "k",
                    "client_id": client_id,
                    "tenants": ("7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01",),
                },
                environment=False,
            )
        )
    )
    answer = app.test_client().get("/manifest.xml")
    assert answer.status_code == status
    assert told in answer.text
    assert app.test_client().get("/manifest.zip").status_code == status
