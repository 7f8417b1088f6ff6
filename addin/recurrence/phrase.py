"""A series told as one whole sentence in ten languages; knows patterns and ranges, no dates of occurrences.

Every form of pattern is a whole message with the plural forms of its language; names of days and months, lists and
dates come from CLDR through Babel. Where a language inflects the ordinal by the gender of the day, its file says so.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, get_day_names, get_month_names
from babel.lists import format_list
from babel.numbers import format_decimal

from addin import messages as every
from addin.errors import InvalidInput
from addin.messages import LANGUAGES
from addin.recurrence import graph
from addin.recurrence.graph import WEEKEND, WORKING_DAYS, Pattern, PatternType, Range
from addin.recurrence.graph_days import LAST_INDEX
from addin.recurrence.rule import ALL_WEEKDAYS

_SET_NAMES = {WORKING_DAYS: "workday", WEEKEND: "weekend"}
_ANY_LEAP_YEAR = 2024


class _Teller:
    """Fills the messages of one language."""

    def __init__(self, language: str) -> None:
        main = language.replace("_", "-").split("-")[0].lower()
        if main not in LANGUAGES:
            raise InvalidInput(f"language: {language!r} is not one of {', '.join(LANGUAGES)}", field="language")
        # British order of day and month for plain English; a region that was asked for is kept.
        self.locale = Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
        self.messages = every.messages("series", main)

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self.locale, group_separator=False)

    def plural(self, key: str, amount: int, **fields: str) -> str:
        forms = self.messages[key]
        form = forms.get(self.locale.plural_form(amount), forms["other"])
        return str(form.format(n=self.number(amount), **fields))

    def every(self, key: str, interval: int, **fields: str) -> str:
        """The message `<key>_1` for an interval of one, else the plural message `<key>_n`."""
        if interval == 1:
            return str(self.messages[f"{key}_1"].format(**fields))
        return self.plural(f"{key}_n", interval, **fields)

    def day(self, weekday: int) -> str:
        return str(get_day_names("wide", "stand-alone", self.locale)[weekday])

    def days(self, weekdays: frozenset[int], first: int = 0, style: Literal["standard", "or"] = "standard") -> str:
        ordered = sorted(weekdays, key=lambda weekday: (weekday - first) % 7)
        return format_list([self.day(weekday) for weekday in ordered], style=style, locale=self.locale)

    def month(self, month: int) -> str:
        return str(get_month_names("wide", "format", self.locale)[month])

    def named(self, weekdays: frozenset[int]) -> tuple[str, str]:
        """What a relative pattern counts (Tuesday, weekday, Thursday or Friday), and its grammatical gender."""
        if weekdays in _SET_NAMES:
            name, gender = self.messages["sets"][_SET_NAMES[weekdays]]
            return name, gender
        return self.days(weekdays, style="or"), self.messages["day_genders"][min(weekdays)]

    def nth(self, index: int, gender: str) -> str:
        forms = self.messages["nth"]
        return str(forms.get(gender, forms["m"])[index - 1])


def _pattern(teller: _Teller, pattern: Pattern) -> str:
    if pattern.type is PatternType.DAILY:
        return teller.every("daily", pattern.interval)
    if pattern.type is PatternType.WEEKLY:
        return _weekly(teller, pattern)
    if pattern.type.relative and pattern.weekdays == ALL_WEEKDAYS:
        # The second of all days is the 2nd, the last of all days is the month's last.
        kind = PatternType.ABSOLUTE_YEARLY if pattern.type.yearly else PatternType.ABSOLUTE_MONTHLY
        number = 31 if pattern.index == LAST_INDEX else pattern.index
        return _absolute(teller, Pattern(kind, pattern.interval, day_of_month=number, month=pattern.month))
    if pattern.type.relative:
        name, gender = teller.named(pattern.weekdays)
        fields = {"nth": teller.nth(pattern.index, gender), "day": name}
        if pattern.type.yearly:
            return teller.every("yearly_nth", pattern.interval, month=teller.month(pattern.month), **fields)
        return teller.every("monthly_nth", pattern.interval, **fields)
    return _absolute(teller, pattern)


def _weekly(teller: _Teller, pattern: Pattern) -> str:
    interval, weekdays = pattern.interval, pattern.weekdays
    if weekdays == ALL_WEEKDAYS and interval == 1:
        return teller.every("daily", 1)
    if weekdays == WORKING_DAYS and interval == 1:
        return str(teller.messages["workdays"])
    if len(weekdays) == 1 and interval <= 2:
        return str(teller.messages[f"weekly_{interval}_day"].format(day=teller.day(min(weekdays))))
    days = teller.days(weekdays, pattern.first_day_of_week)
    if interval == 1:
        return str(teller.messages["weekly_1_days"].format(days=days))
    return teller.plural("weekly_n", interval, days=days)


def _absolute(teller: _Teller, pattern: Pattern) -> str:
    day, interval = pattern.day_of_month, pattern.interval
    if not pattern.type.yearly:
        key = "monthly_last" if day == 31 else "monthly_clamped" if day > 28 else "monthly_day"
        return teller.every(key, interval, number=teller.number(day))
    longest = 30 if pattern.month in (4, 6, 9, 11) else 31
    if pattern.month == 2 and day > 28:
        return teller.every("yearly_last", interval, month=teller.month(2))
    named = date(_ANY_LEAP_YEAR, pattern.month, min(day, longest))
    return teller.every("yearly_date", interval, date=format_skeleton("MMMMd", named, locale=teller.locale))


def phrase_of(pattern: Pattern, bounds: Range, language: str) -> str:
    """`phrase` for values that are already read."""
    teller = _Teller(language)
    what = _pattern(teller, pattern)
    if bounds.count is not None:
        return teller.plural("count", bounds.count, what=what)
    if bounds.end is not None:
        until = format_date(bounds.end, format="long", locale=teller.locale)
        return str(teller.messages["until"].format(what=what, date=until))
    return what


def phrase(recurrence: Mapping[str, Any], language: str) -> str:
    """A Graph recurrence as one sentence without capital and full stop: "every second Tuesday until 3 March 2027".

    `language` is one of `LANGUAGES`, perhaps with a region (`en-US`, `pt-BR`). Raises InvalidInput for another
    language or a recurrence that cannot be read.
    """
    return phrase_of(*graph.read(recurrence), language)
