"""Subscriptions of the Graph stand-in: handshake, life, delivery, and how badly it may go."""

import base64
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cheroot import wsgi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.graph.rich import PUBLISHER
from sandbox.people import ADDIN, CONTOSO, FOREIGN


class Subscriber:
    """A webhook on a free port; `answer` decides status and body of what is not a handshake."""

    def __init__(self) -> None:
        self.clear()
        self.arrived = threading.Condition()
        self._server = wsgi.Server(("127.0.0.1", 0), self._serve, numthreads=4)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.bind_addr[1]}/hook"

    def clear(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.posts: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.answer: Callable[[], int] = lambda: 202
        self.echo: Callable[[str], tuple[str, str]] = lambda token: ("text/plain", token)

    def close(self) -> None:
        self._server.stop()
        self._thread.join(timeout=5)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        token = parse_qs(environ["QUERY_STRING"]).get("validationToken")
        if token:
            self.tokens.append(token[0])
            kind, text = self.echo(token[0])
            start_response("200 OK", [("Content-Type", kind)])
            return [text.encode()]
        message = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        status = self.answer()
        with self.arrived:
            self.posts.append(message)
            if status < 300:
                self.items += message["value"]
            self.arrived.notify_all()
        start_response(f"{status} Answer", [("Content-Length", "0")])
        return [b""]

    def wait_for(self, posts: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.posts) >= posts, 10), f"{len(self.posts)} of {posts} posts"


@pytest.fixture(scope="module")
def webhooks() -> Iterator[tuple[Subscriber, Subscriber]]:
    found = Subscriber(), Subscriber()
    yield found
    for each in found:
        each.close()


@pytest.fixture
def subscriber(desk: Any, webhooks: tuple[Subscriber, Subscriber]) -> Subscriber:
    desk.world.faults.set_switches({"graph.https_only": False})
    webhooks[0].clear()
    return webhooks[0]


@pytest.fixture
def lifecycle(desk: Any, webhooks: tuple[Subscriber, Subscriber]) -> Subscriber:
    webhooks[1].clear()
    return webhooks[1]


def asked(desk: Any, subscriber: Subscriber, **changed: Any) -> dict[str, Any]:
    expires = desk.world.clock.now() + timedelta(minutes=changed.pop("minutes", 600))
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": subscriber.url,
        "resource": "me/events",
        "expirationDateTime": expires.isoformat(),
        "clientState": "a-secret-of-ours",
        **changed,
    }


def subscribe(desk: Any, subscriber: Subscriber, **changed: Any) -> dict[str, Any]:
    prefer = changed.pop("prefer", None)
    answer = desk.call("POST", "/subscriptions", asked(desk, subscriber, **changed), prefer=prefer)
    assert answer.status == 201, answer.json
    return answer.json


def test_the_handshake_carries_a_token_that_is_easily_harmed(desk: Any, subscriber: Subscriber) -> None:
    made = subscribe(desk, subscriber, lifecycleNotificationUrl=subscriber.url + "/lifecycle?own=1")
    assert len(subscriber.tokens) == 2
    assert all(" " in token and "+" in token and "%" in token and "é" in token for token in subscriber.tokens)
    assert made["clientState"] == "a-secret-of-ours"
    assert desk.call("GET", f"/subscriptions/{made['id']}").json["clientState"] is None


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param(lambda token: ("text/plain", f'"{token}"'), id="as JSON"),
        pytest.param(lambda token: ("text/html", token), id="as HTML"),
        pytest.param(lambda token: ("text/plain", token.replace("+", " ")), id="plus decoded twice"),
    ],
)
def test_a_failed_handshake_makes_no_subscription(desk: Any, subscriber: Subscriber, echo: Any) -> None:
    subscriber.echo = echo
    answer = desk.call("POST", "/subscriptions", asked(desk, subscriber))
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert desk.call("GET", "/subscriptions").json["value"] == []


def test_plain_http_is_refused_unless_switched_on(desk: Any, subscriber: Subscriber) -> None:
    desk.world.faults.set_switches({"graph.https_only": True})
    assert desk.call("POST", "/subscriptions", asked(desk, subscriber)).code == "ValidationError"
    assert subscriber.tokens == []


def test_life_is_limited_from_above_and_below(desk: Any, subscriber: Subscriber) -> None:
    answer = desk.call("POST", "/subscriptions", asked(desk, subscriber, minutes=4231))
    assert (answer.status, answer.code) == (400, "ExtensionError")
    assert "4230 minutes in the future" in answer.json["error"]["message"]
    made = subscribe(desk, subscriber, minutes=5)
    least = desk.world.clock.now() + timedelta(minutes=44)
    assert made["expirationDateTime"] > least.isoformat()


