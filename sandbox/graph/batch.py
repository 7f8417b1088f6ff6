"""$batch: up to twenty requests in one, answered in any order; each part runs as a request of its own."""

import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flask import Response, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sandbox.graph.door import VERSION, Door, object_payload, reply
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.parts import Parts
from sandbox.graph.throttle import mailbox_concurrency

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SWITCHES: dict[str, Any] = {
    "graph.batch_shuffle": True,  # answers come in any order
    "graph.batch_throttle": "",  # parts whose url holds this text are answered 429
}
_MOST = 20
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}
Part = dict[str, Any]


class BatchRoutes:
    """The view takes no lock of its own: its parts do."""

    def __init__(self, door: Door, parts: Parts, app: "Callable[[], WSGIApplication]") -> None:
        self._parts = parts
        self._app = app
        self._random = random.Random(1)  # noqa: S311 - only the order of answers
        door.mount("/$batch", "POST", self.batch, locked=False)

    def batch(self) -> Response:
        wanted = _read(object_payload())
        answers: dict[str, Part] = {}
        running: dict[str, int] = {}
        for part in wanted:
            answers[part["id"]] = self._answer(part, answers, running)
        shown = list(answers.values())
        if self._parts.switch("batch_shuffle"):
            self._random.shuffle(shown)
        return reply({"responses": shown})

    def _answer(self, part: Part, answers: dict[str, Part], running: dict[str, int]) -> Part:
        if any(answers[name]["status"] >= 400 for name in part.get("dependsOn", [])):
            message = "Failed Dependency: a request that this one depends on has failed."
            return _failed(part, GraphError(424, "FailedDependency", message))
        mailbox = _mailbox_of(part["url"])
        if not part.get("dependsOn"):
            # parts that wait for nothing run at the same time (Graph facts 5)
            running[mailbox] = running.get(mailbox, 0) + 1
        pattern = str(self._parts.switch("batch_throttle"))
        crowded = not part.get("dependsOn") and running[mailbox] > int(self._parts.switch("concurrency"))
        if crowded or (pattern and pattern in part["url"]):
            return _failed(part, mailbox_concurrency(int(self._parts.switch("retry_after_s"))))
        return self._run(part)

    def _run(self, part: Part) -> Part:
        path, _, query = part["url"].lstrip("/").partition("?")
        body = part.get("body")
        headers = {"Authorization": request.headers.get("Authorization", ""), **part.get("headers", {})}
        builder = EnvironBuilder(
            path=f"{VERSION}/{unquote(path)}",
            base_url=request.host_url.rstrip("/") + request.script_root,
            query_string=query,
            method=part["method"],
            headers=headers,
            data=None if body is None else body if isinstance(body, str) else json.dumps(body),
        )
        found, status, answered = run_wsgi_app(self._app(), builder.get_environ())
        text = b"".join(found).decode()
        answer: Part = {"id": part["id"], "status": int(status.split(" ")[0]), "headers": dict(answered)}
        if text:
            answer["body"] = json.loads(text)
        return answer


def _read(data: Part) -> list[Part]:
    """The parts, checked as a whole: 400 for more than twenty, double ids, bad parts, unknown dependencies."""
    wanted = data.get("requests")
    if not isinstance(wanted, list) or not wanted:
        raise bad_request("The batch needs a list of 'requests'.")
    if len(wanted) > _MOST:
        raise GraphError(400, "MaximumValueExceeded", f"Number of batch request steps exceeds the maximum of {_MOST}.")
    names: set[str] = set()
    for part in wanted:
        _check_part(part)
        if part["id"].lower() in names:
            raise bad_request(f"Batch request id '{part['id']}' is not unique.")
        names.add(part["id"].lower())
    order = [part["id"] for part in wanted]
    for at, part in enumerate(wanted):
        if not set(part.get("dependsOn", [])) <= set(order[:at]):
            raise bad_request(f"Request '{part['id']}' depends on one that does not stand before it.")
    return wanted


def _check_part(part: Any) -> None:
    if not isinstance(part, dict) or not isinstance(part.get("id"), str) or not part["id"]:
        raise bad_request("Each request of a batch needs an id.")
    method, url = part.get("method"), part.get("url")
    if method not in _METHODS or not isinstance(url, str) or "://" in url or "$batch" in url:
        raise bad_request(f"Request '{part['id']}' needs a method and a url relative to the version.")
    headers = part.get("headers", {})
    if not isinstance(headers, dict) or not isinstance(part.get("dependsOn", []), list):
        raise bad_request(f"Request '{part['id']}' has headers or dependsOn of the wrong type.")
    if part.get("body") is not None and "content-type" not in {str(name).lower() for name in headers}:
        raise bad_request(f"Request '{part['id']}' has a body and no Content-Type header.")


def _mailbox_of(url: str) -> str:
    steps = url.lstrip("/").partition("?")[0].split("/")
    return "/".join(steps[:2]).lower() if steps[0].lower() == "users" else steps[0].lower()


def _failed(part: Part, error: GraphError) -> Part:
    return {
        "id": part["id"],
        "status": error.status,
        "headers": {"Content-Type": "application/json", **error.headers},
        "body": {"error": {"code": error.code, "message": error.message}},
    }
