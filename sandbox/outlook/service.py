"""Outlook on the web, desk-sized, under `/outlook`: pages, their calls, office.js; what an event is, Graph knows."""

import json
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from sandbox.graph import rewriting
from sandbox.graph.attachments import read_attachments
from sandbox.graph.errors import GraphError
from sandbox.graph.zones import find_zone
from sandbox.outlook.appointment import changed_only, to_event, to_state
from sandbox.outlook.configuration import initials, page_configuration, people_shown, tone
from sandbox.outlook.distribution import meetings
from sandbox.outlook.offsets import windows_zones
from sandbox.outlook.switches import SWITCHES, check
from sandbox.people import ADD_IN_ID, TENANTS, User, find_user
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from sandbox.entra.service import EntraService
    from sandbox.graph.service import GraphService

_NO_OFFICE = "office.js is not installed: run 'npm ci' in taskpane/, then start the sandbox again."


class OutlookService:
    """Calendar, mail and compose window of every person. Roaming settings are the only state it keeps itself."""

    name = "outlook"

    def __init__(self, world: World) -> None:
        self._world = world
        world.faults.declare(SWITCHES)
        self._lock = threading.Lock()
        self._settings: dict[str, dict[str, Any]] = {}
        self._app = self._make_app()

    def wsgi(self) -> "dict[str, WSGIApplication]":
        return {"/outlook": self._app.wsgi_app}

    def reset(self) -> None:
        with self._lock:
            self._settings.clear()

    def dump(self) -> Any:
        with self._lock:
            return {"settings": dict(self._settings)}

    def load(self, state: Any) -> None:
        with self._lock:
            self._settings = dict(state["settings"])

    def close(self) -> None:
        """Nothing runs by itself here."""

    @property
    def _graph(self) -> "GraphService":
        service: Any = self._world.services["graph"]
        return service  # type: ignore[no-any-return]

    @property
    def _entra(self) -> "EntraService":
        service: Any = self._world.services["entra"]
        return service  # type: ignore[no-any-return]

    def _make_app(self) -> Flask:
        app = Flask(__name__)
        app.jinja_env.filters.update(initials=initials, tone=tone, person_name=lambda upn: _user(upn).name)

        @app.errorhandler(GraphError)
        def refused(error: GraphError) -> ResponseReturnValue:
            return jsonify(error=error.message, code=error.code), error.status

        @app.errorhandler(ValueError)
        @app.errorhandler(KeyError)
        @app.errorhandler(TypeError)
        def wrong(error: Exception) -> ResponseReturnValue:
            return jsonify(error=f"The request is not complete: {error}"), 400

        @app.after_request
        def fresh(response: Response) -> Response:
            response.headers["Cache-Control"] = "no-cache"
            return response

        self._add_office(app)
        self._add_pages(app)
        self._add_mailbox_calls(app)
        self._add_event_calls(app)
        self._add_desk_calls(app)
        return app

    def _add_office(self, app: Flask) -> None:
        @app.get("/office/<path:name>")
        def office(name: str) -> ResponseReturnValue:
            folder = self._world.office_js
            if folder is None or not (folder / "office.js").is_file():
                return Response(_NO_OFFICE, 404, mimetype="text/plain")
            if name in ("office.js", "office.debug.js"):
                own = (Path(__file__).parent / "static" / "ajax.js").read_text("utf-8")
                # office.js finds its folder by the name of its own script, so both must come as one file
                text = own + "\n" + (folder / name).read_text("utf-8-sig")
                return Response(text, mimetype="text/javascript")
            return send_from_directory(folder.resolve(), name)

    def _add_pages(self, app: Flask) -> None:
        @app.get("/")
        def people() -> ResponseReturnValue:
            now, counts = self._world.clock.now(), Counter(one["mailbox"] for one in self._world.outbox.mails())
            local = {one.upn: now.astimezone(find_zone(one.zone)) for tenant in TENANTS for one in tenant.users}
            return render_template("people.html", section="people", tenants=TENANTS, counts=counts, local=local)

        @app.get("/who")
        def who_got_what() -> ResponseReturnValue:
            everybody = {"people": people_shown(), "language": "en-GB", "iana": "Etc/UTC"}
            return render_template("who.html", section="who", configuration=_as_script(everybody))

        @app.get("/<upn>")
        def calendar(upn: str) -> ResponseReturnValue:
            return self._page("calendar.html", _user(upn), opens=None)

        @app.get("/<upn>/mail")
        def mail(upn: str) -> ResponseReturnValue:
            return self._page("mail.html", _user(upn), opens=None)

        @app.get("/<upn>/compose")
        def compose(upn: str) -> ResponseReturnValue:
            user = _user(upn)
            event_id = request.args.get("id")
            owner = _owner(user, request.args.get("owner"))
            if event_id is None:
                return self._page("compose.html", user, opens=None)
            state = to_state(self._graph.client_event(owner.upn, event_id), owner.zone)
            if not state["isOrganizer"]:
                return redirect(f"/outlook/{user.upn}/event?id={event_id}")
            return self._page("compose.html", user, opens=state)

        @app.get("/<upn>/phone")
        def phone(upn: str) -> ResponseReturnValue:
            return self._page("phone.html", _user(upn), opens=None)

        @app.get("/<upn>/event")
        def event(upn: str) -> ResponseReturnValue:
            user = _user(upn)
            owner = _owner(user, request.args.get("owner"))
            state = to_state(self._graph.client_event(owner.upn, request.args.get("id", "")), owner.zone)
            return self._page("event.html", user, opens=state)

    def _page(self, template: str, user: User, opens: dict[str, Any] | None) -> ResponseReturnValue:
        owner = _owner(user, request.args.get("owner"))
        with self._lock:
            settings = dict(self._settings.get(user.upn, {}))
        configuration = page_configuration(self._world, user, owner, opens, settings, request.args)
        shared = [one for tenant in TENANTS for one in tenant.users if user.upn in one.delegates]
        return render_template(
            template, user=user, owner=owner, configuration=_as_script(configuration), tenants=TENANTS,
            zones=sorted(windows_zones()), shared=shared,
            done=request.args.get("done"), state=opens,
            commands=configuration["readCommands" if template == "event.html" else "commands"],
            directory=[one for tenant in TENANTS for one in tenant.users],
        )  # fmt: skip

    def _add_mailbox_calls(self, app: Flask) -> None:
        @app.post("/api/<upn>/token")
        def token(upn: str) -> ResponseReturnValue:
            return jsonify(token=self._entra.issue_addin_token(_user(upn).upn))

        @app.put("/api/<upn>/settings")
        def settings(upn: str) -> ResponseReturnValue:
            with self._lock:
                self._settings[_user(upn).upn] = _object()
            return jsonify(status="OK")

        @app.post("/api/<upn>/seen")
        def seen(upn: str) -> ResponseReturnValue:
            wanted = _object()
            _user(upn)
            if wanted["client"] == "text":
                return jsonify(html="", text=rewriting.to_text(wanted["html"]))
            return jsonify(html=rewriting.MODES[wanted["client"]](wanted["html"]), text="")

        @app.get("/api/<upn>/mails")
        def mails(upn: str) -> ResponseReturnValue:
            return jsonify(list(reversed(self._world.outbox.mails(_user(upn).upn))))

    def _add_desk_calls(self, app: Flask) -> None:
        """What belongs to no person: the settings of this Outlook, and who got which mail."""
        app.json.sort_keys = False  # type: ignore[attr-defined]

        @app.get("/api/switches")
        def switches() -> ResponseReturnValue:
            return jsonify({name: self._world.faults.switch(name) for name in SWITCHES})

        @app.put("/api/switches")
        def set_switches() -> ResponseReturnValue:
            self._world.faults.set_switches(check(_object()))
            return switches()

        @app.get("/api/count")
        def count() -> ResponseReturnValue:
            return jsonify(mails=len(self._world.outbox.mails()))

        @app.get("/api/who")
        def who() -> ResponseReturnValue:
            mails = self._world.outbox.mails()
            return jsonify(meetings=[self._with_attendees(one) for one in meetings(mails)], mails=mails)

    def _with_attendees(self, meeting: dict[str, Any]) -> dict[str, Any]:
        """Those who are invited but got nothing are named too."""
        known = {one["address"] for one in meeting["people"]}
        try:
            event = self._graph.client_event(meeting["organizer"], meeting["event"])
        except GraphError:
            return meeting
        silent = [
            {"address": one["emailAddress"]["address"].lower(), "type": one["type"], "mails": {}}
            for one in event["attendees"]
        ]
        return {**meeting, "people": meeting["people"] + [one for one in silent if one["address"] not in known]}

    def _add_event_calls(self, app: Flask) -> None:
        @app.get("/api/<upn>/events")
        def events(upn: str) -> ResponseReturnValue:
            owner = _owner(_user(upn), request.args.get("owner"))
            start = datetime.fromisoformat(request.args["start"])
            end = datetime.fromisoformat(request.args["end"])
            if start.tzinfo is None or end.tzinfo is None:
                raise ValueError("start and end need an offset")
            return jsonify([to_state(one, owner.zone) for one in self._graph.client_events(owner.upn, start, end)])

        @app.get("/api/<upn>/events/<path:event_id>")
        def one_event(upn: str, event_id: str) -> ResponseReturnValue:
            owner = _owner(_user(upn), request.args.get("owner"))
            return jsonify(to_state(self._graph.client_event(owner.upn, event_id), owner.zone))

        @app.post("/api/<upn>/save")
        def save(upn: str) -> ResponseReturnValue:
            return jsonify(self._save(_user(upn), _object()))

        @app.post("/api/<upn>/move")
        def move(upn: str) -> ResponseReturnValue:
            wanted = _object()
            owner = _owner(_user(upn), wanted.get("owner"))
            before = to_state(self._graph.client_event(owner.upn, wanted["id"]), owner.zone)
            state = {**before, "start": wanted["start"], "end": wanted["end"], "body": None}
            event = to_event(state)
            times = {name: event[name] for name in ("start", "end")}
            moved = self._graph.client_save(owner.upn, times, event_id=wanted["id"], send=before["isSent"])
            return jsonify(to_state(moved, owner.zone))

        @app.post("/api/<upn>/delete")
        def delete(upn: str) -> ResponseReturnValue:
            wanted = _object()
            owner = _owner(_user(upn), wanted.get("owner"))
            self._graph.client_delete(owner.upn, wanted["id"], send_cancellation=bool(wanted.get("send", True)))
            return jsonify(status="OK")

        @app.post("/api/<upn>/respond")
        def respond(upn: str) -> ResponseReturnValue:
            wanted = _object()
            self._graph.client_respond(_user(upn).upn, wanted["id"], wanted["answer"])
            return jsonify(status="OK")

    def _save(self, user: User, wanted: dict[str, Any]) -> dict[str, Any]:
        owner = _owner(user, wanted.get("owner"))
        state, send = self._as_client_writes(wanted["state"]), bool(wanted.get("send"))
        event_id = state.get("id")
        properties = state.get("customProperties") or {}
        if event_id is None:
            event = {**to_event(state), "attachments": read_attachments(_files(state))}
            before: dict[str, Any] = {}
        else:
            before = to_state(self._graph.client_event(owner.upn, event_id), owner.zone)
            event = changed_only(before, state)
        is_written = properties != before.get("customProperties", {})
        if before and not event and not is_written and not send:
            return before
        saved = self._graph.client_save(
            owner.upn, event, event_id=event_id, send=send, custom_properties=properties if is_written else None,
            add_in_id=ADD_IN_ID,
        )  # fmt: skip
        return to_state(saved, owner.zone)

    def _as_client_writes(self, state: dict[str, Any]) -> dict[str, Any]:
        """The body as another client than this page would store it, where the switch names one."""
        client = self._world.faults.switch("outlook.rewriting")
        if client is None or state.get("body") is None or state.get("bodyType") == "text":
            return state
        return {**state, "body": rewriting.MODES[client](state["body"])}


def _as_script(configuration: dict[str, Any]) -> str:
    """JSON for a script element, which "</" would end."""
    return json.dumps(configuration).replace("<", "\\u003c")


def _files(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"@odata.type": "#microsoft.graph.fileAttachment", "name": one["name"], "contentBytes": one["base64String"]}
        for one in state.get("attachments") or []
        if one.get("base64String")
    ]


def _user(upn: str) -> User:
    found = find_user(upn)
    if found is None:
        abort(404, f"Nobody is called {upn}.")
    return found[1]


def _owner(user: User, name: str | None) -> User:
    """Whose calendar is open: the person's own, or one that was shared with them."""
    if not name or name == user.upn:
        return user
    owner = _user(name)
    if user.upn not in owner.delegates:
        abort(403, f"{owner.name} has not shared the calendar with {user.name}.")
    return owner


def _object() -> dict[str, Any]:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data
