"""Capabilities and leaves, over every family: what is named is there, and what is there is named."""

from __future__ import annotations

import json

import pytest
import torch

from explorer.core.registry import discover, find
from explorer.core.schema import Card, LatentSpec
from explorer.core.signature import Field, Signature
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.capabilities import KNOWN, PROTOCOLS, missing, unnamed
from tests.conftest import BUNDLED, bundled
from tests.learn.test_models import FAMILIES, inputs, latents, make

SMALLEST = {name: (shape, latent) for name, shape, latent in reversed(FAMILIES)}


@pytest.fixture(params=sorted(SMALLEST), scope="module")
def family(request):
    shape, latent = SMALLEST[request.param]
    return make(request.param, shape, latent)


def test_capabilities_are_named_and_there(family):
    model, _ = family
    assert missing(model) == [] and unnamed(model) == []


def test_traits_are_as_the_model_behaves(family):
    model, shape = family
    x, c = inputs(shape)
    if "encode" in model.capabilities:
        posterior = model.encode(x, c)
        assert (isinstance(posterior, PointMass) and posterior.mean.is_floating_point()) == (
            "exact" in model.capabilities
        )


def test_a_capability_without_its_method_is_found_and_the_other_way_round():
    class Liar(Model):
        capabilities = frozenset({"forecast", "encode", "flies"})

        def features(self, z, c=None):
            return z

    assert missing(Liar()) == ["encode", "flies", "forecast"] and unnamed(Liar()) == ["features"]


def test_no_room_asks_for_a_capability_that_nobody_can_have():
    asked = set()
    for room in ("operations", "tabs", "lenses"):
        for entry in discover(room).values():
            asked |= set(entry.needs) | set(getattr(entry, "refuses", ()))
    assert asked <= KNOWN and asked & PROTOCOLS.keys()


@pytest.mark.parametrize("name", bundled())
def test_a_card_names_what_its_family_can(name):
    card = Card.model_validate(json.loads((BUNDLED / name / "card.json").read_text(encoding="utf-8")))
    with torch.device("meta"):
        model = find("models", card.family).made(card.shape, card.conditions, card.arguments)
    assert set(card.capabilities) == model.capabilities
    if "complete" in card.capabilities:
        assert any(hasattr(find("priors", prior), "complete") for prior in card.priors)


def test_leaves_lie_in_the_latent_side_by_side(family):
    model, shape = family
    x, c = inputs(shape)
    z = latents(model, x, c)
    parts = model.split(z)
    walked = {name: leaf for name, leaf in model.leaves.items() if not leaf.drawn}
    assert list(parts) == list(walked)
    for name, part in parts.items():
        assert part.shape == (len(z), *walked[name].shape)
    assert torch.equal(model.join(parts), z)
    assert sum(leaf.size for leaf in walked.values()) == model.latent.size
    item = Field(name="x", modality=min(model.takes), shape=shape)
    assert Signature(item=item, given=model.given, latent=model.leaves).walked == walked


def test_a_leaf_that_is_drawn_has_a_usual_value_and_can_be_held(family):
    model, shape = family
    x, c = inputs(shape)
    z = latents(model, x, c)
    for name, leaf in model.leaves.items():
        if not leaf.drawn:
            continue
        usual = model.usual(name)
        assert usual.shape == leaf.shape
        held = usual[None].expand(len(z), *leaf.shape)
        assert torch.allclose(model.decode(z, c, **{name: held}), model.decode(z, c), atol=1e-5)
        other = kinds.of(leaf).draw(leaf, seed=5)[None].expand_as(held)
        assert not torch.allclose(model.decode(z, c, **{name: other}), model.decode(z, c), atol=1e-3)


def test_the_families_that_were_bent_have_leaves_now():
    leaves = {name: make(name, *SMALLEST[name])[0].leaves for name in ("swycc", "alae", "tr0n", "cvae")}
    assert leaves["swycc"]["noise"].drawn and list(leaves["swycc"]) == ["z", "noise"]
    assert [leaf.kind for leaf in leaves["alae"].values()] == ["vector"] * 4
    assert leaves["tr0n"]["component"] == LatentSpec(shape=(1,)) and list(leaves["cvae"]) == ["z"]


def test_a_family_is_told_what_its_condition_is_made_of():
    speech, fashion = find("data", "speech"), find("data", "fashion")
    voice = find("models", "autovc").made((1, 64, 48), speech.conditions, {"width": 24, "embedding": 4})
    assert voice.who == speech.conditions.slices["speaker"]
    turned = speech.conditions.model_copy(update={"attributes": speech.conditions.attributes[::-1]})
    assert find("models", "autovc").made((1, 64, 48), turned, {"width": 24}).who == turned.slices["speaker"]
    with pytest.raises(ValueError, match="speakers, not 5"):
        find("models", "autovc").made((1, 64, 48), speech.conditions, {"width": 24, "speakers": 5})
    both = fashion.conditions.model_copy(
        update={"attributes": (*fashion.conditions.attributes, *speech.conditions.attributes)}
    )
    assert find("models", "msp").made((1, 28, 28), both, {"latent": 40, "hidden": 16}).widths == (10, 6, 10)
