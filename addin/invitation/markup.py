"""Reads HTML into elements and visible text that keep their places in the source; it knows nothing of invitations.

A rewritten body must be changed only at the places that are ours, so every element and every piece of text remembers
the offsets it came from. Parsing follows the HTML standard as far as it moves a boundary that we cut at (implied ends
of paragraphs, cells and rows, raw text, stray end tags). What a browser would read to the end of the file as one
unfinished construct is named in `Document.left_open`.
"""

import html
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from addin.errors import InvalidInput

MAX_DEPTH = 20_000


def names(text: str) -> frozenset[str]:
    """The words of `text` as a set."""
    return frozenset(text.split())


VOID = names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
RAW_TEXT = names("iframe noembed noframes plaintext script style textarea title xmp")
UNSEEN = names("iframe noembed noframes object script select style template textarea title video audio canvas")
BLOCK = names(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol option p pre section summary"
    " table tbody td tfoot th thead tr ul"
)
CONTENT = names("audio canvas embed hr iframe img input object select svg textarea video")
ROW_GROUPS = names("tbody thead tfoot")
CELLS = names("td th")
IMPLIED_END = names("p li dd dt tr option html body") | ROW_GROUPS | CELLS
_ONLY_IN_TABLES = ROW_GROUPS | CELLS | names("tr caption colgroup col")
_CLOSES_PARAGRAPH = BLOCK - names("body br caption head html legend option tr") - ROW_GROUPS - CELLS
_BOUNDARIES = names("table td th caption html template object button")
_CROSSES_BOUNDARIES = names("tr table caption html body template object") | ROW_GROUPS | CELLS
_START_CLOSES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # start tag: (open elements that it ends, elements beyond which it does not look)
    "li": (names("li"), names("ul ol menu dir table td th")),
    "dd": (names("dd dt"), names("dl table td th")),
    "dt": (names("dd dt"), names("dl table td th")),
    "td": (CELLS, names("table tr")),
    "th": (CELLS, names("table tr")),
    "tr": (names("tr"), names("table")),
    "tbody": (ROW_GROUPS, names("table")),
    "thead": (ROW_GROUPS, names("table")),
    "tfoot": (ROW_GROUPS, names("table")),
    "option": (names("option"), names("select")),
}

# What follows a tag name up to the closing bracket; quotation marks count only behind an equals sign.
IN_TAG = r"(?:[^>\"'=]++|=\s*+\"[^\"]*+\"|=\s*+'[^']*+'|=(?!\s*+[\"'])|[\"'])*+>"
_TOKEN = re.compile(
    r"<(?:"
    r"(?P<comment>!--)"
    rf"|(?P<start>[a-zA-Z][^\s/>]*+){IN_TAG}"
    rf"|/(?P<end>[a-zA-Z][^\s/>]*+){IN_TAG}"
    r"|(?P<bogus>[!?]|/(?=[^a-zA-Z]))"
    r"|(?P<open>/?[a-zA-Z])"
    r")"
)
_COMMENT_END = re.compile(r"-->|--!>")
_ATTRIBUTE = re.compile(r"([^\s\"'>/=][^\s>/=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>][^\s>]*)))?")
INVISIBLE = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_SPECIAL = re.compile(rf"&(?:#[0-9]{{1,8}}|#[xX][0-9a-fA-F]{{1,7}}|[a-zA-Z][a-zA-Z0-9]{{1,31}});?|[{INVISIBLE}]+")
_FOLDED = str.maketrans("\r\n\t", "   ")
_UNSEEN_CHARACTERS = re.compile(rf"[{INVISIBLE}]+")


@dataclass(slots=True, eq=False)
class Element:
    """One element: `start..inner` is its start tag, `inner_end..end` its end tag (empty where the end is implied)."""

    name: str
    start: int
    inner: int
    parent: "Element | None"
    inner_end: int = -1
    end: int = -1
    closed: bool = False

    def ancestors(self) -> "Iterator[Element]":
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent


