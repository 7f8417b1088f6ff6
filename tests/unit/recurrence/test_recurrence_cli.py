"""The commands `recurrence convert` and `recurrence explain`: one answer a line, whatever the line is."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from server.cli_recurrence import recurrence

DAILY = {"rrule": "FREQ=DAILY", "dtstart": "2026-01-05T09:00:00", "tzid": "Europe/Warsaw"}


def run(*arguments: str, lines: list[object] | None = None) -> list[dict]:
    text = "".join(line + "\n" if isinstance(line, str) else json.dumps(line) + "\n" for line in lines or [])
    result = CliRunner().invoke(recurrence, list(arguments), input=text)
    assert result.exit_code == 0, result.output
    assert result.output.isascii()
    return [json.loads(line) for line in result.output.splitlines()]


def test_one_series():
    assert run("convert", lines=[DAILY]) == [
        {
            "recurrence": {
                "pattern": {"type": "daily", "interval": 1},
                "range": {"type": "noEnd", "startDate": "2026-01-05", "recurrenceTimeZone": "Europe/Warsaw"},
            }
        }
    ]


def test_a_moved_start_an_end_and_exclusions():
    line = {
        **DAILY,
        "rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=2",
        "exdates": ["2026-01-13T09:00:00"],
    }
    (answer,) = run("convert", lines=[line])
    assert answer["start"] == "2026-01-06T09:00:00"
    assert answer["recurrence"]["range"]["numberOfOccurrences"] == 2
    assert answer["cancelled"] == ["2026-01-13T09:00:00"]
    assert answer["warnings"]


def test_exclusions_that_were_sent_are_answered_even_if_none_meets():
    assert run("convert", lines=[{**DAILY, "exdates": []}])[0]["cancelled"] == []


def test_several_series_and_single_events():
    several = {**DAILY, "rrule": "FREQ=MONTHLY;BYDAY=1MO,3MO"}
    singles = {"rrule": "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "dtstart": "2026-02-13", "tzid": "UTC"}
    first, second = run("convert", lines=[several, singles])
    assert [one["start"] for one in first["series"]] == ["2026-01-05T09:00:00", "2026-01-19T09:00:00"]
    assert all("recurrence" in one for one in first["series"])
    assert second == {"series": [{"start": "2026-02-13"}, {"start": "2026-03-13"}, {"start": "2026-11-13"}]}


def test_every_line_is_answered_in_order():
    lines = [
        "not json",
        "[]",
        "[" * 100_000,
        {},
        {**DAILY, "rrule": 5},
        {**DAILY, "dtstart": "tomorrow"},
        {**DAILY, "dtstart": "2026-01-05T09:00:00Z"},
        {**DAILY, "tzid": "Mars/Olympus"},
        {**DAILY, "exdates": "2026-01-05"},
        {**DAILY, "rrule": "FREQ=DAILY;INTERVAL=0"},
        {**DAILY, "rrule": "\ud800"},
        DAILY,
    ]
    answers = run("convert", lines=lines)
    assert len(answers) == len(lines)
    assert all("error" in answer for answer in answers[:3])
    assert all("unsupported" in answer for answer in answers[3:-1])
    assert "INTERVAL" in answers[9]["unsupported"]
    assert "recurrence" in answers[-1]


def test_an_all_day_series_may_do_without_a_zone():
    days = {"rrule": "FREQ=DAILY", "dtstart": "2026-01-05"}
    good, bad = run("convert", lines=[days, {**days, "dtstart": "2026-01-05T09:00:00"}])
    assert good["recurrence"]["range"]["startDate"] == "2026-01-05"
    assert "tzid" in bad["unsupported"]


def test_a_refusal_carries_its_particulars():
    (answer,) = run("convert", lines=[{**DAILY, "rrule": "FREQ=MONTHLY;BYDAY=5MO"}])
    assert answer["part"] == "BYDAY"
    assert answer["nearest"] == "FREQ=MONTHLY;BYDAY=-1MO"
    assert answer["counterexample"] == "2026-01-26"


def test_the_way_back():
    recurrence_ = {
        "pattern": {"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["thursday"], "index": "first"},
        "range": {"type": "noEnd", "startDate": "2017-08-29", "endDate": "0001-01-01"},
    }
    line = {"recurrence": recurrence_, "dtstart": "2017-08-29T09:00:00", "tzid": "Europe/Warsaw"}
    good, bad = run("convert", "--reverse", lines=[line, {**line, "recurrence": {}}])
    assert good["rrule"] == "FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH"
    assert good["dtstart"] == "2017-09-07T09:00:00"
    assert "pattern" in bad["unsupported"]


def test_each_answer_is_flushed_before_the_next_line_is_read():
    program = "from server.cli_recurrence import recurrence; recurrence(['convert'])"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(json.dumps(DAILY) + "\n")
            process.stdin.flush()
            assert "recurrence" in json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait() == 0


def test_explain_tells_the_sentence_the_dates_and_what_outlook_holds():
    arguments = ["explain", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=3", "--start", "2026-01-06T09:00:00"]
    result = CliRunner().invoke(
        recurrence, [*arguments, "--zone", "Europe/Warsaw", "--after", "2026-01-07T00:00:00+01:00"]
    )
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "every second Tuesday, 3 times"
    assert lines[1] == "Next dates:"
    assert "20 January 2026" in lines[2]
    assert "3 February 2026" in lines[3]
    assert lines[4] == "Outlook holds:"
    assert '"numberOfOccurrences": 3' in result.output
    over = CliRunner().invoke(recurrence, [*arguments, "--after", "2027-01-01"])
    assert "The series is over." in over.output


def test_explain_speaks_the_language_that_was_asked_for():
    arguments = ["explain", "FREQ=DAILY", "--start", "2026-01-06", "--language", "pl", "--after", "2026-01-06"]
    result = CliRunner().invoke(recurrence, arguments)
    assert result.output.splitlines()[0] == "codziennie"
    assert "stycznia 2026" in result.output


def test_explain_reads_lines_too():
    answers = run("explain", "--after", "2026-01-05", lines=[{**DAILY, "language": "fr"}, {**DAILY, "rrule": "x"}])
    assert answers[0]["sentences"] == ["chaque jour"]
    assert len(answers[0]["next"]) == 10
    assert answers[0]["next"][0] == "2026-01-05T09:00:00+01:00"
    assert "unsupported" in answers[1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["FREQ=DAILY"], 2),
        (["FREQ=DAILY", "--start", "2026-01-05", "--after", "soon"], 2),
        (["FREQ=HOURLY", "--start", "2026-01-05T09:00:00"], 1),
        (["FREQ=DAILY", "--start", "2026-01-05", "--language", "xx"], 1),
    ],
)
def test_explain_ends_with_the_right_code(arguments, code):
    assert CliRunner().invoke(recurrence, ["explain", *arguments]).exit_code == code
