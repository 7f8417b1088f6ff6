"""The icons as they are shipped and their pixel sizes; `drawing` makes them, nothing here draws."""

import struct
import zlib
from pathlib import Path

from manifest import source

FOLDER = Path(__file__).parent
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def sizes() -> dict[str, int]:
    """Every icon file that the manifests name, with its width and height in pixels."""
    wanted = {source.icon_file("app", size): size for size in (*source.RIBBON_SIZES, 128)}
    for glyph in ("add", "join", "phone"):
        wanted |= {source.icon_file(glyph, size): size for size in source.RIBBON_SIZES}
    for size in source.MOBILE_SIZES:
        for scale in source.MOBILE_SCALES:
            wanted[source.icon_file("mobile", size, scale)] = size * scale
    return wanted | {source.PACKAGE_COLOR: 192, source.PACKAGE_OUTLINE: 32}


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG that is whole (its checksums are right and it ends); None for anything else."""
    if not data.startswith(_SIGNATURE):
        return None
    place, size, kind = len(_SIGNATURE), None, b""
    while place + 12 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body, checksum = data[place + 8 : place + 8 + length], data[place + 8 + length : place + 12 + length]
        if zlib.crc32(kind + body).to_bytes(4, "big") != checksum:
            return None
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        place += 12 + length
    return size if kind == b"IEND" else None
