"""Writes every exchange as one JSON line with secrets blanked; it must not know what the exchanges mean."""

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sandbox.clock import SettableClock

BLANK = "***"
_SECRET_HEADERS = {"authorization", "x-api-key", "cookie", "set-cookie", "proxy-authorization"}
_SECRET_KEYS = {
    "access_token", "refresh_token", "id_token", "assertion", "client_secret", "client_assertion",
    "code_verifier", "password", "autologin_hash", "autologin_hashes", "access_role_hashes", "clientstate",
    "client_state", "token", "access_tokens", "tokens", "api_key", "client_info", "accesstoken",
}  # fmt: skip
_SECRET_QUERY = re.compile(r"([?&](?:l|token|code|api_key|client_secret|assertion)=)[^&#\"'\s<]+")
# a link whose last part lets one person in, as invitations of our own kind hold it
_SECRET_LINK = re.compile(r"(/j/[0-9A-Za-z_-]+/[0-9A-Za-z_-]+/)[0-9A-Za-z_-]{16,}")
_SHORTEST = 6


class Secrets:
    """Values that were handed out and must never be seen in a capture, wherever they turn up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()

    def add(self, value: str) -> str:
        """Remember `value` and give it back. What is shorter than six characters would blank ordinary words."""
        if len(value) >= _SHORTEST:
            with self._lock:
                self._values.add(value)
        return value

    def blank(self, text: str) -> str:
        """`text` with every known secret, and what follows a telling query key, replaced by `***`."""
        with self._lock:
            found = [value for value in self._values if value in text]
        for value in sorted(found, key=len, reverse=True):
            text = text.replace(value, BLANK)
        return _SECRET_LINK.sub(rf"\g<1>{BLANK}", _SECRET_QUERY.sub(rf"\g<1>{BLANK}", text))


class Capture:
    """An append-only file of exchanges; without a path it does nothing but count."""

    def __init__(self, path: Path | None, clock: SettableClock, secrets: Secrets) -> None:
        self._clock = clock
        self._secrets = secrets
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8") if path else None
        self.counts: dict[str, int] = {}

    def record(
        self,
        service: str,
        method: str,
        path: str,
        request_headers: Mapping[str, str],
        request_body: bytes,
        status: int,
        response_headers: Mapping[str, str],
        response_body: bytes,
    ) -> None:
        """One exchange; `path` with its query as received, bodies as bytes."""
        with self._lock:
            self.counts[service] = self.counts.get(service, 0) + 1
        if self._file is None:
            return
        line = {
            "time": self._clock.now().isoformat(),
            "service": service,
            "method": method,
            "path": path,
            "request_headers": _headers(request_headers),
            "request_json": _decode(request_body, request_headers),
            "status": status,
            "response_headers": _headers(response_headers),
            "response_json": _decode(response_body, response_headers),
        }
        line = self._blank(line, _SECRET_KEYS | ({"code"} if service == "entra" else set()))
        with self._lock:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _blank(self, value: Any, secret: set[str]) -> Any:
        if isinstance(value, dict):
            if str(value.get("id", "")).startswith("String {") and "value" in value:
                return {**value, "value": BLANK}  # what an add-in keeps on an item is its own affair
            return {
                self._secrets.blank(key): _blank_all(item)
                if _is_secret(key, item, secret)
                else self._blank(item, secret)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._blank(item, secret) for item in value]
        return self._secrets.blank(value) if isinstance(value, str) else value


def _is_secret(key: str, item: object, secret: set[str]) -> bool:
    bare = key.lower().removesuffix("[]").split("[")[0]
    # a policy such as "password": false tells nothing; only what could be the secret itself is blanked
    return bare in secret and not isinstance(item, bool)


def _blank_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blank_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blank_all(item) for item in value]
    return value if value is None or isinstance(value, bool) else BLANK


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {key: BLANK if key.lower() in _SECRET_HEADERS else value for key, value in headers.items()}


def _decode(body: bytes, headers: Mapping[str, str]) -> Any:
    if not body:
        return None
    kind = next((value for key, value in headers.items() if key.lower() == "content-type"), "").lower()
    text = body.decode("utf-8", "replace")
    if "json" in kind:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "x-www-form-urlencoded" in kind:
        return dict(parse_qsl(text, keep_blank_values=True))
    if "html" in kind or "javascript" in kind or "css" in kind or kind.startswith(("image/", "font/")):
        return f"({len(body)} bytes of {kind.split(';')[0]})"
    return text
