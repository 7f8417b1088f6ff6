"""What a worker does with a due subject: look at a meeting, or at a mailbox and all that was hinted at in it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from addin import alerting, tally
from addin.errors import AddinError, Permanent, Retryable, Stopped
from addin.following import Look, copies_of, look_at_meeting, next_look
from addin.model import Mailbox, Meeting, MeetingState
from addin.ports import Clock, Office
from addin.rounds import look_round
from addin.scheduling import Doors
from addin.tally import Source
from server.ops.figures import Figures
from server.ops.metrics import Metrics
from server.pausing import Pauses
from server.store import MAILBOX, MEETING, Notice, SqlStore
from server.store.mailboxes import Known, from_subject, subject_id
from server.store.notices import AT_ONCE, Sighting
from server.watching import Watch, Watching, stands

_CLOSED = "The calendar cannot be followed:"
_CLOSED_REASONS = ("outside-scope", "mailbox-gone", "not-delegate")  # of a whole mailbox, not of one event
_BY_ROUND = "round"
_IN_THE_BIN = timedelta(days=30)
_PATIENCE = 10  # faults at one event, until a person is told
_SOONEST = timedelta(minutes=10)  # where the service grants less time than we asked for
_STANDING = timedelta(hours=1)  # between two attempts at what an administrator stopped
_MOMENT = timedelta(seconds=2)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Looker:
    """`look(kind, subject_id)` for the ledger's workers. A Retryable comes back later, a Permanent is recorded."""

    doors: Doors
    storage: SqlStore
    clock: Clock
    watching: Watching
    metrics: Metrics
    figures: Figures
    pauses: Pauses = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pauses", Pauses(self.clock))

    def look(self, kind: str, subject: str) -> None:
        """One look, counted and timed."""
        with tally.counting(Source.CLOCK) as counted:
            try:
                self._look(kind, subject)
            finally:
                self.metrics.add(counted)

    def _look(self, kind: str, subject: str) -> None:
        begun = time.perf_counter()
        outcome = "done"
        looked_at: Meeting | None = None
        try:
            if kind == MAILBOX:
                outcome = "fault" if self._mailbox(subject) else "done"
            else:
                looked_at = look_at_meeting(subject, self.doors)
                self._wake_again(looked_at)
        except Stopped:
            outcome = "stopped"
            self._put_back(kind, subject)
        except AddinError as error:
            outcome = "later" if isinstance(error, Retryable) else "refused"
            if isinstance(error, Permanent):  # a consent may be given again: tried once a day
                self.storage.ledger.ask(kind, subject, self.clock() + self.doors.policy.check)
                if kind == MAILBOX:
                    tenant_id, user_id = from_subject(subject)
                    Watch(self.storage, self.clock, self.watching, self.metrics).give_up(Mailbox(tenant_id, user_id))
            log.info("look", kind=kind, subject=subject, outcome=outcome, reason=str(error))
            raise
        except Exception:  # only to count it as what it is; it goes on to whoever called
            outcome = "fault"
            raise
        finally:
            self.metrics.looks.labels(kind, outcome).inc()
            self.metrics.look_seconds.labels(kind).observe(time.perf_counter() - begun)
            self._count(kind, subject, looked_at, failed=outcome in ("later", "refused", "fault"))

    def _put_back(self, kind: str, subject: str) -> None:
        """Nothing was done, so nothing is done with; going on makes it due at once.

        The store is asked: this process may take notice of going on a moment late.
        """
        tenant_id = from_subject(subject)[0] if kind == MAILBOX else self.storage.meeting(subject).owner.tenant_id
        pause = _STANDING if self.storage.switches.stopped(tenant_id) is not None else _MOMENT
        self.storage.ledger.ask(kind, subject, self.clock() + pause)

    def _count(self, kind: str, subject: str, meeting: Meeting | None, *, failed: bool) -> None:
        """For the console of the tenant; a meeting is read again only where its look did not get so far."""
        if kind == MAILBOX:
            tenant = from_subject(subject)[0]
        else:
            try:
                tenant = (meeting or self.storage.meeting(subject)).owner.tenant_id
            except AddinError:
                return
        self.figures.count(tenant, "looks", "", failed=failed)

    def _mailbox(self, subject: str) -> bool:
        """Hints first, they are what somebody waits for; then the round, whose findings become hints.

        Whether a fault of ours stood in the way of some event.
        """
        tenant_id, user_id = from_subject(subject)
        known = self.storage.mailboxes.get(tenant_id, user_id) or Known(Mailbox(tenant_id, user_id), None, None)
        mailbox = known.mailbox
        live = [one for one in self.storage.find(tenant_id=tenant_id, owner_id=user_id) if _is_live(one)]
        now = self.clock()
        due = known.last_round + self._pause(mailbox, live, now) if known.last_round is not None else now
        hints = self.storage.notices.seen(tenant_id, user_id, limit=AT_ONCE)
        more = len(hints) == AT_ONCE
        if not live and due > now:
            hints = self._found_by_sweep(mailbox, hints)
            if not hints:
                self.storage.ledger.ask(MAILBOX, subject, now if more else due)
                return False
        if due <= now:
            self._forget_old(mailbox, now)
        swept = due <= now or any(not hint.event_id for hint in hints)
        office = self.doors.office(mailbox)
        watch = Watch(self.storage, self.clock, self.watching, self.metrics)
        made = bool(live) and watch.keep(mailbox, office, prove=swept)
        followed = self._follow(mailbox, hints, live)
        if known.last_round is not None:
            due = min(due, known.last_round + self._pause(mailbox, live, now))  # nobody may be telling us any more
        if made or swept or followed.unresolved or due <= now:
            self._round(known, office, live, now, made=made)
            due = now + self._pause(mailbox, live, now)
        self._settle_whole(mailbox, hints)
        self._compare([one for one in live if (one.attention or "").startswith(_CLOSED)])  # it is open again
        if not live and any(_is_live(one) for one in self.storage.find(tenant_id=tenant_id, owner_id=user_id)):
            due = now  # something came back: the mailbox is to be watched again
        if more and followed.settled:
            due = now  # the next of them; without any progress these would only be taken again
        self.storage.ledger.ask(MAILBOX, subject, min([due, *followed.paused]))
        self._again(mailbox, watch.renewal(mailbox) if live else None)
        if followed.waiting is not None:
            raise followed.waiting
        return followed.faults > 0

    def _found_by_sweep(self, mailbox: Mailbox, hints: Sequence[Sighting]) -> tuple[Sighting, ...]:
        """Where nothing is followed no notification concerns us, but what a sweep found may: it is back, or copied."""
        found = tuple(hint for hint in hints if hint.change == _BY_ROUND)
        dropped = [hint for hint in hints if hint.change != _BY_ROUND]
        self.storage.notices.settle(mailbox.tenant_id, mailbox.user_id, dropped)
        return found

    def _pause(self, mailbox: Mailbox, live: Sequence[Meeting], now: datetime) -> timedelta:
        """Between two rounds: short where nobody tells us of changes."""
        if not live:
            return self.watching.idle_sweep
        return self.watching.sweep if stands(self.storage, mailbox, now) else self.watching.poll

    def _forget_old(self, mailbox: Mailbox, now: datetime) -> None:
        """What is over is remembered for as long as the owner's policy says."""
        retention = self.doors.at(mailbox).policy.retention
        if retention is not None:
            self.storage.subjects.forget_older(mailbox, now - retention)

    def _follow(self, mailbox: Mailbox, hints: Sequence[Sighting], live: Sequence[Meeting]) -> "_Followed":
        """Look at every event hinted at, those of our meetings first: a series that was read resolves its dates."""
        ours = {meeting.event.event_id for meeting in live if meeting.event is not None}
        look = Look(mailbox, self.doors)
        done = _Followed()
        series = any(meeting.timing.recurrence is not None for meeting in live)
        for hint in sorted(hints, key=lambda hint: hint.event_id not in ours):
            if not hint.event_id:
                continue
            if hint.change == "deleted" and hint.event_id not in ours and not look.covers(hint.event_id):
                done.unresolved |= series  # nothing can be read of it; a round names its series in one call
            elif not self._at(hint, look, live, done):
                continue
            self.storage.notices.settle(mailbox.tenant_id, mailbox.user_id, [hint])
            done.settled += 1
            self._time(hint)
        return done

    def _at(self, hint: Sighting, look: Look, live: Sequence[Meeting], done: "_Followed") -> bool:
        """Whether one hint is settled now; where not, `done` says why, and the others are not held up by it."""
        what = (subject_id(look.mailbox), hint.event_id)
        until = self.pauses.until(*what)
        if until is not None:
            done.paused.append(until)
            return False
        tally.begin(Source.ROUND if hint.change == _BY_ROUND else Source.NOTIFICATION)
        try:
            self._wake_again(look.at(hint.event_id))
        except Retryable as error:
            done.waiting = error
            return False
        except Permanent as error:
            if error.reason in _CLOSED_REASONS:
                raise
            log.warning("event not followed", subject=what[0], reason=str(error))
            for meeting in _concerned(hint.event_id, look, live):
                mark(self.doors, MEETING, meeting.id, error)
                self.storage.ledger.ask(MEETING, meeting.id, self.clock() + self.doors.policy.check)
        except Exception as error:  # a fault of ours at one event must not end the look at the others
            log.error("unexpected", subject=what[0], event_id=hint.event_id, kind=type(error).__name__, exc_info=error)
            failures, until = self.pauses.failed(*what)
            done.paused.append(until)
            done.faults += 1
            if failures == _PATIENCE:
                told = Retryable(f"{type(error).__name__} in the look; see the log.")
                for meeting in _concerned(hint.event_id, look, live):
                    mark(self.doors, MEETING, meeting.id, told)
            return False
        self.pauses.over(*what)
        return True

    def _time(self, hint: Sighting) -> None:
        """How long somebody waited. A clock that was set back makes no time negative."""
        heard = Source.ROUND if hint.change == _BY_ROUND else Source.NOTIFICATION
        self.metrics.change_lag.labels(heard).observe(max(0.0, (self.clock() - hint.seen_at).total_seconds()))

    def _wake_again(self, meeting: Meeting | None) -> None:
        """What happens by the clock alone, and the daily comparison."""
        moment = next_look(meeting, self.clock(), self.doors.of(meeting).policy) if meeting is not None else None
        if meeting is not None and moment is not None:
            self.storage.ledger.ask(MEETING, meeting.id, moment)

    def _round(self, known: Known, office: Office, live: Sequence[Meeting], begun: datetime, *, made: bool) -> None:
        """One delta round. What it saw is durable as hints before its link is, so a crash repeats and loses nothing."""
        mailbox = known.mailbox
        seen = look_round(office.delta, link=known.delta_link, last_round=known.last_round, now=begun)
        found = list(seen.event_ids)
        if seen.gap:
            found += [*copies_of(live, office), *self._deleted_lately(mailbox, begun)]
            self._compare(live)
        elif made:
            self._compare(live)  # the round may stand in for hours in which nobody told us anything
        self._hint(mailbox, found)
        self.storage.mailboxes.round_done(mailbox.tenant_id, mailbox.user_id, at=begun, delta_link=seen.link)
        self.metrics.rounds.labels("gap" if seen.gap else "complete").inc()

    def _deleted_lately(self, mailbox: Mailbox, now: datetime) -> list[str]:
        """Appointments that can be taken back out of the bin; a round after a gap tells nothing of it."""
        known = self.storage.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id)
        gone = [
            one for one in known if not _is_live(one) and one.gone_at is not None and now - one.gone_at < _IN_THE_BIN
        ]
        return [meeting.event.event_id for meeting in gone if meeting.event is not None]

    def _hint(self, mailbox: Mailbox, event_ids: Iterable[str]) -> None:
        self.storage.notices.accept(
            [Notice(mailbox.tenant_id, mailbox.user_id, event_id, _BY_ROUND) for event_id in dict.fromkeys(event_ids)]
        )

    def _settle_whole(self, mailbox: Mailbox, hints: Sequence[Sighting]) -> None:
        """A hint at the mailbox as a whole is settled only after its round."""
        done = [hint for hint in hints if not hint.event_id]
        self.storage.notices.settle(mailbox.tenant_id, mailbox.user_id, done)

    def _compare(self, live: Sequence[Meeting]) -> None:
        """Something may have been missed: every meeting of the mailbox is looked at."""
        for meeting in live:
            self.storage.ledger.ask(MEETING, meeting.id)

    def _again(self, mailbox: Mailbox, renewal: datetime | None) -> None:
        if renewal is not None:
            self.storage.ledger.ask(MAILBOX, subject_id(mailbox), max(renewal, self.clock() + _SOONEST))


