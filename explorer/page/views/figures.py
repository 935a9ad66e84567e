"""Measured figures of checkpoints as Markdown, each beside its baseline: `docs/figures.md`, and a dozen rows for the README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.core.schema import Card, ExplorerError
from explorer.museum.exhibits.base import Exhibit

BEGIN, END = "<!-- figures: written by `make readme` -->", "<!-- end of figures -->"
MISSING = "–"
ROWS = 12  # of the README


def markdown(cards: Iterable[Card], exhibits: Iterable[Exhibit]) -> str:
    """Cards and exhibits -> the tables: all checkpoints, all papers, and the figures on held-out items.

    A checkpoint that an exhibit plays with stands in the tables of checkpoints and papers; its figures are on its card.
    """
    cards, exhibits = list(cards), sorted(exhibits, key=lambda e: e.number)
    played = {name for exhibit in with_models(exhibits) for name in exhibit.checkpoints}
    head = ["Checkpoint", "Shows", "Items", "Latent", "Parameters"]
    parts = [_table(head, [_identity(card) for card in cards])]
    if exhibits:
        head = ["Paper", "Title", "Plays with", "Measured again", "Baseline", "Claim"]
        parts.append(_table(head, [_exhibit(exhibit) for exhibit in exhibits]))
    cards = [card for card in cards if card.name not in played]
    head = [
        "Held-out items",
        "PSNR, dB",
        "SSIM",
        "Edit obeyed",
        "Other attributes unchanged",
        "Leakage of attributes from z",
    ]
    parts.append(_table(head, [_quality(card) for card in cards]))
    head = ["Resampling", "Prior", "Two-sample accuracy", "Judge agrees", "Distance to training latents", "Copies"]
    parts.append(_table(head, [row for card in cards for row in _priors(card)]))
    true = [row for card in cards for row in _truth(card)]
    if true:
        head = ["True edits", "Attribute", "SSIM seen", "SSIM unseen", "PSNR seen, dB", "PSNR unseen, dB"]
        parts.append(_table(head, true))
    drawn = [row for card in cards for row in _weights(card)]
    if drawn:
        head = ["Shapes at a weight that is asked", "What", "Intersection over union", "Rivals on the same shapes"]
        parts.append(_table(head, drawn))
    lettered = [row for card in cards for row in _letters(card)]
    if lettered:
        head = [
            "Letters of designs that were held out",
            "What",
            "Intersection over union",
            "Rivals on the same letters",
        ]
        parts.append(_table(head, lettered))
    return "\n\n".join(parts)


def dozen(cards: Iterable[Card], exhibits: Iterable[Exhibit]) -> str:
    """Cards and exhibits -> a table of the first twelve models, one for each dial, with the paper behind each."""
    papers = {name: e for e in sorted(with_models(exhibits), key=lambda e: -e.number) for name in e.checkpoints}
    dials, rows = set(), []
    for card in cards:
        group = card.dial and card.dial.group
        if len(rows) < ROWS and (group is None or group not in dials):
            dials.add(group)
            paper = papers.get(card.name)
            rows.append([f"`{card.name}`", card.summary, f"[{paper.title}]({paper.link})" if paper else MISSING])
    return _table(["Model", "Shows", "Paper"], rows)


def with_models(exhibits: Iterable[Exhibit]) -> list[Exhibit]:
    """Exhibits of papers about models; those with `lens = True` take models apart that other papers are about."""
    return [exhibit for exhibit in exhibits if not getattr(exhibit, "lens", False)]


def into(path: Path, begin: str, end: str, lines: str) -> None:
    """Replace what a file holds between two marks.

    Raises:
        ExplorerError: the file or its marks are missing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise ExplorerError(f"The file {path.name} can't be read.") from None
    before, first, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise ExplorerError(f"The file {path.name} has no place for figures: {begin}.")
    path.write_text(f"{before}{begin}\n{lines}\n{end}{after}", encoding="utf-8")


def _identity(card: Card) -> list[str]:
    latent = f"{' x '.join(map(str, card.latent.shape))}, {card.latent.kind}"
    return [f"`{card.name}`", card.summary, f"{card.items:,}", latent, f"{card.parameters / 1e6:.2f} M"]


def _quality(card: Card) -> list[str]:
    kept, edits = card.metrics.get("reconstruction", {}), card.metrics.get("edits", {})
    leaks = card.metrics.get("leakage", {})
    leaked = [
        f"{name.replace('_', ' ')} {entry['probe']:.2f} / {_number(entry, 'sampled', 2)} ({_number(entry, 'chance', 2)})"
        for name, entry in leaks.items()
        if isinstance(entry, Mapping) and "probe" in entry
    ]
    obeyed = [entry for name, entry in edits.items() if name != "mean" and isinstance(entry, Mapping)]
    real = sum(entry["real"] for entry in obeyed) / len(obeyed) if obeyed else None
    mean = edits.get("mean", {})
    return [
        f"`{card.name}`",
        f"{_number(kept, 'psnr', 1)} ({_number(kept, 'baseline_psnr', 1)})",
        f"{_number(kept, 'ssim', 3)} ({_number(kept, 'baseline_ssim', 3)})",
        f"{_number(mean, 'accuracy', 3)} ({_number({'real': real}, 'real', 3)})",
        _number(mean, "kept", 3),
        ", ".join(leaked) or MISSING,
    ]


