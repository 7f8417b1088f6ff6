"""Rewrites HTML as Exchange and each Outlook do (Graph facts 1.3); it knows no event."""

import functools
import html as entities
import re
import textwrap
from collections.abc import Callable, Iterable
from html.parser import HTMLParser

from lxml import etree
from lxml import html as parser

_FOLD = 76
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source", "embed", "param", "track"}
_UNSAFE = {"script", "form", "iframe", "object", "embed", "applet", "frame", "frameset", "base", "input", "button"}
_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "center", "blockquote", "section", "article"}
_VERBATIM = {"pre", "textarea", "style", "script"}
_ORDER = ("id", "class", "href", "src", "target", "rel", "title", "name")
_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
_WORD_KEEPS = {"href", "src", "alt", "width", "height", "colspan", "rowspan", "style"}
_WORD_FONT = "font-size:11.0pt; font-family:Calibri,sans-serif"
_NEW_FONT = "font-family:Aptos,Aptos_EmbeddedFont,Calibri,Helvetica,sans-serif; font-size:12pt; color:rgb(0,0,0)"

Element = etree._Element


def exchange(source: str) -> str:
    """What Exchange keeps of HTML written through Graph: wrapped, normalised, folded; unsafe parts still in it."""
    head, body = _parts(source)
    _drop_comments(body)
    for element in _elements(body):
        _normalise(element)
    return _document(head, "".join(_inner(body, fold=True)))


@functools.lru_cache(maxsize=512)  # lists show the same bodies over and over
def without_unsafe(source: str) -> str:
    """What an answer shows unless `outlook.allow-unsafe-html` is preferred."""
    head, body = _parts(source)
    for element in list(_elements(body)):
        if element.tag in _UNSAFE:
            _drop(element)
            continue
        for name in list(element.attrib):
            address = str(element.get(name)).strip().lower()
            if str(name).lower().startswith("on") or address.startswith(("javascript:", "vbscript:")):
                del element.attrib[name]
    return _document(head, "".join(_inner(body, fold=True)))


def from_text(source: str) -> str:
    """A text body as it is read back: HTML with generated markup."""
    lines = entities.escape(source, quote=False).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _document("", f'<div class="PlainText">{"<br>".join(lines)}</div>')


def new_outlook(source: str) -> str:
    """What new Outlook and Outlook on the web make of a body that a person edits and saves."""
    _, body = _parts(source)
    _drop_comments(body)
    for element in _elements(body):
        for name in [str(name) for name in element.attrib]:
            if name.startswith("data-") or (name == "class" and element.get(name) != "elementToProof"):
                del element.attrib[name]
        only_text = len(element) == 0 and (element.text or "").strip()
        if element.tag == "div" and element.get("style") and only_text:
            element.set("class", "elementToProof")
            element.set("style", f"{element.get('style')}; {_NEW_FONT}")
    return exchange("".join(_inner(body, fold=False)))


def classic(source: str) -> str:
    """What the Word engine of classic Outlook makes of it: MsoNormal paragraphs, no ids, no unknown attributes."""
    _, body = _parts(source)
    _drop_comments(body)
    already = any(element.get("class") == "WordSection1" for element in _elements(body))
    for element in _elements(body):
        own = element.get("class") in ("WordSection1", "MsoNormal")
        for name in [str(name) for name in element.attrib]:
            if name not in _WORD_KEEPS and not (own and name == "class"):
                del element.attrib[name]
        if element.tag in _BLOCKS:
            holds_blocks = any(child.tag in _BLOCKS | {"table", "ul", "ol"} for child in element)
            if not holds_blocks:
                element.tag = "p"
                element.set("class", "MsoNormal")
                element.attrib.pop("style", "")
        elif element.tag == "span" and element.get("style") is None:
            element.set("style", _WORD_FONT)
    inner = "".join(_inner(body, fold=False))
    return exchange(inner if already else f'<div class="WordSection1">{inner}</div>')


def reply(source: str) -> str:
    """Quoted or re-opened content: `x_` goes before every id and class, once more on each round."""
    _, body = _parts(source)
    for element in _elements(body):
        for name in ("id", "class"):
            value = element.get(name)
            if value:
                element.set(name, " ".join(f"x_{word}" for word in value.split()))
    return exchange("".join(_inner(body, fold=False)))


def before_body(source: str, text: str) -> str:
    """A line of text before everything else in the body, as a comment stands in a cancellation."""
    _, body = _parts(source)
    inner = "".join(_inner(body, fold=False))
    return exchange(f"<p>{entities.escape(text, quote=False)}</p>{inner}")


MODES: dict[str, Callable[[str], str]] = {
    "exchange": exchange,
    "new-outlook": new_outlook,
    "classic": classic,
    "reply": reply,
}


