"""Pages of policies: one form a layer, what it would change for a person, and every version there ever was."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from addin.errors import InvalidInput, Missing
from addin.messages import LANGUAGES
from addin.model import AccessType, Kind, Mailbox, TokenDelivery
from addin.policy import InvitationSender, LinkStyle, PersonalInvitations
from addin.policy_layers import LOCKABLE, merge, read_layer
from addin.policy_rules import Difference, differences, texts
from server.admin.console import Console, back, page, present, say
from server.store.policies import TENANT_LAYER, KeptLayer

MANY = {
    "kinds": tuple(Kind),
    "access_types": tuple(AccessType),
    "token_deliveries": tuple(TokenDelivery),
    "languages": LANGUAGES,
}
ONE: dict[str, tuple[str, ...]] = {
    "default_kind": tuple(Kind),
    "default_access": tuple(AccessType),
    "default_language": LANGUAGES,
    "default_token_delivery": tuple(TokenDelivery),
    "link_style": tuple(LinkStyle),
    "personal_invitations": tuple(PersonalInvitations),
    "invitation_sender": tuple(InvitationSender),
}
TRUTHS = (
    "dial_in_allowed", "default_dial_in", "default_permanent", "default_room_per_date", "default_registration",
    "add_by_default", "single_token_in_body", "tell_organiser",
)  # fmt: skip
NUMBERS = ("longest_scheduled_minutes", "grace_minutes", "retention_days")
_LONGEST_NAME = 80
_MOST_MEMBERS = 1000


@dataclass(frozen=True)
class Preview:
    """What saving would change for one person, or why it cannot be saved. `who` is as it was asked for."""

    who: str = ""
    groups: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    problem: str | None = None
    field: str | None = None


def add_policies(pages: Blueprint, console: Console) -> None:
    """`/policies` and everything below it."""

    @pages.get("/policies")
    def policies() -> ResponseReturnValue:
        tenant = present().tenant_id
        layers = console.tenancy.layers(tenant)
        groups = [layer for layer in reversed(layers) if layer.id != TENANT_LAYER]
        own = next((layer for layer in layers if layer.id == TENANT_LAYER), None)
        holding = texts(console.tenancy.policy(Mailbox(tenant, "")))
        return page("policies", say("policies"), own=own, groups=groups, holding=holding)

    @pages.post("/policies")
    def new_group() -> ResponseReturnValue:
        layer = KeptLayer(secrets.token_hex(8), 0, name=request.form.get("name", "").strip()[:_LONGEST_NAME])
        if not layer.name:
            raise InvalidInput("Give the group a name first.", field="name")
        return _form(layer, console)

    @pages.get("/policies/<layer_id>")
    def policy(layer_id: str) -> ResponseReturnValue:
        return _form(_layer(layer_id, console), console)

    @pages.post("/policies/<layer_id>")
    def save(layer_id: str) -> ResponseReturnValue:
        """The buttons `preview` and `save` send the same form."""
        layer = _read(layer_id, console)
        preview = _preview(layer, console)
        if "save" not in request.form or preview.problem is not None:
            status = 422 if preview.problem is not None else 200
            return _form(layer, console, preview=preview, status=status)
        tenant = present().tenant_id
        console.storage.policies.save(
            tenant, layer, console.act("policy.saved", layer.id, f"version {layer.version + 1}: {layer.why}")
        )
        console.tenancy.forget(tenant)
        return back("policy", "saved", layer_id=layer.id)

    @pages.post("/policies/<layer_id>/remove")
    def remove(layer_id: str) -> ResponseReturnValue:
        tenant, layer = present().tenant_id, _layer(layer_id, console)
        gone = replace(layer, removed=True, who=present().address, why="removed")
        console.tenancy.check(tenant, gone)
        console.storage.policies.save(tenant, gone, console.act("policy.removed", layer.id, layer.name))
        console.tenancy.forget(tenant)
        return back("policies", "removed")

    @pages.post("/policies/<layer_id>/versions/<int:version>")
    def bring_back(layer_id: str, version: int) -> ResponseReturnValue:
        """An earlier version into the form, to be looked at and saved as a new one."""
        versions = console.storage.policies.versions(present().tenant_id, layer_id)
        earlier = next((one for one in versions if one.version == version), None)
        if earlier is None:
            raise Missing("There is no such version.")
        layer = replace(earlier, version=versions[0].version, removed=False, why=f"As in version {version}")
        return _form(layer, console, preview=_preview(layer, console))


def _layer(layer_id: str, console: Console) -> KeptLayer:
    """The newest version; for the tenant's own an empty one where nothing was saved yet."""
    versions = console.storage.policies.versions(present().tenant_id, layer_id)
    if versions and not versions[0].removed:
        return versions[0]
    if layer_id != TENANT_LAYER:
        raise Missing("There is no such policy.")
    return KeptLayer(TENANT_LAYER, versions[0].version if versions else 0)


