"""An administrator's browser without a screen: signs in by the stand-in's pages and calls the console's."""

import html
import re
from typing import Any

import requests
from flask import Flask
from stage import Stage

from server.admin.pages import admin_blueprint

ADMIN, OTHER_ADMIN = "admin@contoso.example", "admin@fabrikam.example"


class Administrator:
    """One browser. `get` and `post` follow redirects as browsers do; `post` says that it comes from the console."""

    def __init__(self, stage: Stage) -> None:
        self.base = stage.base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(stage.running.description["ca_file"])

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(f"{self.base}/admin/{path}", timeout=60, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"} | more.pop("headers", {})
        return self.session.post(f"{self.base}/admin/{path}", data=form or {}, headers=headers, timeout=60, **more)

    def sign_in(self, upn: str) -> requests.Response:
        """The page at the end of the sign-in."""
        return self.send(self.come_back(upn))

    def come_back(self, upn: str) -> tuple[str, dict[str, str]]:
        """The form with which the sign-in service sends the browser back: its target and fields."""
        asked = self.get("sign-in")
        answered = self.session.post(
            self.base + _action(asked.text), data=_fields(asked.text) | {"user": upn}, timeout=60
        )
        return _action(answered.text), _fields(answered.text)

    def send(self, form: tuple[str, dict[str, str]]) -> requests.Response:
        """As the sign-in service's page does, from another site."""
        headers = {"Origin": "https://login.example", "Sec-Fetch-Site": "cross-site"}
        return self.session.post(form[0], data=form[1], headers=headers, timeout=60)


def signed_in(stage: Stage, upn: str = ADMIN) -> Administrator:
    administrator = Administrator(stage)
    assert administrator.sign_in(upn).status_code == 200
    return administrator


def routes() -> list[tuple[str, str]]:
    """(method, path below /admin/ with its places) of every route of the console."""
    app = Flask(__name__)
    app.register_blueprint(admin_blueprint(None))  # type: ignore[arg-type]
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    return sorted(
        (method, rule.rule.removeprefix("/admin/"))
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST"}
    )


def heading(answer: requests.Response) -> str:
    return html.unescape("".join(re.findall("<h1>(.*?)</h1>", answer.text)))


def told(answer: requests.Response) -> str:
    """The page's words without its tags."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def _action(page: str) -> str:
    [found] = re.findall(r'<form[^>]*action="([^"]*)"', page)
    return html.unescape(found)


def _fields(page: str) -> dict[str, str]:
    return {html.unescape(name): html.unescape(value)
            for name, value in re.findall(r'<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"', page)}  # fmt: skip
