"""Writes several files so that all of them are there or none; it must not know what they hold."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_all(folder: Path, files: Mapping[str, bytes], private: frozenset[str] = frozenset()) -> None:
    """Each is written beside its place first; only when all are whole are they put there, over what was there.

    `private` ones are never readable for others than their owner (0600), not even for a moment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as scratch:
        for name, data in files.items():
            mode = 0o600 if name in private else 0o644
            with open(os.open(Path(scratch) / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
        for name in files:
            os.replace(Path(scratch) / name, folder / name)
