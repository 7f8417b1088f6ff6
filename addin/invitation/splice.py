"""Cuts and inserts our block in HTML at offsets of the source, keeping every other byte; it knows no wording.

Elements that lie wholly inside a block are taken apart: those that hold something of ours lose their tags, those that
a person typed or pasted are kept whole behind the new block.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from addin.errors import InvalidInput
from addin.invitation import fresh, links, markup
from addin.invitation.markup import CELLS, IMPLIED_END, ROW_GROUPS, UNSEEN, Document, Element
from addin.invitation.recognise import LOGO_LABEL, Block, Link, find, lacks

_HOLDERS = markup.names(
    "address article aside blockquote body center dd details div fieldset figure footer form header html li main nav"
    " section td th"
)
_TABLE_PARTS = ROW_GROUPS | CELLS | {"tr", "table", "colgroup", "caption"}
_NEVER_ABSORBED = frozenset(("html", "body", "head", "blockquote"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Edit:
    """`start..end` of the source is replaced; `place` is where a new block would stand."""

    start: int
    end: int
    kept: str
    place: int


def put(body: str, block: str, urls: Iterable[str], known: Iterable[str]) -> str:
    """`body` with exactly one block, in place of the first old one or at the end."""
    urls = tuple(urls)
    place = fresh.place_in(body, urls)
    if place is None:
        return read_and_put(body, block, urls, known)
    return "%.*s%s%s" % (place, body, block, body[place:])  # noqa: UP031 - copies the body once, where slices do twice


def read_and_put(body: str, block: str, urls: Iterable[str], known: Iterable[str]) -> str:
    """`put` the slow way: the whole body is read. Gives the same result wherever the fast way gives one."""
    page = _Page(body, urls, (*known, *markup.read(block).visible.text.split("\n")))
    if not page.blocks:
        place = end_of_body(page.document)
        return body[:place] + block + body[place:]
    return page.replaced(block)


def remove(body: str, urls: Iterable[str], known: Iterable[str]) -> str:
    """`body` without blocks."""
    return _Page(body, urls, known).replaced(None)


def count(body: str, urls: Iterable[str], known: Iterable[str]) -> int:
    """How many blocks stand in `body`."""
    return len(_Page(body, urls, known).blocks)


def is_current(body: str, block: str, urls: Iterable[str], known: Iterable[str]) -> bool:
    """Whether the only block says what `block` says and leads nowhere else."""
    new = markup.read(block)
    page = _Page(body, urls, (*known, *new.visible.text.split("\n")))
    if len(page.blocks) != 1 or page.blocks[0].typed:
        return False
    old = page.blocks[0]
    standing = page.document.visible.text[old.start : old.end]
    led = {links.canonical(each.href) for each in page.document.anchors if old.start <= each.begin < old.end}
    return standing.split() == new.visible.text.split() and led <= {links.canonical(each.href) for each in new.anchors}


def is_damaged(body: str, block: str, urls: Iterable[str], known: Iterable[str]) -> bool:
    """Whether what stands of our blocks lacks a part of `block`."""
    whole = _Page(block, urls, known).blocks
    return lacks(_Page(body, urls, (*known, *markup.read(block).visible.text.split("\n"))).blocks, whole)


def end_of_body(document: Document) -> int:
    """The offset behind everything visible, where a block is shown whole. Raises InvalidInput where there is none."""
    if document.left_open:
        raise InvalidInput(f"The body ends inside {document.left_open}: close it and try again.", field="body")
    place, still_open = len(document.source), document.open_at_end
    after_body = document.body_end is not None and document.last_seen <= document.body_end
    after_html = document.html_end is not None and document.last_seen <= document.html_end
    if after_body and document.body_end is not None:
        place, still_open = document.body_end, document.open_at_body_end
    elif after_html and document.html_end is not None:
        place = document.html_end
    _check_open(document, still_open)
    return place


def _check_open(document: Document, still_open: list[Element]) -> None:
    cell_needed = False
    for element in reversed(still_open):
        name = element.name
        if name in UNSEEN or name in ("svg", "math", "details", "dialog"):
            raise InvalidInput(f"The body ends inside <{name}>: close it and try again.", field="body")
        if name in CELLS or name == "caption":
            cell_needed = True
        elif name == "table":
            if not cell_needed:
                raise InvalidInput("The body ends inside a table, outside its cells: close it.", field="body")
            cell_needed = False
        tag = document.source[element.start : element.inner]
        if "hid" in tag.lower() or "none" in tag.lower():
            found = markup.attributes(tag)
            if "hidden" in found or _HIDDEN.search(found.get("style", "")):
                raise InvalidInput(f"The body ends inside a hidden <{name}>: close it and try again.", field="body")


class _Page:
    """An HTML body, read, and the blocks in it."""

    def __init__(self, body: str, urls: Iterable[str], known: Iterable[str]) -> None:
        urls = tuple(urls)
        self.document = markup.read(body)
        self._ours = links.same(urls)
        anchors = [Link(each.begin, each.end, each.href) for each in self.document.anchors]
        self.blocks: list[Block] = find(self.document.visible.text, anchors, urls, known)
        self._by_inner = {element.inner: element for element in self.document.elements if element.end > element.inner}
        self._by_end: dict[int, list[Element]] = {}
        for element in self.document.elements:
            self._by_end.setdefault(element.inner_end, []).append(element)
        self._starts = [element.start for element in self.document.elements]

    def replaced(self, block: str | None) -> str:
        """The source with every block cut out and `block`, if given, where the first one stood."""
        source, parts, position = self.document.source, [], 0
        edits = [self._edit(each) for each in self.blocks]
        if block is not None and edits:
            edits = _with_block(edits, block)
        for edit in edits:
            parts += [source[position : edit.start], edit.kept]
            position = edit.end
        return "".join([*parts, source[position:]])

    def _edit(self, block: Block) -> _Edit:
        visible = self.document.visible
        start, end = self._grown(visible.source_start(block.start), visible.source_end(block.end))
        kept, straddles = self._kept(block, start, end)
        return _Edit(start, end, kept, self._place(start, end, straddles))

    def _grown(self, start: int, end: int) -> tuple[int, int]:
        """The span with the tags of elements that hold nothing else; half a table is never taken."""
        source = self.document.source
        best = (start, end)
        while True:
            left, right = start, end
            while left > 0 and source[left - 1] in " \t\r\n":
                left -= 1
            while right < len(source) and source[right] in " \t\r\n":
                right += 1
            opened = self._by_inner.get(left)
            if opened and start < opened.end <= end - (not opened.closed) and self._absorbable(opened):
                start = opened.start
            elif finished := self._finished(right, start, end):
                end = finished.end
            elif opened and opened.closed and opened.inner_end == right and self._absorbable(opened):
                start, end = opened.start, opened.end
            else:
                return best
            if not self._halves_table(start, end):
                best = (start, end)

    def _finished(self, position: int, start: int, end: int) -> Element | None:
        for element in self._by_end.get(position, ()):
            if element.start >= start and element.end > end:
                return element
        return None

    def _absorbable(self, element: Element) -> bool:
        if element.name in _NEVER_ABSORBED or not (element.closed or element.name in IMPLIED_END):
            return False
        tag = self.document.source[element.start : element.inner]
        return "WordSection" not in tag

    def _halves_table(self, start: int, end: int) -> bool:
        """Whether the span has taken cells or rows of a table without the table."""
        index = bisect_left(self._starts, start)
        if index == len(self._starts) or self._starts[index] != start:
            return False
        element = self.document.elements[index]
        return element.name in _TABLE_PARTS - {"table"} and element.end <= end

    def _kept(self, block: Block, start: int, end: int) -> tuple[str, list[Element]]:
        """What of `start..end` stays: what was typed, and tags of elements that reach out of the span."""
        visible = self.document.visible
        ours = [(visible.source_start(each.start), visible.source_end(each.end)) for each in block.segments]
        typed = [(visible.source_start(begin), visible.source_end(stop)) for begin, stop in block.typed]
        typed += [
            (atom.element.start, atom.element.end)
            for atom in self.document.atoms
            if start <= atom.element.start < end and atom.label != LOGO_LABEL
        ]
        typed.sort()
        pieces: list[tuple[int, str]] = []
        straddles: list[Element] = []
        whole_until = start
        whole: list[tuple[int, int]] = []
        for element in self._between(start, end):
            if element.end > end or element.start < start:
                straddles.append(element)
                continue
            if element.start < whole_until or self._is_ours(element, ours):
                continue
            if element.name in _TABLE_PARTS - {"table"}:
                continue
            if element.name == "table" or _any_between(typed, element.start, element.end):
                whole.append((element.start, element.end))
                whole_until = element.end
        for begin, stop in typed:
            if not any(left <= begin < right for left, right in whole):
                pieces.append((begin, f"<div>{self.document.source[begin:stop]}</div>"))
        pieces += [(left, self._whole(left, right)) for left, right in whole]
        pieces += self._outer_tags(straddles, start, end)
        return "".join(text for _, text in sorted(pieces)), straddles

    def _whole(self, start: int, end: int) -> str:
        return self.document.source[start:end]

    def _between(self, start: int, end: int) -> list[Element]:
        """Elements with a tag in the span, in order of their start."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        inside = self.document.elements[first:last]
        ending: list[Element] = []
        if first:
            parent: Element | None = self.document.elements[first - 1]
            while parent is not None:
                if start < parent.end <= end and parent.inner_end >= start and parent.closed:
                    ending.append(parent)
                parent = parent.parent
        return ending + inside

    def _outer_tags(self, straddles: list[Element], start: int, end: int) -> list[tuple[int, str]]:
        source = self.document.source
        tags = []
        for element in straddles:
            if element.start >= start:
                tags.append((element.start, source[element.start : element.inner]))
            elif element.end <= end:
                tags.append((element.inner_end, source[element.inner_end : element.end]))
        return tags

    def _is_ours(self, element: Element, ours: list[tuple[int, int]]) -> bool:
        """Whether a part of what we wrote, or a link to the room, stands in the element."""
        index = bisect_left(ours, (element.inner_end, -1)) - 1
        if index >= 0 and ours[index][1] > element.inner:
            return True
        if element.name != "a":
            return False
        href = markup.attributes(self.document.source[element.start : element.inner]).get("href", "")
        return links.canonical(href) in self._ours

    def _place(self, start: int, end: int, straddles: list[Element]) -> int:
        """Where a block may stand: behind the paragraph or the table row that the span begins in."""
        index = bisect_left(self._starts, start)
        element: Element | None = self.document.elements[index - 1] if index else None
        while element is not None and element.end <= start:
            element = element.parent
        place = start
        while element is not None and element.name not in _HOLDERS:
            if not element.closed and element.name not in IMPLIED_END:
                break
            place = element.end
            element = element.parent
        return place if place == start or place >= end else start


def _any_between(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    index = bisect_left(spans, (start, -1))
    return index < len(spans) and spans[index][0] < end


def _with_block(edits: list[_Edit], block: str) -> list[_Edit]:
    first = edits[0]
    if first.place <= first.end:
        return [_Edit(first.start, first.end, block + first.kept, first.place), *edits[1:]]
    place = first.place
    for edit in edits[1:]:
        if edit.start < place < edit.end:
            place = edit.start
    return sorted([*edits, _Edit(place, place, block, place)], key=lambda edit: edit.start)
