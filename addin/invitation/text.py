"""Puts and removes the block in a plain-text body, quoted or not; it knows no HTML."""

import re
from collections.abc import Iterable

from addin.invitation import markup
from addin.invitation.markup import Visible
from addin.invitation.recognise import Block, find

_QUOTE = re.compile(r"(?:[ \t]*>)+ ?")
_BREAK = re.compile(r"\r\n|\r|\n")
_BREAK_BEFORE = re.compile(r"(?:\r\n|\r|\n)\Z")
_BREAKS_ADDED = 2


class TextBody:
    """A plain-text body and the blocks in it. What we add to a body that is not empty is two line breaks and the
    block, so that exactly these can be taken away again."""

    def __init__(self, body: str, urls: Iterable[str], known: Iterable[str]) -> None:
        self._body = body
        self._newline = _line_end(body)
        self._visible = _read(body)
        self.blocks: list[Block] = find(self._visible.text, (), urls, known)

    def put(self, block: str) -> str:
        """The body with `block` where the first old one stood, or at the end; further old ones go."""
        if not self.blocks:
            written = block.replace("\n", self._newline)
            return self._body + (self._newline * _BREAKS_ADDED if self._body else "") + written
        first = _BREAK.search(self._body, *self._extent(self.blocks[0]))
        return self._without(block.replace("\n", first.group() if first else self._newline))

    def remove(self) -> str:
        """The body without blocks."""
        return self._without(None)

    def reads(self, block: str) -> bool:
        """Whether the only block says what `block` says."""
        if len(self.blocks) != 1 or self.blocks[0].typed:
            return False
        standing = self._visible.text[self.blocks[0].start : self.blocks[0].end]
        return standing.split() == _read(block).text.split()

    def _without(self, replacement: str | None) -> str:
        parts, position = [], 0
        for index, block in enumerate(self.blocks):
            start, end = self._extent(block)
            kept = [self._body[slice(*self._source(piece))] for piece in block.typed]
            put_here = replacement if index == 0 else None
            before = self._body[position:start]
            if put_here is None:
                before = _cut_breaks(before)
            parts.append(before)
            pieces = ([put_here] if put_here is not None else []) + kept
            lead = self._newline if put_here is None and kept and before else ""
            parts.append(lead + self._newline.join(pieces))
            position = end
        parts.append(self._body[position:])
        return "".join(parts)

    def _source(self, span: tuple[int, int]) -> tuple[int, int]:
        return self._visible.source_start(span[0]), self._visible.source_end(span[1])

    def _extent(self, block: Block) -> tuple[int, int]:
        """The block's place in the body, with the quoting marks in front of its first line."""
        start, end = self._source((block.start, block.end))
        line = max(self._body.rfind("\n", 0, start), self._body.rfind("\r", 0, start)) + 1
        if _QUOTE.fullmatch(self._body, line, start) or not self._body[line:start].strip():
            start = line
        return start, end


def _line_end(body: str) -> str:
    """The body's own line end; one that does not run together with the last character."""
    if "\r\n" in body:
        return "\r\n"
    return "\r" if body.endswith("\r") or ("\r" in body and "\n" not in body) else "\n"


def _cut_breaks(text: str) -> str:
    for _ in range(_BREAKS_ADDED):
        text = _BREAK_BEFORE.sub("", text)
    return text


def _read(body: str) -> Visible:
    """The words of each line without quoting marks and invisible characters, each line ended by one line feed."""
    visible, parts, length = Visible(), [], 0
    invisible = re.compile(rf"[^{markup.INVISIBLE}]+")
    for line in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", body):
        words = line.group().rstrip("\r\n")
        quote = _QUOTE.match(words)
        begin = line.start() + (quote.end() if quote else 0)
        for piece in invisible.finditer(body, begin, line.start() + len(words)):
            size = piece.end() - piece.start()
            visible.add(length, size, piece.start(), size)
            parts.append(piece.group())
            length += size
        parts.append("\n")
        length += 1
    visible.text = "".join(parts)
    return visible
