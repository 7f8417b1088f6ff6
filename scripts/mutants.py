"""A seeded sample of mutants of `addin/recurrence`: how many the unit tests notice, and which they do not.

    nice python scripts/mutants.py [--sample 300] [--seed 1] [--jobs 2] [--report FILE]

Each mutant changes one operator, comparison, constant or condition of one module. It is tried in a forked process that
loads the changed module in place of the written one; nothing is written to the sources.
"""

import argparse
import ast
import importlib.abc
import importlib.machinery
import json
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# Loaded once before forking, so that every mutant starts at once.
import babel.dates
import click.testing
import dateutil.rrule
import hypothesis
import icalendar
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "addin" / "recurrence"
LEFT_OUT = {"__init__.py", "generate_windows_zones.py"}
UNIT = "tests/unit/recurrence/test_recurrence"
TESTS = [
    f"{UNIT}_pieces.py",
    f"{UNIT}_traps.py",
    f"{UNIT}_cli.py",
    f"{UNIT}_officejs.py",
    f"{UNIT}_exceptions.py",
    f"{UNIT}_zones.py",
    "tests/unit/test_calendar_file.py",
    f"{UNIT}_phrase.py",
    f"{UNIT}_occurrences.py",
    f"{UNIT}_back.py",
    *(f"{UNIT}_broad.py::test_no_answer_is_wrong_among_generated_rules[{seed}]" for seed in range(2)),
]
SLOW = "not flushed and not any_pattern and not next_is_the_first and not identity_on_the_dialogue and not same_dates"
"""What takes long and notices little that the others do not."""
SECONDS = 240
PRELOADED = (babel.dates, click.testing, dateutil.rrule, hypothesis, icalendar)

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the module, where, what, and the number of the change in the module."""

    path: Path
    line: int
    what: str
    number: int


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that may be changed: no annotations, decorators, docstrings or messages."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                skipped.update(ast.walk(decorator))
        for name in ("annotation", "returns"):
            annotation = getattr(node, name, None)
            if isinstance(annotation, ast.AST):
                skipped.update(ast.walk(annotation))
        if isinstance(node, ast.JoinedStr | ast.Raise):
            skipped.update(ast.walk(node))
    for node in ast.walk(tree):
        if node not in skipped:
            yield node


def changes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Make every change in turn in the given tree: yields after each, and takes it back before the next."""
    for node in _places(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            old = node.ops[0]
            node.ops = [COMPARISONS[type(old)]()]
            yield node.lineno, f"{type(old).__name__} -> {type(node.ops[0]).__name__}"
            node.ops = [old]
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_union(node):
            operator = node.op
            node.op = OPERATORS[type(operator)]()
            yield node.lineno, f"{type(operator).__name__} -> {type(node.op).__name__}"
            node.op = operator
        elif isinstance(node, ast.BoolOp):
            both = node.op
            node.op = ast.Or() if isinstance(both, ast.And) else ast.And()
            yield node.lineno, f"{type(both).__name__} -> {type(node.op).__name__}"
            node.op = both
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            value = node.value
            node.value = not value if isinstance(value, bool) else value + 1
            yield node.lineno, f"{value} -> {node.value}"
            node.value = value
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            test = node.test
            node.test = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
            yield node.lineno, "condition negated"
            node.test = test


def _is_union(node: ast.BinOp) -> bool:
    """`A | B` between types, as in an alias or isinstance."""
    names = (ast.Name, ast.Attribute, ast.Constant, ast.BinOp)
    return (
        isinstance(node.op, ast.BitOr)
        and isinstance(node.left, names)
        and isinstance(node.right, names)
        and all(
            name.id[:1].isupper() or name.id in ("datetime", "date", "str", "int")
            for name in ast.walk(node)
            if isinstance(name, ast.Name)
        )
    )


def sample(size: int, seed: int) -> list[Mutant]:
    """A repeatable choice among all mutants."""
    every = [
        Mutant(path, line, what, number)
        for path in sorted(PACKAGE.glob("*.py"))
        if path.name not in LEFT_OUT
        for number, (line, what) in enumerate(changes(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    rng = random.Random(seed)  # noqa: S311 (a repeatable choice, no secret)
    return rng.sample(every, min(size, len(every)))


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(self.path))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102 (this is the mutant)


def _mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    for number, _ in enumerate(changes(tree)):
        if number == mutant.number:
            return deepcopy(tree)
    raise LookupError(f"{mutant} is not there any more")


def _run_tests(mutant: Mutant | None) -> int:
    """In a forked process: run the tests, with the mutant in place; the exit code of pytest."""
    signal.alarm(SECONDS)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    if mutant is not None:
        name = f"addin.recurrence.{mutant.path.stem}"
        sys.meta_path.insert(0, _Loader(name, mutant.path, ast.fix_missing_locations(_mutated(mutant))))
    arguments = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        SLOW,
        *TESTS,
    ]
    return int(pytest.main(arguments))


def survives(mutant: Mutant | None) -> bool:
    """Whether all tests pass in a process of their own. A crash or a run without end counts as noticed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _run_tests(mutant)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def main() -> None:
    """Try the sample and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    if not survives(None):
        sys.exit("the tests fail without any mutant: mend that first")
    chosen = sample(arguments.sample, arguments.seed)
    survivors: list[str] = []

    def attempt(mutant: Mutant) -> None:
        lives = survives(mutant)
        name = f"{mutant.path.name}:{mutant.line} {mutant.what}"
        if lives:
            survivors.append(name)
        print("survived" if lives else "killed", name, flush=True)

    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(attempt, chosen))
    killed = len(chosen) - len(survivors)
    report = {
        "sample": len(chosen),
        "killed": killed,
        "share": round(killed / len(chosen), 3),
        "survived": sorted(survivors),
    }
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.report:
        arguments.report.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
