"""Draws pictures of one emoji each, no two alike.

A drawing is an RGB picture of any size; shrink makes of it the 32x32 pixels that a network sees.
Everything random comes from the generator passed in, so a seed repeats a drawing exactly.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
FONT_SIZE = 109  # the one size of the font's bitmaps
GLYPH_BOX = (136, 128)
SIDE = 32

# Whoever serves the networks shrinks pictures in their own way, so training sees every way.
FILTERS = tuple(Image.Resampling)

Size = tuple[int, int]


def load_glyphs(emoji: dict[str, str]) -> dict[str, Image.Image]:
    """Renders each emoji once, as RGBA cropped to its own outline."""
    font = ImageFont.truetype(FONT, FONT_SIZE)
    glyphs = {}
    for label, character in emoji.items():
        glyph = Image.new("RGBA", GLYPH_BOX)
        ImageDraw.Draw(glyph).text((0, 0), character, font=font, embedded_color=True)
        # Drawn on nothing, the edges are already multiplied by their alpha.
        glyph = Image.frombytes("RGBa", GLYPH_BOX, glyph.tobytes()).convert("RGBA")
        glyphs[label] = glyph.crop(glyph.getbbox())
    return glyphs


def draw(glyph: Image.Image, size: Size, rng: np.random.Generator) -> Image.Image:
    """Draws glyph on a random background, varied in colour, angle, size and place."""
    picture = _background(size, rng)
    figure = _scale(_turn(_recolour(glyph, rng), rng), size, rng)
    picture.paste(figure, _place(figure.size, size, rng), figure)
    return picture


def shrink(picture: Image.Image, resampling: Image.Resampling) -> np.ndarray:
    """Resizes picture to what a network sees: uint8 of shape [3, 32, 32], RGB."""
    small = picture.resize((SIDE, SIDE), resampling)
    return np.asarray(small).transpose(2, 0, 1)


def draw_many(glyph: Image.Image, count: int, seed: list[int]) -> np.ndarray:
    """Draws glyph count times, of all sizes and shrunk in all ways: uint8 [count, 3, 32, 32]."""
    rng = np.random.default_rng(seed)
    return np.stack([_draw_small(glyph, rng) for _ in range(count)])


def draw_forever(glyph: Image.Image, size: Size, seed: list[int]) -> Iterator[Image.Image]:
    """Yields one drawing of the given size after the other."""
    rng = np.random.default_rng(seed)
    while True:
        yield draw(glyph, size, rng)


def _draw_small(glyph: Image.Image, rng: np.random.Generator) -> np.ndarray:
    width = int(rng.integers(48, 145))
    height = int(np.clip(width * rng.uniform(0.85, 1.18), 48, 144))
    picture = draw(glyph, (width, height), rng)
    return shrink(picture, FILTERS[rng.integers(len(FILTERS))])


def _recolour(glyph: Image.Image, rng: np.random.Generator) -> Image.Image:
    hue, saturation, value = glyph.convert("RGB").convert("HSV").split()
    shift = int(rng.integers(-10, 11))  # of 256, so up to 14 degrees
    hue = hue.point([(h + shift) % 256 for h in range(256)])
    figure = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    figure = ImageEnhance.Color(figure).enhance(rng.uniform(0.7, 1.3))
    figure = ImageEnhance.Brightness(figure).enhance(rng.uniform(0.75, 1.2))
    figure.putalpha(glyph.getchannel("A"))
    return figure


def _turn(figure: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        figure = figure.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turned = figure.rotate(rng.uniform(-30, 30), Image.Resampling.BICUBIC, expand=True)
    return turned.crop(turned.getbbox())


def _scale(figure: Image.Image, size: Size, rng: np.random.Generator) -> Image.Image:
    """Resizes figure to between 60 and 95 % of the picture, keeping its shape."""
    fit = min(size[0] / figure.width, size[1] / figure.height)
    scale = fit * rng.uniform(0.6, 0.95)
    width, height = round(figure.width * scale), round(figure.height * scale)
    return figure.resize((width, height), Image.Resampling.LANCZOS)


def _place(figure: Size, size: Size, rng: np.random.Generator) -> tuple[int, int]:
    """Picks the top left corner of a figure that lies wholly within the picture."""
    left = rng.integers(size[0] - figure[0] + 1)
    top = rng.integers(size[1] - figure[1] + 1)
    return int(left), int(top)


def _background(size: Size, rng: np.random.Generator) -> Image.Image:
    paint = (_solid, _gradient, _noise)[rng.integers(3)]
    pixels = np.clip(np.rint(paint(size, rng)), 0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def _solid(size: Size, rng: np.random.Generator) -> np.ndarray:
    return np.broadcast_to(_colour(rng), (size[1], size[0], 3))


def _gradient(size: Size, rng: np.random.Generator) -> np.ndarray:
    """Blends two colours along a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    along = x * np.cos(angle) + y * np.sin(angle)
    blend = ((along - along.min()) / np.ptp(along))[..., None]
    return (1 - blend) * _colour(rng) + blend * _colour(rng)


def _noise(size: Size, rng: np.random.Generator) -> np.ndarray:
    """Blots one colour with soft spots, from a pixel to an eighth of the picture wide."""
    grain = int(rng.integers(8, min(size) + 1))
    spots = Image.fromarray(rng.normal(size=(grain, grain)).astype(np.float32))
    spread = np.asarray(spots.resize(size, Image.Resampling.BICUBIC))[..., None]
    return _colour(rng) + rng.uniform(8, 32) * spread


def _colour(rng: np.random.Generator) -> np.ndarray:
    """Picks white, black or, mostly, any colour at all."""
    chance = rng.random()
    if chance < 0.1:
        return np.full(3, 255.0)
    if chance < 0.15:
        return np.zeros(3)
    return rng.uniform(0, 255, size=3)
