"""Train the judge on real items alone, and set its confidence right.

Pictures and spectrograms are shifted, blurred, relit and made noisy a little on the way in, so that the judge reads the
attribute and not the sharpness of the drawing: generated pictures are softer than real ones. Confidence is calibrated by
temperature scaling (Guo et al. 2017, arXiv:1706.04599) on items kept out of the training.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.core.schema import Schema
from explorer.learn.data.base import Items
from explorer.learn.latents import as_input
from explorer.learn.models.judge import Judge, agreement

KEPT_OUT = 0.05  # share of the training items that calibrate the confidence
CALIBRATION_MAX = 2000


def train_judge(
    items: Items,
    conditions: Schema,
    *,
    seed: int = 0,
    epochs: int = 6,
    batch: int = 128,
    rate: float = 4e-3,
    progress: Callable[[float, str], None] | None = None,
) -> Judge:
    """Real items -> a calibrated judge in evaluation mode; deterministic for a given seed and number of threads.

    Args:
        items: training items; `x` [N, *shape] as `latents.as_input` takes them, `codes` [N, attributes].
        conditions: what the codes mean.
        seed: of initialisation, order and augmentation.
        epochs: passes over the items.
        batch: items in one step.
        rate: peak learning rate of a one-cycle schedule (Smith and Topin 2018, arXiv:1708.07120).
        progress: called with the share done and a sentence.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        x, c = items.x, conditions.encode_codes(items.codes)
        order = torch.randperm(len(x))
        kept = min(CALIBRATION_MAX, max(1, int(KEPT_OUT * len(x))))
        held, order = order[:kept], order[kept:]
        judge = Judge(tuple(x.shape[1:]), conditions).to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(judge.parameters(), lr=rate, weight_decay=0.02)
        steps = max(1, len(order) // batch) * epochs
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.2)
        done = 0
        for epoch in range(epochs):
            judge.train()
            for rows in order[torch.randperm(len(order))].split(batch):
                if len(rows) < batch and done:
                    continue
                loss = judge_loss(judge(augment(as_input(x[rows.numpy()]))), c[rows], conditions)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                done += 1
                if progress:
                    progress(done / steps, f"judge, epoch {epoch + 1} of {epochs}, loss {loss.item():.3f}")
        judge.eval()
        calibrate(judge, as_input(x[held.numpy()]), c[held])
    return judge.to(memory_format=torch.contiguous_format).requires_grad_(False)


def augment(x: Tensor) -> Tensor:
    """Pictures and spectrograms [N, C, H, W] in [0, 1] -> the same, shifted by up to 2 pixels, some softened, relit, noisy.

    Series [N, C, T] are shifted by up to 1 reading, some softened, noisy, but never scaled: their height is what is read.
    """
    if x.ndim == 3:
        return _augment_series(x)
    count, _, height, width = x.shape
    down, right = (int(v) for v in torch.randint(-2, 3, (2,)))
    x = F.pad(x, (2, 2, 2, 2), mode="replicate")[:, :, 2 + down : 2 + down + height, 2 + right : 2 + right + width]
    soft = F.interpolate(F.avg_pool2d(x, 2, ceil_mode=True), size=(height, width), mode="bilinear")
    share = torch.rand(count, 1, 1, 1) * (torch.rand(count, 1, 1, 1) < 0.5)
    x = torch.lerp(x, soft, 0.8 * share)
    light = 1 + 0.08 * (torch.rand(count, 1, 1, 1) - 0.5)
    return (x * light + 0.04 * torch.rand(count, 1, 1, 1) * torch.randn_like(x)).clamp(0, 1)


def _augment_series(x: Tensor) -> Tensor:
    count, _, steps = x.shape
    later = int(torch.randint(3, ()))
    x = F.pad(x, (1, 1), mode="replicate")[:, :, later : later + steps]
    soft = F.avg_pool1d(x, 5, stride=1, padding=2, count_include_pad=False)
    x = torch.lerp(x, soft, torch.rand(count, 1, 1) * (torch.rand(count, 1, 1) < 0.5))
    return (x + 0.02 * torch.rand(count, 1, 1) * torch.randn_like(x)).clamp(0, 1)


def judge_loss(logits: Tensor, c: Tensor, conditions: Schema) -> Tensor:
    """Negative log-likelihood of c [N, C] under logits [N, C], summed over attributes; an unset one counts nothing."""
    total = logits.new_zeros(())
    for attribute in conditions.attributes:
        part, asked = logits[:, conditions.slices[attribute.name]], c[:, conditions.slices[attribute.name]]
        if attribute.kind == "categorical":
            known, terms = asked.sum(dim=1), -(asked * part.log_softmax(dim=1)).sum(dim=1)
        else:
            known, deviation = asked[:, 1], part[:, 1].clamp(-6, 2)
            terms = known * (deviation + 0.5 * ((asked[:, 0] - part[:, 0]) / deviation.exp()) ** 2)
        total = total + terms.sum() / known.sum().clamp(min=1)
    return total


def calibrate(judge: Judge, x: Tensor, c: Tensor) -> None:
    """Set the temperature of each categorical attribute to the one under which the held-out c [N, C] is likeliest."""
    with torch.no_grad():
        logits = judge.heads(judge.embed(x))
    for attribute in judge.conditions.attributes:
        where = judge.conditions.slices[attribute.name]
        known = c[:, where].sum(dim=1) > 0
        if attribute.kind == "continuous" or not known.any():
            continue
        part, asked = logits[known, where], c[known, where]
        grid = torch.linspace(0.3, 4.0, 149)
        losses = torch.stack([nn.functional.cross_entropy(part / t, asked) for t in grid])
        judge.temperature[where] = grid[losses.argmin()]


@torch.no_grad()
def judge_report(judge: Judge, x: Tensor, c: Tensor, batch: int = 500) -> dict[str, dict[str, float]]:
    """Held-out x [N, *shape] in [0, 1], c [N, C] -> for each attribute `accuracy` and `ece`, both in [0, 1].

    `ece` is the expected calibration error over 15 bins of confidence (Guo et al. 2017, eq. 3).
    """
    logits = torch.cat([judge(part) for part in x.split(batch)])
    right = agreement(logits, c, judge.conditions)
    out = {}
    for k, attribute in enumerate(judge.conditions.attributes):
        where = judge.conditions.slices[attribute.name]
        out[attribute.name] = {"accuracy": right[:, k].double().mean().item()}
        if attribute.kind == "categorical":
            confidence = logits[:, where].softmax(dim=1).amax(dim=1)
            out[attribute.name]["ece"] = expected_calibration_error(confidence, right[:, k])
    return out


def expected_calibration_error(confidence: Tensor, right: Tensor, bins: int = 15) -> float:
    """Confidence [N] in [0, 1] and bool right [N] -> mean gap between confidence and accuracy, weighted by bin size."""
    index = (confidence * bins).long().clamp(max=bins - 1)
    gap = torch.zeros(bins, dtype=torch.float64).index_add_(0, index, confidence.double() - right.double())
    return (gap.abs().sum() / len(confidence)).item()
