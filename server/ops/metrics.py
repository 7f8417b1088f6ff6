"""The figures that the server counts; it knows their names, not their reasons."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


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
        self.due = Gauge("clickmeeting_addin_due", "Subjects that are due and wait.", registry=self.registry)
        self.at_work = Gauge(
            "clickmeeting_addin_at_work", "Subjects that somebody is looking at.", registry=self.registry
        )
        self.lag = Gauge(
            "clickmeeting_addin_lag_seconds",
            "How long the longest waiting subject has been due.",
            registry=self.registry,
        )
