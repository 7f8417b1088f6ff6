"""Proves, without reading a large body, that nothing of ours stands in it and where it ends; in doubt it says so.

A body of a megabyte is copied in a tenth of a millisecond and read in a quarter of a second. Two facts are enough to
splice without reading: the letters and digits of the join URL, which no encoding touches, occur nowhere; and the last
characters bring a tokenizer to the same place from whatever state it enters them, with nothing left open in them.
A construct opened before the last `WINDOW` characters of a large body and never closed is not seen: clients write such
bodies from a tree, in which everything is closed.
"""

import re
from collections.abc import Iterable

from addin.invitation import links
from addin.invitation.markup import IN_TAG

SMALL = 65_536
WINDOW = 1_024
_END = re.compile(r"</body\s*>\s*</html\s*>\s*\Z", re.IGNORECASE)
_END_REACH = 200
_TEXT_AND_TAGS = re.compile(rf"(?:[^<]++|<(?:[a-zA-Z]|/[a-zA-Z])[^\s/>]*+{IN_TAG}|<!--.*?-->|<!\[[^>]*+>)*+", re.DOTALL)
_REST_OF_TAG = re.compile(IN_TAG)
_HIDING = ("display", "DISPLAY", "visibility", "VISIBILITY", "mso-hide", "hidden", "HIDDEN")
_OPENING = re.compile(
    r"<(?:(?P<comment>!--)|(?P<close>/?)(?P<name>table|select|style|script|textarea|title|template|object|svg|math"
    r"|iframe|noscript|noembed|noframes|xmp|plaintext|frameset|details|dialog|video|audio|canvas)(?=[\s/>]))",
    re.IGNORECASE,
)


def place_in(body: str, urls: Iterable[str], *, small: int = SMALL) -> int | None:
    """Where a first block goes in a body longer than `small` that provably holds none; None where it must be read.

    The place is the one that `splice.end_of_body` finds.
    """
    if len(body) <= small:
        return None
    for url in urls:
        run = links.needle(url)
        if run is None or body.rfind(run) >= 0:
            return None
    end = _END.search(body, len(body) - _END_REACH)
    if end is None:
        return None
    window = body[max(0, end.start() - WINDOW) : end.start()]
    return end.start() if _settled(window) and not _leaves_open(window) else None


def _settled(tail: str) -> bool:
    """Whether a tokenizer that enters `tail` in text, or within either kind of quotation mark, leaves it in text."""
    starts = [0]
    for mark in ('"', "'"):
        closing = tail.find(mark)
        rest = _REST_OF_TAG.match(tail, closing + 1) if closing >= 0 else None
        if rest is None:
            return False
        starts.append(rest.end())
    return all((match := _TEXT_AND_TAGS.match(tail, start)) and match.end() == len(tail) for start in starts)


def _leaves_open(window: str) -> bool:
    """Whether something that would hide or displace a block begins in `window` and does not end in it."""
    if any(word in window for word in _HIDING):
        return True
    opened: list[str] = []
    position = 0
    while match := _OPENING.search(window, position):
        position = match.end()
        if match["comment"]:
            position = window.find("-->", position)
            if position < 0:
                return True
        elif not match["close"]:
            opened.append(match["name"].lower())
        elif opened and opened.pop() != match["name"].lower():
            return True
    return bool(opened)
