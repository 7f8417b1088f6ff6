"""Finds our blocks in the visible text of a body by what survives rewriting; it knows no HTML and changes nothing.

A block is ours for a meeting when its join URL (or a former one) stands in it as text or as a link, together with a
sentence of the catalogue in any language, between the separator lines or, where those are gone, in one run of lines
that are all ours. Ids, classes and comments do not count: Outlook removes them (Graph facts 1.3).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import pairwise

from addin.invitation import catalogue, dialin, links
from addin.invitation.links import URL

SEPARATOR_OPEN = re.compile(r"(?<!_)_{6,24}\s*ClickMeeting\s*_{6,24}(?!_)")
SEPARATOR_CLOSE = re.compile(r"(?<!_)_{36}(?!_)")
LOGO_LABEL = "ClickMeeting"
MAX_LENGTH = 200_000
_MAX_LINE = 3_000
_MAX_TYPED = 2_000
_TRIVIAL = re.compile(r"[\s<>\[\]()|·•*\u2022\uf0b7>_]*")
_NUMBER = re.compile(r":\s*(?P<number>\+[0-9][0-9\s().\-/]{3,30}[0-9])")
_PLACE_REACH, _COUNTRY_REACH = 1_100, 90  # the longest label and country that we look for
_TELEPHONE = re.compile(r"tel:\+[0-9]{7,15}")
_PLACES = {
    "room_id": r"[0-9]+(?![0-9])",
    "pin": r"[0-9]+(?![0-9])",
    "password": r"(?:“[^”\n]*”|\S+)",
    "token": r"[A-Za-z0-9_-]{1,64}",
    "participant": r"[^\n:]{1,200}?",
    "url": r"<?https?://[^\s<>\"]+",
}


class Sort(StrEnum):
    """What a recognised piece of text is."""

    OPEN = "open"
    CLOSE = "close"
    JOIN = "join"
    URL = "url"
    NUMBER = "number"
    FACT = "fact"
    OWN = "own"


_SORTS = {
    "join": Sort.JOIN,
    "room_id": Sort.FACT,
    "password": Sort.FACT,
    "token": Sort.FACT,
    "token_for": Sort.FACT,
    "token_personal": Sort.FACT,
    "by_phone": Sort.FACT,
    "pin": Sort.FACT,
    "cost": Sort.FACT,
    "all_numbers": Sort.FACT,
    "on_join_page": Sort.FACT,
}


@dataclass(frozen=True, slots=True)
class Segment:
    """`start..end` of the visible text says something of ours."""

    start: int
    end: int
    sort: Sort
    key: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the visible text and its address."""

    start: int
    end: int
    href: str


@dataclass(slots=True)
class Block:
    """One block of ours: everything from `start` to `end` belongs to it except the pieces in `typed`."""

    start: int
    end: int
    segments: list[Segment] = field(default_factory=list)
    typed: list[tuple[int, int]] = field(default_factory=list)


def find(text: str, anchors: Sequence[Link], urls: Iterable[str], known: Iterable[str] = ()) -> list[Block]:
    """The blocks of the meeting with one of `urls` in `text`, in order, not overlapping.

    `known` are further lines that count as ours: those of the block about to be written, and of admin templates.
    """
    ours = links.same(urls)
    return _Finder(text, anchors, ours, frozenset(_fold(line) for line in known) - {""}).blocks()


def lacks(standing: Sequence[Block], whole: Sequence[Block]) -> bool:
    """Whether the blocks that stand are not one, or have not every kind of line that the whole one has."""
    if not standing:
        return False
    wanted = {segment.key for block in whole for segment in block.segments} - {Sort.OWN.value}
    return len(standing) > 1 or not wanted <= {segment.key for segment in standing[0].segments}


