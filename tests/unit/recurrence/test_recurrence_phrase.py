"""A series in words: whole sentences in ten languages, with the right plural forms and names."""

import string

import pytest
from babel import Locale

from addin.errors import InvalidInput
from addin.messages import LANGUAGES
from addin.messages import messages as catalogue
from addin.recurrence import phrase

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def noend(pattern: dict, **range_) -> dict:
    return {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-01-06", **range_}}


TUESDAY = {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"}
UNTIL = {"type": "endDate", "endDate": "2027-03-03"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "every second Tuesday until 3 March 2027"),
        ("fr", "un mardi sur deux jusqu’au 3 mars 2027"),
        ("de", "jeden zweiten Dienstag bis zum 3. März 2027"),
        ("es", "un martes de cada dos hasta el 3 de marzo de 2027"),
        ("pt", "a cada duas semanas: terça-feira até 3 de março de 2027"),
        ("it", "ogni due settimane: martedì fino al giorno 3 marzo 2027"),
        ("nl", "elke tweede dinsdag tot en met 3 maart 2027"),
        ("pl", "co dwa tygodnie: wtorek do 3 marca 2027"),
        ("ru", "каждые две недели: вторник до 3 марта 2027 г. включительно"),
        ("ar", "كل أسبوعين يوم الثلاثاء حتى 3 مارس 2027"),
    ],
)
def test_every_second_tuesday(language, sentence):
    # CLDR puts narrow and fixed spaces into dates; here any space will do.
    assert " ".join(phrase(noend(TUESDAY, **UNTIL), language).split()) == sentence


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ({"type": "daily", "interval": 1}, "every day"),
        ({"type": "daily", "interval": 3}, "every 3 days"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["friday"]}, "every Friday"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["friday", "monday"]}, "every week on Monday and Friday"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": DAYS[:5]}, "every weekday, Monday to Friday"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": DAYS}, "every day"),
        (
            {"type": "weekly", "interval": 3, "daysOfWeek": ["monday", "sunday"], "firstDayOfWeek": "sunday"},
            "every 3 weeks on Sunday and Monday",
        ),
        ({"type": "weekly", "interval": 2, "daysOfWeek": DAYS[:2]}, "every 2 weeks on Monday and Tuesday"),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 5}, "on day 5 of every month"),
        ({"type": "absoluteMonthly", "interval": 2, "dayOfMonth": 28}, "on day 28 of every 2 months"),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 29},
            "on day 29 of every month, or on the last day of a shorter month",
        ),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, "on the last day of every month"),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 15, "month": 3}, "every year on 15 March"),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 28, "month": 2}, "every year on 28 February"),
        (
            {"type": "absoluteYearly", "interval": 4, "dayOfMonth": 29, "month": 2},
            "every 4 years on the last day of February",
        ),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 31, "month": 4}, "every year on 30 April"),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 31, "month": 12}, "every year on 31 December"),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["sunday"], "index": "last"},
            "on the last Sunday of every month",
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": DAYS[:5], "index": "first"},
            "on the first weekday of every month",
        ),
        (
            {"type": "relativeMonthly", "interval": 3, "daysOfWeek": DAYS[5:], "index": "fourth"},
            "on the fourth weekend day, every 3 months",
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": DAYS, "index": "second"},
            "on day 2 of every month",
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": DAYS, "index": "last"},
            "on the last day of every month",
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday", "friday"], "index": "third"},
            "on the third Thursday or Friday of every month",
        ),
        (
            {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "second", "month": 5},
            "every year on the second Monday of May",
        ),
        (
            {"type": "relativeYearly", "interval": 2, "daysOfWeek": DAYS, "index": "first", "month": 5},
            "every 2 years on 1 May",
        ),
    ],
)
def test_each_pattern_has_a_message_of_its_own(pattern, sentence):
    assert phrase(noend(pattern), "en") == sentence


@pytest.mark.parametrize(
    ("language", "count", "sentence"),
    [
        ("en", 1, "every day, 1 time"),
        ("en", 5, "every day, 5 times"),
        ("pl", 1, "codziennie, 1 raz"),
        ("pl", 3, "codziennie, 3 razy"),
        ("ru", 3, "каждый день, 3 раза"),
        ("ru", 5, "каждый день, 5 раз"),
        ("ar", 2, "كل يوم، مرتين"),
        ("ar", 5, "كل يوم، 5 مرات"),
        ("ar", 11, "كل يوم، 11 مرة"),
    ],
)
def test_counts_have_the_plural_of_their_language(language, count, sentence):
    recurrence = noend({"type": "daily", "interval": 1}, type="numbered", numberOfOccurrences=count)
    assert phrase(recurrence, language) == sentence


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [(2, "каждые 2 дня"), (5, "каждые 5 дней"), (21, "каждый 21 день"), (111, "каждые 111 дней")],
)
def test_intervals_have_the_plural_of_their_language(interval, sentence):
    assert phrase(noend({"type": "daily", "interval": interval}), "ru") == sentence


def test_ordinals_follow_the_gender_of_the_day():
    def first(day: str, language: str) -> str:
        pattern = {"type": "relativeMonthly", "interval": 1, "daysOfWeek": [day], "index": "first"}
        return phrase(noend(pattern), language)

    assert first("tuesday", "pl").startswith("pierwszy wtorek")
    assert first("wednesday", "pl").startswith("pierwsza środa")
    assert first("sunday", "ru").startswith("первое воскресенье")
    assert first("sunday", "it").startswith("prima domenica")
    assert first("saturday", "pt").startswith("primeiro sábado")
    assert first("monday", "pt").startswith("primeira segunda-feira")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_message_with_the_same_fields(language):
    english, messages = catalogue("series", "en"), catalogue("series", language)
    assert messages.keys() == english.keys()
    categories = {*Locale(language).plural_form.tags, "other"}
    for key, message in english.items():
        if key in ("nth", "day_genders", "sets"):
            continue
        if isinstance(message, str):
            assert placeholders(messages[key]) == placeholders(message), key
            continue
        assert set(messages[key]) == categories, f"{key} needs the plural forms {sorted(categories)}"
        for form in messages[key].values():
            assert placeholders(form) | {"n"} == placeholders(message["other"]), key
    assert len(messages["day_genders"]) == 7
    for gender in {*messages["day_genders"], *(gender for _, gender in messages["sets"].values())}:
        assert len(messages["nth"][gender]) == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_told_in_every_language(language):
    patterns = [
        {"type": "daily", "interval": 4},
        {"type": "weekly", "interval": 3, "daysOfWeek": DAYS[:2]},
        {"type": "absoluteMonthly", "interval": 6, "dayOfMonth": 30},
        {"type": "absoluteYearly", "interval": 2, "dayOfMonth": 29, "month": 2},
        {"type": "relativeMonthly", "interval": 2, "daysOfWeek": DAYS[5:], "index": "last"},
        {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["wednesday"], "index": "fourth", "month": 8},
    ]
    told = [phrase(noend(pattern, **UNTIL), language) for pattern in patterns]
    assert len(set(told)) == len(patterns)
    for sentence in told:
        assert "{" not in sentence
        assert "2027" in sentence


def test_a_region_is_taken_and_an_unknown_language_refused():
    assert phrase(noend(TUESDAY, **UNTIL), "en-US") == "every second Tuesday until March 3, 2027"
    assert phrase(noend(TUESDAY, **UNTIL), "pt_BR").endswith("2027")
    with pytest.raises(InvalidInput, match="tlh"):
        phrase(noend(TUESDAY), "tlh")
