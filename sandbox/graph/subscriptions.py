"""Subscriptions: what is asked for, for how long, and which change concerns whom; delivery is the notifier's."""

import re
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from sandbox.graph import edm
from sandbox.graph.access import Caller
from sandbox.graph.errors import GraphError, access_denied, bad_request, not_found
from sandbox.graph.identifiers import make_id, read_id
from sandbox.graph.notifier import post
from sandbox.graph.rich import read_certificate
from sandbox.graph.series import Entry
from sandbox.graph.store import Mailbox, Store
from sandbox.world import World

SWITCHES: dict[str, Any] = {
    "graph.subscription_max_minutes": 4230,
    "graph.subscription_max_minutes_rich": 1440,
    "graph.subscription_min_minutes": 45,
    "graph.subscriptions_per_mailbox": 1000,
    "graph.https_only": True,
    "graph.handshake_s": 10,
    "graph.validation_token": "good",  # or expired, forged, other publisher
}
_FIELDS: dict[str, edm.Check] = {
    "changeType": edm.text,
    "notificationUrl": edm.text,
    "lifecycleNotificationUrl": edm.optional_text,
    "resource": edm.text,
    "expirationDateTime": edm.text,
    "clientState": edm.nullable(edm.limited_text(128)),
    "includeResourceData": edm.nullable(edm.boolean),
    "encryptionCertificate": edm.optional_text,
    "encryptionCertificateId": edm.nullable(edm.limited_text(128)),
    "latestSupportedTlsVersion": edm.nullable(edm.one_of("v1_0", "v1_1", "v1_2", "v1_3")),
}
_BODY = edm.record(_FIELDS, "microsoft.graph.subscription")
_RESOURCE = re.compile(
    r"/?(?:me|users(?:/(?P<who>[^/']+)|\('(?P<quoted>[^']+)'\)))"
    r"(?:/calendar|/calendars(?:/(?P<calendar>[^/']+)|\('(?P<quoted_calendar>[^']+)'\)))?/events(?:\?(?P<query>.*))?",
    re.IGNORECASE,
)
# what a handshake must carry unharmed: spaces, plus, percent and letters beyond ASCII (Graph facts 3.2)
_TRIAL = "Validation: Testing client application reachability for subscription Request-Id: {} + 100% é"


@dataclass
class Subscription:
    """One subscription; `expires` in UTC ISO 8601, `calendar` the key of the only calendar it is for, or empty."""

    id: str
    app_id: str
    tenant: str
    creator: str
    delegated: bool
    mailbox: str
    calendar: str
    resource: str
    change_types: list[str]
    url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: str
    immutable: bool
    include_data: bool
    select: list[str]
    certificate: str | None
    certificate_id: str | None
    tls_version: str
    paused: bool = False


@dataclass(frozen=True)
class Asked:
    """A request for a subscription, checked."""

    sent: dict[str, Any]
    mailbox: Mailbox
    calendar: str
    select: list[str]
    expires: datetime


