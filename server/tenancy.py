"""Which policy holds for a mailbox now: the settings, its tenant's layer, its groups' layers; it keeps none itself.

What was read is used again until the tenant's revision rises, which is asked for at most once a second.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import structlog

from addin.composing import Numbers
from addin.errors import InvalidInput, NotAllowed, Stopped
from addin.model import Mailbox
from addin.policy import Policy
from addin.policy_layers import Layer, check_layers, merge, read_layer
from addin.ports import Rooms
from server.store.accounts import Account, Accounts, Scope
from server.store.policies import TENANT_LAYER, KeptLayer, Policies
from server.store.switches import Stop, Switches

_LIFE_S = 1.0
log = structlog.get_logger(__name__)


STOPPED = (
    "Your organisation's administrator has stopped ClickMeeting for Outlook for now. Meetings and rooms stay as they "
    "are; try again once it goes on."
)


@dataclass
class _State:
    """What a tenant's rows said at one revision. `merged` holds policies by the groups that lead to them."""

    revision: int
    stop: Stop | None
    accounts: tuple[Account, ...]
    layers: tuple[KeptLayer, ...]
    read: dict[str, Layer]
    former_lines: tuple[str, ...]
    fresh_until: float
    merged: dict[tuple[str, ...], Policy] = field(default_factory=dict)


