"""Figures as one table, and what a list of times comes to."""

from __future__ import annotations

from typing import Any

import numpy as np

AIM = 8.3  # milliseconds: the next frame of a screen of 120 Hz
PROJECTOR = {"10000": (2.5, 60, "4 MB"), "100000": (4.6, 26, "15.6 MB")}  # TensorBoard's projector, measured beside


def spread(times: list[float]) -> dict[str, float]:
    """Times -> p50, p95, p99, the longest, and how many."""
    return {
        **{f"p{share}": round(float(np.percentile(times, share)), 2) for share in (50, 95, 99)},
        "longest": round(max(times), 2),
        "n": len(times),
    }


def rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Figures -> what, measured, beside what; of the parts that were measured."""
    return [row for part, told in TOLD.items() if part in figures for row in told(figures[part], figures)]


def _frame(frame: dict[str, Any], figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    bare = figures.get("bare")
    return _paths(frame, f"identity callback {_pair(bare['direct'])}, queued {_pair(bare['queued'])}" if bare else "")


def _model(model: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        ("decode alone, torch", _three(model["decode_one_ms"]), f"{model['threads']} threads of torch"),
        ("decode", f"{model['decode_items_s']:,.0f} items/s", f"encode {model.get('encode_items_s', 0):,.0f} items/s"),
    ]


def _visit(page: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        ("click to stage", _pair(page["click"]), f"just after opening, by the server, {_pair(page['early_click'])}"),
        ("hover to thumbnail", _pair(page["hover"]), ""),
        ("usable page, first visit / again", f"{page['first_visit_s']:.2f} s / {page['again_s']:.2f} s", ""),
    ]


def _many(row: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    flat = row["flat_out"]
    return [
        (
            f"{row['people']} people at {row['model']}", f"p95 {row['many']['p95']:.0f} ms, {row['ratio']:.1f} times",
            f"one person at the same {row['rate_s']:.0f} questions/s {row['one']['p95']:.0f} ms; aim 10 times",
        ),
        (
            "  as fast as they are answered", f"p95 {flat['p95']:.0f} ms",
            f"{row['answers_s']:.0f} answers/s, p50 {flat['p50']:.0f} ms, {row['refused']} refused",
        ),
    ]  # fmt: skip


def _models(row: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            f"{row['people']} people on {row['models']} models", f"{row['all_s']:.0f} answers/s",
            f"on {row['few']} models {row['few_s']:.0f} answers/s, {row['ratio']:.1f} times; aim 2",
        )
    ]  # fmt: skip


def _greedy(row: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            f"a bystander beside {row['clients']} greedy clients", f"p95 {row['beside']['p95']:.0f} ms",
            f"alone {row['alone']['p95']:.0f} ms; theirs {row['greedy']['p95']:.0f} ms, {row['refused']} refused; aim 300 ms",
        )
    ]  # fmt: skip


def _long(row: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    rounds = ", ".join(str(held) for held in row["rounds_mb"])
    return [
        (
            f"memory over rounds of {row['models']} models",
            f"{row['ratio']:.2f} times",
            f"MB after each: {rounds}; aim flat",
        )
    ]


def _class(row: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    load, kill = row["load"], row["kill"]
    held = f"; the server held {load['before_mb']} MB before, {load['after_mb']} MB after" if load["before_mb"] else ""
    return [
        (
            f"a class of {load['students']}, answer to wall", f"p95 {load['wall']['p95']:.0f} ms",
            f"p50 {load['wall']['p50']:.0f} ms, {load['sent']} answers, joined in {load['joining_s']:.0f} s; aim 1000 ms{held}",
        ),
        (
            f"  the server killed {kill['kills']} times", f"{kill['lost']} students lost an answer",
            f"{kill['answers']} acknowledged, {kill['off_the_wall']} not on the wall; aim none",
        ),
    ]  # fmt: skip


def _map(sizes: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    out = []
    for size, m in sizes.items():
        seconds, frames, weight = PROJECTOR[size]
        out += [
            (f"map of {int(size):,}: first render", f"{m['first_render_s']:.2f} s", f"projector {seconds} s"),
            ("  panning", f"{m['frames_s']:.0f} frames/s", f"projector {frames} frames/s"),
            ("  on the wire", f"{m['bytes_a_point']:.1f} bytes a point", f"projector {weight} in all"),
            ("  recolour", _pair(m["recolour"]), ""),
        ]
    return out


def _light(light: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The first pictures of a static site at 10 Mbit/s with nothing cached."""
    last = max(light[name] for name in ("map", "stage", "row"))
    each = ", ".join(f"{name} {light[name]}" for name in ("stage", "row", "map"))
    beside = f"ms: {each}; {light['bytes'] / 1000:.0f} kB in {light['requests']} requests"
    return [("first pictures of a site at 10 Mbit/s", f"{last / 1000:.2f} s", f"{beside}; aim 1 s, 300 kB")]


