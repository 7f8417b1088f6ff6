"""Passes what is not the sandbox's own to the add-in's server, as a reverse proxy in production does."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import requests

from sandbox.web import request_headers, requested_path
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
    "upgrade", "content-length", "content-encoding",
}  # fmt: skip


class Forwarder:
    """A WSGI application that asks `world.server_url` and hands the answer on; 502 where nothing listens there."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._world.server_url is None:
            return _plain(
                start_response, "404 Not Found", "Nothing here: the sandbox runs without the add-in's server."
            )
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(int(length)) if length else b""
        headers = {key: value for key, value in request_headers(environ).items() if key.lower() not in _HOP_BY_HOP}
        headers["X-Forwarded-Proto"] = environ["wsgi.url_scheme"]
        headers["X-Forwarded-Host"] = environ.get("HTTP_HOST", "")
        headers["X-Forwarded-For"] = environ.get("REMOTE_ADDR", "")
        headers["Accept-Encoding"] = "identity"
        try:
            answer = requests.request(
                environ["REQUEST_METHOD"],
                self._world.server_url + requested_path(environ),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=(5, 120),
            )
        except requests.RequestException:
            return _plain(start_response, "502 Bad Gateway", "The add-in's server does not answer.")
        # each header by itself: cookies that were joined by commas would be lost
        kept = [(key, value) for key, value in answer.raw.headers.items() if key.lower() not in _HOP_BY_HOP]
        kept.append(("Content-Length", str(len(answer.content))))
        start_response(f"{answer.status_code} {answer.reason or 'Answer'}", kept)
        return [answer.content]


def _plain(start_response: "StartResponse", status: str, sentence: str) -> Iterable[bytes]:
    body = sentence.encode()
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
