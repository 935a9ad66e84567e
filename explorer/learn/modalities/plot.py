"""Line plots as SVG and as pixels: small multiples with axes for the stage, sparklines for everything smaller.

The SVG is drawn inside an `<img>`, where it has no part in the page's styles; but browsers tell it the colour scheme of the
page around it, so it brings both sets of colours itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw

from explorer.learn.modalities.axes import Channel, Clock

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
        ".rule{stroke:#e2e3de;stroke-width:1}.limit{stroke:#a8261c;stroke-width:1;stroke-dasharray:4 3}"
        f".old{{stroke:#8b908c;stroke-width:1.5;stroke-dasharray:3 2}}{lines}"
        "@media(prefers-color-scheme:dark){text{fill:#aab0ac}.rule{stroke:#2b2f2d}.limit{stroke:#ff9384}"
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
    return svg(SIDE, SIDE, "".join(parts))


@dataclass(frozen=True)
class Panel:
    """The place of one channel in a chart: a box, in which shares become heights and times become places across."""

    channel: Channel
    times: np.ndarray
    left: float
    top: float
    width: float
    height: float
    bottom: bool

    @property
    def ends(self) -> tuple[float, float]:
        """Where the first and the last reading lie across."""
        return self.left + 34, self.left + self.width - 8

    def x(self, times: np.ndarray) -> np.ndarray:
        """Times -> places across."""
        first, last = self.ends
        return first + (times - self.times[0]) / (self.times[-1] - self.times[0]) * (last - first)

    def y(self, shares: np.ndarray) -> np.ndarray:
        """Shares of the channel's range -> places down."""
        low, high = self.top + self.height - 15, self.top + 21
        return low + shares * (high - low)

    def line(self, shares: np.ndarray, kind: str, start: int = 0) -> str:
        """A curve [n] from reading number `start` on, as a path of class `kind`."""
        times = self.times[start : start + len(shares)]
        return f'<path class="{kind}" d="{path(self.x(times), self.y(shares))}"/>'

    def frame(self) -> str:
        """Title, rules, ticks, and the line of a reading that matters."""
        channel, (first, last) = self.channel, self.ends
        span = channel.high - channel.low
        parts = [f'<text x="{self.left + 6:.0f}" y="{self.top + 14:.0f}">{escape(channel.title)}</text>']
        for value in ticks(channel.low, channel.high, 4 if self.height > 100 else 2):
            y = float(self.y(np.float64((value - channel.low) / span)))
            parts.append(f'<path class="rule" d="M{first:.1f} {y:.1f}H{last:.1f}"/>')
            parts.append(f'<text x="{first - 4:.1f}" y="{y + 3.5:.1f}" text-anchor="end">{label(value)}</text>')
        if self.bottom:
            for t in ticks(self.times[0], self.times[-1], 5 if self.width > 200 else 3):
                x = float(self.x(np.float64(t)))
                anchor = "end" if x > last - 8 else "middle"
                y = self.top + self.height - 3
                parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{label(t)}</text>')
        if channel.limit is not None:
            y = float(self.y(np.float64((channel.limit - channel.low) / span)))
            parts.append(f'<path class="limit" d="M{first:.1f} {y:.1f}H{last:.1f}"/>')
        return "".join(parts)


def panels(channels: Sequence[Channel], clock: Clock, steps: int, width: int, height: int) -> list[Panel]:
    """A panel for each channel, one over the other for one, side by side in twos for several."""
    columns = 1 if len(channels) == 1 else 2
    rows = -(-len(channels) // columns)
    wide, high = width / columns, (height - 16) / rows
    times = clock.times(steps)
    return [
        Panel(channel, times, k % columns * wide, k // columns * high, wide, high, bottom=k // columns == rows - 1)
        for k, channel in enumerate(channels)
    ]


def chart(shown: np.ndarray, channels: Sequence[Channel], clock: Clock) -> str:
    """Curves float32 [K, C, T] in [0, 1] -> SVG with a panel for each channel, its title, axes and units."""
    parts = []
    for j, panel in enumerate(panels(channels, clock, shown.shape[2], WIDTH, HEIGHT)):
        parts.append(panel.frame())
        parts += [panel.line(curves[j], "old") for curves in shown[:-1]]
        parts.append(panel.line(shown[-1, j], f"c{j % len(DAY)}"))
    parts.append(f'<text x="{WIDTH - 6}" y="{HEIGHT - 4}" text-anchor="end">{escape(clock.label)}</text>')
    return svg(WIDTH, HEIGHT, "".join(parts))


def svg(width: int, height: int, inside: str) -> str:
    """An SVG of that size with this inside, and the styles that all of them share."""
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
