"""The words of the trade and the signs on the page, each with one explanation, for the page and for `docs/glossary.md`."""

from __future__ import annotations

TERMS: dict[str, str] = {
    "attribute": (
        "A named property of an item that the model is told, such as glasses or garment. Ask for another "
        "value, and the decoder draws the same latent under it."
    ),
    "axes": (
        "Across and up, the map shows two numbers of each item: an attribute, the latent along a direction, or a reading such "
        "as how well it is reconstructed. How far apart two items lie then says how these numbers differ, and nothing else."
    ),
    "blend": "A mixture of values or of latents, each with a share; the shares add up to one.",
    "codebook": (
        "A fixed set of values from which a discrete latent chooses; each number of the latent is an index into it."
    ),
    "colour limits": (
        "The numbers at which the colours of the map end. Where the outermost 2% of the items at an end would take more than a "
        "fifth as much of the bar as all between, it ends at the 2nd or the 98th percentile instead, marked ≤ or ≥: items "
        "beyond have the colour of the end."
    ),
    "condition": (
        "All attributes that are asked for together. A conditional model makes an item from a latent and a condition."
    ),
    "decoder": "The part of the model that turns a latent, and a condition, into a picture, a sound or a series.",
    "denoising": (
        "Training in which a part of each item is deleted before the encoder sees it, and the whole item is asked for. Items "
        "that share most of their parts then have to lie near each other."
    ),
    "difference": "Where the edited picture differs from the one before, darker where it differs more.",
    "direction": (
        "A line through latent space along which something changes: a single dimension, a principal "
        "direction, or the difference between the means of two groups."
    ),
    "encoder": "The part of the model that finds the latent of an item, as a mean and a spread.",
    "history": (
        "All steps of this browser tab as a tree, one for each model: going back and editing anew begins a branch, and "
        "none is lost. A step can be opened, compared, and its edits replayed elsewhere."
    ),
    "interpolation": (
        "A walk from one latent to another in small steps, straight, on the sphere, or along real items."
    ),
    "item": "One example of the data: a picture, a sound clip, a series, a row of a table.",
    "judge": (
        "A classifier trained apart from the model, on real items alone. It reads the attributes off a "
        "picture, and so says whether an edit was obeyed."
    ),
    "latent": (
        "The numbers in which the model keeps an item; the decoder makes the item from them. Close latents "
        "give similar items."
    ),
    "latent space": (
        "All latents that there could be. Real items fill a part of it; the rest gives pictures that no one "
        "has vouched for."
    ),
    "leakage": (
        "How well an attribute can be read from the latent, which a conditional model should have no need to "
        "keep there."
    ),
    "map": (
        "Each point is an item, placed in two or three dimensions so that items with similar latents (or "
        "decoder features) lie near each other. Distances between far groups mean little."
    ),
    "near real items": (
        "The distance to the nearest real item, of the picture as the judge sees it and of its latent; the larger is "
        "shown. 1× is the distance within which 99 of 100 real items have their nearest other one: up to it lies what "
        "is typical, above it no real item vouches for the picture."
    ),
    "plug-in": (
        "A small network on top of a trained model, which stays as it is. Here it learns which part of the latent space some "
        "selected items fill, and so gives the model a control that it wasn't trained for."
    ),
    "posterior": (
        "What the encoder says of an item: not one latent but a distribution of them. Draws from it are variations."
    ),
    "posterior collapse": (
        "A dimension of the latent whose posterior is the prior for every item: the encoder says nothing in it, and the decoder "
        "ignores it. It happens where what the dimension would explain is less than the decoder's variance."
    ),
    "outlier": (
        "An item far from all others on a map. Where the outermost 0.5% of the items at either end of a side would make it more "
        "than 1.4 times as long, a flat map opens without them, and an arrow at its edge stands for each: a press leads there. "
        "Whole map (0) shows all, and pressed again what it opened on."
    ),
    "prior": "The distribution from which new latents are drawn when no item is given.",
    "psnr": (
        "Peak signal to noise ratio in decibels: how close a reconstruction is to its item, pixel by pixel. "
        "Higher is closer."
    ),
    "reading": (
        "What is measured of the picture on stage: attributes as the judge reads them, the distance to real "
        "items, and what else has moved."
    ),
    "reconstruction": "An item encoded and decoded again. What is lost in it, the latent doesn't hold.",
    "resample": "Draw anew what the attributes leave open: from the prior, or around an item from its posterior.",
    "scene": "Everything that is needed to show this view again; the address bar always holds it as a link.",
    "seed": "The number from which chance is drawn: the same seed gives the same draws.",
    "selection": (
        "The items that are picked out on the map: what was drawn around, found or narrowed down. The others turn grey."
    ),
    "ssim": (
        "Structural similarity from 0 to 1: how alike two pictures are in local brightness, contrast and structure."
    ),
    "stage": "The picture that is worked on, before and after the changes asked for.",
    "temperature": "How far draws stray: 1 is as the distribution has it, less stays nearer to what is typical.",
}


def markdown() -> str:
    """The glossary as a document."""
    lines = [f"**{term}**\n: {sentence}" for term, sentence in TERMS.items()]
    return "\n\n".join(["# Glossary", "The words and signs of the page, as the page explains them.", *lines]) + "\n"
