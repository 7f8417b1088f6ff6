"""Puts the block into a body, refreshes it and takes it out, touching no other byte; it writes no wording.

`find` counts the blocks of one meeting, `put` leaves exactly one, `remove` none. A block is recognised by its join URL
and its visible sentences alone (`recognise`), and cut at the places that reading the body gave (`markup`, `splice`).
"""

from collections.abc import Iterable

from addin.errors import InvalidInput
from addin.invitation import splice
from addin.invitation.recognise import lacks
from addin.invitation.text import TextBody

_CHUNK = 32_768  # characters checked at a time: pieces that stay in the processor's cache


def put(
    body: str, block: str, *, content_type: str, join_url: str, former: Iterable[str] = (), known: Iterable[str] = ()
) -> str:
    """`body` with exactly one block of this meeting: the old one refreshed in place, else a new one at the end.

    `former` are earlier join URLs of the same meeting, `known` lines of admin templates, present and past, that count
    as ours. Raises InvalidInput for what has no faithful answer: NUL, lone surrogates, framesets, a body that ends
    inside a construct, absurd nesting.
    """
    _check(body)
    urls = (join_url, *former)
    if _is_html(content_type):
        return splice.put(body, block, urls, known)
    return TextBody(body, urls, (*known, *block.splitlines())).put(block)


def remove(
    body: str, *, content_type: str, join_url: str, former: Iterable[str] = (), known: Iterable[str] = ()
) -> str:
    """`body` without any block of this meeting; what a person typed into one is kept. Errors as for `put`."""
    _check(body)
    urls = (join_url, *former)
    return splice.remove(body, urls, known) if _is_html(content_type) else TextBody(body, urls, known).remove()


def find(body: str, *, content_type: str, join_url: str, former: Iterable[str] = (), known: Iterable[str] = ()) -> int:
    """How many blocks of this meeting stand in `body`. Errors as for `put`."""
    _check(body)
    urls = (join_url, *former)
    return splice.count(body, urls, known) if _is_html(content_type) else len(TextBody(body, urls, known).blocks)


def is_current(
    body: str, block: str, *, content_type: str, join_url: str, former: Iterable[str] = (), known: Iterable[str] = ()
) -> bool:
    """Whether `body` holds one block that reads and leads as `block` does, however a client rewrote its markup.

    A body that is current needs no write, and each write mails every attendee (Graph facts 1.3, rule 6).
    """
    _check(body)
    urls = (join_url, *former)
    if _is_html(content_type):
        return splice.is_current(body, block, urls, known)
    return TextBody(body, urls, (*known, *block.splitlines())).reads(block)


def is_damaged(
    body: str, block: str, *, content_type: str, join_url: str, former: Iterable[str] = (), known: Iterable[str] = ()
) -> bool:
    """Whether a block stands in `body` that has lost a line or a separator of `block`, or stands there twice.

    Other values in its lines, and words that somebody typed into it, are no damage; no block at all is none either.
    """
    _check(body)
    urls = (join_url, *former)
    if _is_html(content_type):
        return splice.is_damaged(body, block, urls, known)
    whole = TextBody(block, urls, known).blocks
    return lacks(TextBody(body, urls, (*known, *block.splitlines())).blocks, whole)


def _is_html(content_type: str) -> bool:
    kind = content_type.lower()
    if kind not in ("html", "text"):
        raise InvalidInput("`content_type` must be html or text.", field="content_type")
    return kind == "html"


def _check(body: str) -> None:
    if body.isascii():
        whole = "\0" not in body
    else:
        whole = all(_is_whole(body[at : at + _CHUNK]) for at in range(0, len(body), _CHUNK))
    if not whole:
        raise InvalidInput("The body holds a NUL character: remove it and try again.", field="body")


def _is_whole(part: str) -> bool:
    """Whether there is no NUL; encoding, which alone finds a lone surrogate, makes that search cheap besides."""
    for encoding in ("latin-1", "utf-8"):
        try:
            return b"\0" not in part.encode(encoding)
        except UnicodeEncodeError:
            continue
    raise InvalidInput("The body holds half of a character (a lone surrogate): remove it.", field="body")
