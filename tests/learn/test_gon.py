"""Gradient origin networks: the gradient is the gradient, one latent is drawn at any resolution, and the page shows the step."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from explorer.core.scene import Point, Scene
from explorer.learn.latents import psnr
from explorer.learn.models.vae._siren import Siren, grid
from explorer.learn.models.vae.gon import GON, SirenAE
from explorer.museum.exhibits import gon as exhibit
from explorer.play.compute import ask
from explorer.play.operations.origin import STEPS, TIMES, OriginTab
from explorer.play.session import Session, open_session
from tests.support import declared
from tests.support.browsing import unfold
from tests.support.panels import check, read, results

SHAPE, WIDTH = (2, 6, 8), 3


@pytest.fixture
def gon() -> GON:
    torch.manual_seed(0)
    return GON(SHAPE, WIDTH, latent=5, hidden=12, depth=3).eval()


def items(count: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, *SHAPE, generator=generator), torch.eye(WIDTH)[torch.arange(count) % WIDTH]


def test_the_gradient_that_is_written_out_is_autograds():
    torch.manual_seed(2)
    siren = Siren(4, 10, 4, 3)
    spots, context, target = grid((5, 7)), torch.randn(6, 4, requires_grad=True), torch.rand(6, 35, 3)
    error = (siren(spots, context) - target).square().sum()
    (expected,) = torch.autograd.grad(error, context)
    assert torch.allclose(siren.gradient(spots, context, target), expected, rtol=1e-4, atol=1e-4)


def test_the_layers_see_spot_and_context_side_by_side():
    """One matrix for both inputs joined, as the paper has it, gives the same."""
    siren = Siren(4, 10, 2, 1)
    spots, context = grid((3, 3)), torch.randn(2, 4)
    joined = torch.cat([spots.expand(2, -1, -1), context[:, None].expand(-1, 9, -1)], 2)
    first = joined @ torch.cat([siren.place.weight, siren.context.weight], 1).T + siren.place.bias
    by_hand = siren.last((30 * siren.layers[0]((30 * first).sin())).sin())
    assert torch.allclose(siren(spots, context), by_hand, atol=1e-5)


def test_a_latent_is_minus_the_gradient_at_the_origin(gon):
    x, c = items()
    origin = torch.zeros(len(x), 5, requires_grad=True)
    values = gon.decoder(gon.spots, torch.cat([origin, c], 1))
    error = (values - x.flatten(2).transpose(1, 2)).square().sum()
    (gradient,) = torch.autograd.grad(error, origin)
    assert torch.allclose(gon.encode(x, c).mean, -gon.step * gradient, rtol=1e-3, atol=1e-5)
    with torch.inference_mode():  # as the page asks
        assert torch.allclose(gon.encode(x, c).mean, -gon.step * gradient, rtol=1e-3, atol=1e-5)


def test_the_loss_is_the_error_after_the_step(gon):
    gon.stride = 1
    x, c = items()
    expected = (gon.decoder(gon.spots, gon._context(gon.encode(x, c).mean, c)) - x.flatten(2).transpose(1, 2)).square()
    assert gon.loss(x, c)["loss"].item() == pytest.approx(expected.sum((1, 2)).mean().item(), rel=1e-4)


def test_training_differentiates_through_the_step(gon):
    """Each weight's gradient is that of autograd through autograd, as the paper's own code has it."""
    gon.stride = 1
    x, c = items()
    values = x.flatten(2).transpose(1, 2)
    found = torch.autograd.grad(gon.loss(x, c)["loss"], list(gon.parameters()))

    origin = torch.zeros(len(x), 5, requires_grad=True)
    inner = (gon.decoder(gon.spots, torch.cat([origin, c], 1)) - values).square().sum()
    (gradient,) = torch.autograd.grad(inner, origin, create_graph=True)
    outer = (gon.decoder(gon.spots, torch.cat([-gon.step * gradient, c], 1)) - values).square().sum() / len(x)
    expected = torch.autograd.grad(outer, list(gon.parameters()))
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-3 * other.abs().max().item())


def test_every_pixel_is_looked_at_in_the_end(gon):
    x, _ = items(1)
    torch.manual_seed(0)
    seen = set()
    for _ in range(60):
        values, spots = gon._looked_at(x)
        assert values.shape == (1, 12, 2) and spots.shape == (12, 2)
        seen |= {tuple(spot) for spot in spots.tolist()}
        where = [int((gon.spots == spot).all(1).nonzero()) for spot in spots]
        assert torch.equal(values[0], x[0].flatten(1).T[where])
    assert len(seen) == len(gon.spots)


@pytest.mark.parametrize("family", [GON, SirenAE])
def test_a_latent_is_drawn_at_any_resolution(family):
    torch.manual_seed(0)
    model = family(SHAPE, WIDTH, latent=5, hidden=12, depth=3).eval()
    z, c = torch.randn(2, 5), items(2)[1]
    assert torch.equal(model.draw(z, c, SHAPE[1:]), model.decode(z, c))
    finer = model.draw(z, c, (18, 24))
    assert finer.shape == (2, 2, 18, 24)
    # With three times the pixels every third one, from the second on, has the spot of a pixel of the small picture.
    assert torch.allclose(finer[:, :, 1::3, 1::3], model.decode(z, c), atol=1e-5)
    assert model.draw(z, None, (5, 3)).shape == (2, 2, 5, 3)


def test_the_error_is_summed_over_a_picture_and_the_best_step_is_seen():
    torch.manual_seed(0)
    model = GON((1, 6, 6), 3, latent=4, hidden=8, depth=2).eval()
    x, c = torch.rand(5, 1, 6, 6), torch.eye(3)[[0, 1, 2, 0, 1]]
    found = exhibit.figures(model, x, c)
    with torch.no_grad():
        z = model.encode(x, c).mean
        by_hand = [(model.decode(k * z, c) - x).square().sum((1, 2, 3)) for k in (1.0, 0.5)]
    assert found["error"] == pytest.approx(by_hand[0].mean().item(), rel=1e-5)
    assert torch.allclose(exhibit.missed(model, x, c), by_hand[0], rtol=1e-5)
    assert found["1"] == found["psnr"] and found["0.5"] == pytest.approx(
        (-10 * (by_hand[1] / 36).log10()).mean().item(), rel=1e-4
    )
    assert set(found) == {"error", "psnr", "0.5", "1", "1.5"}


def test_each_kind_is_tuned_on_training_digits_and_the_step_at_the_rate_that_was_best(monkeypatch):
    recipe = exhibit.recipe_of("digits-gon")
    asked: list[tuple[float, float]] = []

    def held_out(split, rows):
        assert split == "train"
        return torch.zeros(2, 1, 4, 4), torch.zeros(2, 10)

    def fitted(recipe, seed, say, *, training, **changes):
        asked.append((training["rate"], changes["model"].get("step", 0.0)))
        return asked[-1]

    def figures(model, x, c):
        rate, step = model
        return {"error": float("nan") if rate > 1.5e-3 else abs(rate - 1e-3) + abs(step - 0.2)}

    for name, stand_in in (("held_out", held_out), ("fitted", fitted), ("figures", figures)):
        monkeypatch.setattr(exhibit, name, stand_in)
    rate, changes = exhibit.tuned(recipe, {"model": dict(recipe.model)}, 0, False, lambda text: None)
    assert rate == 1e-3 and changes["model"] == recipe.model | {"step": 0.2}
    assert asked == [(r, recipe.model["step"]) for r in exhibit.RATES] + [(1e-3, step) for step in exhibit.STEPS]
    plain = {"family": "ae", "model": {"hidden": 3}}
    assert exhibit.tuned(recipe, plain, 0, False, lambda text: None) == (1e-3, plain)
    assert exhibit.differing(recipe, {"model": dict(recipe.model)}, {"rate": recipe.training.rate}) == {"training": {}}


# -- the page, on the checkpoint in the box


@pytest.fixture(scope="module")
def session() -> Session:
    from tests.conftest import BUNDLED

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(BUNDLED))
        yield open_session("digits-gon")


@pytest.fixture(scope="module")
def scene(session) -> Scene:
    return session.opening().model_copy(update={"view": session.opening().view.model_copy(update={"tab": "origin"})})


def test_a_step_of_nothing_is_the_origin_and_a_whole_one_the_encoding(session, scene):
    base = scene.point
    state = session.resolve(base)
    model = session.checkpoint.model
    none, half, whole = (session.resolve(base.then("origin", step=k)).z for k in (0.0, 0.5, 1.0))
    assert not none.any() and torch.allclose(2 * half, whole)
    with torch.inference_mode():
        picture = model.decode(state.z[None], state.c[None])
        assert torch.allclose(whole, model.encode(picture, state.c[None]).mean[0], atol=1e-6)
    both = torch.stack([session.output(base.then("origin", step=k)) for k in (0.0, 1.0)])
    dull, sharp = psnr(both, session.output(base).expand_as(both)).tolist()
    assert sharp > dull + 5


def test_the_panel_shows_the_step_and_more_pixels(session, scene):
    tree = read(declared.panel(session, "origin", scene))
    check(tree)
    assert len(tree.by_id("story").all("img")) == 4 and len(tree.by_id("origin-way").all(class_="cell")) == len(STEPS)
    seen = [made.point for _, made in results(tree, scene)]
    assert scene.point.then("origin", step=0.5) in seen and scene.point.then("origin", step=2.0) in seen
    for _, made in results(tree, scene):
        assert declared.panel(session, "origin", made)


@pytest.mark.parametrize("times", TIMES)
def test_the_picture_is_redrawn_with_the_pixels_asked(session, scene, times):
    view = scene.view.model_copy(update={"options": {"origin": {"times": times}}})
    tree = read(declared.panel(session, "origin", scene.model_copy(update={"view": view})))
    assert tree.by_id("redrawn")["alt"].endswith(f"{28 * times}×{28 * times} pixels")
    asked = {"ask": "redrawn", "of": scene.point.model_dump(mode="json"), "times": times}
    (answer,) = ask(session, [asked], OriginTab.questions)
    pixels = unfold(answer["value"])
    assert pixels.shape == (28 * times, 28 * times, 3)
    small = session.render([scene.point])[0].astype(int)
    if times == 1:
        assert np.array_equal(pixels, small)
    # the average over a block is about the pixel in its place: the same picture, only finer
    coarse = pixels.reshape(28, times, 28, times, 3).mean((1, 3))
    assert np.abs(coarse - small).mean() < 12


def test_the_step_leads_back(session, scene):
    stepped = scene.at(scene.point.then("origin", step=0.3))
    tree = read(declared.panel(session, "origin", stepped))
    (back,) = [made for node, made in results(tree, stepped) if node["id"] == "reset-origin"]
    assert back.point == scene.point
    way = declared.panel(session, "origin", stepped).overlay.places(partial(session.place, name=None))["path"]
    assert len(way) == len(STEPS) and session.place(scene.point.then("origin", step=1.0), None) in way


def test_a_picture_with_all_its_steps_says_so(session, scene):
    full = Point(start=scene.start, edits=tuple([{"op": "origin", "params": {"step": 0.5}}] * 32))
    other = full.model_copy(update={"edits": (*full.edits[:-1], full.edits[0].model_copy(update={"op": "between"}))})
    assert "can't take another" in read(declared.panel(session, "origin", scene.at(other))).words
