"""What the product remembers: one database by its URL, SQLite or PostgreSQL; nothing above knows which.

    seal = Seal.from_setting("2:<base64>,1:<base64>")      # newest first; `new_key(name)` makes one
    upgrade(url)                                           # `status(url)`; `moving.copy(source_url, target_url)`
    resealing.reseal(url, seal)                            # `rotate-keys`, after a new key was put in front
    store = SqlStore(url, seal, clock)                     # is an `addin.ports.Store`

    store.notices.accept([Notice(tenant_id, user_id, event_id, change), ...])   # durable, mailbox due; then answer 202
    store.notices.seen(...) / settle(...)                  # in the look at a mailbox
    store.subscriptions.known(ids) / keep / of / expiring / renewed / removed / forget
    store.idempotency.begin(...) -> Begun(standing, subject_id, answer); finish / forget / tidy
    store.caches.load / save / delete                      # token caches, sealed by whoever brings them
    store.mailboxes.get / remember / not_read_since / round_done
    store.ledger             # for `server.work`; subjects are ("meeting", id) and ("mailbox", "<tenant>/<user>")
    store.history(meeting_id), store.meetings.page(...), store.meetings.by_room(...)

Every method raises errors of `addin.errors` only: Unavailable (nothing was changed), OutcomeUnknown (the commit's
answer was lost), Changed (saved meanwhile), Missing, Unreadable (no key opens it).
"""

from server.store.ledger import MAILBOX, MEETING
from server.store.notices import Notice
from server.store.schema import status, upgrade
from server.store.seal import Seal, new_key
from server.store.store import SqlStore

__all__ = ["MAILBOX", "MEETING", "Notice", "Seal", "SqlStore", "new_key", "status", "upgrade"]
