"""How near painting comes to the true edited picture, on held-out avatars: `python -m explorer.page.bench.painted [people]`.

The data set draws the same person with another value of one attribute. What differs is painted on the reconstruction, *exact*
(each pixel in its true colour) or *coarse* (blocks of 4 by 4 pixels in one colour, where more than a quarter differs), and what
is found is compared with the true picture. Beside it: nothing done; the painted picture encoded as it is, under the values that
were asked before and under those that the judge reads in it; and the true value asked by its slider, without a stroke.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.core.registry import find
from explorer.core.scene import Point, UploadStart, pack
from explorer.learn.latents import as_input
from explorer.museum.lenses._compare import ssim
from explorer.play import paint
from explorer.play.session import Session, open_session

NAME = "avatars-cvae"
PEOPLE = 200
ATTRIBUTES = ("glasses", "expression")
SHOWN = 0.06  # of a channel's range: less isn't seen
BLOCK = 4
GOOD = 0.95


def coarse(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures and masks [N, ., H, W] as somebody paints them with a thick brush."""
    blocks = lambda y: F.interpolate(F.avg_pool2d(y, BLOCK), scale_factor=BLOCK)  # noqa: E731
    return blocks(x), (blocks(mask) > 0.25).float()


@torch.no_grad()
def measure(session: Session, attribute: str, people: int, rough: bool) -> tuple[dict[str, Tensor], list[float]]:
    """-> SSIM to the true picture [people] by what was done, and the seconds that each search took."""
    model, schema, judge = session.checkpoint.model, session.card.conditions, session.checkpoint.judge
    data = find("data", session.card.data)()
    items, rng = data.load("test"), np.random.default_rng(0)
    k = [a.name for a in schema.attributes].index(attribute)
    codes, edited = items.codes[:people], items.codes[:people].copy()
    edited[:, k] = (codes[:, k] + rng.integers(1, schema[attribute].width, people)) % schema[attribute].width
    x, truth = (
        as_input(items.x[:people]),
        as_input(data.counterfactual("test", np.arange(people), attribute, edited[:, k])),
    )
    c, true_c = schema.encode_codes(codes), schema.encode_codes(edited)
    z = model.encode(x, c).mean
    before = model.decode(z, c)
    colour, mask = truth, ((truth - x).abs().amax(1, keepdim=True) > SHOWN).float()
    if rough:
        colour, mask = coarse(colour, mask)
    pasted = paint.Strokes(colour, mask).on(before)
    read = schema.encode([{name: r["value"] for name, r in row.items()} for row in judge.read(pasted)])
    found: dict[str, list[Tensor]] = {"painted, latent alone": [], "painted": []}
    seconds = []
    for row in range(people):
        start = UploadStart(sha256="0" * 64, latent=pack(z[row]), condition=schema.decode(c[row]))
        if not mask[row].any():  # too little differs for a thick brush
            for made in found.values():
                made.append(before[row])
            continue
        what = paint.Strokes(colour[row], mask[row])
        for name, made in found.items():
            began = time.perf_counter()
            point, _ = paint.painted(session, Point(start=start), what, name == "painted")
            if name == "painted":
                seconds.append(time.perf_counter() - began)
            made.append(session.output(point))
    pictures = {
        "nothing": before,
        "pasted and encoded": model.decode(model.encode(pasted, c).mean, c),
        "pasted, judged and encoded": model.decode(model.encode(pasted, read).mean, read),
        **{name: torch.stack(made) for name, made in found.items()},
        "slider": model.decode(z, true_c),
        "true picture encoded": model.decode(model.encode(truth, true_c).mean, true_c),
    }
    return {name: ssim(y, truth) for name, y in pictures.items()}, seconds


def main(people: int = PEOPLE) -> None:
    """Print the table of `docs/paint.md`."""
    torch.set_num_threads(1)
    session = open_session(NAME)
    print("| attribute | strokes | done | SSIM | at least 0.95 |\n| --- | --- | --- | --- | --- |")
    for attribute in ATTRIBUTES:
        for rough in (False, True):
            figures, seconds = measure(session, attribute, people, rough)
            for name, values in figures.items():
                share = (values >= GOOD).double().mean()
                print(
                    f"| {attribute} | {'coarse' if rough else 'exact'} | {name} | {values.mean():.3f} | {share:.0%} |"
                )
            print(f"| | | seconds: median {np.median(seconds):.2f}, longest {max(seconds):.2f} | | |", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
