"""Puts services behind path prefixes and wraps each with faults and capture; it knows no service's meaning."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

from sandbox.faults import Fault
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 409: "Conflict", 410: "Gone", 412: "Precondition Failed",
    422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


class ConnectionCut(Exception):
    """Raised inside an answer's body so that the HTTP server drops the connection."""


class Dispatcher:
    """Chooses a service by the longest matching prefix; everything else goes to `fallback` untouched."""

    def __init__(self, mounts: "dict[str, WSGIApplication]", fallback: "WSGIApplication") -> None:
        self._mounts = sorted(mounts.items(), key=lambda mount: -len(mount[0]))
        self._fallback = fallback

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, app in self._mounts:
            if path == prefix or path.startswith(prefix + "/"):
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
                environ["PATH_INFO"] = path[len(prefix) :]
                return app(environ, start_response)
        return self._fallback(environ, start_response)


class Observed:
    """One service with the faults asked for and a line of capture for each exchange."""

    def __init__(self, service: str, app: "WSGIApplication", world: World) -> None:
        self._service = service
        self._app = app
        self._world = world

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        method, path = environ["REQUEST_METHOD"], requested_path(environ)
        fault = self._world.faults.take(self._service, method, path)
        if fault is None or fault.after_effect:
            status, headers, answer = self._run(environ)
        else:
            status, headers, answer = 0, [], b""
        if fault is not None:
            if fault.hang_s is not None:
                self._world.closing.wait(fault.hang_s)
                status, headers, answer = status or 504, headers, answer
            elif not fault.cut:
                status, headers, answer = _faulty(fault)
        self._capture(environ, body, status, headers, answer)
        if fault is not None and fault.cut:
            start_response("200 OK", [("Content-Length", "1000"), ("Content-Type", "application/json")])
            return _cut()
        start_response(f"{status} {_REASONS.get(status, 'Answer')}", headers)
        return [answer]

    def _run(self, environ: "WSGIEnvironment") -> tuple[int, list[tuple[str, str]], bytes]:
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            said[:] = [int(status.split()[0]), headers]
            return io.BytesIO().write

        parts = self._app(environ, start)
        try:
            answer = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return said[0], said[1], answer

    def _capture(
        self, environ: "WSGIEnvironment", body: bytes, status: int, headers: list[tuple[str, str]], answer: bytes
    ) -> None:
        self._world.capture.record(
            self._service,
            environ["REQUEST_METHOD"],
            requested_path(environ),
            request_headers(environ),
            body,
            status,
            dict(Headers(headers).items()),
            answer,
        )


def _faulty(fault: Fault) -> tuple[int, list[tuple[str, str]], bytes]:
    text = fault.body if isinstance(fault.body, str) else ("" if fault.body is None else json.dumps(fault.body))
    kind = fault.content_type or ("application/json" if not isinstance(fault.body, str) else "text/html")
    answer = text.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(answer))), *fault.headers.items()]
    return fault.status or 500, headers, answer


def _cut() -> Iterator[bytes]:
    yield b"{"
    raise ConnectionCut


def requested_path(environ: "WSGIEnvironment") -> str:
    """Path and query as they came over the wire."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw:
        return str(raw)
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", ""))
    query = environ.get("QUERY_STRING", "")
    return path.encode("latin-1", "replace").decode("utf-8", "replace") + (f"?{query}" if query else "")


def request_headers(environ: "WSGIEnvironment") -> dict[str, str]:
    """Headers by their usual spelling."""
    found = {key[5:].replace("_", "-").title(): str(value) for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            found[key.replace("_", "-").title()] = str(environ[key])
    return found
