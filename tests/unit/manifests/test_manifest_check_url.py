"""What a server hands out: the manifests, and the headers of what they point to."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import pytest
from manifest_changes import HOST, PANE

from manifest.build import Built
from manifest.checking import Answer, ShippedFiles, check_url
from manifest.place import WrongInput

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png"}


def served(
    made: Built, change: Callable[[str, dict[str, str]], int | None] = lambda path, headers: None
) -> Callable[[str], Answer]:
    """A server that answers as ours does, unless `change` says otherwise: it edits headers, may give another status."""
    files = ShippedFiles(PANE)
    own: Mapping[str, bytes] = {"/manifest.xml": made.xml, "/manifest.zip": made.package}

    def ask(url: str) -> Answer:
        path = urlsplit(url).path
        body = own[path] if path in own else files(url).body
        kind = TYPES.get(path[path.rfind(".") :], "application/octet-stream")
        headers = {"Content-Type": kind, "Cache-Control": "public, max-age=86400"}
        status = change(path, headers) or (200 if body else 404)
        return Answer(status, body if status == 200 else b"", headers)

    return ask


def test_a_good_server_has_no_findings_by_its_address_or_a_manifests(made: Built) -> None:
    for address in (HOST, f"{HOST}/", f"{HOST}/manifest.xml", f"{HOST}/manifest.zip"):
        assert check_url(address, served(made)) == [], address


@pytest.mark.parametrize(("path", "change", "rule", "told"), [
    ("/taskpane/icons/app-64.png", {"Cache-Control": "no-store"}, "cache", "no-store"),
    ("/taskpane/icons/add-32.png", {"Cache-Control": "private, no-cache"}, "cache", "no-cache"),
    ("/taskpane/icons/app-128.png", {"Content-Type": "text/html"}, "type", "image/png"),
    ("/taskpane/events.js", {"Content-Type": "text/plain"}, "type", "text/javascript"),
    ("/taskpane/taskpane.html", {"Content-Type": "text/plain"}, "type", "text/html"),
    ("/taskpane/icons/app-16.png", 302, "missing", "the answer is 302"),
    ("/taskpane/commands.html", 404, "missing", "the answer is 404"),
    ("/manifest.zip", 404, "missing", "the answer is 404"),
])  # fmt: skip
def test_a_fault_of_the_server_is_found(
    made: Built, path: str, change: dict[str, str] | int, rule: str, told: str
) -> None:
    def wrong(asked: str, headers: dict[str, str]) -> int | None:
        if asked == path and isinstance(change, dict):
            headers.update(change)
        return change if asked == path and isinstance(change, int) else None

    found = check_url(HOST, served(made, wrong))
    assert any(one.rule == rule and told in one.text + one.remedy for one in found), "\n".join(map(str, found))


def test_an_unreachable_server_is_told_as_such() -> None:
    found = check_url(HOST, lambda _: Answer(0, b"it cannot be reached"))
    assert ["it cannot be reached" in finding.text for finding in found] == [True, True]


@pytest.mark.parametrize("url", ["http://addin.contoso.example/manifest.xml", "https://localhost/", "manifest.xml"])
def test_an_address_that_cannot_be_one_is_refused(made: Built, url: str) -> None:
    with pytest.raises(WrongInput):
        check_url(url, served(made))
