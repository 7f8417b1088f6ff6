"""The page about one person's data: what is kept, as a file to hand over, and its erasure."""

import json

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from addin.errors import InvalidInput
from server.admin.console import Console, page, present, say, secured


def add_people(pages: Blueprint, console: Console) -> None:
    """`/people`, `/people/export` and `/people/erase`."""

    @pages.route("/people", methods=["GET", "POST"])
    def people() -> ResponseReturnValue:
        """The address is sent in a form, never as part of a page's address: it would stand in logs and histories."""
        if request.method == "GET":
            return page("people", say("people"), address=None, kept=None, erased=None)
        address = _address()
        return page(
            "people", say("people"), address=address, kept=console.storage.subjects.kept(present().tenant_id, address),
            erased=None,
        )  # fmt: skip

    @pages.post("/people/export")
    def export() -> ResponseReturnValue:
        address, tenant = _address(), present().tenant_id
        kept = console.storage.subjects.kept(tenant, address)
        console.storage.audit.append(console.act("person.exported", console.storage.subjects.mark(tenant, address)))
        text = json.dumps(kept.document, ensure_ascii=False, indent=2)
        answer = secured(Response(text, content_type="application/json"))
        answer.headers["Content-Disposition"] = 'attachment; filename="person.json"'
        return answer

    @pages.post("/people/erase")
    def erase() -> ResponseReturnValue:
        address, tenant = _address(), present().tenant_id
        act = console.act("person.erased", console.storage.subjects.mark(tenant, address))
        erased = console.storage.subjects.erase(tenant, address, act)
        kept = console.storage.subjects.kept(tenant, address)
        return page("people", say("people"), address=address, kept=kept, erased=erased)


def _address() -> str:
    address = request.form.get("address", "").strip().lower()
    if not address or "@" not in address or len(address) > 320 or any(letter.isspace() for letter in address):
        raise InvalidInput("Give the person's mail address.", field="address")
    return address
