"""Many rows as one parameter: a list in JSON that a single statement reads; it knows no table.

`executemany` steps through the rows one by one, and each step is a switch between the threads of a busy server.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Select, Text, bindparam, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONB

PARAMETER = "listed"


def listed(dialect: str, columns: Sequence[Column[Any]]) -> Select[Any]:
    """A SELECT of the rows that `as_parameter` gives, for INSERT ... FROM SELECT, in their order."""
    given: Any = bindparam(PARAMETER, type_=Text)
    if dialect == "sqlite":
        value = func.json_each(given).table_valued("value").c.value
        parts: list[Any] = [func.json_extract(value, f"$[{number}]") for number in range(len(columns))]
    else:
        value = func.jsonb_array_elements(cast(given, JSONB)).table_valued("value").c.value
        parts = [
            cast(func.jsonb_extract_path_text(value, str(number)), column.type) for number, column in enumerate(columns)
        ]
    return select(*parts).where(true())


def as_parameter(rows: Iterable[Sequence[str | int]]) -> dict[str, str]:
    """The rows for such a statement; instants as whole microseconds (`column_types.microseconds`)."""
    return {PARAMETER: json.dumps(list(rows))}
