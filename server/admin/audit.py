"""The page of the audit log: what administrators did, whether the chain holds, and the whole as JSON lines."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from server.admin.console import Console, page, present, say, secured

_PAGE = 50


def add_audit(pages: Blueprint, console: Console) -> None:
    """`/audit`, its proof and its export."""

    @pages.get("/audit")
    def audit() -> ResponseReturnValue:
        before = request.args.get("before", "")
        entries = console.storage.audit.page(
            present().tenant_id, before=int(before) if before.isdigit() and len(before) < 16 else None, limit=_PAGE
        )
        return page(
            "audit",
            say("audit"),
            entries=entries,
            older=entries[-1].number if len(entries) == _PAGE else None,
            verdict=console.storage.audit.verify(present().tenant_id) if "verify" in request.args else None,
        )

    @pages.get("/audit/export")
    def export_audit() -> ResponseReturnValue:
        """Each line holds the text that was digested and the digest: the chain can be proved without this server."""
        tenant = present().tenant_id
        console.storage.audit.append(console.act("audit.exported"))

        def lines() -> Iterator[str]:
            for entry in console.storage.audit.all(tenant):
                yield json.dumps({"entry": entry.text, "digest": entry.digest}) + "\n"

        answer = secured(Response("".join(lines()), content_type="application/jsonl"))
        answer.headers["Content-Disposition"] = 'attachment; filename="audit.jsonl"'
        return answer