def _read(layer_id: str, console: Console) -> KeptLayer:
    """The layer that the form describes. Its template is kept as it was: it has a page of its own."""
    form, tenant = request.form, present().tenant_id
    version = form.get("version", "0")
    if not version.isdigit() or not layer_id.isalnum() or len(layer_id) > 64:
        raise InvalidInput("This form is not complete. Open the policy again.", field="version")
    known = console.storage.policies.versions(tenant, layer_id)
    wishes = _wishes()
    if known and "template" in known[0].wishes:
        wishes["template"] = known[0].wishes["template"]
    layer = KeptLayer(
        layer_id,
        int(version),
        wishes,
        who=present().address or present().user_id,
        why=form.get("why", "").strip()[:200],
    )
    if layer_id == TENANT_LAYER:
        return layer
    priority = form.get("priority", "")
    members = tuple(dict.fromkeys(form.get("members", "").lower().replace(",", " ").split()))[:_MOST_MEMBERS]
    return replace(
        layer,
        name=form.get("name", "").strip()[:_LONGEST_NAME] or "Group",
        priority=int(priority) if priority.isdigit() and len(priority) < 5 else 100,
        entra_group=form.get("entra_group", "").strip().lower()[:64],
        members=members,
    )


def _wishes() -> dict[str, Any]:
    """Only what was filled in; everything else is left to the layer below."""
    form = request.form
    wishes: dict[str, Any] = {name: form.getlist(name) for name in MANY if form.getlist(name)}
    wishes |= {name: form[name] for name in (*ONE, "default_dial_in_country") if form.get(name)}
    wishes |= {name: form[name] == "true" for name in TRUTHS if form.get(name)}
    for name in NUMBERS:
        text = form.get(name, "").strip()
        if text:
            wishes[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text
    locks: dict[str, str | None] = {}
    for choice in LOCKABLE:
        if form.get(f"lock_{choice}") == "locked":
            locks[choice] = form.get(f"reason_{choice}", "").strip()
        elif form.get(f"lock_{choice}") == "free":
            locks[choice] = None
    return wishes | ({"locks": locks} if locks else {})


def _preview(layer: KeptLayer, console: Console) -> Preview:
    who = request.form.get("who", "").strip().lower()[:320]
    tenant = present().tenant_id
    person = console.storage.mailboxes.by_address(tenant, who) if who else None
    owner = person or Mailbox(tenant, "", who)
    try:
        read_layer(layer.wishes)
        console.tenancy.check(tenant, layer)
        after = console.tenancy.with_layer(owner, layer)
    except InvalidInput as error:
        return Preview(who, problem=str(error), field=error.field)
    groups = tuple(one.name for one in console.tenancy.groups_holding(owner))
    return Preview(who, groups, differences(replace(console.tenancy.policy(owner), former_lines=()), after))


def _form(layer: KeptLayer, console: Console, *, preview: Preview | None = None, status: int = 200) -> Response:
    tenant = present().tenant_id
    is_group = layer.id != TENANT_LAYER
    below = [one for one in console.tenancy.layers(tenant) if is_group and one.id == TENANT_LAYER]
    base = texts(merge(console.tenancy.base, [read_layer(one.wishes) for one in below]))
    title = say("policy_tenant") if layer.id == TENANT_LAYER else say("policy_group", name=layer.name)
    return page(
        "policy", title, status=status, layer=layer, preview=preview, base=base, many=MANY, one=ONE, truths=TRUTHS,
        numbers=NUMBERS, lockable=LOCKABLE, versions=console.storage.policies.versions(tenant, layer.id),
        is_group=is_group,
    )  # fmt: skip
