"""Databases for tests: a file of SQLite's, and PostgreSQL databases that the tests make and drop again."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from server.store import upgrade
from server.store.tables import metadata

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a PostgreSQL server that may make databases; without one the test is skipped, in CI it fails."""
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        reason = f"PostgreSQL cannot be reached ({str(error).splitlines()[0]}); set TEST_POSTGRES_URL"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return POSTGRES_URL


@contextmanager
def _postgres_databases(server: str) -> Iterator[Callable[[], str]]:
    names: list[sql.Identifier] = []

    def make() -> str:
        name = f"clickmeeting_test_{uuid.uuid4().hex[:12]}"
        names.append(sql.Identifier(name))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(names[-1]))
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    try:
        yield make
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            for name in names:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases; they go with the test."""
    with _postgres_databases(postgres_server) as make:
        yield make


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str) -> Iterator[str]:
    """One PostgreSQL database with the present tables for the whole run; who uses it empties it first."""
    with _postgres_databases(postgres_server) as make:
        url = make()
        upgrade(url)
        yield url


_KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=_KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    make: Callable[[], str] = request.getfixturevalue("empty_postgres")
    return make()


@pytest.fixture(params=_KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the present tables and nothing in them, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/store.db"
        upgrade(url)
        return url
    url: str = request.getfixturevalue("shared_postgres")
    _empty(url)
    return url


@pytest.fixture
def empty_all() -> Callable[[str], None]:
    """Empties a PostgreSQL database of the present tables, for tests that need it more than once."""
    return _empty


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        for table in metadata.sorted_tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that names what was not run here and why, so that a green run never hides it."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        told = told.removeprefix("Skipped: ")
        reasons[told] = reasons.get(told, 0) + 1
    missing = "; ".join(f"{count} tests: {reason}" for reason, count in sorted(reasons.items()))
    terminalreporter.write_line(f"Not run here: {missing or 'nothing'}.")
