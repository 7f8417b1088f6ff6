"""Writes docs/api.md from the OpenAPI document, so that the page cannot lie; it knows no route by itself."""

import base64
import tempfile
from pathlib import Path
from typing import Any

_HEAD = """# The API

Made from `/api/v1/openapi.json`, which every server serves; a test holds this page to it. All calls want
`Authorization: Bearer <token>`, an Entra access token for the scope of our API. Errors are problem documents
(RFC 9457): `detail` is a sentence to show, `reason` a stable word for programs, `retry_after` seconds to wait, `claims`
a challenge to sign in again with, `nearest` the nearest possible recurrence.

A person may make `api_calls_per_minute` calls a minute (429 with `Retry-After` beyond that). A meeting of somebody else
looks exactly like one that does not exist.
"""


def page(document: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                parts.append(_operation(method.upper(), path, operation, document))
    parts.append("## Shapes\n")
    for name, schema in sorted(document["components"]["schemas"].items()):
        if "properties" in schema and not name.startswith("Validation"):
            parts.append(_shape(name, schema))
    return "\n".join(parts)


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    lines = [f"## {method} {path}\n", operation.get("summary", "").strip()]
    if operation.get("description"):
        lines.append(operation["description"].replace("<br/>", " ").strip())
    parameters = [one for one in operation.get("parameters", ()) if one["in"] != "path"]
    if parameters:
        lines.append("\n| parameter | in | required | type |\n| --- | --- | --- | --- |")
        lines += map(_parameter, parameters)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        lines.append(f"\nBody: {_type(body)}")
    told = [f"{status} {_answer(answer)}".strip() for status, answer in operation.get("responses", {}).items()]
    lines.append(f"\nAnswers: {', '.join(told)}.\n")
    return "\n".join(lines)


def _parameter(one: dict[str, Any]) -> str:
    required = "yes" if one.get("required") else "no"
    return f"| `{one['name']}` | {one['in']} | {required} | {_type(one.get('schema', {}))} |"


def _answer(answer: dict[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return _type(schema) if schema else ""


def _shape(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    lines = [f"### {name}\n", " ".join(schema.get("description", "").split())]
    lines.append("\n| member | type | |\n| --- | --- | --- |")
    for member, inner in schema["properties"].items():
        note = "required" if member in required else _default(inner)
        lines.append(f"| `{member}` | {_type(inner)} | {note} |")
    return "\n".join(lines) + "\n"


def _default(schema: dict[str, Any]) -> str:
    return f"default `{str(schema['default']).lower()}`" if schema.get("default") is not None else "may be left out"


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words; a named shape as a link."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    for kind in ("anyOf", "oneOf", "allOf"):
        if kind in schema:
            return " or ".join(_type(inner) for inner in schema[kind])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    word = str(schema.get("type", "anything"))
    limits = [f"at most {schema[name]}" for name in ("maxLength",) if name in schema]
    return f"{schema.get('format', word)}" + (f", {limits[0]}" if limits else "")


def document() -> dict[str, Any]:
    """The OpenAPI document of this version, from an application that is made and never asked anything else."""
    from server.bootstrap import build
    from server.settings import make
    from server.store import upgrade

    nobody = "00000000-0000-4000-8000-000000000000"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/none.db"
        upgrade(url)
        values = {"public_url": "https://addin.example", "database_url": url, "clickmeeting_api_key": "none"}
        key = base64.urlsafe_b64encode(bytes(32)).decode()
        secrets = {"encryption_keys": f"none:{key}", "client_secret": "none"}
        product = build(make({**values, **secrets, "client_id": nobody, "tenants": (nobody,)}, environment=False))
        try:
            found: dict[str, Any] = product.app.test_client().get("/api/v1/openapi.json").get_json()
        finally:
            product.close()
    return found


if __name__ == "__main__":
    Path("docs/api.md").write_text(page(document()), "utf-8")
