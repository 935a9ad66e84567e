"""SWYCC: joint training, drawing by steps and guidance; its operation, and the tab of details on a tiny checkpoint."""

from __future__ import annotations

import pytest
import torch

from explorer.box.build.build import make
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError
from explorer.learn.models.diffusion.swycc import SWYCC
from explorer.museum.exhibits._decoders import decoder
from explorer.museum.exhibits.swycc import edges
from explorer.play.session import Session, open_session
from tests.support import declared, tiny
from tests.support.panels import check, read, results

SHAPE = (1, 8, 8)
SMALL = {"widths": (8, 8), "refiner": (8, 8), "blocks": (1, 1), "context": 16, "steps": 5}


def small(**more) -> SWYCC:
    torch.manual_seed(0)
    model = SWYCC(SHAPE, **SMALL | more)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval().requires_grad_(False)


# -- the family


def test_both_terms_train_encoder_and_first_decoder():
    model, x = small().requires_grad_(True), torch.rand(6, *SHAPE)
    terms = model.loss(x)
    for term in ("diffusion", "squared"):
        gradients = torch.autograd.grad(
            terms[term], [model.encoder[1].weight, model.decoder[0].weight], retain_graph=True
        )
        assert all(gradient.abs().sum() > 0 for gradient in gradients), term
    assert terms["loss"].item() == pytest.approx(terms["diffusion"].item() + model.weight * terms["squared"].item())


def test_nothing_of_the_rough_picture_is_shown_where_all_is_hidden():
    model, x = small(hidden=1.0).requires_grad_(True), torch.rand(6, *SHAPE)
    gradient = torch.autograd.grad(model.loss(x)["diffusion"], model.decoder[0].weight, allow_unused=True)[0]
    assert gradient is None or gradient.abs().sum() == 0


def test_the_velocity_of_a_known_picture_leads_back_to_it():
    model = small(guidance=1.0)
    target, noise = 2 * torch.rand(2, *SHAPE) - 1, torch.randn(2, *SHAPE)

    def true_velocity(noisy, rough, level):
        signal, sigma = model.signal[level][:, None, None, None], model.noise[level][:, None, None, None]
        return (signal * noisy - target) / sigma  # of v = signal eps - sigma x, with noisy = signal x + sigma eps

    model.refiner.forward = true_velocity
    noisy, guesses = model.refine(torch.zeros(2, *model.latent.shape), noise)
    assert torch.allclose(guesses[-1], 0.5 + 0.5 * target, atol=1e-4)
    assert torch.allclose(noisy[-1], guesses[-1]) and torch.allclose(noisy[0], (0.5 + 0.5 * noise).clamp(0, 1))
    assert noisy.shape == guesses.shape == (6, 2, *SHAPE)
    error = [(step - guesses[-1]).square().mean().item() for step in noisy]
    assert error == sorted(error, reverse=True)


def test_guidance_goes_beyond_what_is_seen_from_nothing():
    model, z = small(), torch.randn(2, *small().latent.shape)
    rough, x = 2 * model.rough(z) - 1, 0.1 * torch.randn(2, *SHAPE)
    level = torch.full((2,), 500)
    shown, nothing = model.refiner(x, rough, level), model.refiner(x, torch.zeros_like(rough), level)
    assert not torch.allclose(shown, nothing)
    for scale in (0.0, 1.0, 2.0):
        velocity = nothing + scale * (shown - nothing)
        expected = (model.signal[500] * x - model.noise[500] * velocity).clamp(-1, 1)
        assert torch.allclose(model._guess(x, rough, 500, scale), expected, atol=1e-5)


def test_decoding_uses_the_same_noise_for_all_and_always():
    model, z = small(), torch.randn(3, *small().latent.shape)
    assert torch.equal(model.decode(z), model.decode(z))
    assert torch.allclose(model.decode(z)[1:2], model.decode(z[1:2]), atol=1e-5)
    again = small()
    assert torch.equal(model.always, again.always)
    assert not torch.allclose(model.refine(z, torch.randn(3, *SHAPE))[1][-1], model.decode(z), atol=1e-3)


# -- the claim


def test_sharpness_falls_when_a_picture_is_blurred():
    x = torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert edges(blurred).mean() < 0.5 * edges(x).mean()
    assert edges(torch.full_like(x, 0.5)).shape == (len(x),) and edges(torch.full_like(x, 0.5)).abs().max() < 1e-6


@pytest.mark.parametrize("kind", ["L2", "GAN"])
def test_a_decoder_of_frozen_latents_learns_and_is_kept(kind, tmp_path, monkeypatch):
    from explorer.museum.exhibits import _decoders

    monkeypatch.setattr(_decoders, "cache_folder", lambda kind: tmp_path)
    z = torch.rand(64, 4, generator=torch.Generator().manual_seed(0))
    x = z.reshape(64, 1, 2, 2).repeat_interleave(4, 2).repeat_interleave(4, 3)
    common = {"grid": (1, 2, 2), "patch": 2, "seed": 0}
    before = (decoder(kind, z, x, **common, steps=1)(z) - x).square().mean()
    model = decoder(kind, z, x, **common, steps=60)
    assert (model(z) - x).square().mean() < 0.5 * before
    monkeypatch.setattr(_decoders, "_fit", lambda *a: pytest.fail("trained again"))
    assert torch.equal(decoder(kind, z, x, **common, steps=60)(z), model(z))


