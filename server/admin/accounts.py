"""Pages of ClickMeeting accounts: whose meetings each is for, and its key, which goes in and never comes out."""

import secrets

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from addin.errors import InvalidInput, NotSignedIn, Stopped
from addin.model import Meeting, MeetingState
from server.accounts import Proof
from server.admin.console import Console, back, page, present, say
from server.store.accounts import Account, Scope
from server.store.policies import TENANT_LAYER

_LONGEST_KEY = 200


def add_accounts(pages: Blueprint, console: Console) -> None:
    """`/accounts` and everything below it."""

    @pages.get("/accounts")
    def accounts() -> ResponseReturnValue:
        tenant = present().tenant_id
        groups = [layer for layer in console.tenancy.layers(tenant) if layer.id != TENANT_LAYER]
        return page(
            "accounts",
            say("accounts"),
            accounts=console.storage.accounts.all(tenant),
            groups=groups,
            names={layer.id: layer.name for layer in groups},
        )

    @pages.post("/accounts")
    def add_account() -> ResponseReturnValue:
        tenant, key = present().tenant_id, _key()
        scope, subject = _meant_for(console)
        name = request.form.get("name", "").strip()[:80]
        if not name:
            raise InvalidInput("Give the account a name.", field="name")
        _check(key, console)
        account = Account(secrets.token_hex(8), name, scope, subject, key[-4:], key)
        whom = console.storage.subjects.mark(tenant, subject) if scope is Scope.USER else subject
        act = console.act("account.added", account.id, f"{name} for {scope} {whom}".strip())
        console.storage.accounts.add(tenant, account, act)
        console.tenancy.forget(tenant)
        return back("accounts", "account_added")

    @pages.post("/accounts/<account_id>/key")
    def rotate(account_id: str) -> ResponseReturnValue:
        """Another key of the same account: it has to open a room that the account has already, where there is one."""
        tenant, key = present().tenant_id, _key()
        account = console.storage.accounts.get(tenant, account_id)
        _check(key, console)
        proof = _proof(account, key, console)
        if proof is Proof.FOREIGN:
            raise InvalidInput(
                "This is the key of another ClickMeeting account: the rooms of these meetings are not in it. Take a "
                "key of the same account, or add the other account beside it. Nothing was changed.",
                field="key",
            )
        if proof is Proof.DOUBTFUL and "sure" not in request.form:
            raise InvalidInput(
                "This may be the key of another ClickMeeting account: it opens none of the rooms of these meetings, "
                "and the old key does not work any more. If it is of the same account (the rooms were deleted by "
                "hand), tick the box that says so. Nothing was changed.",
                field="key",
            )
        act = console.act("account.key-rotated", account.id, proof.value)
        console.storage.accounts.rotate(tenant, account.id, key, act)
        console.tenancy.forget(tenant)
        return back("accounts", "key_rotated" if proof is Proof.SAME else "key_unproved")

    @pages.post("/accounts/<account_id>/check")
    def check(account_id: str) -> ResponseReturnValue:
        account = console.storage.accounts.get(present().tenant_id, account_id)
        _check(account.key, console)
        return back("accounts", "key_good")

    @pages.post("/accounts/<account_id>/retire")
    def retire(account_id: str) -> ResponseReturnValue:
        tenant = present().tenant_id
        account = console.storage.accounts.get(tenant, account_id)
        console.storage.accounts.retire(tenant, account.id, console.act("account.retired", account.id, account.name))
        console.tenancy.forget(tenant)
        return back("accounts", "account_retired")

    @pages.post("/accounts/<account_id>/remove")
    def remove_account(account_id: str) -> ResponseReturnValue:
        tenant = present().tenant_id
        account = console.storage.accounts.get(tenant, account_id)
        if not account.retired:
            raise InvalidInput("Retire the account first, so that no new meeting gets it.", field="account")
        count = len(_live(account, console))
        if count:
            raise InvalidInput(
                f"{count} meetings still have their rooms in this account. Wait until they are over, or let them go.",
                field="account",
            )
        console.storage.accounts.remove(tenant, account.id, console.act("account.removed", account.id, account.name))
        console.tenancy.forget(tenant)
        return back("accounts", "removed")


def _live(account: Account, console: Console) -> list[Meeting]:
    """Meetings in step whose rooms are in this account."""
    meetings = console.storage.find(tenant_id=present().tenant_id)
    return [one for one in meetings if one.account == account.id and one.state is not MeetingState.ENDED]


def _key() -> str:
    key = request.form.get("key", "").strip()
    if not key or len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput("Paste the API key from ClickMeeting's account settings.", field="key")
    return key


def _meant_for(console: Console) -> tuple[Scope, str]:
    kind, _, subject = request.form.get("scope", "").partition(":")
    if kind == Scope.TENANT:
        return Scope.TENANT, ""
    if kind == Scope.GROUP and any(layer.id == subject for layer in console.tenancy.layers(present().tenant_id)):
        return Scope.GROUP, subject
    person = request.form.get("person", "").strip().lower()[:320]
    if kind == Scope.USER and "@" in person:
        return Scope.USER, person
    raise InvalidInput("Say whose meetings the account is for: everybody's, a group's, or one person's.", field="scope")


def _proof(account: Account, key: str, console: Console) -> Proof:
    """By the newest rooms, which are the likeliest to be there still; none while everything is stopped."""
    newest = sorted(_live(account, console), key=lambda one: one.created_at, reverse=True)
    rooms = {one.room.id: one.room for one in newest if one.room is not None}
    try:
        return console.prove_key(present().tenant_id, account, key, tuple(rooms.values()))
    except Stopped:
        return Proof.NONE


def _check(key: str, console: Console) -> None:
    """E1 before a key is taken."""
    try:
        console.check_key(present().tenant_id, key)
    except NotSignedIn as error:
        raise InvalidInput(
            "ClickMeeting refuses this key: it is wrong or was revoked. Make a new one in ClickMeeting's account "
            "settings and paste it here. Nothing was changed.",
            field="key",
        ) from error
