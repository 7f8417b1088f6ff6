"""In the add-in's own name: nobody is signed in at the server, and the room follows all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from following_verbs import followed, history, later, renamed, starts, subscriptions
from sqlalchemy import create_engine, text
from stage import Stage, a_wish, an_event, user_id

from sandbox.people import ADDIN
from server.demo.running import running

DELEGATE, PARIS, WARSAW = "delegate@contoso.example", "paris@contoso.example", "warsaw@contoso.example"


def certificate() -> bytes:
    """A key and its certificate, as an administrator would upload the latter to the registration."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "addin.contoso.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    file: Path = tmp_path_factory.mktemp("certificate") / "addin.pem"
    file.write_bytes(certificate())
    with running(
        graph_access="application", client_secret=None, client_certificate=file, clickmeeting_timeout_s=1.5,
        sweep_seconds=0.2, mailbox_sweep_minutes=0.02, shared_poll_minutes=0.02, log_level="ERROR",
    ) as started:  # fmt: skip
        stage = Stage(started)
        pem = file.read_text("ascii").partition("-----BEGIN CERTIFICATE")
        url = f"{stage.base}/entra/registrations/{ADDIN.id}/certificates"
        stage.outside.call("POST", url, data=pem[1] + pem[2])
        yield stage


@pytest.fixture(autouse=True)
def _switched_back(stage: Stage) -> Iterator[None]:
    yield
    stage.faults()


def test_schedule_send_move_and_sweep_without_any_persons_token(stage: Stage) -> None:
    meeting, event = followed(stage, participants=[{"address": PARIS}], access="token")
    assert stage.organiser().meeting(meeting["id"])["following"] == {"by": "notifications", "minutes": None}
    before = starts(stage, meeting)
    stage.organiser().change(event["id"], later(event, 2))
    stage.outside.until("the room moved", lambda: starts(stage, meeting) != before)
    moved = starts(stage, meeting)
    stage.faults(graph__notification_loss=1.0)
    stage.organiser().change(event["id"], later(event, 4))
    stage.outside.until("a sweep saw it", lambda: starts(stage, meeting) != moved)
    [subscription] = [one for one in subscriptions(stage) if one.mailbox == user_id(stage.organiser().upn)]
    assert not subscription.delegated
    engine = create_engine(stage.running.settings.database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM token_caches")).scalar() == 0
    engine.dispose()


def test_personal_invitations_go_out_from_the_organisers_mailbox(stage: Stage) -> None:
    people = [{"address": PARIS}, {"address": WARSAW}]
    followed(stage, participants=people, access="token")
    stage.outside.until("both were told", lambda: all(stage.mails(one["address"], "mail") for one in people))
    assert {mail["sender"] for one in people for mail in stage.mails(one["address"], "mail")} == {stage.organiser().upn}


def test_the_pane_still_has_to_say_who_is_asking(stage: Stage) -> None:
    assert stage.api("GET", "/api/v1/meetings", headers={"Authorization": ""}).status_code == 401


def test_a_mailbox_outside_the_scope_is_said_once_and_left_in_peace(stage: Stage) -> None:
    stage.faults(graph__app_mailboxes=[PARIS])
    warsaw = stage.organiser(WARSAW)
    meeting = warsaw.schedule(a_wish())
    assert any("administrator" in warning for warning in meeting["warnings"]), "said at the press"
    told = stage.outside.until("the meeting says so", lambda: warsaw.meeting(meeting["id"])["attention"])
    assert told.endswith("Ask your administrator to add it to the add-in's scope.")
    stage.faults()
    followed(stage)
    refused = stage.figure("clickmeeting_addin_looks_total", kind="mailbox", outcome="refused")
    rounds = stage.figure("clickmeeting_addin_rounds_total", outcome="complete")
    stage.outside.until(
        "others are swept", lambda: stage.figure("clickmeeting_addin_rounds_total", outcome="complete") > rounds + 2
    )
    assert stage.figure("clickmeeting_addin_looks_total", kind="mailbox", outcome="refused") == refused >= 1
    after = warsaw.meeting(meeting["id"])
    assert after["following"] == {"by": "not-yet", "minutes": None}
    assert sum("administrator" in line["text"] for line in after["history"]) == 1
    assert meeting["room"]["room_id"] in [room["room_pin"] for room in stage.rooms()], "nothing is deleted for it"


def test_a_deleted_person_costs_no_room(stage: Stage) -> None:
    meeting, _ = followed(stage)
    organiser = stage.organiser()
    stage.graph_control("person", mailbox=organiser.upn, there=False)
    try:
        told = stage.outside.until("the meeting says so", lambda: organiser.meeting(meeting["id"])["attention"])
        assert "mailbox is not there" in told
        stage.outside.until(
            "nothing is heard", lambda: organiser.meeting(meeting["id"])["following"]["by"] == "not-yet"
        )
        assert organiser.meeting(meeting["id"])["state"] == "followed"
        assert [room["room_pin"] for room in stage.rooms()] == [meeting["room"]["room_id"]]
    finally:
        stage.graph_control("person", mailbox=organiser.upn, there=True)
    assert sum("mailbox is not there" in line for line in history(stage, meeting)) == 1


def test_a_delegate_schedules_in_the_owners_calendar_which_is_heard_as_any(stage: Stage) -> None:
    delegate = stage.organiser(DELEGATE)
    wish = a_wish(owner="organiser@contoso.example")
    meeting = delegate.schedule(wish)
    event = delegate.send(meeting, an_event(wish), "<p>For my manager</p>", mailbox="organiser@contoso.example")
    stage.outside.until("it is followed", lambda: delegate.meeting(meeting["id"])["state"] == "followed")
    assert stage.outside.until(
        "it is heard",
        lambda: (found := delegate.meeting(meeting["id"])["following"])["by"] == "notifications" and found,
    )
    stage.organiser().change(event["id"], {"subject": "Changed by the owner"})
    renamed(stage, meeting, "Changed by the owner")


def test_who_is_no_delegate_is_refused_and_makes_nothing(stage: Stage) -> None:
    answer = stage.schedule(a_wish(owner="organiser@contoso.example"), token=stage.token(PARIS))
    assert (answer.status_code, answer.json()["reason"]) == (403, "not-delegate")
    assert stage.rooms() == []
