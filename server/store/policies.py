"""Policy layers of tenants and groups, each with all its versions, and who was seen in which group.

It does not know what a layer's wishes mean. Every change raises the tenant's revision, by which other processes notice.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from addin.errors import Changed, Permanent
from addin.ports import Clock
from server.store.audit import Act, record
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import memberships, policy_versions, tenants
from server.store.upserting import insert, put

TENANT_LAYER = "tenant"


@dataclass(frozen=True)
class KeptLayer:
    """One version of one layer. The tenant's own has the id `tenant`; the others are groups.

    `priority` 1 is the most important group. Who belongs to a group: everybody whom Entra puts into `entra_group`, and
    `members` (object ids or addresses, lower case). `wishes` is the document as it was given.
    """

    id: str
    version: int
    wishes: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    priority: int = 100
    entra_group: str = ""
    members: tuple[str, ...] = ()
    removed: bool = False
    who: str = ""
    why: str = ""
    at: datetime | None = None


class Policies:
    """Versions are only ever added."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def present(self, tenant_id: str) -> tuple[KeptLayer, ...]:
        """The newest version of each layer that was not removed: the tenant's first, the most important group last."""
        newest: dict[str, KeptLayer] = {}
        for layer in self.all(tenant_id):
            newest[layer.id] = layer
        kept = [layer for layer in newest.values() if not layer.removed]
        return tuple(sorted(kept, key=lambda one: (one.id != TENANT_LAYER, -one.priority, one.id)))

    def all(self, tenant_id: str) -> tuple[KeptLayer, ...]:
        """Every version of every layer, each layer's oldest first."""
        order = (policy_versions.c.layer_id, policy_versions.c.version)
        statement = select(policy_versions).where(policy_versions.c.tenant_id == tenant_id).order_by(*order)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(self._layer(row) for row in rows)

    def versions(self, tenant_id: str, layer_id: str) -> tuple[KeptLayer, ...]:
        """One layer's versions, the newest first."""
        return tuple(reversed([layer for layer in self.all(tenant_id) if layer.id == layer_id]))

    def save(self, tenant_id: str, layer: KeptLayer, act: Act) -> KeptLayer:
        """A new version after `layer.version` (0: none yet); Changed when somebody else saved meanwhile."""
        now = self._clock()
        saved = replace(layer, version=layer.version + 1, at=now)
        row = {
            "tenant_id": tenant_id,
            "layer_id": saved.id,
            "version": saved.version,
            "at": now,
            "document": self._seal.seal(dump(saved), policy_context(tenant_id, saved.id, saved.version)),
        }

        def work(writing: Writing) -> None:
            raise_revision(writing, tenant_id)
            mine = (policy_versions.c.tenant_id == tenant_id, policy_versions.c.layer_id == saved.id)
            newest = select(policy_versions.c.version).where(*mine).order_by(policy_versions.c.version.desc())
            if (writing.connection.execute(newest.limit(1)).scalar() or 0) != layer.version:
                raise Changed("Somebody else saved this policy meanwhile. Look at it again, then save.")
            writing.connection.execute(policy_versions.insert(), [row])
            record(writing, act, now, self._seal)

        self._database.write(work)
        return saved

    def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """The Entra groups that this person's latest sign-in named."""
        statement = select(memberships.c.group_ids).where(
            memberships.c.tenant_id == tenant_id, memberships.c.user_id == user_id
        )
        with self._database.read() as connection:
            text = connection.execute(statement).scalar()
        return frozenset(json.loads(text)) if text else frozenset()

    def remember_groups(self, tenant_id: str, user_id: str, groups: frozenset[str]) -> None:
        """What the person's sign-in says now."""
        row = {
            "tenant_id": tenant_id,
            "user_id": user_id,
            "group_ids": json.dumps(sorted(groups)),
            "seen_at": self._clock(),
        }
        self._database.write(lambda writing: put(writing.connection, memberships, row))

    def revision(self, tenant_id: str) -> int:
        """Counts every change of a tenant's policies, accounts and switches."""
        statement = select(tenants.c.revision).where(tenants.c.tenant_id == tenant_id)
        with self._database.read() as connection:
            return connection.execute(statement).scalar() or 0

    def _layer(self, row: Row[Any]) -> KeptLayer:
        context = policy_context(row.tenant_id, row.layer_id, row.version)
        try:
            told = json.loads(self._seal.open(row.document, context))
            known = {name: told[name] for name in told if name in KeptLayer.__dataclass_fields__}
            members = tuple(known.pop("members", ()))
            return KeptLayer(**{**known, "id": row.layer_id, "version": row.version, "at": row.at, "members": members})
        except (ValueError, TypeError) as error:
            raise Permanent("A stored policy was written by a newer version of the product.") from error


def raise_revision(writing: Writing, tenant_id: str) -> None:
    """Within somebody's write, first of all: it also makes the changes of one tenant wait for each other."""
    statement = insert(writing.connection.dialect.name, tenants)
    writing.connection.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id"], set_={"revision": tenants.c.revision + 1}),
        [{"tenant_id": tenant_id, "revision": 1}],
    )


def policy_context(tenant_id: str, layer_id: str, version: int) -> str:
    """What a version of a layer is sealed for."""
    return f"policy:{tenant_id}:{layer_id}:{version}"


def dump(layer: KeptLayer) -> bytes:
    """A layer as it is sealed, without what its columns hold."""
    told = asdict(layer)
    for column in ("id", "version", "at"):
        del told[column]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