class Tenants:
    """`ports.Tenancy`. One for the process, safe between threads."""

    def __init__(
        self,
        base: Policy,
        policies: Policies,
        rooms: Callable[[str, Account | None], Rooms],
        numbers: Callable[[str, Account | None], Numbers],
        *,
        accounts: Accounts | None = None,
        switches: Switches | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rooms` and `numbers` are asked with (tenant id, account); None is the account of the settings."""
        self.base = base
        self._policies = policies
        self._accounts = accounts
        self._switches = switches
        self._rooms = rooms
        self._numbers = numbers
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._states: dict[str, _State] = {}

    def policy(self, owner: Mailbox) -> Policy:
        """The settings, then the tenant's layer, then those of the mailbox's groups, the most important last."""
        state = self._state(owner.tenant_id)
        holding = tuple(layer.id for layer in self._holding(state.layers, owner))
        found = state.merged.get(holding)
        if found is None:
            found = merge(self.base, [state.read[one] for one in holding])
            found = replace(found, former_lines=tuple(dict.fromkeys((*found.former_lines, *state.former_lines))))
            state.merged[holding] = found
        return found

    def with_layer(self, owner: Mailbox, changed: KeptLayer) -> Policy:
        """What would hold for this mailbox if `changed` were saved: for a preview."""
        others = [layer for layer in self._state(owner.tenant_id).layers if layer.id != changed.id]
        ordered = ordered_layers(others if changed.removed else [*others, changed])
        held = self._holding(ordered, owner)
        return merge(self.base, [read_layer(layer.wishes) for layer in held])

    def account(self, owner: Mailbox) -> str:
        """The person's own, else that of the most important group, else the tenant's, else that of the settings."""
        active = [one for one in self._state(owner.tenant_id).accounts if not one.retired]
        names = {owner.user_id.lower(), owner.address.lower()} - {""}
        groups = [layer.id for layer in reversed(self.groups_holding(owner))] if active else []
        wanted = [(Scope.USER, name) for name in names] + [(Scope.GROUP, group) for group in groups]
        meant = {(one.scope, one.subject): one.id for one in active}
        return next((meant[one] for one in [*wanted, (Scope.TENANT, "")] if one in meant), "")

    def rooms(self, owner: Mailbox, account: str) -> Rooms:
        """The rooms of one account of the mailbox's tenant; of one that was removed every call is refused."""
        try:
            return self._rooms(owner.tenant_id, self._account(owner.tenant_id, account))
        except NotAllowed as error:
            return cast(Rooms, _Closed(error))

    def numbers(self, owner: Mailbox, account: str) -> Numbers:
        """Its dial-in list."""
        return self._numbers(owner.tenant_id, self._account(owner.tenant_id, account))

    def stopped(self, tenant_id: str) -> Stop | None:
        """Who stopped everything for this tenant, and when; None where it works as ever."""
        return self._state(tenant_id).stop

    def require_going(self, tenant_id: str) -> None:
        """Stopped where an administrator stopped this tenant."""
        if self.stopped(tenant_id) is not None:
            raise Stopped(STOPPED)

    def _account(self, tenant_id: str, account: str) -> Account | None:
        """NotAllowed where it was removed: nobody may take another account's rooms for its own."""
        if not account:
            return None
        found = next((one for one in self._state(tenant_id).accounts if one.id == account), None)
        if found is None:
            raise NotAllowed(
                "The ClickMeeting account that this meeting's room is in was removed from the add-in. Ask your "
                "administrator.",
                reason="account",
            )
        return found

    def groups_holding(self, owner: Mailbox) -> tuple[KeptLayer, ...]:
        """The groups whose layers hold for this mailbox, the most important last."""
        layers = self._holding(self._state(owner.tenant_id).layers, owner)
        return tuple(layer for layer in layers if layer.id != TENANT_LAYER)

    def seen(self, person: Mailbox, groups: frozenset[str] | None) -> None:
        """A sign-in named the person's groups (None: it could not name them); background looks go by that."""
        if groups is not None and self._policies.groups_of(person.tenant_id, person.user_id) != groups:
            self._policies.remember_groups(person.tenant_id, person.user_id, groups)

    def layers(self, tenant_id: str) -> tuple[KeptLayer, ...]:
        """The tenant's layer and those of its groups, as they hold now."""
        return self._state(tenant_id).layers

    def forget(self, tenant_id: str) -> None:
        """Something of the tenant was changed by this process: it holds at once."""
        with self._lock:
            self._states.pop(tenant_id, None)

    def check(self, tenant_id: str, changed: KeptLayer) -> None:
        """InvalidInput where a layer about to be saved contradicts itself, the settings or the layers it meets.

        Each group is looked at with the tenant's layer below it; where two groups meet, what contradicts gives way
        (`merge`).
        """
        others = [layer for layer in self.layers(tenant_id) if layer.id != changed.id]
        layers = ordered_layers(others if changed.removed else [*others, changed])
        tenant = [read_layer(one.wishes) for one in layers if one.id == TENANT_LAYER]
        check_layers(self.base, tenant)
        for group in (one for one in layers if one.id != TENANT_LAYER):
            try:
                check_layers(self.base, [*tenant, read_layer(group.wishes)])
            except InvalidInput as error:
                if group.id == changed.id:
                    raise
                raise InvalidInput(
                    f"The policy of the group {group.name} would contradict this one. {error}",
                    field=error.field,
                    reason="policy",
                ) from error

    def _holding(self, layers: tuple[KeptLayer, ...], owner: Mailbox) -> tuple[KeptLayer, ...]:
        by_entra = any(layer.entra_group for layer in layers)
        groups = self._policies.groups_of(owner.tenant_id, owner.user_id) if by_entra else frozenset()
        names = {owner.user_id.lower(), owner.address.lower()} - {""}
        return tuple(
            layer
            for layer in layers
            if layer.id == TENANT_LAYER or layer.entra_group in groups or not names.isdisjoint(layer.members)
        )

    def _state(self, tenant_id: str) -> _State:
        now = self._monotonic()
        state = self._states.get(tenant_id)
        if state is not None and state.fresh_until > now:
            return state
        revision = self._policies.revision(tenant_id)
        if state is None or state.revision != revision:
            state = self._read(tenant_id, revision)
        state.fresh_until = now + _LIFE_S
        with self._lock:
            self._states[tenant_id] = state
        return state

    def _read(self, tenant_id: str, revision: int) -> _State:
        layers = self._policies.present(tenant_id)
        lines: list[str] = []
        for version in self._policies.all(tenant_id):
            if version.wishes.get("template"):
                lines += merge(self.base, [_lenient({"template": version.wishes["template"]})]).branding.known_lines()
        read = {layer.id: _lenient(layer.wishes) for layer in layers}
        stop = self._switches.stopped(tenant_id) if self._switches else None
        accounts = self._accounts.all(tenant_id) if self._accounts else ()
        return _State(revision, stop, accounts, layers, read, tuple(dict.fromkeys(lines)), 0.0)


@dataclass(frozen=True)
class _Closed:
    """Rooms that nobody can reach: policy and pages go on, calls say why not."""

    reason: NotAllowed

    def __getattr__(self, name: str) -> Any:
        raise self.reason


def ordered_layers(layers: list[KeptLayer]) -> tuple[KeptLayer, ...]:
    """As they lie over each other: the tenant's first, the most important group last."""
    return tuple(sorted(layers, key=lambda one: (one.id != TENANT_LAYER, -one.priority, one.id)))


def _lenient(wishes: dict[str, object]) -> Layer:
    """A part saved by an earlier version that is not understood any more is left out and told; the rest holds."""
    found: dict[str, object] = {}
    for name, value in wishes.items():
        try:
            found |= read_layer({name: value}).wishes
        except InvalidInput as error:
            log.warning("part of a policy is not used", part=name, reason=str(error))
    return Layer(found)