def _exhibit(exhibit: Exhibit) -> list[str]:
    found = exhibit.stored()
    figures = [f"{f.label}: {f.text}" for f in (found.measured, found.baselines[0])] if found else [MISSING] * 2
    figures = [figure.replace("|", "\\|") for figure in figures]
    title = f"[{exhibit.title}]({exhibit.link})"
    return [
        str(exhibit.number),
        title,
        f"`{exhibit.play or exhibit.checkpoints[0]}`",
        *figures,
        found.verdict if found else MISSING,
    ]


def _priors(card: Card) -> list[list[str]]:
    measured = card.metrics.get("resample", {})
    return [
        [
            f"`{card.name}`",
            name.replace("_", "-"),
            _number(entry, "two_sample", 3),
            _number(entry, "accuracy", 3),
            _number(entry, "novelty", 2),
            _number(entry, "copies", 3),
        ]
        for name, entry in measured.items()
        if isinstance(entry, Mapping)
    ]


def _truth(card: Card) -> list[list[str]]:
    measured = card.metrics.get("truth", {})
    seen, unseen = measured.get("seen", {}), measured.get("unseen", {})
    return [
        [
            f"`{card.name}`",
            name.replace("_", " "),
            f"{_number(entry, 'ssim', 3)} ({_number(entry, 'unedited_ssim', 3)})",
            f"{_number(other := unseen.get(name, {}), 'ssim', 3)} ({_number(other, 'unedited_ssim', 3)})",
            f"{_number(entry, 'psnr', 1)} ({_number(entry, 'unedited_psnr', 1)})",
            f"{_number(other, 'psnr', 1)} ({_number(other, 'unedited_psnr', 1)})",
        ]
        for name, entry in seen.items()
        if isinstance(entry, Mapping)
    ]


def _weights(card: Card) -> list[list[str]]:
    """What the lens `weights` measured, each beside its rivals."""
    measured, rows = card.metrics.get("weights", {}), []
    for key, what in (
        ("regular_seen", "regular, of icons seen at other weights"),
        ("regular_unseen", "regular, of new icons"),
    ):
        if entry := measured.get(key):
            rivals = {
                "blend": "true fields of light and bold blended",
                "moved": "true light widened",
                "copied": "light as it is",
            }
            told = ", ".join(f"{label} {_number(entry, name, 3)}" for name, label in rivals.items())
            for name, source in (("from_light", "from light"), ("from_bold", "from bold"), ("both", "from both")):
                rows.append([f"`{card.name}`", f"{what}, {source}", _number(entry, name, 3), told])
    if entry := measured.get("filled"):
        told = f"filled icon whose light is nearest {_number(entry, 'nearest', 3)}, light as it is {_number(entry, 'copied', 3)}"
        rows.append([f"`{card.name}`", "filled, of new icons, from light", _number(entry, "from_light", 3), told])
    if entry := measured.get("reconstruction"):
        told = f"nearest training icon {_number(entry, 'nearest', 3)}"
        rows.append([f"`{card.name}`", "new icons again, at all weights", _number(entry, "model", 3), told])
    return rows


def _letters(card: Card) -> list[list[str]]:
    """What the lens `alphabet` measured, each beside its rivals."""
    measured, rows = card.metrics.get("alphabet", {}), []
    for name, entry in measured.get("unseen", {}).items():
        rivals = {
            "nearest": "letters of the nearest training face",
            "mean": "mean letters",
            "told": "nearest face by the asked letters",
        }
        told = ", ".join(f"{label} {_number(entry, key, 3)}" for key, label in rivals.items())
        told += f"; nearer than it for {100 * entry['won']:.0f}% of {entry['n']} faces"
        if "read" in entry:
            told += f"; read as asked {_number(entry, 'read', 3)} (drawn ones {_number(entry, 'real', 3)})"
        letters = "one other letter" if name == "from 1" else f"{name[5:]} other letters"
        rows.append([f"`{card.name}`", f"letters and digits, from {letters}", _number(entry, "model", 3), told])
    if entry := measured.get("weight"):
        told = f"drawn outlines moved by half the difference of the stems {_number(entry, 'moved', 3)}, letters as they are "
        told += _number(entry, "copied", 3)
        rows.append(
            [f"`{card.name}`", f"at another weight of the family, {entry['n']} pairs", _number(entry, "model", 3), told]
        )
    return rows


def _number(entry: Mapping[str, Any], key: str, digits: int) -> str:
    value = entry.get(key)
    return MISSING if value is None else f"{value:.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