def test_every_change_is_told_with_what_is_needed_to_look_it_up(desk: Any, subscriber: Subscriber) -> None:
    made = subscribe(desk, subscriber)
    event = desk.create()
    changed = desk.call("PATCH", f"/me/events/{event['id']}", {"subject": "Other"}).json
    desk.call("DELETE", f"/me/events/{event['id']}")
    assert desk.graph.idle(10)
    assert [item["changeType"] for item in subscriber.items] == ["created", "updated", "deleted"]
    item = subscriber.items[1]
    assert item["subscriptionId"] == made["id"]
    assert item["clientState"] == "a-secret-of-ours"
    assert item["tenantId"] == CONTOSO.id
    assert item["resource"] == f"Users/{CONTOSO.users[0].id}/Events/{event['id']}"
    assert item["resourceData"]["@odata.etag"] == changed["@odata.etag"]


def test_the_resource_of_a_notification_can_be_asked_for_as_it_stands(desk: Any, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    desk.create(subject="Found again")
    assert desk.graph.idle(10)
    answer = desk.call("GET", "/" + subscriber.items[0]["resource"])
    assert answer.json["subject"] == "Found again"


def test_a_subscription_made_with_immutable_ids_tells_immutable_ids(desk: Any, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber, prefer='IdType="ImmutableId"')
    event = desk.create()
    assert desk.graph.idle(10)
    told = subscriber.items[0]["resourceData"]["id"]
    assert told != event["id"]
    shown = desk.call("GET", f"/me/events/{event['id']}", prefer='IdType="ImmutableId"')
    assert shown.json["id"] == told


def test_what_was_not_taken_is_sent_again_by_the_settable_clock(desk: Any, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    subscriber.answer = lambda: 503
    desk.create()
    subscriber.wait_for(1)
    assert not desk.graph.idle(0.05)
    subscriber.answer = lambda: 202
    desk.world.clock.advance(15)
    assert desk.graph.idle(10)
    assert [item["changeType"] for item in subscriber.items] == ["created"]


def test_after_four_hours_it_gives_up_and_says_missed(desk: Any, subscriber: Subscriber, lifecycle: Subscriber) -> None:
    subscribe(desk, subscriber, lifecycleNotificationUrl=lifecycle.url)
    subscriber.answer = lambda: 500
    desk.create()
    subscriber.wait_for(1)
    desk.world.clock.advance(4 * 3600 + 60)
    assert desk.graph.idle(10)
    assert [item["lifecycleEvent"] for item in lifecycle.items] == ["missed"]
    assert subscriber.items == []


def test_nothing_is_told_after_expiry_and_renewal_moves_it(desk: Any, subscriber: Subscriber) -> None:
    made = subscribe(desk, subscriber, minutes=60)
    later = (desk.world.clock.now() + timedelta(minutes=600)).isoformat().replace("+00:00", "Z")
    renewed = desk.call("PATCH", f"/subscriptions/{made['id']}", {"expirationDateTime": later})
    assert renewed.status == 200
    assert renewed.json["expirationDateTime"] == later
    desk.world.clock.advance(3700)
    desk.forget_tokens()
    desk.create()
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 1
    desk.world.clock.advance(36_000)
    desk.forget_tokens()
    assert desk.call("GET", f"/subscriptions/{made['id']}").status == 404


def test_only_the_expiry_can_be_changed(desk: Any, subscriber: Subscriber) -> None:
    made = subscribe(desk, subscriber)
    answer = desk.call("PATCH", f"/subscriptions/{made['id']}", {"clientState": "other"})
    assert answer.status == 400


def test_lifecycle_events_reach_their_own_address(desk: Any, subscriber: Subscriber, lifecycle: Subscriber) -> None:
    made = subscribe(desk, subscriber, lifecycleNotificationUrl=lifecycle.url)
    assert desk.graph.send_lifecycle("reauthorizationRequired", made["id"], pause=True) == 1
    desk.create()
    assert desk.graph.idle(10)
    assert subscriber.items == []
    assert desk.call("POST", f"/subscriptions/{made['id']}/reauthorize").status == 204
    desk.create()
    assert desk.graph.send_lifecycle("subscriptionRemoved") == 1
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 1
    assert [item["lifecycleEvent"] for item in lifecycle.items] == ["reauthorizationRequired", "subscriptionRemoved"]
    assert all("changeType" not in item and item["clientState"] for item in lifecycle.items)
    assert desk.call("GET", f"/subscriptions/{made['id']}").status == 404


def test_switches_lose_and_double(desk: Any, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    desk.world.faults.set_switches({"graph.notification_loss": 1.0})
    desk.create()
    assert desk.graph.idle(10)
    assert subscriber.items == []
    desk.world.faults.set_switches({"graph.notification_loss": 0.0, "graph.notification_duplicates": 1.0})
    desk.create()
    assert desk.graph.idle(10)
    assert [item["changeType"] for item in subscriber.items] == ["created", "created"]


def test_a_delay_is_counted_by_the_settable_clock(desk: Any, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    desk.world.faults.set_switches({"graph.notification_delay_s": 300})
    desk.create()
    assert not desk.graph.idle(0.05)
    desk.world.clock.advance(301)
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 1


def test_another_applications_subscription_cannot_be_seen(desk: Any, subscriber: Subscriber) -> None:
    made = subscribe(desk, subscriber)
    other = desk.token(client=FOREIGN)
    assert desk.call("GET", f"/subscriptions/{made['id']}", token=other).status == 404
    assert desk.call("GET", "/subscriptions", token=other).json["value"] == []


def test_a_delegate_cannot_subscribe_to_the_owners_calendar(desk: Any, subscriber: Subscriber) -> None:
    body = asked(desk, subscriber, resource=f"users/{desk.organiser}/events")
    assert desk.call("POST", "/subscriptions", body, upn=desk.delegate).status == 403
    app = desk.token(None, roles=("Calendars.Read",))
    assert desk.call("POST", "/subscriptions", body, token=app).status == 201


def certificate() -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "subscriber")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def decrypted(key: rsa.RSAPrivateKey, content: dict[str, str]) -> dict[str, Any]:
    sha1 = hashes.SHA1()  # noqa: S303 - what the service uses here
    oaep = padding.OAEP(mgf=padding.MGF1(sha1), algorithm=sha1, label=None)
    secret = key.decrypt(base64.b64decode(content["dataKey"]), oaep)
    data = base64.b64decode(content["data"])
    assert base64.b64encode(hmac.new(secret, data, "sha256").digest()).decode() == content["dataSignature"]
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).decryptor()
    unpadder = PKCS7(128).unpadder()
    text = unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
    return json.loads(text)


def test_rich_notifications_are_really_encrypted_and_vouched_for(desk: Any, subscriber: Subscriber) -> None:
    key, public = certificate()
    subscribe(
        desk,
        subscriber,
        resource="me/events?$select=subject,start",
        includeResourceData=True,
        encryptionCertificate=public,
        encryptionCertificateId="key-1",
    )
    event = desk.create(subject="Told in full")
    assert desk.graph.idle(10)
    content = subscriber.items[0]["encryptedContent"]
    assert content["encryptionCertificateId"] == "key-1"
    assert decrypted(key, content)["subject"] == "Told in full"
    assert decrypted(key, content)["id"] == event["id"]
    assert "body" not in decrypted(key, content)
    claims = jwt.decode(subscriber.posts[0]["validationTokens"][0], options={"verify_signature": False})
    assert (claims["aud"], claims["azp"], claims["tid"]) == (ADDIN.id, PUBLISHER, CONTOSO.id)


@pytest.mark.parametrize("mode", ["expired", "forged", "other publisher"])
def test_bad_validation_tokens_come_by_switch(desk: Any, subscriber: Subscriber, mode: str) -> None:
    _, public = certificate()
    desk.world.faults.set_switches({"graph.validation_token": mode})
    subscribe(
        desk,
        subscriber,
        resource="me/events?$select=subject",
        includeResourceData=True,
        encryptionCertificate=public,
        encryptionCertificateId="key-1",
    )
    desk.create()
    assert desk.graph.idle(10)
    token = subscriber.posts[0]["validationTokens"][0]
    claims = jwt.decode(token, options={"verify_signature": False})
    if mode == "expired":
        assert claims["exp"] < desk.world.clock.timestamp()
    elif mode == "forged":
        with pytest.raises(ValueError):
            desk.entra.signer.read(token)
    else:
        assert claims["azp"] != PUBLISHER


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"resource": "me/events"}, id="no $select"),
        pytest.param({"resource": "me/events?$select=subject,body"}, id="body selected"),
        pytest.param({"encryptionCertificate": "bm90aGluZw=="}, id="no certificate"),
        pytest.param({"encryptionCertificateId": None}, id="no id"),
        pytest.param({"minutes": 1500}, id="too long with data"),
    ],
)
def test_resource_data_has_its_own_conditions(desk: Any, subscriber: Subscriber, changed: dict[str, Any]) -> None:
    _, public = certificate()
    rich = {
        "resource": "me/events?$select=subject",
        "includeResourceData": True,
        "encryptionCertificate": public,
        "encryptionCertificateId": "key-1",
    }
    answer = desk.call("POST", "/subscriptions", asked(desk, subscriber, **{**rich, **changed}))
    assert answer.status == 400


def test_an_address_that_is_slow_too_often_is_told_late_and_then_nothing(
    desk: Any, subscriber: Subscriber, lifecycle: Subscriber
) -> None:
    subscribe(desk, subscriber, lifecycleNotificationUrl=lifecycle.url)
    desk.world.faults.set_switches({"graph.slow_answer_s": -1, "graph.notification_batch": 1})
    for _ in range(10):
        desk.create()
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 10
    desk.create()
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 10, "over 15 % slow answers: new ones are lost"
    assert [item["lifecycleEvent"] for item in lifecycle.items] == ["missed"]
    desk.world.clock.advance(601)
    desk.forget_tokens()
    desk.create()
    assert desk.graph.idle(10)
    assert len(subscriber.items) == 11, "ten minutes later it is over"
