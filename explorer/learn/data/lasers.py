"""Simulated ageing of semiconductor lasers: a test at constant light output, where wear shows as rising drive current.

Nothing here was measured; the model is stated in full, so that what is found can be compared with what was put in. The
relative rise of the drive current of a healthy device after t hours is

    d(t) = (k t)^n - b (1 - exp(-t / t_b)),      k = k_0 (I / I_0)^m exp(-E_a / k_B (1 / T - 1 / T_0)),

a power law (n near 1/2, as defects that spread by diffusion give) whose rate follows Arrhenius in the temperature T and
a power of the current I, less a small gain in the first hours (burn-in). E_a = 0.6 eV and m = 2 lie in the middle of what
handbooks of laser reliability give for GaAs and InP devices. A failing device suffers *sudden* degradation on top, the
mark of a dark-line defect that grows once it is born: from a random hour t_s on, d(t) rises by a (exp((t - t_s) / t_g) - 1).
Each device has its own k_0 (log-normal), n, b, onset, growth and noise: what the condition leaves open.

So a hot, hard-driven healthy device may end worse than a cool failing one; only with the condition can they be told apart.
Licence: CC0, our own. Not for: statements about real devices.
"""

from __future__ import annotations

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import DataSet, Items, Split

STEPS, HOURS = 64, 5000.0
LOW, HIGH = -5.0, 50.0  # per cent of rise that become 0 and 1; the driver of the test can't give more than half again
END_OF_LIFE = 20.0  # per cent, the usual criterion
COUNTS = {"train": 8000, "test": 2000}
FAILING = 0.25  # share of the devices
BOLTZMANN = 8.617e-5  # eV / K
ENERGY, POWER = 0.6, 2.0  # activation energy in eV, exponent of the current
REFERENCE = (55.0, 90.0)  # °C and mA at which the rate is RATE
RATE = 4e-6  # 1 / hour
TEMPERATURE, CURRENT = (25.0, 85.0), (60.0, 120.0)


@register("data", "lasers")
class Lasers(DataSet):
    """Rise of the drive current over 5,000 hours, 64 readings; attributes `temperature`, `current` and `failing`."""

    modality = "series"
    shape = (1, STEPS)
    modality_arguments = {
        "channels": [{"label": "Rise of drive current", "unit": "%", "low": LOW, "high": HIGH, "limit": END_OF_LIFE}],
        "time": "hours",
        "step": HOURS / (STEPS - 1),
        "start": 0.0,
    }
    conditions = Schema(
        attributes=(
            Attribute(
                name="temperature", label="Temperature", kind="continuous", low=TEMPERATURE[0], high=TEMPERATURE[1], unit="°C"
            ),
            Attribute(name="current", label="Current", kind="continuous", low=CURRENT[0], high=CURRENT[1], unit="mA"),
            Attribute(name="failing", label="Failing", values=("no", "yes")),
        )
    )  # fmt: skip
    licence = "CC0-1.0"
    source = "simulated by explorer/learn/data/lasers.py, which states its model"
    share_items = True

    def load(self, split: Split) -> Items:
        """Curves float32 [8000 or 2000, 1, 64] in [0, 1], a quarter of them failing."""
        return simulate(COUNTS[split], seed=0 if split == "train" else 1)


def simulate(count: int, seed: int) -> Items:
    """`count` devices under conditions drawn evenly: readings float32 [count, 1, 64] in [0, 1] and their codes."""
    rng = np.random.default_rng(seed)
    temperature, current = rng.uniform(*TEMPERATURE, count), rng.uniform(*CURRENT, count)
    failing = rng.random(count) < FAILING
    t = np.linspace(0, HOURS, STEPS)
    hot = 1 / (temperature + 273.15) - 1 / (REFERENCE[0] + 273.15)
    rate = RATE * rng.lognormal(0, 0.35, count) * (current / REFERENCE[1]) ** POWER * np.exp(-ENERGY / BOLTZMANN * hot)
    exponent = rng.normal(0.55, 0.05, count)
    gain, settling = rng.uniform(0, 0.015, count), rng.uniform(50, 300, count)
    rise = (rate[:, None] * t) ** exponent[:, None]
    rise -= gain[:, None] * (1 - np.exp(-t / settling[:, None]))
    onset, growth = rng.uniform(0.1, 0.75, count) * HOURS, rng.uniform(800, 2500, count)
    size = rng.uniform(0.03, 0.08, count)
    since = np.clip(t - onset[:, None], 0, None) / growth[:, None]
    rise += failing[:, None] * size[:, None] * np.expm1(since)
    rise += rng.uniform(0.002, 0.006, count)[:, None] * rng.standard_normal((count, STEPS))
    x = np.clip((100 * rise - LOW) / (HIGH - LOW), 0, 1).astype(np.float32)
    return Items(x[:, None], np.stack([temperature, current, failing], 1).astype(np.float32), {})