def to_text(source: str) -> str:
    """The text of an HTML body as `outlook.body-content-type="text"` shows it, with CRLF line ends."""
    reader = _TextReader()
    reader.feed(source)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return whole.replace("\n", "\r\n")


@functools.lru_cache(maxsize=512)
def preview(source: str) -> str:
    """`bodyPreview`: the first 255 characters of the text."""
    return to_text(source)[:255]


class _TextReader(HTMLParser):
    _BREAKS = _BLOCKS | {"br", "tr", "li", "table", "hr", "ul", "ol"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "title"):
            self._silent += 1
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._silent = max(0, self._silent - 1)
        elif tag in self._BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"[\r\n\t ]+", " ", data))


def _parts(source: str) -> tuple[str, Element]:
    """The style that the head holds, and the body as a tree; whatever comes is read as HTML is."""
    text = source.replace("\x00", "").replace("\r\n", "\n")
    tree = parser.document_fromstring(f"<html><body>{text}</body></html>" if "<body" not in text.lower() else text)
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    styles = "".join(style.text or "" for style in tree.iter("style"))
    for style in list(body.iter("style")):
        _drop(style)
    return styles.strip(), body


def _elements(body: Element) -> Iterable[Element]:
    return [element for element in body.iter() if _is_element(element) and element is not body]


def _is_element(node: object) -> bool:
    """Comments and processing instructions have a function where elements have their name."""
    return isinstance(getattr(node, "tag", None), str)


def _drop_comments(body: Element) -> None:
    for node in [node for node in body.iter() if not _is_element(node)]:
        _drop(node)


def _drop(element: Element) -> None:
    """Take an element out and leave the text that follows it."""
    parent, tail = element.getparent(), element.tail
    if parent is None:
        return
    before = element.getprevious()
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _normalise(element: Element) -> None:
    style = element.get("style")
    if style is not None:
        rules = [rule.strip() for rule in style.split(";") if rule.strip()]
        element.set("style", "; ".join(re.sub(r"\s*:\s*", ":", rule, count=1) for rule in rules))
    if element.tag == "a" and element.get("href"):
        element.set("target", "_blank")
        element.set("rel", "noreferrer noopener")
    kept = {str(name): str(value) for name, value in element.attrib.items()}
    element.attrib.clear()
    for name in sorted(kept, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)):
        element.set(name, kept[name])


def _document(style: str, inner: str) -> str:
    kept = f"<style>\r\n<!--\r\n{style}\r\n-->\r\n</style>" if style else ""
    lines = inner.strip("\r\n").replace("\r\n", "\n").replace("\n", "\r\n")
    return f"<html>\r\n<head>\r\n{_META}{kept}\r\n</head>\r\n<body>\r\n{lines}\r\n</body>\r\n</html>\r\n"


def _inner(body: Element, *, fold: bool) -> list[str]:
    """The serialised content of `body`, without recursion so that deep nesting does no harm."""
    out = [_escape(body.text, fold)]
    stack: list[tuple[Element, int]] = [(body, 0)]
    while stack:
        parent, index = stack.pop()
        if index == len(parent):
            if parent is not body:
                out.append(_close(parent))
                out.append(_escape(parent.tail, fold))
            continue
        stack.append((parent, index + 1))
        child = parent[index]
        if not _is_element(child):
            out.append(_escape(child.tail, fold))
            continue
        out.append(_open(child))
        out.append(_escape(child.text, fold and child.tag not in _VERBATIM))
        stack.append((child, 0))
    return out


def _open(element: Element) -> str:
    attributes = "".join(f' {name!s}="{_attribute(str(value))}"' for name, value in element.attrib.items())
    return f"<{element.tag}{attributes}>"


def _close(element: Element) -> str:
    if element.tag in _VOID:
        return ""
    own_line = element.tag in _BLOCKS and not (element.tail or "").startswith("\n")
    return f"</{element.tag}>" + ("\r\n" if own_line else "")


def _attribute(value: str) -> str:
    return entities.escape(value, quote=True).replace("&#x27;", "'").replace("+", "&#43;")


def _escape(text: str | None, fold: bool) -> str:
    if not text:
        return ""
    escaped = entities.escape(text, quote=False).replace("\xa0", "&nbsp;")
    if not fold:
        return escaped
    return "\r\n".join(_fold(line) for line in escaped.split("\n"))


def _fold(line: str) -> str:
    """Long lines are broken at spaces, in the middle of a sentence or of a link's text."""
    if len(line) <= _FOLD:
        return line
    lead, trail = line[: len(line) - len(line.lstrip(" "))], line[len(line.rstrip(" ")) :]
    middle = textwrap.wrap(
        line.strip(" "), _FOLD, break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        replace_whitespace=False, expand_tabs=False,
    )  # fmt: skip
    return lead + "\r\n".join(middle) + trail