@dataclass(slots=True)
class Visible:
    """Visible text in reading order, a line feed at every block boundary, with the way back to the source.

    `pieces` are (offset in text, length in text, offset in source, length in source); a piece whose two lengths differ
    (an entity) is never divided.
    """

    text: str = ""
    offsets: list[int] = field(default_factory=list)
    pieces: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, at: int, length: int, source: int, source_length: int) -> None:
        """Notes that `length` characters at `at` came from the source."""
        self.offsets.append(at)
        self.pieces.append((at, length, source, source_length))

    def source_start(self, position: int) -> int:
        """Source offset at which the character at `position` begins; the character must not be a boundary."""
        at, length, source, source_length = self.pieces[max(0, bisect_right(self.offsets, position) - 1)]
        return source if length != source_length else source + min(position - at, length)

    def source_end(self, position: int) -> int:
        """Source offset just behind the character before `position`."""
        at, length, source, source_length = self.pieces[max(0, bisect_right(self.offsets, position - 1) - 1)]
        return source + source_length if length != source_length else source + min(position - at, length)


@dataclass(slots=True)
class Anchor:
    """A link: the visible text `begin..end` and where it leads, unescaped once."""

    begin: int
    end: int
    href: str
    element: Element


@dataclass(slots=True)
class Atom:
    """Something other than text that a reader sees: an image, a rule, a field."""

    position: int
    element: Element
    label: str


@dataclass(slots=True)
class Document:
    """What was read. `left_open` names the construct that the end of the file cut off, if any."""

    source: str
    elements: list[Element] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)
    visible: Visible = field(default_factory=Visible)
    left_open: str | None = None
    body_end: int | None = None
    html_end: int | None = None
    last_seen: int = 0
    open_at_end: list[Element] = field(default_factory=list)
    open_at_body_end: list[Element] = field(default_factory=list)


