"""Paper 41, ADC-GAN: does a generator-aware classifier keep the variety that AC-GAN's loses?

What a sceptic would ask: is variety bought with wrong classes? In part: 86 % of ADC-GAN's draws are read as asked, 97 % of
AC-GAN's, 93 % of real garments; recall within a class (0.30 against 0.08) and the Fréchet distance (20 against 40) agree with
the variety, though, and precision is the same. Is it better than a projection discriminator? Not by variety: 0.94 and 0.93 of
real; the claim is about AC-GAN alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.museum.exhibits import _gans
from explorer.museum.exhibits.base import Exhibit


@register("exhibits", "adcgan")
class AdcGan(Exhibit):
    """Variety within a class of three conditional GANs that share net and recipe, beside real pictures'."""

    number = 41
    title = "Conditional GANs with Auxiliary Discriminative Classifier"
    authors = "Liang Hou, Qi Cao, Huawei Shen, Siyuan Pan, Xiaoshuang Li, Xueqi Cheng"
    year = 2022
    link = "https://arxiv.org/abs/2107.10060"
    gallery = "C"
    idea = (
        "A classifier that only names the class drives a GAN to unmistakable, alike pictures; one that also says "
        "whether they are real lets a class keep its whole variety."
    )
    claim = (
        "Two garments of a class differ more in ADC-GAN's draws than in AC-GAN's, "
        "by perceptual distance in an independent classifier, as a share of real garments'."
    )
    scaled = (
        "28x28 Fashion-MNIST instead of CIFAR, Tiny-ImageNet and ImageNet, a generator of half a million weights "
        "instead of BigGAN, and 3,750 steps of training."
    )
    look = "draws of one garment that differ from each other; beside it, AC-GAN (`fashion-acgan`) draws fewer kinds of each."
    checkpoints = ("fashion-adcgan", "fashion-acgan", "fashion-cgan")
    scene = {
        "model": "fashion-adcgan",
        "view": {"tab": "attributes", "colour": "garment", "options": {"attributes": {"row": "garment"}}},
    }
    control = "#dial"

    def measure(self, seeds: Sequence[int], quick: bool, say: Callable[[str], None]) -> Measured:
        """See `Exhibit.measure`; quick draws fewer garments, from the bundled weights alone."""
        table, real = _gans.compare(list(_gans.TRIO), seeds, quick, say)

        def figure(family: str, field: str, label: str, better: str, digits: int = 3) -> Figure:
            values = tuple(getattr(row, field) for row in table[family])
            return Figure(label=f"{label}, {_gans.NAMES[family]}", values=values, better=better, digits=digits)

        def share(family: str) -> Figure:
            values = tuple(row.variety / real.variety for row in table[family])
            return Figure(label=f"variety, {_gans.NAMES[family]}", values=values, better="higher", unit="of real")

        adc, ac, projection = share("adcgan"), share("acgan"), share("cgan")
        others = [
            figure(family, field, label, better, digits)
            for field, label, better, digits in (
                ("accuracy", "read as asked", "higher", 3),
                ("recall", "recall within a class", "higher", 3),
                ("precision", "precision within a class", "higher", 3),
                ("frechet", "Frechet distance within a class", "lower", 1),
            )
            for family in _gans.TRIO
        ]
        others.append(Figure(label="read as asked, real", values=(real.accuracy,), better="higher"))
        outcome = (
            f"Garments of a class vary {adc.mean:.0%} as much as real ones with ADC-GAN, {ac.mean:.0%} with AC-GAN and "
            f"{projection.mean:.0%} with the projection discriminator; the classifier reads what was asked in "
            f"{_mean(table['adcgan'], 'accuracy'):.0%}, {_mean(table['acgan'], 'accuracy'):.0%} and "
            f"{_mean(table['cgan'], 'accuracy'):.0%} (real: {real.accuracy:.0%})."
        )
        return Measured(
            measured=adc,
            baselines=(ac, projection),
            parts=(part(adc, ac),),
            outcome=outcome,
            others=tuple(others),
            data=_gans.DATA,
        )


def _mean(rows: Sequence[_gans.Within], field: str) -> float:
    return sum(getattr(row, field) for row in rows) / len(rows)