class _Finder:
    def __init__(self, text: str, anchors: Sequence[Link], ours: frozenset[str], known: frozenset[str]) -> None:
        self._text = text
        self._ours = ours
        self._known = known
        self._places = _url_places(text, anchors, ours)
        self._found: list[Block] = []
        self._claimed: list[tuple[int, int]] = []

    def blocks(self) -> list[Block]:
        if not self._places:
            return []
        openers = list(SEPARATOR_OPEN.finditer(self._text))
        for index, opener in enumerate(openers):
            limit = openers[index + 1].start() if index + 1 < len(openers) else len(self._text)
            self._framed(opener, limit)
        framed = [(0, 0), *self._claimed, (len(self._text), len(self._text))]
        for (_, floor), (ceiling, _) in pairwise(framed):
            self._unframed(floor, ceiling)
        return sorted(self._found, key=lambda block: block.start)

    def _framed(self, opener: re.Match[str], limit: int) -> None:
        """What begins with a separator: up to the closing one, or as far as the lines are ours."""
        closer = SEPARATOR_CLOSE.search(self._text, opener.end(), min(limit, opener.end() + MAX_LENGTH))
        if closer is None:
            block = self._run(opener.start(), opener.start(), limit)
        else:
            block = self._block(opener.start(), self._last_closer(closer, limit))
        if self._is_ours(block):
            self._claim(block)
        elif closer is not None and self._continues(block):
            start = self._found.pop().start
            self._claimed.pop()
            self._claim(self._block(start, block.end))
        elif closer is not None and any(segment.sort is Sort.JOIN for segment in block.segments):
            self._claimed.append((block.start, block.end))  # of another meeting

    def _last_closer(self, closer: re.Match[str], limit: int) -> int:
        """Where the frame ends: a closing line that somebody typed inside it has more of ours behind it."""
        end = closer.end()
        while following := SEPARATOR_CLOSE.search(self._text, end, min(limit, end + _MAX_TYPED)):
            sorts = {segment.sort for segment in self._segments(end, following.start())}
            if not sorts & {Sort.FACT, Sort.NUMBER}:
                break
            end = following.end()
        return end

    def _claim(self, block: Block) -> None:
        self._found.append(block)
        self._claimed.append((block.start, block.end))

    def _is_ours(self, block: Block) -> bool:
        sorts = {segment.sort for segment in block.segments}
        says = sorts & {Sort.JOIN, Sort.FACT, Sort.NUMBER} or (not block.typed and sorts >= {Sort.OPEN, Sort.CLOSE})
        index = bisect_left(self._places, block.start)
        linked = index < len(self._places) and self._places[index] < block.end
        return linked and bool(says)

    def _continues(self, block: Block) -> bool:
        """Whether a frame without a link is the rest of the block before it, cut by a separator that somebody typed."""
        sorts = {segment.sort for segment in block.segments}
        if not self._found or Sort.JOIN in sorts or not sorts & {Sort.FACT, Sort.NUMBER}:
            return False
        between = self._text[self._found[-1].end : block.start]
        unfinished = not any(segment.sort is Sort.CLOSE for segment in self._found[-1].segments)
        return unfinished and len(between) < _MAX_TYPED and not URL.search(between)

    def _unframed(self, floor: int, ceiling: int) -> None:
        """Blocks whose separators are gone: a sentence that invites to join, our URL, and a third thing of ours."""
        seen = floor
        for match in _sentence("join").finditer(self._text, floor, ceiling):
            if match.start() < seen:
                continue
            start = max(self._text.rfind("\n", floor, match.start()) + 1, floor)
            block = self._run(start, seen, ceiling)
            kinds = {segment.key for segment in block.segments if segment.sort is not Sort.URL}
            if Sort.JOIN in {segment.sort for segment in block.segments} and len(kinds) >= 2 and self._is_ours(block):
                self._claim(block)
            line_end = self._text.find("\n", match.end(), ceiling)
            seen = max(block.end, ceiling if line_end < 0 else line_end)

    def _run(self, position: int, floor: int, ceiling: int) -> Block:
        """The lines from `position` on, and back as far as `floor`, that are wholly ours or blank."""
        start = end = position
        while end < ceiling:
            stop = self._text.find("\n", end, ceiling)
            stop = ceiling if stop < 0 else stop
            if not self._whole_line(end, stop):
                break
            end = min(stop + 1, ceiling)
        while start > floor:
            begin = max(self._text.rfind("\n", floor, start - 1) + 1, floor)
            if not self._whole_line(begin, start):
                break
            start = begin
        return self._block(start, end)

    def _whole_line(self, start: int, end: int) -> bool:
        return end - start < _MAX_LINE and not self._typed(start, end, self._segments(start, end))

    def _block(self, start: int, end: int) -> Block:
        segments = self._segments(start, end)
        if segments:
            start = segments[0].start if self._text[start : segments[0].start].isspace() else start
            last = max(segment.end for segment in segments)
            end = last if not self._text[last:end].strip() else end
        return Block(start, end, segments, self._typed(start, end, segments))

    def _segments(self, start: int, end: int) -> list[Segment]:
        text = self._text
        found: list[Segment] = []
        for sort, pattern in ((Sort.OPEN, SEPARATOR_OPEN), (Sort.CLOSE, SEPARATOR_CLOSE), (Sort.NUMBER, _TELEPHONE)):
            found += [Segment(*match.span(), sort, sort) for match in pattern.finditer(text, start, end)]
        for key, pattern in _sentences():
            found += [Segment(*match.span(), _SORTS[key], key) for match in pattern.finditer(text, start, end)]
        found += _numbers(text, start, end)
        listed = links.same(
            match.group().lstrip("<")
            for segment in found
            if segment.key == "all_numbers"
            for match in URL.finditer(text, segment.start, segment.end)
        )
        for match in URL.finditer(text, start, end):
            if whole := links.trimmed(match.group(), self._ours | listed):
                found.append(Segment(match.start(), match.start() + len(whole), Sort.URL, "url"))
        found += self._known_lines(start, end)
        return _without_overlaps(found)

    def _known_lines(self, start: int, end: int) -> list[Segment]:
        if not self._known:
            return []
        lines = re.compile(r"[^\n]+").finditer(self._text, start, end)
        return [Segment(*line.span(), Sort.OWN, "own") for line in lines if _fold(line.group()) in self._known]

    def _typed(self, start: int, end: int, segments: Sequence[Segment]) -> list[tuple[int, int]]:
        """What is left of `start..end` when ours is taken out: line by line, without white space at its ends."""
        pieces, position = [], start
        for segment in [*segments, Segment(end, end, Sort.OWN, "end")]:
            for match in re.compile(r"[^\n]+").finditer(self._text, position, max(position, segment.start)):
                words = match.group()
                if _TRIVIAL.fullmatch(words):
                    continue
                begin = match.start() + len(words) - len(words.lstrip())
                pieces.append((begin, begin + len(words.strip())))
            position = max(position, segment.end)
        return pieces