def _start(start: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    """How long a start takes, and where that goes; what memory the server holds."""
    parts = ", ".join(f"{name} {ms:.0f}" for name, ms in start["server"].items())
    phases = ", ".join(f"{name} {ms:.0f}" for name, ms in start["page"]["phases"].items())
    out = [
        ("start of the server", f"{start['server_s']:.2f} s", f"ms: {parts}"),
        ("usable page, nothing cached", f"{start['page']['seconds']:.2f} s", f"ms: {phases}"),
    ]
    if whole := start.get("whole"):
        beside = f"a bare app {whole['bare_s']:.2f} s, {whole['ratio']:.2f} times; aim 1.3"
        out.append(("from the command to a usable page", f"{whole['app_s']:.2f} s", beside))
    if start["idle_mb"]:
        out.append(
            ("memory of the server, idle", f"{start['idle_mb']} MB", f"{start['used_mb']} MB after all the above")
        )
    return out


def _visits(visits: dict[str, Any], _: dict[str, Any]) -> list[tuple[str, str, str]]:
    """How soon the page answers by itself where nothing is cached, and what a click before that takes."""
    slow = max(visits["models"], key=lambda name: visits["models"][name]["engine_s"])
    up, ready = (sorted(m[name] for m in visits["models"].values()) for name in ("engine_s", "ready_s"))
    beside = f"opening scene after {ready[len(ready) // 2]:.2f} s; slowest {slow} {up[-1]:.2f} s; aim 3 s"
    return [
        (f"first visits of {len(up)} models: engine up", f"{up[len(up) // 2]:.2f} s", beside),
        ("  a click before that", _pair(visits["click"]), "aim 100 ms at p95"),
    ]


def _paths(frame: dict[str, Any], identity: str) -> list[tuple[str, str, str]]:
    """The page's two paths from a slider to its picture; the first one is missing where no model runs in the page."""
    out = []
    for name, title in (("page", "in the page"), ("server", "by the server")):
        if (path := frame.get(name)) is None:
            continue
        beside = identity if name == "server" else ""
        out += [
            (f"slider to picture, {title}", _three(path["drawn"]), beside),
            ("  to the frame that shows it", _three(path["shown"]), ""),
            ("  longest frame of a drag", f"{path['frames']['longest']:.0f} ms", f"frames {_three(path['frames'])}"),
            ("  requests while dragging", f"{path['requests']}", f"{path['moves']} moves"),
        ]
    if "decode" in frame:
        weight = frame["bytes"]
        out += [
            ("decode and draw, in the page", _three(frame["paint"]), f"aim {AIM} ms at p95"),
            ("decode alone, in the page", _three(frame["decode"]), f"{frame['threads']} thread(s), {frame['how']}"),
        ]
        parts = ", ".join(f"{name} {size / 1e6:.2f}" for name, size in weight.items())
        out.append(("engine on the wire", f"{sum(weight.values()) / 1e6:.2f} MB", parts))
    return out


# Part -> its rows, in this order.
TOLD = {
    "frame": _frame, "model": _model, "light": _light, "page": _visit, "start": _start, "visits": _visits,
    "many": _many, "models": _models, "greedy": _greedy, "long": _long, "class": _class, "map": _map,
}  # fmt: skip
BEGIN, END = "<!-- speed: written by `python -m explorer bench --into README.md` -->", "<!-- end of speed -->"


def markdown(figures: dict[str, Any]) -> str:
    """Figures -> the same as a table of Markdown."""
    lines = ["| What | Measured | Beside it |", "| --- | --- | --- |"]
    for what, measured, beside in rows(figures):
        indent = "&nbsp;&nbsp;" if what.startswith(" ") else ""
        lines.append(f"| {indent}{what.strip()} | {measured} | {beside} |")
    return "\n".join([*lines, "", _about(figures)])


def table(figures: dict[str, Any]) -> str:
    """Figures -> a table of plain text, and a line on the machine."""
    lines = rows(figures)
    widths = [max(len(line[k]) for line in lines) for k in range(2)]
    body = [f"{what:<{widths[0]}}  {measured:<{widths[1]}}  {beside}".rstrip() for what, measured, beside in lines]
    return "\n".join([*body, "", _about(figures)])


def _about(figures: dict[str, Any]) -> str:
    m = figures["machine"]
    about = f"{figures['checkpoint']}; {m['cores']} cores (load {m['load']}), torch {m['torch']}, Gradio {m['gradio']}."
    return f"{about} Times are p50 / p95 (/ p99) in milliseconds unless a unit is given."


def _pair(times: dict[str, float]) -> str:
    return f"{times['p50']:.1f} / {times['p95']:.1f}"


def _three(times: dict[str, float]) -> str:
    return f"{_pair(times)} / {times['p99']:.1f}"
