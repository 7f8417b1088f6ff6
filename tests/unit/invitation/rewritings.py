"""What mail clients do to a body between our writing and our next reading; it knows nothing of how blocks are found.

Each rewriting takes a whole HTML body and gives it back as that client would. They are our own reading of the
documented behaviour (Graph facts 1.3), each a pure function, so that any two can follow one another.
"""

import html
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

Rewriting = Callable[[str], str]


def _read(body: str) -> HtmlElement:
    joined = re.sub(r"</body>\s*</html>(?=\s*\S)(?!\s*-->|\s*<p>\")", "", body)  # lxml drops what follows the end
    return lxml.html.document_fromstring(joined if joined.strip() else "<p></p>")


def _write(tree: HtmlElement) -> str:
    text: str = etree.tostring(tree, encoding="unicode", method="html")
    return text


def _inner(tree: HtmlElement) -> str:
    """What stands between the body's tags."""
    found = tree.find("body")
    if found is None:
        return ""
    return html.escape(found.text or "", quote=False) + "".join(_write(child) for child in found)


def _elements(tree: HtmlElement, *names: str) -> list[HtmlElement]:
    return [each for each in tree.iter() if isinstance(each.tag, str) and (not names or each.tag in names)]


def _links(tree: HtmlElement) -> Iterable[HtmlElement]:
    return (each for each in _elements(tree, "a") if each.get("href", "").startswith("http"))


def _drop(tree: HtmlElement, wanted: Callable[[str], bool]) -> None:
    for each in _elements(tree):
        for name in [name for name in each.attrib if wanted(str(name))]:
            del each.attrib[name]


def exchange(body: str) -> str:
    """Wraps into a document, folds text at 76 columns, turns attributes round, re-spaces styles, marks links."""
    tree = _read(body)
    for each in _elements(tree):
        attributes = sorted(each.attrib.items(), reverse=True)
        each.attrib.clear()
        for name, value in attributes:
            each.set(name, "; ".join(part.strip() for part in value.split(";")) if name == "style" else value)
    for link in _links(tree):
        link.set("target", "_blank")
        link.set("rel", "noreferrer noopener")
    inner = _inner(tree)
    inner = re.sub(r'(href="[^"]*)\+', r"\1&#43;", inner).replace("\u00a0", "&nbsp;")
    head = '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n'
    return f"{head}<body>\r\n{_folded(inner)}\r\n</body>\r\n</html>\r\n"


def _folded(inner: str) -> str:
    """Line breaks in place of spaces between words, wherever 60 characters of text have gone by."""
    parts = re.split(r"(<pre.*?</pre>|<style.*?</style>|<!--.*?-->|<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>)", inner, flags=re.S)
    column = 0
    for index in range(0, len(parts), 2):
        words = re.split(r"( )", parts[index])
        for place, word in enumerate(words):
            column += len(word)
            if word == " " and column > 60:
                words[place], column = "\r\n", 0
        parts[index] = "".join(words)
    return "".join(parts)


def web_2025(body: str) -> str:
    """Outlook on the web since 2025: classes and data attributes go, `div` with a font becomes `p` and `span`."""
    tree = _read(body)
    _drop(tree, lambda name: name == "class" or name.startswith("data-"))
    for each in _elements(tree, "p"):
        if len(each) == 0 and (each.text or "").strip():
            span = etree.SubElement(each, "span")
            span.set("style", "font-family: Aptos, Calibri, sans-serif; font-size: 12pt")
            span.text, each.text = each.text, None
            each.set("class", "elementToProof")
    return _write(tree)


def prefixed(body: str) -> str:
    """Quoted content: ids and classes get `x_` in front."""
    tree = _read(body)
    for each in _elements(tree):
        for name in ("id", "class"):
            if each.get(name):
                each.set(name, " ".join(f"x_{word}" for word in each.get(name, "").split()))
    return _write(tree)


def nameless(body: str) -> str:
    """Ids, classes, languages and comments are gone."""
    tree = _read(body)
    _drop(tree, lambda name: name in ("id", "class", "lang", "role", "title"))
    for comment in tree.xpath("//*//comment()"):
        comment.drop_tree()
    return _write(tree)