class Subscriptions:
    """All subscriptions. Needs the store's lock, except for `shake_hands`, which must not hold it."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store
        self._held: dict[str, Subscription] = {}

    def read(self, caller: Caller, data: Any) -> Asked:
        """Check a creation; GraphError 400 or 403 says what is wrong."""
        sent: dict[str, Any] = _BODY(data if data is not None else {}, "subscription")
        for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
            if not sent.get(name):
                raise _refused(f"The property '{name}' is required.")
        kinds = [kind.strip() for kind in sent["changeType"].split(",")]
        if not set(kinds) <= {"created", "updated", "deleted"}:
            raise _refused("The changeType may hold created, updated and deleted.")
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if sent.get(name):
                self._check_url(name, sent[name])
        rich = bool(sent.get("includeResourceData"))
        mailbox, calendar, select = self._resource(caller, sent["resource"], rich=rich)
        if rich:
            if not sent.get("encryptionCertificate") or not sent.get("encryptionCertificateId"):
                raise _refused("Resource data needs encryptionCertificate and encryptionCertificateId.")
            read_certificate(sent["encryptionCertificate"])
        expires = self._expiry(sent["expirationDateTime"], rich=rich)
        active = [each for each in self.active() if each.mailbox == mailbox.id]
        if len(active) >= int(self._world.faults.switch("graph.subscriptions_per_mailbox")):
            raise GraphError(403, "ExtensionError", "The limit of subscriptions on this mailbox was reached.")
        return Asked(sent, mailbox, calendar, select, expires)

    def _check_url(self, name: str, url: str) -> None:
        parts = urlsplit(url)
        allowed = ("https",) if self._world.faults.switch("graph.https_only") else ("https", "http")
        if parts.scheme not in allowed or not parts.hostname or parts.fragment:
            raise GraphError(400, "ValidationError", f"The {name} must be an absolute https address.")

    def _resource(self, caller: Caller, resource: str, *, rich: bool) -> tuple[Mailbox, str, list[str]]:
        found = _RESOURCE.fullmatch(resource)
        if found is None:
            raise _refused(f"The resource '{resource}' is not supported.")
        who = found["who"] or found["quoted"]
        box = self._store.mailbox(who) if who else caller.user
        if box is None or box.tenant.id != caller.tenant:
            raise not_found() if who else bad_request("/me request is only valid with delegated authentication flow.")
        # shared scopes do not work here: another's mailbox needs an application's own permission (Graph facts 1.10)
        caller.require({"Calendars.Read", "Calendars.ReadWrite"})
        if caller.user is not None and caller.user.id != box.id:
            raise access_denied()
        select = _selected(found["query"] or "")
        if rich and (not select or "body" in select):
            raise _refused("Resource data needs $select in the resource, and body cannot be selected.")
        calendar_id = found["calendar"] or found["quoted_calendar"]
        calendar = read_id(calendar_id).key if calendar_id else ""
        if calendar and calendar not in box.calendars:
            raise not_found()
        return box, calendar, select

    def _expiry(self, text: str, *, rich: bool) -> datetime:
        switch = self._world.faults.switch
        try:
            wanted = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except ValueError:
            raise _refused("The expirationDateTime is not a date and time.") from None
        wanted = wanted.replace(tzinfo=UTC) if wanted.tzinfo is None else wanted.astimezone(UTC)
        now = self._world.clock.now()
        most = int(switch("graph.subscription_max_minutes_rich" if rich else "graph.subscription_max_minutes"))
        if wanted <= now:
            raise _refused("The expirationDateTime is in the past.")
        if wanted > now + timedelta(minutes=most):
            raise GraphError(
                400, "ExtensionError", f"Subscription expiration can only be {most} minutes in the future."
            )
        least = now + timedelta(minutes=int(switch("graph.subscription_min_minutes")))
        return max(wanted, min(least, now + timedelta(minutes=most)))

    def shake_hands(self, asked: Asked) -> None:
        """Each address must give the token back as plain text in ten seconds; else 400 (Graph facts 3.2)."""
        with requests.Session() as session:
            for url in {asked.sent["notificationUrl"]: 0, asked.sent.get("lifecycleNotificationUrl"): 0}:
                if url is None:
                    continue
                token = _TRIAL.format(uuid.uuid4())
                address = f"{url}{'&' if urlsplit(url).query else '?'}validationToken={quote(token, safe='')}"
                seconds = float(self._world.faults.switch("graph.handshake_s"))
                kind = "text/plain; charset=utf-8"
                status, answered, body = post(session, self._world, address, b"", kind, seconds)
                good = status == 200 and answered.lower().startswith("text/plain") and body == token.encode()
                if not good:
                    raise GraphError(
                        400, "ValidationError",
                        f"Subscription validation request failed. Notification endpoint must respond with 200 OK to "
                        f"validation request. It answered {status or 'nothing'}.",
                    )  # fmt: skip

    def add(self, caller: Caller, asked: Asked, *, immutable: bool) -> Subscription:
        """Keep what was checked and has shaken hands."""
        sent = asked.sent
        made = Subscription(
            id=str(uuid.uuid4()),
            app_id=caller.app_id,
            tenant=caller.tenant,
            creator=caller.user.id if caller.user else caller.app_id,
            delegated=not caller.is_app,
            mailbox=asked.mailbox.id,
            calendar=asked.calendar,
            resource=sent["resource"],
            change_types=[kind.strip() for kind in sent["changeType"].split(",")],
            url=sent["notificationUrl"],
            lifecycle_url=sent.get("lifecycleNotificationUrl"),
            client_state=sent.get("clientState"),
            expires=asked.expires.isoformat(),
            immutable=immutable,
            include_data=bool(sent.get("includeResourceData")),
            select=asked.select,
            certificate=sent.get("encryptionCertificate"),
            certificate_id=sent.get("encryptionCertificateId"),
            tls_version=sent.get("latestSupportedTlsVersion") or "v1_2",
        )
        if made.client_state:
            self._world.secrets.add(made.client_state)
        self._held[made.id] = made
        return made

    def active(self) -> list[Subscription]:
        """Those that have not expired; the others are forgotten."""
        now = self._world.clock.now().isoformat()
        self._held = {key: each for key, each in self._held.items() if each.expires > now}
        return list(self._held.values())

    def mine(self, caller: Caller) -> list[Subscription]:
        """Those that the caller made."""
        creator = caller.user.id if caller.user else caller.app_id
        return [each for each in self.active() if each.app_id == caller.app_id and each.creator == creator]

    def find(self, caller: Caller, subscription_id: str) -> Subscription:
        """One of the caller's own; 404 for any other."""
        found = next((each for each in self.mine(caller) if each.id == subscription_id), None)
        if found is None:
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        return found

    def renew(self, subscription: Subscription, data: Any) -> None:
        """PATCH: the expiry and nothing else."""
        if not isinstance(data, dict) or {key for key in data if "@odata." not in key} != {"expirationDateTime"}:
            raise _refused("Only expirationDateTime can be changed.")
        text = edm.text(data["expirationDateTime"], "expirationDateTime")
        subscription.expires = self._expiry(text, rich=subscription.include_data).isoformat()
        subscription.paused = False

    def remove(self, subscription_id: str) -> None:
        self._held.pop(subscription_id, None)

    def by_id(self, subscription_id: str) -> Subscription | None:
        return self._held.get(subscription_id)

    def concerned(self, mailbox: Mailbox, change: str, entry: Entry) -> list[Subscription]:
        """Who wants to hear of this change."""
        return [
            each
            for each in self.active()
            if each.mailbox == mailbox.id
            and change in each.change_types
            and not each.paused
            and each.calendar in ("", entry.item.calendar)
        ]

    def reset(self) -> None:
        self._held.clear()

    def dump(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in self._held.values()]

    def load(self, state: list[dict[str, Any]]) -> None:
        self._held = {data["id"]: Subscription(**data) for data in state}


