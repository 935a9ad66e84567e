"""A checkpoint's card as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from markupsafe import Markup

from explorer.core.numbers import number
from explorer.core.registry import discover
from explorer.core.schema import Card
from explorer.page.views.html import Child, el, join

FEW = 12  # numbers that are listed one by one
# How measures are called, see `explorer/museum/lenses`; what isn't here is an attribute, a prior, or a part of the model.
LABELS = {
    "accuracy": "Accuracy",
    "active_units": "Active dimensions",
    "baseline_accuracy": "Accuracy of shifting the latent alone",
    "baseline_n": "Items of the baseline",
    "baseline_psnr": "PSNR of the nearest training item, dB",
    "baseline_ssim": "SSIM of the nearest training item",
    "ceiling_ssim": "SSIM of the true item's reconstruction",
    "chance": "Share of the commonest value",
    "compared": "Points compared",
    "copies": "Share that copies a training item (0.01: as real items)",
    "decoder_stays": "Why the decoder stays on the server",
    "different": "Share of different sentences",
    "ece": "Calibration error",
    "error_millionths": "Largest difference, millionths",
    "exact": "Sentences that come back whole",
    "features_stays": "Why the features stay on the server",
    "frechet": "Fréchet distance",
    "half_way": "Half-way between two held-out items",
    "held_out": "Held-out items",
    "in_place": "Words in their places",
    "kept": "Other attributes unchanged",
    "kilobytes": "Kilobytes",
    "kl": "KL divergence, nats",
    "kl_by_dimension": "KL divergence by dimension, nats",
    "latent": "Dimensions",
    "latent_two_sample": "Two-sample accuracy in the latent",
    "logistic": "Logistic regression",
    "mean": "Mean",
    "mean_picture_psnr": "PSNR of the mean item, dB",
    "mean_picture_ssim": "SSIM of the mean item",
    "mflop": "Million operations",
    "n": "Items",
    "nearest_training": "The training item whose latent is nearest",
    "network": "Network with one hidden layer",
    "new": "Share that is no training item",
    "novelty": "Distance to training latents (1: as new items)",
    "perplexity": "Perplexity under a trigram model",
    "probe": "Probe of the latent",
    "psnr": "PSNR, dB",
    "read": "Reads as asked",
    "real": "Real items read right",
    "reconstructed": "Reconstructions",
    "reconstruction": "Reconstruction",
    "remaining": "Error left (1: no edit)",
    "sampled": "Probe of a drawn latent",
    "seen": "Combinations seen in training",
    "seen_psnr": "PSNR of combinations seen in training, dB",
    "seen_ssim": "SSIM of combinations seen in training",
    "shuffled": "Held-out items with their words shuffled",
    "ssim": "SSIM",
    "training": "Training items",
    "trigrams": "Sentences of the trigram model",
    "two_sample": "Two-sample accuracy (0.5: indistinguishable)",
    "unedited": "Reads as asked before the edit",
    "unedited_psnr": "PSNR before the edit, dB",
    "unedited_ssim": "SSIM before the edit",
    "unseen": "Combinations not seen in training",
    "unseen_psnr": "PSNR of combinations not seen in training, dB",
    "unseen_ssim": "SSIM of combinations not seen in training",
    "well_formed": "No more surprising than 95 of 100 held-out items",
}


def note(text: Child) -> Markup:
    """A sentence."""
    return el("p", text, class_="note")


def card(this: Card, lenses: Mapping[str, tuple[str, str]], credited: Sequence[tuple[str, str, str]] = ()) -> Markup:
    """A checkpoint's card for a person to read.

    Args:
        this: the card.
        lenses: title and sentence of each measure, by its name in `card.metrics`.
        credited: works that the data is of, with licence and authors.
    """
    facts = {
        "Model": f"{this.family}, {number(this.parameters / 1e6)} million parameters",
        "Latent": f"{this.latent.size} numbers"
        if len(this.latent.shape) == 1
        else " × ".join(map(str, this.latent.shape)),
        "Attributes": ", ".join(a.label.lower() for a in this.conditions.attributes),
        "Items shown": f"{this.items:,}",
        "Data": join(f"{this.data}, {this.data_licence}. ", this.data_source),
        "Licence": this.licence,
        "Seed": str(this.seed),
        "Made with": ", ".join(f"{name} {version}" for name, version in this.versions.items()),
    }
    rows = [item for name, value in facts.items() if value for item in (el("dt", name), el("dd", value))]
    measured = [
        el("section", el("h3", title), note(sentence), _table(this.metrics[name], named(this)))
        for name, (title, sentence) in lenses.items()
        if this.metrics.get(name)
    ]
    limits = join(el("h3", "Limits"), note(this.limits)) if this.limits else None
    works = None
    if credited:
        lines = [el("li", f"{work} ({licence}): {authors}") for work, licence, authors in credited]
        works = el(
            "details", el("summary", f"Authors and licences of {len(credited)} works"), el("ul", lines), class_="more"
        )
    return el("div", note(this.summary), el("dl", rows, class_="facts"), works, limits, measured, class_="stack about")


def _table(figures: Any, name: Callable[[str], str]) -> Markup | None:
    """Figures of a lens: a table where they have rows and columns, one under each name where those have again, else pairs."""
    if not isinstance(figures, Mapping):
        return note(_figure(figures))
    rows = {key: value for key, value in figures.items() if isinstance(value, Mapping)}
    single = {key: value for key, value in figures.items() if key not in rows}
    deep = {key: row for key, row in rows.items() if any(isinstance(value, Mapping) for value in row.values())}
    flat = {key: row for key, row in rows.items() if key not in deep}
    out: list[Child] = [[el("h4", name(key)), _table(row, name)] for key, row in deep.items()]
    if flat:
        columns = list(dict.fromkeys(key for row in flat.values() for key in row))
        head = el("tr", el("td"), [el("th", name(key), scope="col") for key in columns])
        body = [
            el("tr", el("th", name(key), scope="row"), [el("td", _figure(row.get(column))) for column in columns])
            for key, row in flat.items()
        ]
        table = el("table", el("thead", head), el("tbody", body), class_="facts")
        out.append(el("div", table, class_="scroll", tabindex="0", role="group", aria_label="Table"))
    if single:
        pairs = [item for key, value in single.items() for item in (el("dt", name(key)), el("dd", _figure(value)))]
        out.append(el("dl", pairs, class_="facts"))
    return join(out)


def named(this: Card) -> Callable[[str], str]:
    """How a card's measures, attributes, priors and parts are called, by the names under which the card holds them."""
    known = {prior: kind.title for prior, kind in discover("priors").items()}
    known |= {attribute.name: attribute.label for attribute in this.conditions.attributes}
    return lambda key: LABELS.get(key) or known.get(key) or key.replace("_", " ").capitalize()


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else number(value, 3)
    if len(value) <= FEW:
        return ", ".join(map(_figure, value))
    most, middle, least = (_figure(of(value)) for of in (max, median, min))
    return f"{most} at most, {middle} in the middle, {least} at least ({len(value)} numbers)"
