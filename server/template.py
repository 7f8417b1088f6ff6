"""Reads the organisation's invitation template from its file; what a template may hold is the invitation's affair."""

import json
from pathlib import Path

import structlog

from addin.invitation.branding import PLAIN, Branding, usable

log = structlog.get_logger(__name__)


def load(path: Path | None) -> tuple[Branding, tuple[str, ...]]:
    """The template, and the lines of its earlier versions, which blocks in sent invitations may still hold.

    The file is JSON: `{"version", "languages": {"en": {"header", "footer", "logo_url", "support"}}, "former": [earlier
    objects of the same shape]}`. What cannot be used gives the built-in block with `problem` set, and a warning.
    """
    if path is None:
        return PLAIN, ()
    try:
        saved = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = f"The invitation template is not used: {path} cannot be read ({type(error).__name__})."
        log.warning("invitation template", problem=reason)
        return Branding(problem=reason), ()
    branding = usable(saved)
    if branding.problem is not None:
        log.warning("invitation template", problem=branding.problem)
    former = saved.get("former", []) if isinstance(saved, dict) else []
    earlier = [usable(one) for one in former] if isinstance(former, list) else []
    return branding, tuple(dict.fromkeys(line for one in earlier for line in one.known_lines()))
