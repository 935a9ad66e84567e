"""A fan: what is known of a series, the quantiles of how it may go on, and how it did go on; as SVG in the page's own colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from explorer.learn.modalities.axes import Channel, Clock
from explorer.learn.modalities.plot import Panel, panels, path

WIDTH = 560
HEIGHTS = (280, 440)  # of one panel, of several


def fan(
    curve: np.ndarray,
    quantiles: np.ndarray,
    seen: int,
    channels: Sequence[Channel],
    clock: Clock,
    *,
    ident: str,
    label: str,
) -> Markup:
    """The fan of a series.

    Args:
        curve: the whole series, float32 [C, T] in [0, 1].
        quantiles: an odd number of them from low to high, the median in the middle, float32 [Q, C, T].
        seen: readings that are known.
        channels, clock: what the readings mean.
        ident: id of the drawing.
        label: what it shows, in words.
    """
    height = HEIGHTS[len(channels) > 1]
    parts = []
    for k, panel in enumerate(panels(channels, clock, curve.shape[1], WIDTH, height)):
        parts.append(panel.frame())
        parts.append(_bands(panel, quantiles[:, k], seen))
        start = max(seen - 1, 0)
        parts.append(panel.line(curve[k, start:], "rest", start))
        if seen > 1:
            parts.append(panel.line(curve[k, :seen], "known"))
        now = float(panel.x(panel.times[start]))
        parts.append(f'<path class="now" d="M{now:.1f} {panel.top + 19:.1f}V{panel.top + panel.height - 15:.1f}"/>')
    parts.append(f'<text x="{WIDTH - 6}" y="{height - 4}" text-anchor="end">{escape(clock.label)}</text>')
    head = (
        f'<svg class="fan" id="{escape(ident)}" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
    )
    return Markup(f"{head}{''.join(parts)}</svg>")


def _bands(panel: Panel, quantiles: np.ndarray, seen: int) -> str:
    """Pairs of quantiles as areas, the outermost first, and the median as a line; from the last known reading on."""
    start = max(seen - 1, 0)
    across = panel.x(panel.times[start:])
    middle = len(quantiles) // 2
    if len(across) < 2:
        return ""
    parts = []
    for k in range(middle):
        low, high = panel.y(quantiles[k, start:]), panel.y(quantiles[-1 - k, start:])
        outline = path(np.concatenate([across, across[::-1]]), np.concatenate([low, high[::-1]]))
        parts.append(f'<path class="band" d="{outline}Z"/>')
    return "".join([*parts, panel.line(quantiles[middle, start:], "median", start)])


def meter(value: float, threshold: float, low: float, high: float, *, ident: str) -> Markup:
    """A score on a scale with the threshold of the alarm marked."""
    span = max(high - low, 1e-9)
    at, mark = (min(max((v - low) / span, 0.0), 1.0) for v in (value, threshold))
    kind = "alarm" if value > threshold else "calm"
    return Markup(
        f'<div class="meter {kind}" id="{escape(ident)}" style="--at:{at:.1%};--threshold:{mark:.1%}" aria-hidden="true">'
        "<span></span></div>"
    )
