"""The figures that the server counts; it knows their names, not their reasons."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from addin.tally import Tally

_LAGS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400)


class Metrics:
    """One registry for one server, so that several in a process do not count into each other."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.notifications = Counter(
            "clickmeeting_addin_notifications_total",
            "Change notifications by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.looks = Counter(
            "clickmeeting_addin_looks_total",
            "Looks at a meeting or mailbox by how they ended.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.look_seconds = Histogram(
            "clickmeeting_addin_look_seconds", "How long one look took.", ["kind"], registry=self.registry
        )
        self.rounds = Counter(
            "clickmeeting_addin_rounds_total",
            "Rounds over mailboxes: complete, or with a gap after which everything known was compared.",
            ["outcome"],
            registry=self.registry,
        )
        self.subscriptions = Counter(
            "clickmeeting_addin_subscriptions_total",
            "Change subscriptions made and renewed.",
            ["outcome"],
            registry=self.registry,
        )
        self.requests = Counter(
            "clickmeeting_addin_requests_total", "Answers by surface and status.", ["surface", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.change_lag = Histogram(
            "clickmeeting_addin_change_lag_seconds",
            "From the first word of a change, by notification or round, to everything done.",
            ["heard"],
            buckets=_LAGS,
            registry=self.registry,
        )
        self.calls = Counter(
            "clickmeeting_addin_upstream_calls_total", "Calls to other services.", ["service"], registry=self.registry
        )
        self.failures = Counter(
            "clickmeeting_addin_upstream_failures_total",
            "Failed calls by service and branch: retryable, or permanent.",
            ["service", "branch"],
            registry=self.registry,
        )
        self.mails = Counter(
            "clickmeeting_addin_mails_total",
            "Messages of ours by what became of them: sent, uncertain or failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.attention = Gauge(
            "clickmeeting_addin_meetings_needing_a_person",
            "Meetings that have something which only a person can settle.",
            registry=self.registry,
        )
        self.unanswered = Gauge(
            "clickmeeting_addin_subscriptions_unanswered",
            "Change subscriptions that ended or were taken away and were not made anew.",
            registry=self.registry,
        )
        self.failing = Gauge("clickmeeting_addin_failing", "Subjects whose last look failed.", registry=self.registry)
        self.due = Gauge("clickmeeting_addin_due", "Subjects that are due and wait.", registry=self.registry)
        self.at_work = Gauge(
            "clickmeeting_addin_at_work", "Subjects that somebody is looking at.", registry=self.registry
        )
        self.lag = Gauge(
            "clickmeeting_addin_lag_seconds",
            "How long the longest waiting subject has been due.",
            registry=self.registry,
        )

    def add(self, tally: Tally) -> None:
        """What one piece of work asked of others, and what became of it."""
        for service, count in tally.calls.items():
            self.calls.labels(service).inc(count)
        for (service, branch), count in tally.failures.items():
            self.failures.labels(service, branch).inc(count)
        for outcome, count in tally.mails.items():
            self.mails.labels(outcome).inc(count)
