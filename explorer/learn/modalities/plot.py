"""Small pictures of what is no picture, as SVG and as pixels: sparklines and bars for cells and thumbnails.

Charts with axes are figures of plotly (`Modality.node`), which makes some hundred elements for each: too many for the hundred
cells of a panel or the items of a map. The SVG is drawn inside an `<img>`, where it has no part in the page's styles; but
browsers tell it the colour scheme of the page around it, so it brings both sets of colours itself.
"""

from __future__ import annotations

import base64

import numpy as np
from PIL import Image, ImageDraw

# Okabe and Ito (2008), dark enough for paper; and the same hues, light enough for night.
DAY = ("#0072b2", "#d55e00", "#007a59", "#a8577f", "#8a6d00", "#3b7ea1")
NIGHT = ("#56b4e9", "#ff9d5c", "#35c99f", "#e79ac0", "#e6c229", "#9ccbe8")
SIDE = 96
OVERSAMPLE = 4
PAPER = (255, 255, 255)


def label(value: float) -> str:
    """A tick's number: `5,000`, `0.25`, with a true minus sign."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"
    return text.replace("-", "\u2212")


def path(xs: np.ndarray, ys: np.ndarray) -> str:
    """Points -> the `d` of an SVG path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _style() -> str:
    lines = "".join(f".c{k}{{stroke:{colour}}}" for k, colour in enumerate(DAY))
    night = "".join(f".c{k}{{stroke:{colour}}}" for k, colour in enumerate(NIGHT))
    return (
        "<style>path{fill:none;stroke-width:1.75;stroke-linejoin:round}"
        f".old{{stroke:#8b908c;stroke-width:1.5;stroke-dasharray:3 2}}{lines}"
        f"@media(prefers-color-scheme:dark){{.old{{stroke:#69706c}}{night}}}</style>"
    )


def sparkline(shown: np.ndarray) -> str:
    """Curves float32 [K, C, T] in [0, 1] -> a square SVG without axes; of K the last is in colour, the others grey."""
    parts = []
    for k, curves in enumerate(shown):
        for j, curve in enumerate(curves):
            xs, ys = np.linspace(4, SIDE - 4, len(curve)), SIDE - 6 - curve * (SIDE - 12)
            kind = f"c{j % len(DAY)}" if k == len(shown) - 1 else "old"
            parts.append(f'<path class="{kind}" style="stroke-width:2.5" d="{path(xs, ys)}"/>')
    return svg(SIDE, SIDE, "".join(parts))


def svg(width: int, height: int, inside: str) -> str:
    """An SVG of that size with this inside, and the styles that all of them share."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{_style()}{inside}</svg>"
    )


def data_url(text: str) -> str:
    """An SVG as a data URL."""
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def raster(curves: np.ndarray, width: int, height: int) -> np.ndarray:
    """Curves [C, T] in [0, 1] -> uint8 [height, width, 3] on white, the lines smooth."""
    scale = OVERSAMPLE
    image = Image.new("RGB", (width * scale, height * scale), PAPER)
    draw = ImageDraw.Draw(image)
    margin = 0.06
    across = (margin + np.linspace(0, 1, curves.shape[1]) * (1 - 2 * margin)) * width * scale
    thick = max(scale, round(0.03 * min(width, height) * scale))
    for j, curve in enumerate(curves):
        down = (1 - margin - curve * (1 - 2 * margin)) * height * scale
        colour = tuple(bytes.fromhex(DAY[j % len(DAY)][1:]))
        draw.line(list(zip(across.tolist(), down.tolist(), strict=True)), fill=colour, width=thick, joint="curve")
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))
