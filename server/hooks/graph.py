"""Where Graph tells of changes: check, keep, answer 202; nothing else is done while Graph waits (facts 3.2 to 3.4)."""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from addin.errors import AddinError
from addin.ports import Clock
from server.ops.metrics import Metrics
from server.store import Notice, SqlStore
from server.store.subscriptions import Subscription

LONGEST_BODY = 16 * 1024 * 1024
_LONGEST_TOKEN = 4096
_REPEATED_FOR = timedelta(hours=5)
log = structlog.get_logger(__name__)


def graph_hooks(storage: SqlStore, metrics: Metrics, clock: Clock) -> Blueprint:
    """`/hooks/graph` and `/hooks/graph/lifecycle`. What fails our checks gets 202 too: Graph is never asked to repeat
    what we will not take; only what we could not keep is answered 503, so that it comes again."""
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

    @hooks.post("/graph")
    def changes() -> ResponseReturnValue:
        return _handshake() or _accept(storage, metrics, clock, _change)

    @hooks.post("/graph/lifecycle")
    def lifecycle() -> ResponseReturnValue:
        return _handshake() or _accept(storage, metrics, clock, _lifecycle)

    return hooks


def _handshake() -> Response | None:
    """The decoded token as plain text, so that markup in it stays text."""
    token = request.args.get("validationToken") if request.query_string else None
    if token is None:
        return None
    answer = Response(token[:_LONGEST_TOKEN], content_type="text/plain; charset=utf-8")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _accept(storage: SqlStore, metrics: Metrics, clock: Clock, read: Any) -> Response:
    request.max_content_length = LONGEST_BODY
    try:
        items = _items(json.loads(request.get_data(cache=False)), metrics)
    except (ValueError, RecursionError):
        metrics.notifications.labels("malformed").inc()
        return Response(status=202)
    except RequestEntityTooLarge:
        metrics.notifications.labels("too-large").inc()
        return Response(status=202)
    try:
        known = storage.subscriptions.known(
            {item["subscriptionId"] for item in items if isinstance(item.get("subscriptionId"), str)}
        )
        notices, now = [], clock()
        for item in items:
            subscription = _trusted(item, known, metrics, now)
            if subscription is not None:
                notices.append(read(item, subscription))
        storage.notices.accept(notices)
    except AddinError as error:
        log.warning("notifications not kept", count=len(items), reason=str(error))
        metrics.notifications.labels("not-kept").inc(len(items))
        return Response(status=503)
    metrics.notifications.labels("accepted").inc(len(notices))
    return Response(status=202)


def _items(body: Any, metrics: Metrics) -> list[dict[str, Any]]:
    if not isinstance(body, dict) or not isinstance(body.get("value"), list):
        raise ValueError("no list of notifications")
    items = [item for item in body["value"] if isinstance(item, dict)]
    metrics.notifications.labels("malformed").inc(len(body["value"]) - len(items))
    return items


def _trusted(
    item: dict[str, Any], known: dict[str, Subscription], metrics: Metrics, now: datetime
) -> Subscription | None:
    """The subscription that the item proves to come from; None (and counted) otherwise."""
    number = item.get("subscriptionId")
    subscription = known.get(number) if isinstance(number, str) else None
    if subscription is None:
        metrics.notifications.labels("unknown").inc()
        return None
    state = item.get("clientState")
    if not isinstance(state, str) or not hmac.compare_digest(
        state.encode("utf-8", "replace"), subscription.client_state.encode()
    ):
        metrics.notifications.labels("wrong-state").inc()
        return None
    tenant = item.get("tenantId")
    if not isinstance(tenant, str) or tenant.lower() != subscription.tenant_id.lower():
        metrics.notifications.labels("wrong-tenant").inc()
        return None
    if _is_old(item, now):
        metrics.notifications.labels("old").inc()
        return None
    return subscription


def _is_old(item: dict[str, Any], now: datetime) -> bool:
    """Of a subscription that had ended before: Graph repeats for four hours (facts 3.3), so somebody else sent it."""
    try:
        ended = datetime.fromisoformat(item["subscriptionExpirationDateTime"])
    except (KeyError, TypeError, ValueError):
        return False
    return now - (ended if ended.tzinfo else ended.replace(tzinfo=UTC)) > _REPEATED_FOR


def _change(item: dict[str, Any], subscription: Subscription) -> Notice:
    data = item.get("resourceData")
    event_id = data.get("id") if isinstance(data, dict) else None
    return Notice(
        subscription.tenant_id,
        subscription.user_id,
        event_id if isinstance(event_id, str) else "",
        str(item.get("changeType") or ""),
    )


def _lifecycle(item: dict[str, Any], subscription: Subscription) -> Notice:
    """Removed: a new subscription is made at the next look. In every case the mailbox is looked at as a whole."""
    event = str(item.get("lifecycleEvent") or "")
    removed = subscription.id if event == "subscriptionRemoved" else None
    return Notice(subscription.tenant_id, subscription.user_id, "", event, removed)