def word(body: str) -> str:
    """Classic Outlook: every paragraph `MsoNormal`, divs taken apart, names marked by the speller."""
    tree = _read(body)
    for each in _elements(tree, "div"):
        if (
            each.getparent() is not None
            and each.get("class") != "WordSection1"
            and "display:none" not in each.get("style", "")
        ):
            if len(each) == 0 or all(child.tag in ("b", "i", "a", "span", "br", "font") for child in each):
                each.tag = "p"
            else:
                each.drop_tag()
    for each in _elements(tree, "p"):
        each.set("class", "MsoNormal")
    for each in _elements(tree, "table"):
        each.set("class", "MsoNormalTable")
        each.attrib.pop("role", None)
    written = _write(tree)
    written = re.sub(r">(_+ )ClickMeeting( _+)<", r">\1<span class=SpellE>ClickMeeting</span>\2<", written)
    return written.replace('<p class="MsoNormal"></p>', '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>')


def mac(body: str) -> str:
    """The Mac gives a whole document with a style sheet of its own."""
    inner = _inner(_read(body))
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style type="text/css">'
        'p {margin: 0in;} </style></head><body style="line-break: after-white-space;">'
        f'<div class="WordSection1">{inner}</div></body></html>'
    )


def safe_links(body: str) -> str:
    """Every web link leads through Safe Links."""
    tree = _read(body)
    for link in _links(tree):
        target = quote(link.get("href", ""), safe="")
        link.set(
            "href",
            f"https://eur01.safelinks.protection.outlook.com/?url={target}&data=05%7C02%7C%7C0&sdata=a%2Bb%3D&reserved=0",
        )
        link.set("originalsrc", "removed")
        del link.attrib["originalsrc"]
    return _write(tree)


def escaped_twice(body: str) -> str:
    """A gateway escapes addresses once more: `&` and percent signs doubled."""
    tree = _read(body)
    for link in _links(tree):
        target = quote(quote(link.get("href", ""), safe=""), safe="")
        link.set("href", f"https://nam02.safelinks.protection.outlook.com/?url={target}&amp;data=x")
    return _write(tree)


def spelled_otherwise(body: str) -> str:
    """Addresses with the host in capitals and a slash at the end."""

    def respell(match: re.Match[str]) -> str:
        return f"HTTPS://{match[1].upper()}{match[2]}/"

    tree = _read(body)
    for link in _links(tree):
        link.set("href", re.sub(r"^https?://([^/?]+)(/[^?#]*[^/?#])$", respell, link.get("href", "")))
    return _write(tree)


def gmail(body: str) -> str:
    """Gmail's reply: the whole body in a quotation below one line."""
    inner = _inner(_read(body))
    return (
        '<div dir="ltr"></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;padding-left:1ex">'
        f"{inner}</blockquote></div>"
    )


def flattened(body: str) -> str:
    """Tables become lines: each cell a `div`."""
    tree = _read(body)
    for each in _elements(tree, "td", "th"):
        each.tag = "div"
        each.attrib.pop("style", None)
    for each in _elements(tree, "tbody", "tr", "table"):
        each.drop_tag()
    return _write(tree)


def unlinked(body: str) -> str:
    """Links become their text."""
    tree = _read(body)
    for each in _elements(tree, "a"):
        each.drop_tag()
    return _write(tree)


def bracketed(body: str) -> str:
    """Links become their text and the address in angle brackets, as a text view has them."""
    tree = _read(body)
    for each in _elements(tree, "a"):
        if each.get("href", "").startswith(("http", "tel:")):
            each.tail = f"<{each.get('href')}>{each.tail or ''}"
        each.drop_tag()
    return _write(tree)


def broken_lines(body: str) -> str:
    """Paragraphs and cells lose their tags to line breaks: one long run of text."""
    tree = _read(body)
    for each in _elements(tree, "p", "td"):
        each.append(etree.Element("br"))
        if each.tag == "p":
            each.addprevious(etree.Element("br"))
            each.drop_tag()
    for each in _elements(tree, "td", "tr", "tbody", "table"):
        each.drop_tag()
    return _write(tree)


def spans(body: str) -> str:
    """Every run of text in a span and a font of its own."""
    tree = _read(body)
    for each in _elements(tree, "td", "p", "b", "a", "div"):
        if each.text and each.text.strip():
            span = etree.Element("span")
            span.set("lang", "EN-US")
            font = etree.SubElement(span, "font")
            font.set("size", "2")
            font.text, each.text = each.text, None
            each.insert(0, span)
    return _write(tree)


