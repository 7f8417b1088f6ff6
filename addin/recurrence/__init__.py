"""Recurrence as RRULE, Graph and Office.js: converted exactly or refused; knows no network and no store."""

from addin.recurrence.back import BackConversion, to_rrule
from addin.recurrence.convert import Conversion, Series, from_rrule
from addin.recurrence.exceptions import Exceptions
from addin.recurrence.occurrences import Instance, instances, next_instance, next_occurrence, occurrences
from addin.recurrence.officejs import OfficeSeries, from_officejs, to_officejs
from addin.recurrence.phrase import phrase

__all__ = [
    "BackConversion",
    "Conversion",
    "Exceptions",
    "Instance",
    "OfficeSeries",
    "Series",
    "from_officejs",
    "from_rrule",
    "instances",
    "next_instance",
    "next_occurrence",
    "occurrences",
    "phrase",
    "to_officejs",
    "to_rrule",
]