class _Reader:
    """The open elements while reading; one per document."""

    def __init__(self, source: str) -> None:
        self.document = Document(source)
        self._stack: list[Element] = []
        self._open: dict[str, list[int]] = defaultdict(list)
        self._scopes = [-1]  # places in the stack of elements that end tags from within do not reach beyond
        self._unseen = 0
        self._links: list[Anchor] = []
        self._text: list[str] = []
        self._length = 0

    def read(self) -> Document:
        source, document, position = self.document.source, self.document, 0
        while match := _TOKEN.search(source, position):
            if match.start() > position:
                self._characters(position, match.start())
            position = self._token(match)
            if document.left_open is not None:
                break
        else:
            self._characters(position, len(source))
        document.open_at_end = list(self._stack)
        self._close_above(0, len(source))
        document.visible.text = "".join(self._text)
        return document

    def _token(self, match: re.Match[str]) -> int:
        source, kind = self.document.source, match.lastgroup
        if kind == "start":
            return self._start_tag(match)
        if kind == "end":
            self._end_tag(match["end"].lower(), match.start(), match.end())
            return match.end()
        if kind == "comment":
            return self._skip_comment(match)
        if kind == "bogus":
            end = source.find(">", match.end())
            if end < 0:
                self.document.left_open = "a declaration"
            return end + 1
        self.document.left_open = "a tag"
        return len(source)

    def _skip_comment(self, match: re.Match[str]) -> int:
        source, begin = self.document.source, match.end()
        for abrupt in (">", "->"):
            if source.startswith(abrupt, begin):
                return begin + len(abrupt)
        end = _COMMENT_END.search(source, begin)
        if end is None:
            self.document.left_open = "a comment"
            return len(source)
        return end.end()

    def _start_tag(self, match: re.Match[str]) -> int:
        name = match["start"].lower()
        if name == "frameset":
            raise InvalidInput("The body is a frameset, which shows no text: write the appointment as a normal page.")
        self._imply_ends(name, match.start())
        if name in BLOCK:
            self._boundary()
        if name in _ONLY_IN_TABLES and not self._open.get("table"):
            return match.end()
        element = Element(name, match.start(), match.end(), self._stack[-1] if self._stack else None)
        self.document.elements.append(element)
        if name in CONTENT and not self._unseen:
            self._atom(element)
        foreign_end = match.group().endswith("/>") and ("svg" in self._open or "math" in self._open)
        if name in VOID or foreign_end:
            element.inner_end = element.end = match.end()
            element.closed = True
            return match.end()
        self._push(element)
        if name in RAW_TEXT and not self._open.get("svg"):
            return self._raw_text(element)
        return match.end()

    def _push(self, element: Element) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise InvalidInput(f"The body nests more than {MAX_DEPTH} elements: simplify its layout and try again.")
        self._open[element.name].append(len(self._stack))
        if element.name in _BOUNDARIES:
            self._scopes.append(len(self._stack))
        self._stack.append(element)
        if element.name in UNSEEN:
            self._unseen += 1
        if element.name == "a":
            href = attributes(self.document.source[element.start : element.inner]).get("href", "")
            anchor = Anchor(self._length, self._length, href, element)
            self._links.append(anchor)
            self.document.anchors.append(anchor)

    def _raw_text(self, element: Element) -> int:
        source = self.document.source
        if element.name == "plaintext":
            self.document.left_open = "<plaintext>"
            return len(source)
        end = re.compile(rf"</{element.name}(?=[\s/>])", re.IGNORECASE).search(source, element.inner)
        if end is None:
            self.document.left_open = f"<{element.name}>"
            return len(source)
        return end.start()

    def _end_tag(self, name: str, start: int, end: int) -> None:
        if name == "body":
            self.document.body_end = start
            self.document.open_at_body_end = list(self._stack)
            return
        if name == "html":
            self.document.html_end = start
            return
        index = self._open[name][-1] if self._open.get(name) else -1
        if index < 0:
            if name in BLOCK:
                self._boundary()
            return
        if name not in _CROSSES_BOUNDARIES and index < self._scopes[-1]:
            return
        if name in CELLS | ROW_GROUPS | {"tr"} and index < self._nearest(names("table")):
            return
        self._close_above(index + 1, start)
        self._close(start, end, closed=True)

    def _imply_ends(self, name: str, start: int) -> None:
        if name in _CLOSES_PARAGRAPH and self._open.get("p"):
            index = self._open["p"][-1]
            if index > self._scopes[-1]:
                self._close_above(index, start)
        if rule := _START_CLOSES.get(name):
            ended, barrier = rule
            index = self._nearest(ended)
            if index > self._nearest(barrier):
                self._close_above(index, start)
        if name == "a" and self._open.get("a") and self._open["a"][-1] > self._scopes[-1]:
            self._close_above(self._open["a"][-1], start)

    def _nearest(self, names: frozenset[str]) -> int:
        return max((self._open[name][-1] for name in names if self._open.get(name)), default=-1)

    def _close_above(self, index: int, position: int) -> None:
        while len(self._stack) > index:
            self._close(position, position, closed=False)

    def _close(self, start: int, end: int, *, closed: bool) -> None:
        element = self._stack.pop()
        self._open[element.name].pop()
        if element.name in _BOUNDARIES:
            self._scopes.pop()
        element.inner_end, element.end, element.closed = start, end, closed
        if element.name in UNSEEN:
            self._unseen -= 1
        if element.name == "a":
            self._links.pop().end = self._length
        if element.name in BLOCK:
            self._boundary()

    def _boundary(self) -> None:
        if self._text and self._text[-1] != "\n":
            self._text.append("\n")
            self._length += 1

    def _atom(self, element: Element) -> None:
        self.document.last_seen = element.inner
        tag = self.document.source[element.start : element.inner]
        self.document.atoms.append(Atom(self._length, element, attributes(tag).get("alt", "").strip()))

    def _characters(self, start: int, end: int) -> None:
        if (
            self._unseen
            or start == end
            or (
                self._stack
                and self._stack[-1].name in ("head", "html")
                and (not self.document.source[start:end].strip())
            )
        ):
            return
        source, position = self.document.source, start
        for special in _SPECIAL.finditer(source, start, end):
            self._piece(source[position : special.start()], position, special.start())
            self._piece(_decode(special.group()), special.start(), special.end())
            position = special.end()
        self._piece(source[position:end], position, end)
        if not self.document.source[start:end].isspace():
            self.document.last_seen = end

    def _piece(self, text: str, start: int, end: int) -> None:
        if not text:
            return
        visible = self.document.visible
        visible.add(self._length, len(text), start, end - start)
        self._text.append(text if self._open.get("pre") else text.translate(_FOLDED))
        self._length += len(text)


def _decode(special: str) -> str:
    text = html.unescape(special) if special[0] == "&" else ""
    return _UNSEEN_CHARACTERS.sub("", text)


def attributes(tag: str) -> dict[str, str]:
    """Attributes of one start tag as written, names in lower case, values unescaped; the first of a name wins."""
    name = re.match(r"<[a-zA-Z][^\s/>]*", tag)
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag, name.end() if name else 0):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match[1].lower(), html.unescape(value))
    return found


def read(source: str) -> Document:
    """The elements and visible text of `source`. Raises InvalidInput for framesets and absurd nesting only."""
    return _Reader(source).read()