def test_a_diffusion_decoder_is_trained_on_an_encoder_that_stays_as_it_is(tmp_path, monkeypatch):
    from explorer.museum.exhibits import _decoders

    monkeypatch.setattr(_decoders, "cache_folder", lambda kind: tmp_path)
    torch.manual_seed(0)
    arguments = {"latent": 1, "patch": 2, "widths": [8, 8], "refiner": [8, 8], "blocks": [1, 1], "context": 16}
    lender = SWYCC((1, 16, 16), 0, **arguments).requires_grad_(False)
    x = torch.linspace(0, 1, 16).expand(32, 1, 16, 16).contiguous()  # what any latent can say

    def error(steps: int) -> float:
        model = _decoders.diffusion(lender, x, arguments=arguments, seed=0, steps=steps)
        for name, weight in model.encoder.state_dict().items():
            assert torch.equal(weight, lender.encoder.state_dict()[name])
        return (model.rough(model.encode(x).mean) - x).square().mean().item()

    assert error(200) < 0.5 * error(1)
    own = sum(p.numel() for part in ("decoder", "refiner") for p in getattr(lender, part).parameters())
    assert _decoders.weights(lender) == own


# -- on the page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    text = tiny.recipe("tiny-shapes", epochs=2)
    before, _, rest = text.partition("[model]")
    _, _, after = rest.partition("[training]")
    head = before.replace('family = "cvae"', 'family = "swycc"')
    arguments = "latent = 1\npatch = 2\nwidths = [8, 8]\nrefiner = [8, 8]\nblocks = [1, 1]\ncontext = 16\nsteps = 4"
    root = tmp_path_factory.mktemp("swycc")
    (root / "tiny-shapes").mkdir()
    (root / "tiny-shapes" / "recipe.toml").write_text(f"{head}[model]\n{arguments}\n\n[training]{after}")
    make(root / "tiny-shapes" / "recipe.toml")
    return root


@pytest.fixture
def session(folder, monkeypatch) -> Session:
    monkeypatch.setenv("CHECKPOINTS", str(folder))
    return open_session("tiny-shapes")


def scene(point: Point, **options) -> Scene:
    return Scene.model_validate(
        {"model": "tiny-shapes", "view": {"tab": "details", "options": {"details": options}}}
    ).at(point)


def test_a_drawing_keeps_latent_and_condition_and_is_the_same_again(session):
    before = session.resolve(Point())
    for params in (
        {"seed": 3},
        {"seed": 3, "step": 2},
        {"show": "guess", "step": 0},
        {"show": "rough"},
        {"guidance": 2.0},
    ):
        point = Point().then("refine", **params)
        state = session.resolve(point)
        assert torch.equal(state.z, before.z) and torch.equal(state.c, before.c)
        assert torch.equal(session.output(point), Session(session.checkpoint).output(point))
        assert not torch.equal(session.output(point), session.output(Point()))
    assert torch.equal(session.output(Point().then("refine")), session.output(Point())), "all steps of the usual noise"
    assert torch.equal(
        session.output(Point().then("refine", seed=3, step=4)), session.output(Point().then("refine", seed=3))
    )
    with pytest.raises(ExplorerError, match="4 steps"):
        session.resolve(Point().then("refine", step=5))


def test_what_comes_after_a_drawing_goes_on_from_the_latent_and_keeps_the_noise(session):
    moved = Point().then("dimension", index=0, amount=1.0)
    after = Point().then("refine", seed=3, step=1, guidance=3.0).then("dimension", index=0, amount=1.0)
    assert torch.equal(session.resolve(after).z, session.resolve(moved).z)
    assert torch.equal(session.output(after), session.output(moved.then("refine", seed=3))), "drawn whole, as usual"
    assert not torch.equal(session.output(after), session.output(moved))
    assert torch.equal(
        session.output(after.then("redraw", leaf="noise", seed=4)), session.output(moved.then("refine", seed=4))
    )


def test_a_path_goes_from_one_noise_to_the_other(session):
    a, b = Point().then("refine", seed=3), Point(start={"item": 1}).then("refine", seed=4)
    way = [session.output(a.then("between", to=b.model_dump(mode="json"), t=t)) for t in (0.0, 0.5, 1.0)]
    assert torch.allclose(way[0], session.output(a), atol=1e-4) and torch.allclose(way[2], session.output(b), atol=1e-4)
    assert not torch.allclose(
        way[1], session.output(Point().then("between", to=b.model_dump(mode="json"), t=0.5)), atol=1e-3
    )


@pytest.mark.parametrize(
    "point", [Point(), Point().then("refine", seed=5, guidance=2.0, step=1)], ids=["plain", "drawn"]
)
def test_each_control_of_the_tab_makes_a_scene_that_works(session, point):
    shown = scene(point)
    tree = read(declared.panel(session, "details", shown))
    check(tree)
    assert len(tree.by_id("way-noisy").all("img")) == len(tree.by_id("way-guess").all("img")) == 5
    made = results(tree, shown)
    assert len(made) > 20
    for _, made_scene in made:
        assert session.output(made_scene.point).isfinite().all()
        declared.panel(session, "details", made_scene)
    slid = [made_scene for node, made_scene in made if node["id"] == "refine-step"]
    assert next(s.point.edits[-1].params["step"] for s in slid) == 0
    assert all(s.point.edits[:-1] == () for s in slid), "steps don't pile up"
    if point.edits:
        assert all(s.point.edits[-1].params["seed"] == 5 for s in slid), "the noise stays"


def test_other_noises_are_a_matter_of_looking(session):
    one, two = (read(declared.panel(session, "details", scene(Point(), seed=s))) for s in (1, 8))
    recipes = [[cell["data-point"] for cell in tree.by_id("many").all(class_="cell")] for tree in (one, two)]
    assert recipes[0][:2] == recipes[1][:2] and not set(recipes[0][2:]) & set(recipes[1][2:])
    assert "dB" in one.words