def notification(subscription: Subscription, mailbox: Mailbox, change: str, entry: Entry) -> dict[str, Any]:
    """The item that tells of a change (Graph facts 3.3)."""
    event_id = make_id(entry.reference(), immutable=subscription.immutable)
    resource = f"Users/{mailbox.id}/Events/{event_id}"
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": subscription.expires,
        "changeType": change,
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": entry.etag,
            "id": event_id,
        },
        "clientState": subscription.client_state,
        "tenantId": subscription.tenant,
    }


def lifecycle_notification(subscription: Subscription, event: str) -> dict[str, Any]:
    """The item that tells of the subscription itself (Graph facts 3.4)."""
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": subscription.expires,
        "lifecycleEvent": event,
        "clientState": subscription.client_state,
        "tenantId": subscription.tenant,
    }


def show_subscription(subscription: Subscription, *, created: bool = False) -> dict[str, Any]:
    """A subscription as Graph answers it; the clientState only to its creation."""
    return {
        "id": subscription.id,
        "resource": subscription.resource,
        "applicationId": subscription.app_id,
        "changeType": ",".join(subscription.change_types),
        "clientState": subscription.client_state if created else None,
        "notificationUrl": subscription.url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": subscription.expires.replace("+00:00", "Z"),
        "creatorId": subscription.creator,
        "includeResourceData": subscription.include_data,
        "latestSupportedTlsVersion": subscription.tls_version,
        "encryptionCertificate": None,
        "encryptionCertificateId": subscription.certificate_id,
        "notificationUrlAppId": None,
    }


def _selected(query: str) -> list[str]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "$select":
            return [each.strip() for each in value.split(",") if each.strip()]
    return []


def _refused(message: str) -> GraphError:
    return GraphError(400, "InvalidRequest", message)
