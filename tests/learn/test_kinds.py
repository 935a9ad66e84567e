"""The contract of a latent's kind, over every kind: a new one is tested unasked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from explorer.core.registry import discover
from explorer.core.scene import pack
from explorer.core.schema import ExplorerError, LatentSpec
from explorer.learn.kinds import base as kinds

# One spec of each kind, and of each that is built in two ways.
SPECS = {
    "vector": [LatentSpec(shape=(6,))],
    "grid": [LatentSpec(kind="grid", shape=(3, 4, 2))],
    "codes": [LatentSpec(kind="codes", shape=(2, 3), entries=7)],
    "bits": [LatentSpec(kind="bits", shape=(9,))],
    "sequence": [
        LatentSpec(kind="sequence", shape=(None, 3), longest=8),
        LatentSpec(kind="sequence", shape=(None,), longest=8, entries=5),
    ],
}
ALL = [spec for name in discover("kinds") for spec in SPECS[name]]


@pytest.fixture(params=ALL, ids=lambda spec: f"{spec.kind}-{spec.entries}")
def spec(request):
    return request.param


def draws(spec, count=4):
    return [kinds.of(spec).draw(spec, seed=3, draw=k) for k in range(count)]


def together(spec, latents):
    """As a batch, or one by one where they are ragged."""
    return latents if None in spec.shape else torch.stack(latents)


def test_every_kind_is_tried_and_says_what_it_is():
    assert SPECS.keys() == discover("kinds").keys()


def test_draws_fit_the_spec_and_their_seed(spec):
    kind, latents = kinds.of(spec), draws(spec)
    for z in latents:
        assert z.ndim == len(spec.shape) and z.numel() <= spec.size
        assert all(length in (None, own) for length, own in zip(spec.shape, z.shape, strict=True))
        if spec.entries or spec.kind == "bits":
            assert z.dtype == torch.int64 and z.min() >= 0 and z.max() < (spec.entries or 2)
        else:
            assert z.dtype == kind.dtype and z.isfinite().all()
    again = kind.draw(spec, seed=3, draw=0)
    assert torch.equal(latents[0], again) and not torch.equal(kind.draw(spec, seed=4), again)


def test_a_latent_travels_in_a_scene_and_in_a_file(spec):
    kind = kinds.of(spec)
    for z in draws(spec):
        back = kind.unpack(kind.pack(z), spec)
        assert torch.equal(back, z) and back.dtype == z.dtype
    if None not in spec.shape:
        stored = kind.store(z)
        assert stored.dtype == kind.stored and torch.allclose(kind.restore(stored).float(), z.float(), atol=2e-3)


@pytest.mark.parametrize("text", ["!", "AAAA", pack(np.full(3, np.nan)), pack(np.zeros(1000))])
def test_what_is_no_latent_is_one_sentence(spec, text):
    with pytest.raises(ExplorerError) as caught:
        kinds.of(spec).unpack(text, spec, "own-item")
    assert caught.value.where == "own-item" and str(caught.value).endswith(".")


def test_a_code_beyond_the_codebook_is_one_sentence():
    spec = SPECS["codes"][0]
    with pytest.raises(ExplorerError, match="codebook of 7 entries"):
        kinds.of(spec).unpack(pack(np.full(6, 7.0)), spec, "own-item")


def test_a_mix_is_a_latent_that_stands_for_all(spec):
    kind, latents = kinds.of(spec), draws(spec)
    alone = kind.mix(together(spec, latents), np.array([1.0, 0.0, 0.0, 0.0], np.float32))
    assert torch.allclose(alone.float(), latents[0].float())
    z = kind.mix(together(spec, latents), np.array([0.4, 0.3, 0.2, 0.1], np.float32))
    assert z.dtype == latents[0].dtype and z.ndim == latents[0].ndim
    if kind.between:
        assert torch.allclose(z, sum(w * one for w, one in zip((0.4, 0.3, 0.2, 0.1), latents, strict=True)), atol=1e-6)
    elif not z.is_floating_point() and spec.kind != "bits":
        assert torch.equal(z, latents[0]), "a mean of names is no name"


def test_bits_go_with_the_heavier_part():
    one, two = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]])
    bits = discover("kinds")["bits"]()
    assert bits.mix(torch.stack([one, two, two]), np.array([0.4, 0.3, 0.3])).tolist() == [0, 1, 0, 1]
    assert bits.mix(torch.stack([one, two]), np.array([0.5, 0.5])).tolist() == one.tolist()


def test_embedding_gives_one_row_of_numbers_each(spec):
    kind, latents = kinds.of(spec), draws(spec)
    rows = kind.embed(together(spec, latents))
    assert rows.dtype == torch.float32 and rows.ndim == 2 and len(rows) == len(latents) and rows.isfinite().all()
    assert not torch.equal(rows[0], rows[1])


def test_words_and_their_numbers():
    said = [kinds.of(spec).words(spec) for spec in ALL]
    assert len(set(said)) == len(said)
    assert kinds.of(SPECS["vector"][0]).words(SPECS["vector"][0]) == "6 numbers"
    assert kinds.of(SPECS["grid"][0]).words(SPECS["grid"][0]) == "4 × 2 places of 3 numbers"


@pytest.mark.parametrize(
    "wrong", [{"shape": (2, None)}, {"shape": (None,)}, {"shape": (3,), "longest": 4}, {"shape": (0,)}, {"shape": ()}]
)
def test_a_spec_without_sense_is_an_error(wrong):
    with pytest.raises(ValidationError):
        LatentSpec(**wrong)
