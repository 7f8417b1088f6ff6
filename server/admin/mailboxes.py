"""The page of mailboxes: when each was read, whether Microsoft tells us of changes, and what was used of its quota."""

from collections import Counter
from datetime import timedelta

from babel.numbers import format_decimal
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from server.admin.console import Console, back, language, page, present, say
from server.store import MAILBOX
from server.store.mailboxes import subject_id

_PAGE = 200
QUOTA = 10_000
"""Calls of one app to one mailbox in ten minutes (Graph facts 6)."""


def add_mailboxes(pages: Blueprint, console: Console) -> None:
    """`/mailboxes`, and a look on demand."""

    @pages.get("/mailboxes")
    def mailboxes() -> ResponseReturnValue:
        tenant = present().tenant_id
        console.figures.flush()
        used: Counter[str] = Counter()
        services: Counter[tuple[str, str]] = Counter()
        busiest: Counter[str] = Counter()
        for one in console.storage.usage.since(tenant, console.clock() - timedelta(hours=24)):
            if one.service == "graph":
                used[one.subject] += one.calls
                busiest[one.subject] = max(busiest[one.subject], one.calls)
            if one.service in ("graph", "clickmeeting"):
                services[one.service, one.subject if one.service == "clickmeeting" else ""] += one.calls
        after = request.args.get("after", "")[:64]
        known = console.storage.mailboxes.page(tenant, after=after, limit=_PAGE)
        return page(
            "mailboxes",
            say("mailboxes"),
            known=known,
            subscriptions={one.user_id: one for one in console.storage.subscriptions.of_tenant(tenant)},
            used=used,
            busiest=busiest,
            services=services,
            accounts={one.id: one for one in console.storage.accounts.all(tenant)},
            quota=format_decimal(QUOTA, locale=language()),
            following=known[-1].mailbox.user_id if len(known) == _PAGE else None,
            now=console.clock(),
        )

    @pages.post("/mailboxes/<user_id>/look")
    def look(user_id: str) -> ResponseReturnValue:
        found = console.storage.mailboxes.get(present().tenant_id, user_id)
        if found is not None:
            console.storage.audit.append(console.act("mailbox.looked-at", user_id))
            console.storage.ledger.ask(MAILBOX, subject_id(found.mailbox))
        return back("mailboxes", "retried")