def _fold(line: str) -> str:
    return " ".join(line.split())


def _url_places(text: str, anchors: Sequence[Link], ours: frozenset[str]) -> list[int]:
    places = {anchor.start for anchor in anchors if links.canonical(anchor.href) in ours}
    places.update(match.start() for match in URL.finditer(text) if links.trimmed(match.group(), ours))
    return sorted(places)


def _without_overlaps(segments: list[Segment]) -> list[Segment]:
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda each: (each.start, -each.end)):
        if kept and segment.start < kept[-1].end:
            if segment.end > kept[-1].end:
                kept.append(Segment(kept[-1].end, segment.end, segment.sort, segment.key))
            continue
        kept.append(segment)
    return kept


def _numbers(text: str, start: int, end: int) -> list[Segment]:
    found = []
    for match in _NUMBER.finditer(text, start, end):
        line = max(start, text.rfind("\n", start, match.start()) + 1, match.start() - _PLACE_REACH)
        begin = _place_start(text[line : match.start()])
        if begin is not None:
            stop = match.start("number") + _number_length(match["number"])
            found.append(Segment(line + begin, stop, Sort.NUMBER, "number"))
    return found


def _place_start(before: str) -> int | None:
    """Where `Poland (Warsaw)` begins in what stands before a colon and a number; None where no country is named."""
    label = before.rstrip()
    if label.endswith(")"):
        named = _country_start(label[: max(label.rfind("("), 0)].rstrip())
        if named is not None:
            return named
    return _country_start(label)


def _country_start(label: str) -> int | None:
    names = catalogue.country_names()
    for match in re.finditer(r"(?<!\w)\w", label[-_COUNTRY_REACH:]):
        at = max(len(label) - _COUNTRY_REACH, 0) + match.start()
        country = _fold(label[at:])
        if country.casefold() in names or re.fullmatch(r"[A-Z]{2}", country):
            return at
    return None


def _number_length(number: str) -> int:
    """How much of what looks like a number is one: the part that is written as we write it, else its first line."""
    ends = [match.start() for match in re.finditer(r"(?<=[0-9])(?![0-9])", number)]
    for end in reversed(ends):
        if _fold(number[:end]) == dialin.written("+" + re.sub(r"\D", "", number[:end])):
            return end
    for end in ends:
        if number[end : end + 1].isspace() and "\n" in number[end:] and dialin.is_number(number[:end]):
            return end
    return len(number)


def _sentence(key: str) -> re.Pattern[str]:
    return dict(_sentences())[key]


@cache
def _sentences() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """One pattern for each message of the shared block, all languages in it, white space of any kind and amount."""
    patterns = []
    for key in _SORTS:
        names = ("join_meeting", "join_webinar") if key == "join" else (key,)
        wordings = {_pattern(catalogue.messages(each)[name]) for each in catalogue.LANGUAGES for name in names}
        joined = "|".join(sorted(wordings, key=len, reverse=True))
        patterns.append((key, re.compile(rf"(?<!\w)(?:{joined})")))
    return tuple(patterns)


def _pattern(wording: str) -> str:
    parts = re.split(r"\{(\w+)\}", wording)
    pattern = ""
    for index, part in enumerate(parts):
        if index % 2:
            pattern += _PLACES[part]
            continue
        literal = r"\s+".join(re.escape(word) for word in part.split())
        before = r"\s*" if part[:1].isspace() else ""
        after = r"\s*" if part[-1:].isspace() and part.strip() else ""
        pattern += before + literal.replace(r"\s+:", r"\s*:") + after
    return pattern