def entities(body: str) -> str:
    """Everything beyond ASCII as numbers, spaces in text as no-break spaces now and then."""
    written = _write(_read(body)).encode("ascii", "xmlcharrefreplace").decode()
    return re.sub(r"(?<=>)([^<]*)(?=</(?:b|a|td)>)", lambda match: match[1].replace(" ", "&nbsp;"), written)


def capitals(body: str) -> str:
    """Old converters write tags in capitals."""
    return re.sub(r"</?[a-z][a-z0-9]*", lambda match: match.group().upper(), _write(_read(body)))


def split_paragraphs(body: str) -> str:
    """Every cell's content in a paragraph of its own, an empty one after it."""
    tree = _read(body)
    for each in _elements(tree, "td"):
        paragraph = etree.Element("p")
        paragraph.set("style", "margin:0cm")
        paragraph.text, each.text = each.text, None
        for child in list(each):
            paragraph.append(child)
        each.append(paragraph)
        empty = etree.SubElement(each, "p")
        empty.text = "\u00a0"
    return _write(tree)


def as_text(body: str) -> str:
    """Written as text and read as HTML: one `div` for each line."""
    tree = _read(body)
    for each in _elements(tree, "br"):
        each.tail = "\n" + (each.tail or "")
    for each in _elements(tree, "p", "div", "tr", "li", "h1", "h2", "pre", "table", "hr", "dt", "dd", "blockquote"):
        each.tail = "\n" + (each.tail or "")
        each.text = "\n" + (each.text or "")
    for unseen in _elements(tree, "style", "title", "script"):
        unseen.drop_tree()
    lines = [" ".join(line.split()) for line in str(tree.text_content()).split("\n")]
    shown = "".join(f"<div>{html.escape(line)}</div>\r\n" for line in lines if line)
    return f'<html><body><div class="PlainText">{shown}</div></body></html>'


ALL: dict[str, Rewriting] = {
    rewriting.__name__: rewriting
    for rewriting in (
        exchange,
        web_2025,
        prefixed,
        nameless,
        word,
        mac,
        safe_links,
        escaped_twice,
        spelled_otherwise,
        gmail,
        flattened,
        unlinked,
        bracketed,
        broken_lines,
        spans,
        entities,
        capitals,
        split_paragraphs,
        as_text,
    )
}


def text_windows(body: str) -> str:
    """Line ends of Windows."""
    return re.sub(r"\r\n|\r|\n", "\r\n", body)


def text_unix(body: str) -> str:
    """Line ends of Unix."""
    return re.sub(r"\r\n|\r|\n", "\n", body)


def text_quoted(body: str) -> str:
    """Quoted in a reply."""
    return re.sub(r"(?m)^", "> ", text_unix(body))


def text_wrapped(body: str) -> str:
    """Hard lines of at most 72 columns, broken at spaces."""
    return re.sub(r"(?m)(?=[^\n]{73})([^\n]{1,72}) (?=[^\n])", r"\1\n", text_unix(body))


def text_indented(body: str) -> str:
    """Tabs in front, spaces behind."""
    return re.sub(r"(?m)^(.+)$", r"\t\1  ", text_unix(body))


def text_spread(body: str) -> str:
    """A blank line after each line."""
    return text_unix(body).replace("\n", "\n\n")


def text_no_break(body: str) -> str:
    """No-break spaces and a mark of order at the beginning."""
    return "\ufeff" + body.replace(": ", ":\u00a0")


def text_safe_links(body: str) -> str:
    """Addresses followed by their Safe Link in angle brackets."""

    def linked(match: re.Match[str]) -> str:
        target = quote(match.group(), safe="")
        return f"{match.group()}<https://eur01.safelinks.protection.outlook.com/?url={target}&data=05>"

    return re.sub(r"https://[^\s<>]+(?<![.,])", linked, body)


TEXT: dict[str, Rewriting] = {
    rewriting.__name__: rewriting
    for rewriting in (
        text_windows,
        text_unix,
        text_quoted,
        text_wrapped,
        text_indented,
        text_spread,
        text_no_break,
        text_safe_links,
    )
}
