"""Draws every icon from a few shapes and writes them beside this file: `python -m manifest.icons.drawing`.

Each size is drawn anew on its own pixel grid, eight times as large, and averaged down; nothing is scaled from another
icon. It needs Pillow, which the product itself does not.
"""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from manifest.icons import FOLDER, sizes

_FINE = 8
BRAND = (15, 108, 189, 255)  # the pane's own blue
BRIGHT = (40, 134, 222, 255)  # at least 3:1 on the light ribbon and on the dark one
GREEN = (16, 124, 65, 255)
GREY = (145, 145, 145, 255)  # what phones ask for: #919191
WHITE = (255, 255, 255, 255)
CLEAR = (0, 0, 0, 0)
Colour = tuple[int, int, int, int]


class Canvas:
    """A square of `size` pixels, painted in sixteenths of the whole (0 to 16) that fall on whole pixels."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.image = Image.new("RGBA", (size * _FINE, size * _FINE), CLEAR)
        self._pen = ImageDraw.Draw(self.image)

    def snapped(self, value: float) -> float:
        """The nearest whole pixel of the icon, in fine pixels; edges on it stay sharp."""
        return round(value * self.size / 16) * _FINE

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, radius: float = 0) -> None:
        """A rectangle, corners rounded by `radius` sixteenths."""
        edges = [self.snapped(left), self.snapped(top), self.snapped(right) - 1, self.snapped(bottom) - 1]
        self._pen.rounded_rectangle(edges, radius * self.size * _FINE / 16, fill=colour)

    def shape(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        """A polygon; its corners need not fall on pixels."""
        unit = self.size * _FINE / 16
        self._pen.polygon([(x * unit, y * unit) for x, y in corners], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        unit = self.size * _FINE / 16
        edges = [(x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit]
        self._pen.ellipse(edges, fill=colour)

    def done(self) -> Image.Image:
        """The icon in its own size. Colour is averaged by its cover, so that edges do not darken."""
        return self.image.convert("RGBa").resize((self.size, self.size), Image.Resampling.BOX).convert("RGBA")


def _camera(canvas: Canvas, colour: Colour, *, left: float = 1, top: float = 4, width: float = 14) -> None:
    """A body with rounded corners and a lens to its right."""
    high = width * 4 / 7
    body = width * 9.5 / 14
    canvas.box(left, top, left + body, top + high, colour, radius=width / 8)
    lens, right = left + body + width / 14, left + width
    canvas.shape(
        [(lens, top + high * 0.4), (right, top + high * 0.12), (right, top + high * 0.88), (lens, top + high * 0.6)],
        colour,
    )


def _app(canvas: Canvas) -> None:
    canvas.box(0, 0, 16, 16, BRAND, radius=3.5)
    _camera(canvas, WHITE, left=2.5, top=4.9, width=11)


def _add(canvas: Canvas) -> None:
    _camera(canvas, BRIGHT, top=2)
    canvas.disc(11.5, 11.5, 4.5, CLEAR)
    canvas.disc(11.5, 11.5, 3.8, GREEN)
    thick = 0.6
    canvas.shape([(9.4, 11.5 - thick), (13.6, 11.5 - thick), (13.6, 11.5 + thick), (9.4, 11.5 + thick)], WHITE)
    canvas.shape([(11.5 - thick, 9.4), (11.5 + thick, 9.4), (11.5 + thick, 13.6), (11.5 - thick, 13.6)], WHITE)


def _join(canvas: Canvas) -> None:
    _camera(canvas, BRIGHT)
    canvas.shape([(4, 7.3), (5.6, 7.3), (5.6, 5.6), (8.6, 8), (5.6, 10.4), (5.6, 8.7), (4, 8.7)], WHITE)


def _phone(canvas: Canvas) -> None:
    """The keys of a telephone."""
    for row in range(4):
        for column in range(3):
            if row < 3 or column == 1:
                canvas.disc(3.5 + column * 4.5, 2 + row * 4, 1.35, BRIGHT)


def _mobile(canvas: Canvas) -> None:
    _camera(canvas, GREY)


def _color(canvas: Canvas) -> None:
    canvas.box(0, 0, 16, 16, BRAND)
    _camera(canvas, WHITE, left=3.5, top=5.43, width=9)


def _outline(canvas: Canvas) -> None:
    _camera(canvas, WHITE)


_GLYPHS: dict[str, Callable[[Canvas], None]] = {
    "app": _app,
    "add": _add,
    "join": _join,
    "phone": _phone,
    "mobile": _mobile,
    "color": _color,
    "outline": _outline,
}


def draw(name: str) -> Image.Image:
    """One of the files of `sizes()`."""
    canvas = Canvas(sizes()[name])
    _GLYPHS[name.removesuffix(".png").split("-")[0]](canvas)
    return canvas.done()


def main(folder: Path = FOLDER) -> None:
    """Write them all."""
    for name in sizes():
        draw(name).save(folder / name, optimize=True)


if __name__ == "__main__":
    main()
