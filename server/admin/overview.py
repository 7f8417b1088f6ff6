"""The first page: how it stands at a glance, two charts, and the switch that stops everything."""

from collections import defaultdict
from datetime import datetime, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from server.admin.charts import Bar, Chart, chart
from server.admin.console import Console, back, page, present, say
from server.store.usage import QUARTER, Used, quarter

_SHOWN = timedelta(hours=24)


def add_overview(pages: Blueprint, console: Console) -> None:
    """`/`, `/stop` and `/go-on`."""

    @pages.get("/")
    def overview() -> ResponseReturnValue:
        admin = present()
        console.figures.flush()
        now = console.clock()
        figures = console.storage.usage.since(admin.tenant_id, now - _SHOWN)
        due, waited = console.storage.usage.waiting(admin.tenant_id)
        return page(
            "overview",
            say("overview"),
            due=due,
            waited=waited,
            standing=console.storage.usage.standing(admin.tenant_id),
            needing=console.storage.meetings.needing(admin.tenant_id, limit=100),
            failing=console.storage.usage.failing(admin.tenant_id, limit=20),
            looks=looks_chart(figures, now),
            waits=waits_chart(figures, now),
            stopped=console.tenancy.stopped(admin.tenant_id),
        )

    @pages.post("/stop")
    def stop() -> ResponseReturnValue:
        why = request.form.get("why", "").strip()[:200]
        admin = present()
        by = admin.name or admin.address
        console.storage.switches.stop(admin.tenant_id, by, console.act("stopped", detail=why))
        console.tenancy.forget(admin.tenant_id)
        return back("overview", "stopped")

    @pages.post("/go-on")
    def go_on() -> ResponseReturnValue:
        tenant = present().tenant_id
        console.storage.switches.go_on(tenant, console.act("went-on"))
        console.tenancy.forget(tenant)
        return back("overview", "went_on")


def looks_chart(figures: tuple[Used, ...], now: datetime) -> Chart:
    """Looks and how many of them failed, a quarter of an hour each."""
    whole: dict[datetime, int] = defaultdict(int)
    bad: dict[datetime, int] = defaultdict(int)
    for one in figures:
        if one.service == "looks":
            whole[one.at] += one.calls
            bad[one.at] += one.failures
    return chart([Bar(at, whole[at], bad[at]) for at in _quarters(now)])


def waits_chart(figures: tuple[Used, ...], now: datetime) -> Chart:
    """The longest wait of what was due, in seconds."""
    worst: dict[datetime, int] = defaultdict(int)
    for one in figures:
        if one.service == "lag":
            worst[one.at] = max(worst[one.at], one.worst_ms)
    return chart([Bar(at, worst[at] / 1000) for at in _quarters(now)])


def _quarters(now: datetime) -> list[datetime]:
    last = quarter(now)
    return [last - QUARTER * number for number in range(_SHOWN // QUARTER - 1, -1, -1)]
