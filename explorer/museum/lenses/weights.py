"""A shape at a weight that nobody trained, beside what was drawn there."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.learn.latents import as_input
from explorer.learn.modalities.outline import UNITS, area, finer, outlines
from explorer.museum.lenses.base import Lens

ITEMS = 300
QUICK_ITEMS = 24
AMONG = 8_000
ASKED = (8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0)


@register("lenses", "weights")
class Weights(Lens):
    """Intersection over union of shapes, on drawings that were held out; measured at three times the grid's side.

    `regular_seen` and `regular_unseen`: the weight that no training item has, of icons that were seen at other weights and of
    icons that weren't, from light and bold (their latents' middle) and from each alone; baselines are the *true* fields of light
    and bold blended linearly, which need both drawings and no model (`blend`), the outline of light moved by half the missing
    width (`moved`), and light as it is (`copied`). `filled`: from light; baselines are light itself and the filled drawing of the
    training icon whose light is nearest. `reconstruction` of unseen icons, at all weights, beside the nearest training drawing.
    `stroke`: width measured (twice the area over the length of the outline) when a weight is asked of unseen icons drawn bold;
    `drawn` is the same measure of the drawings themselves.
    """

    title = "Weights"
    sentence = "How like the drawing at another weight the edit is, for a weight that no training item has, and for filled icons."
    order = 45
    needs = frozenset({"encode"})

    def measure(self, study: Study) -> dict[str, Any]:
        """Means over icons, all in [0, 1] but the widths, which are in 256ths of the side."""
        if not hasattr(study.data, "drawings"):
            return {}
        out: dict[str, Any] = {}
        for split, name in (("train", "seen"), ("test", "unseen")):
            drawn = {
                weight: as_input(x) for weight, x in study.data.drawings(split, study.count(ITEMS, QUICK_ITEMS)).items()
            }
            out[f"regular_{name}"] = self._regular(study, drawn)
            if split == "test":
                out |= {"filled": self._filled(study, drawn), "reconstruction": self._again(study, drawn)}
                out["stroke"] = self._stroke(study, drawn)
        return out

    def _regular(self, study: Study, drawn: dict[str, Tensor]) -> dict[str, float]:
        light, bold, truth = drawn["light"], drawn["bold"], drawn["regular"]
        zs = {name: _encoded(study, drawn[name], name) for name in ("light", "bold")}
        share = (_number(study, "regular") - _number(study, "light")) / (
            _number(study, "bold") - _number(study, "light")
        )
        thicker = (_number(study, "regular") - _number(study, "light")) / 2 * truth.shape[-1] / UNITS
        rivals = {
            "both": _at(study, (1 - share) * zs["light"] + share * zs["bold"], "regular"),
            "from_light": _at(study, zs["light"], "regular"),
            "from_bold": _at(study, zs["bold"], "regular"),
            "blend": torch.lerp(light, bold, share),
            "moved": light + thicker / (2 * study.data.modality_arguments["reach"]),
            "copied": light,
        }
        return {name: iou(x, truth).mean().item() for name, x in rivals.items()} | {"n": len(truth)}

    def _filled(self, study: Study, drawn: dict[str, Tensor]) -> dict[str, float]:
        truth, light = drawn["fill"], drawn["light"]
        known = {
            name: as_input(x) for name, x in study.data.drawings("train", AMONG).items() if name in ("light", "fill")
        }
        nearest = torch.cdist(light.flatten(1), known["light"].flatten(1)).argmin(1)
        z = _encoded(study, light, "light")
        rivals = {"from_light": _at(study, z, "fill"), "copied": light, "nearest": known["fill"][nearest]}
        return {name: iou(x, truth).mean().item() for name, x in rivals.items()} | {"n": len(truth)}

    def _again(self, study: Study, drawn: dict[str, Tensor]) -> dict[str, float]:
        rows: dict[str, list[Tensor]] = {"model": [], "nearest": []}
        known = study.data.drawings("train", AMONG)
        for name, x in drawn.items():
            among = as_input(known[name])
            rows["model"].append(iou(_at(study, _encoded(study, x, name), name), x))
            rows["nearest"].append(iou(among[torch.cdist(x.flatten(1), among.flatten(1)).argmin(1)], x))
        out = {key: torch.cat(found).mean().item() for key, found in rows.items()}
        out |= {f"model_{name}": found.mean().item() for name, found in zip(drawn, rows["model"], strict=True)}
        return out | {"n": sum(map(len, rows["model"]))}

    def _stroke(self, study: Study, drawn: dict[str, Tensor]) -> dict[str, float]:
        z = _encoded(study, drawn["bold"], "bold")[: study.count(60, 8)]
        asked = {weight: _asked(study, z, weight) for weight in ASKED}
        found = {weight: [width(x[0].numpy()) for x in study.decode(z, c)] for weight, c in asked.items()}
        out = {f"asked_{weight:g}": float(np.median(widths)) for weight, widths in found.items()}
        return out | {
            f"drawn_{name}": float(np.median([width(x[0].numpy()) for x in drawn[name][: len(z)]]))
            for name in drawn
            if name != "fill"
        }


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Fields [N, 1, H, W] -> the share of what lies in either shape that lies in both, [N]; of two empty ones 1."""
    inside = [_finer(x[:, 0]) > 0.5 for x in (a, b)]
    both, either = (inside[0] & inside[1]).flatten(1).sum(1), (inside[0] | inside[1]).flatten(1).sum(1)
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)


def width(field: np.ndarray) -> float:
    """Of the strokes of a field [H, W]: twice the area over the length of the outline, in 256ths of the side."""
    loops = outlines(field)
    length = sum(float(np.hypot(*(loop - np.roll(loop, 1, 0)).T).sum()) for loop in loops)
    return 2 * sum(map(area, loops)) / length if loops else 0.0


def _finer(x: Tensor) -> Tensor:
    down, across = (torch.from_numpy(finer(side)).float() for side in x.shape[1:])
    return down @ x @ across.T


def _number(study: Study, name: str) -> float:
    return study.data.weights[name]


def _asked(study: Study, z: Tensor, weight: float) -> Tensor:
    return study.conditions.encode([{"weight": weight}]).expand(len(z), -1)


def _encoded(study: Study, x: Tensor, name: str) -> Tensor:
    return study.encode(x, _asked(study, x, _number(study, name)))[0]


def _at(study: Study, z: Tensor, name: str) -> Tensor:
    return study.decode(z, _asked(study, z, _number(study, name)))
