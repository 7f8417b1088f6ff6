"""Packs and opens the unified manifest's zip; it must not know what is in it."""

import io
import zipfile
from collections.abc import Mapping

_LONGEST_FILE = 4 * 1024 * 1024
_MOST_FILES = 200
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can tell: the same files give the same bytes


class NoPackage(Exception):
    """These bytes cannot be opened as a package; one sentence says why."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files, `manifest.json` first, then by name; the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(files, key=lambda name: (name != "manifest.json", name)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, files[name])
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files by name. NoPackage for what is no zip, is damaged, or is far larger than a manifest."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES or any(entry.file_size > _LONGEST_FILE for entry in entries):
                raise NoPackage("it holds far more than a manifest and its icons")
            return {entry.filename: package.read(entry) for entry in entries}
    # what zipfile raises for a damaged file, an unknown compression, a cut end and a password
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise NoPackage(f"it cannot be opened as a zip ({error})") from None
