"""The outside's handle on the sandbox: clock, faults, reset, outbox, rooms and counts; it decides nothing itself."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.faults import read_fault
from sandbox.world import World

_LONGEST_JUMP_S = 100 * 366 * 86_400


def create_control(world: World) -> Flask:
    """The application under `/control`; wrong input gets 400 with `{"error": sentence}` and changes nothing."""
    app = Flask("sandbox.control")
    app.json.sort_keys = False  # type: ignore[attr-defined]

    @app.errorhandler(ValueError)
    @app.errorhandler(TypeError)
    @app.errorhandler(OverflowError)
    def wrong(error: Exception) -> ResponseReturnValue:
        return jsonify(error=str(error)), 400

    _add_clock(app, world)
    _add_faults(app, world)
    _add_views(app, world)
    return app


def _add_clock(app: Flask, world: World) -> None:
    @app.get("/clock")
    def clock() -> ResponseReturnValue:
        return jsonify(now=world.clock.now().isoformat())

    @app.post("/clock")
    def set_clock() -> ResponseReturnValue:
        wanted = _object()
        if set(wanted) == {"now"}:
            world.clock.put(_moment(wanted["now"]))
        elif set(wanted) == {"advance_s"}:
            world.clock.advance(_seconds(wanted["advance_s"]))
        elif wanted == {"reset": True}:
            world.clock.reset()
        else:
            raise ValueError('send {"now": ISO time with offset}, {"advance_s": seconds} or {"reset": true}')
        return clock()


def _add_faults(app: Flask, world: World) -> None:
    @app.get("/faults")
    def faults() -> ResponseReturnValue:
        return jsonify(world.faults.describe())

    @app.post("/faults")
    def set_faults() -> ResponseReturnValue:
        wanted = _object()
        unknown = set(wanted) - {"clear", "faults", "switches"}
        if unknown:
            raise ValueError('send {"clear": true}, {"faults": [...]} or {"switches": {...}}')
        rules = [read_fault(item) for item in wanted.get("faults", [])]
        if wanted.get("clear"):
            world.faults.clear()
        world.faults.set_switches(wanted.get("switches", {}))
        for rule in rules:
            world.faults.add(rule)
        return faults()


def _add_views(app: Flask, world: World) -> None:
    @app.post("/reset")
    def reset() -> ResponseReturnValue:
        wanted = (request.get_json(silent=True) or {}) if request.data else {}
        names = wanted.get("services", list(world.services))
        unknown = set(names) - set(world.services)
        if set(wanted) - {"services"} or unknown:
            raise ValueError('send nothing, or {"services": ["clickmeeting", ...]} to keep the others as they are')
        world.faults.clear()
        world.clock.reset()
        world.outbox.replace([])
        world.capture.counts.clear()
        for name in names:
            world.services[name].reset()
        return jsonify(status="OK")

    @app.get("/outbox")
    def outbox() -> ResponseReturnValue:
        return jsonify(world.outbox.mails(request.args.get("mailbox")))

    @app.get("/rooms")
    def rooms() -> ResponseReturnValue:
        service: Any = world.services.get("clickmeeting")
        return jsonify(service.rooms_seen() if service else [])

    @app.post("/<name>/<action>")
    def act(name: str, action: str) -> ResponseReturnValue:
        service: Any = world.services.get(name)
        if not hasattr(service, "control"):
            raise ValueError(f"there is nothing to control at '{name}'")
        return jsonify(service.control(action, request.get_json(silent=True) or {}))

    @app.get("/counts")
    def counts() -> ResponseReturnValue:
        return jsonify(world.capture.counts)


def _moment(text: Any) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError('"now" must be an ISO time such as 2027-01-04T09:00:00+01:00') from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueError('"advance_s" must be a number of seconds') from None
    if not abs(seconds) <= _LONGEST_JUMP_S:
        raise ValueError('"advance_s" may be at most a hundred years')
    return seconds


def _object() -> dict[str, Any]:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise ValueError("send a JSON object")
    return data
