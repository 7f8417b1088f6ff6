"""Writes docs/settings.md from the settings themselves, so that the page cannot lie; it changes nothing else."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from server.settings import PREFIX, Settings

HEAD = f"""# Settings

Every setting can stand in a TOML file (named by `{PREFIX}FILE` or `--settings`) or in the environment with the prefix
`{PREFIX}` in capitals, such as `{PREFIX}PORT=8600`. The environment wins. Lists are comma-separated in the environment.
Secrets never appear in logs or error messages. An unknown setting stops the start with one line that names it.

| setting | default | meaning |
| --- | --- | --- |
"""


def table() -> str:
    """The whole page as Markdown."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "required" if field.default is PydanticUndefined else _shown(field.default)
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return HEAD + "\n".join(rows) + "\n"


def _shown(value: object) -> str:
    if value is None or value in ("", ()):
        return "empty"
    if isinstance(value, tuple):
        return f"{len(value)} entries"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    Path("docs/settings.md").write_text(table(), "utf-8")