@dataclass
class _Followed:
    """What became of a mailbox's hints: the Retryable that some event ended in, until when others are left alone after
    faults of ours, and whether dates were deleted whose series nobody named."""

    settled: int = 0
    faults: int = 0
    waiting: Retryable | None = None
    paused: list[datetime] = field(default_factory=list)
    unresolved: bool = False


def _concerned(event_id: str, look: Look, live: Iterable[Meeting]) -> list[Meeting]:
    """The meetings of an event that cannot be followed, such as a private one: it may be one date of a series."""
    names = {event_id, look.series_of(event_id)}
    return [
        meeting
        for meeting in live
        if meeting.event is not None
        and (meeting.event.event_id in names or any(one.event_id == event_id for one in meeting.occurrences_changed))
    ]


def mark(doors: Doors, kind: str, subject: str, error: AddinError) -> None:
    """A look failed for good or again and again: the meeting says so, once; a mailbox says so in all it has.

    The organiser is mailed once, for a mailbox with one mail for all of them.
    """
    sentence = str(error) if isinstance(error, Permanent) else f"Tried again and again in vain: {error}"
    if kind == MEETING:
        concerned: Iterable[Meeting] = [doors.store.meeting(subject)]
    else:
        tenant_id, user_id = from_subject(subject)
        concerned = doors.store.find(tenant_id=tenant_id, owner_id=user_id)
        sentence = f"{_CLOSED} {error}"
    marked = [_marked(meeting, sentence, doors) for meeting in concerned if _is_live(meeting) and not meeting.attention]
    for meeting in marked[1:]:
        if not alerting.is_told(meeting, sentence):
            doors.store.save(alerting.told(meeting, sentence, meeting.attention_mail))
    for meeting in marked[:1]:
        try:
            alerting.alert(meeting, doors.office(meeting.owner), doors.of(meeting))
        except AddinError as failed:  # most often the very reason why a person is needed; the pane and the list say it
            log.info("organiser not mailed", meeting=meeting.id, reason=str(failed))


def _marked(meeting: Meeting, sentence: str, doors: Doors) -> Meeting:
    return doors.store.save(replace(meeting, attention=sentence), note=sentence)


def _is_live(meeting: Meeting) -> bool:
    return meeting.state is not MeetingState.ENDED
