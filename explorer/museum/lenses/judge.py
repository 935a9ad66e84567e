"""How far the judge itself can be trusted: its accuracy and calibration on real held-out items."""

from __future__ import annotations

from typing import Any

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.learn.training.judge import judge_report
from explorer.museum.lenses.base import Lens


@register("lenses", "judge")
class JudgeLens(Lens):
    """Accuracy and expected calibration error of the judge on real held-out items. Baseline: the commonest value's share.

    Source: Guo et al. 2017, "On calibration of modern neural networks" (arXiv:1706.04599). It is the ceiling of every
    other figure in which the judge has a word.
    """

    title = "The judge"
    sentence = "How often the independent classifier reads a real picture right, and whether its confidence is honest."
    order = 10

    def measure(self, study: Study) -> dict[str, Any]:
        """For each attribute: `accuracy`, `ece` (categorical), `chance` (share of the commonest value)."""
        if study.judge is None:
            return {}
        report: dict[str, Any] = judge_report(study.judge, study.x, study.c)
        for attribute in study.conditions.attributes:
            if attribute.kind == "categorical":
                part = study.c[:, study.conditions.slices[attribute.name]]
                report[attribute.name]["chance"] = (part.sum(0).max() / part.sum().clamp(min=1)).item()
        return report
