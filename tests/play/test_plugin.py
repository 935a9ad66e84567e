"""Plug-ins of a selection: learned in slices, drawn from and moved towards as ordinary steps, and measured as they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import explorer
from explorer.core.schema import ExplorerError
from explorer.play import plugin
from explorer.play.plugin import Group, running
from explorer.play.recipes import bits

COUNT = 40


@pytest.fixture
def model(root, monkeypatch):
    monkeypatch.setattr(plugin, "STEPS", 300)
    return explorer.load("tiny-shapes")


@pytest.fixture
def items(model):
    """Those nearest to one of them in the latent: a group that lies together."""
    z = model.latents().reshape(model.card.items, -1)
    return np.argsort(np.linalg.norm(z - z[3], axis=1))[:COUNT]


def test_from_python_in_three_lines(model, items):
    learned = model.plugin(items, "Near three", seed=11)
    drawn = learned.draws(5, seed=2)
    moved = learned.towards(7)
    assert len(drawn.images) == 5 and len({image.tobytes() for image in drawn.images}) > 1, "draws differ"
    assert drawn.points == learned.draws(5, seed=2).points != learned.draws(5, seed=3).points
    assert moved.point.edits[0].params["label"] == "Towards Near three"
    assert f"from {COUNT} items" in repr(learned)


def test_draws_and_steps_lead_to_the_group(model, items):
    learned, session = model.plugin(items, "Near", seed=11), model.session
    z = torch.from_numpy(model.latents().reshape(model.card.items, -1))
    centre = z[items].mean(0)
    drawn = torch.stack([session.resolve(point).z.flatten() for point in learned.draws(64).points])
    assert (drawn - centre).norm(dim=1).median() < 0.5 * (z - centre).norm(dim=1).median()
    assert set(point.start.item for point in learned.draws(64).points) <= set(items.tolist())
    far = int((z - centre).norm(dim=1).argmax())
    at = [session.resolve(learned.towards(far, amount).point).z.flatten() for amount in (0.0, 0.5, 1.0)]
    assert torch.equal(at[0], z[far]) and torch.allclose(at[1], (at[0] + at[2]) / 2, atol=1e-5)
    assert (at[2] - centre).norm() < 0.5 * (at[0] - centre).norm()
    expected = learned.found.plugin.likened(session.checkpoint.items.tensor("z")[far][None])[0].flatten()
    assert torch.allclose(at[2], expected, atol=1e-5)


def test_what_is_said_of_it_is_what_can_be_counted(model, items):
    found = model.plugin(items, "Near", seed=11).found
    z = torch.from_numpy(model.latents().reshape(model.card.items, -1))
    drawn = found.plugin.expand(torch.randn(256, found.plugin.latent.size, generator=torch.Generator().manual_seed(1)))
    drawn = drawn.detach().flatten(1)
    assert found.near == pytest.approx(np.isin(torch.cdist(drawn, z).argmin(1).numpy(), items).mean(), abs=0.01)
    own = torch.cdist(z[items], z)
    own[torch.arange(COUNT), torch.from_numpy(items)] = float("inf")
    assert found.own == pytest.approx(np.isin(own.argmin(1).numpy(), items).mean(), abs=0.03)
    assert found.apart == pytest.approx((torch.pdist(drawn).mean() / torch.pdist(z[items]).mean()).item(), rel=1e-3)
    assert found.share == COUNT / model.card.items and found.near > 5 * found.share
    assert tuple(found.members) == tuple(np.sort(items))


def test_a_value_that_the_group_shares_is_read_in_its_draws(model):
    table = model.table()
    column = model.card.conditions.attributes[0]
    value = table[column.name].iloc[0]
    items = table.index[table[column.name] == value].to_numpy()
    trait = model.plugin(items, "One value", seed=11).found.traits[0]
    assert (trait.attribute, trait.value, trait.group) == (column.label, value, 1.0)
    assert trait.whole == pytest.approx(len(items) / model.card.items) and 0 <= trait.drawn <= 1


def test_a_step_towards_it_is_known_again_under_another_name(model, items):
    learned = model.plugin(items, "Near", seed=11)
    point = model.edit(7).point.then("dimension", index=0, amount=1.0)
    there = plugin.moved(model.session, learned.found, "Near", point, 0.5).then("dimension", index=1, amount=0.5)
    assert plugin.at(model.session, learned.found, there) == 1
    assert plugin.at(model.session, learned.found, point) is None
    other = model.plugin(items[:20], "Other", seed=11)
    assert plugin.at(model.session, other.found, there) is None


def test_slices_come_to_the_same_as_one_go(model, items):
    members = bits(np.isin(np.arange(model.card.items), items))
    in_slices, at_once = (plugin.Run(model.session, plugin.Asked(members=members, seed=5)) for _ in range(2))
    shares = []
    while in_slices.advance(0.0) is None:
        shares.append(in_slices.last.step)
    at_once.advance(60)
    assert shares == sorted(shares) and len(shares) > 10
    a, b = (run.found.plugin.generator.state_dict() for run in (in_slices, at_once))
    assert all(torch.equal(a[name], b[name]) for name in a) and in_slices.seconds > 0
    group = Group(name="One name", members=members)
    assert running(model.session, group) is running(model.session, Group(name="Another", members=members))


def test_what_cannot_be_is_one_sentence(model, items):
    with pytest.raises(ExplorerError, match="8 items or more; Few holds 3 items"):
        model.plugin(items[:3], "Few")
    with pytest.raises(ExplorerError, match="holds every item"):
        model.plugin(range(model.card.items), "All")
    with pytest.raises(ExplorerError, match="1 to 60"):
        model.plugin(items, "")
    with pytest.raises(ExplorerError, match="no item"):
        model.plugin([10**6])
    with pytest.raises(ExplorerError, match="1 to 64"):
        model.plugin(items, "Near", seed=11).draws(0)
    card = model.card.model_copy(update={"latent": model.card.latent.model_copy(update={"kind": "codes"})})
    assert "codes" in plugin.why_not(card) and plugin.why_not(model.card) is None
