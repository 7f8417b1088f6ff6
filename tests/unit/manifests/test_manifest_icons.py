"""The icons: drawn by our own generator, in every size, in the colours that each place asks for."""

from pathlib import Path

from PIL import Image, ImageChops

from manifest import icons, source
from manifest.icons import drawing


def test_there_is_every_size_and_nothing_else() -> None:
    assert {file.name for file in icons.FOLDER.glob("*.png")} == set(icons.sizes())
    drawn = {size for name, size in icons.sizes().items() if name.startswith("app-")}
    assert drawn == {16, 20, 24, 32, 40, 48, 64, 80, 128}
    assert sum(name.startswith("mobile-") for name in icons.sizes()) == 9
    for name, size in icons.sizes().items():
        assert icons.png_size((icons.FOLDER / name).read_bytes()) == (size, size), name


def test_they_are_what_the_generator_draws(tmp_path: Path) -> None:
    drawing.main(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(icons.sizes())
    for name in icons.sizes():
        with Image.open(icons.FOLDER / name) as shipped, Image.open(tmp_path / name) as drawn:
            difference = ImageChops.difference(shipped.convert("RGBA"), drawn.convert("RGBA"))
        # one step of rounding is no other picture: Pillow's versions average a little differently
        highest = max(int(high) for band in difference.split() for _, high in [band.getextrema()])
        assert highest <= 2, f"{name}: run python -m manifest.icons.drawing"


def test_phones_get_one_grey_and_the_package_white_on_nothing() -> None:
    for name, colour in (("mobile-48x3.png", (0x91, 0x91, 0x91)), ("outline.png", (255, 255, 255))):
        with Image.open(icons.FOLDER / name) as image:
            pixels = image.convert("RGBA").tobytes()
        painted = {tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 4) if pixels[at + 3] == 255}
        assert painted == {colour}, name
        assert pixels[3] == 0, "the corner is clear"
    with Image.open(icons.FOLDER / source.PACKAGE_COLOR) as image:
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255), "full colour, no transparency"


def test_only_a_whole_png_has_a_size() -> None:
    whole = (icons.FOLDER / "app-16.png").read_bytes()
    for broken in (whole[:-1], whole[:40] + b"x" + whole[41:], b"GIF89a", b""):
        assert icons.png_size(broken) is None
