"""Line plots as SVG and as pixels: small multiples with axes for the stage, sparklines for everything smaller.

The SVG is drawn inside an `<img>`, where it has no part in the page's styles; but browsers tell it the colour scheme of the
page around it, so it brings both sets of colours itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from explorer.modalities.series import Channel, Clock

# Okabe and Ito (2008), dark enough for paper; and the same hues, light enough for night.
DAY = ("#0072b2", "#d55e00", "#007a59", "#a8577f", "#8a6d00", "#3b7ea1")
NIGHT = ("#56b4e9", "#ff9d5c", "#35c99f", "#e79ac0", "#e6c229", "#9ccbe8")
WIDTH, HEIGHT = 320, 240
SIDE = 96
OVERSAMPLE = 4
PAPER = (255, 255, 255)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers from low to high, about `count` of them, a step of 1, 2 or 5 times a power of ten apart."""
    raw = (high - low) / max(count, 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = int(np.ceil(low / step - 1e-9))
    last = int(np.floor(high / step + 1e-9))
    return [round(k * step, 12) + 0.0 for k in range(first, last + 1)]


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
        "<style>text{font:10px system-ui,sans-serif;fill:#565a57}path{fill:none;stroke-width:1.75;stroke-linejoin:round}"
        ".grid{stroke:#e2e3de;stroke-width:1}.limit{stroke:#a8261c;stroke-width:1;stroke-dasharray:4 3}"
        f".old{{stroke:#8b908c;stroke-width:1.5;stroke-dasharray:3 2}}{lines}"
        "@media(prefers-color-scheme:dark){text{fill:#aab0ac}.grid{stroke:#2b2f2d}.limit{stroke:#ff9384}"
        f".old{{stroke:#69706c}}{night}}}</style>"
    )


def sparkline(shown: np.ndarray) -> str:
    """Curves float32 [K, C, T] in [0, 1] -> a square SVG without axes; of K the last is in colour, the others grey."""
    parts = []
    for k, curves in enumerate(shown):
        for j, curve in enumerate(curves):
            xs, ys = np.linspace(4, SIDE - 4, len(curve)), SIDE - 6 - curve * (SIDE - 12)
            kind = f"c{j % len(DAY)}" if k == len(shown) - 1 else "old"
            parts.append(f'<path class="{kind}" style="stroke-width:2.5" d="{path(xs, ys)}"/>')
    return _svg(SIDE, SIDE, "".join(parts))


def chart(shown: np.ndarray, channels: Sequence[Channel], clock: Clock) -> str:
    """Curves float32 [K, C, T] in [0, 1] -> SVG with a panel for each channel, its title, axes and units."""
    count, steps = shown.shape[1:]
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    width, height = WIDTH / columns, (HEIGHT - 16) / rows
    times = clock.times(steps)
    parts = []
    for j, channel in enumerate(channels):
        left, top = (j % columns) * width, (j // columns) * height
        parts.append(
            _panel(shown[:, j], channel, times, (left, top, width, height), index=j, bottom=j // columns == rows - 1)
        )
    parts.append(f'<text x="{WIDTH - 6}" y="{HEIGHT - 4}" text-anchor="end">{escape(clock.label)}</text>')
    return _svg(WIDTH, HEIGHT, "".join(parts))


def _panel(
    curves: np.ndarray, channel: Channel, times: np.ndarray, box: tuple[float, ...], *, index: int, bottom: bool
) -> str:
    """One channel: curves [K, T] in a box (left, top, width, height)."""
    left, top, width, height = box
    x0, x1, y0, y1 = left + 34, left + width - 8, top + height - 15, top + 18
    span = channel.high - channel.low

    def x_of(t: np.ndarray | float) -> np.ndarray | float:
        return x0 + (t - times[0]) / (times[-1] - times[0]) * (x1 - x0)

    def y_of(share: np.ndarray | float) -> np.ndarray | float:
        return y0 + share * (y1 - y0)

    parts = [f'<text x="{left + 6:.0f}" y="{top + 11:.0f}">{escape(channel.title)}</text>']
    for value in ticks(channel.low, channel.high, 4 if height > 100 else 2):
        y = y_of((value - channel.low) / span)
        parts.append(f'<path class="grid" d="M{x0:.1f} {y:.1f}H{x1:.1f}"/>')
        parts.append(f'<text x="{x0 - 4:.1f}" y="{y + 3.5:.1f}" text-anchor="end">{label(value)}</text>')
    if bottom:
        for t in ticks(times[0], times[-1], 5 if width > 200 else 3):
            x = x_of(t)
            anchor = "end" if x > x1 - 8 else "middle"
            parts.append(f'<text x="{x:.1f}" y="{y0 + 12:.1f}" text-anchor="{anchor}">{label(t)}</text>')
    if channel.limit is not None:
        parts.append(f'<path class="limit" d="M{x0:.1f} {y_of((channel.limit - channel.low) / span):.1f}H{x1:.1f}"/>')
    for k, curve in enumerate(curves):
        kind = f"c{index % len(DAY)}" if k == len(curves) - 1 else "old"
        parts.append(f'<path class="{kind}" d="{path(x_of(times), y_of(curve))}"/>')
    return "".join(parts)


def _svg(width: int, height: int, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{_style()}{inside}</svg>"
    )


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
