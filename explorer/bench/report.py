"""Figures as one table, and what a list of times comes to."""

from __future__ import annotations

from typing import Any

import numpy as np

PROJECTOR = {"10000": (2.5, 60, "4 MB"), "100000": (4.6, 26, "15.6 MB")}  # TensorBoard's projector, measured beside


def spread(times: list[float]) -> dict[str, float]:
    """Times -> p50, p95 and how many."""
    return {
        "p50": round(float(np.percentile(times, 50)), 2),
        "p95": round(float(np.percentile(times, 95)), 2),
        "n": len(times),
    }


def rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Figures -> what, measured, beside what."""
    page, bare, model, crowd = (figures[key] for key in ("page", "bare", "model", "crowd"))
    identity = f"identity callback {_pair(bare['direct'])}, queued {_pair(bare['queued'])}"
    out = [
        ("slider to new pixels", _pair(page["slider"]), identity),
        ("  of that, decoding", _pair(model["decode_one_ms"]), ""),
        ("click to stage", _pair(page["click"]), ""),
        ("hover to thumbnail", _pair(page["hover"]), ""),
        ("start of the server", f"{page['server_start_s']:.1f} s", ""),
        ("usable page, first visit / again", f"{page['first_visit_s']:.2f} s / {page['again_s']:.2f} s", ""),
        ("decode", f"{model['decode_items_s']:,.0f} items/s", f"encode {model.get('encode_items_s', 0):,.0f} items/s"),
        (
            f"{crowd['sessions']} sessions dragging",
            f"p95 {crowd['p95']:.0f} ms",
            f"{crowd['answers_s']:.0f} answers/s, {crowd['dropped']:.1%} of the moves overtaken by newer ones",
        ),
    ]
    for size, m in figures["map"].items():
        seconds, frames, weight = PROJECTOR[size]
        out += [
            (f"map of {int(size):,}: first render", f"{m['first_render_s']:.2f} s", f"projector {seconds} s"),
            ("  panning", f"{m['frames_s']:.0f} frames/s", f"projector {frames} frames/s"),
            ("  on the wire", f"{m['bytes_a_point']:.1f} bytes a point", f"projector {weight} in all"),
            ("  recolour", _pair(m["recolour"]), ""),
        ]
    return out


def table(figures: dict[str, Any]) -> str:
    """Figures -> a table of plain text, and a line on the machine."""
    lines = rows(figures)
    widths = [max(len(line[k]) for line in lines) for k in range(2)]
    body = [f"{what:<{widths[0]}}  {measured:<{widths[1]}}  {beside}".rstrip() for what, measured, beside in lines]
    m = figures["machine"]
    about = f"{figures['checkpoint']}; {m['cores']} cores (load {m['load']}), torch {m['torch']}, Gradio {m['gradio']}"
    return "\n".join([*body, "", about, "Times are p50 / p95 in milliseconds unless a unit is given."])


def _pair(times: dict[str, float]) -> str:
    return f"{times['p50']:.1f} / {times['p95']:.1f}"
