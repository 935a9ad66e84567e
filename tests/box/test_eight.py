"""Weights in eight bits: how exact they are, that a graph reads them as Python does, and what is refused."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from explorer.box import eight
from explorer.box.build import compact
from explorer.box.checkpoints import load
from explorer.box.portable.graph import trace
from explorer.box.portable.runtime import Job, run
from explorer.core.schema import ExplorerError
from tests.conftest import BUNDLED


@pytest.mark.parametrize("shape", [(64, 300), (32, 24, 3, 3)])
def test_a_number_moves_by_half_a_step_of_its_row_at_most(shape):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * torch.logspace(-4, 2, shape[0]).reshape(
        -1, *(1,) * (len(shape) - 1)
    )
    values[3] = 0
    stored = eight.packed("w", values)
    assert stored["w"].dtype == torch.int8 and set(stored) == {"w", "w.scale"}
    again = eight.unpacked({**stored, "b": values[0]})
    assert set(again) == {"w", "b"} and (again["w"][3] == 0).all()
    half = values.flatten(1).abs().amax(1) / 127 / 2
    assert ((again["w"] - values).flatten(1).abs() <= half[:, None] * 1.001 + 1e-12).all()


def test_a_graph_widens_them_to_the_same_numbers():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(96, 200), nn.ReLU(), nn.Linear(200, 8)).eval()
    state = compact.weights(module.state_dict())
    assert state["0.weight"].dtype == torch.int8 and state["2.weight"].dtype == torch.float16, (
        "a small one isn't worth it"
    )
    wide = {name: tensor.float() for name, tensor in eight.unpacked(state).items()}
    module.load_state_dict(wide)
    x = torch.randn(1, 96)
    stored = {f"model/{name}": tensor.numpy() for name, tensor in state.items()}
    model, names = trace(module, [x], ["x"], stored)
    assert {"model/0.weight", "model/0.weight.scale"} <= set(names) and len(model) < 4000, "no weight lies in the graph"
    given = run({"decoder": Job(model, {"x": x.numpy()}, {name: stored[name] for name in names})})["decoder"]
    with torch.no_grad():
        assert np.abs(given - module(x).numpy()).max() < 1e-5


@pytest.mark.parametrize("name", ["avatars-cvae", "fashion-cvae", "typeface"])
def test_bundled_weights_in_eight_bits_are_read_as_float32(name):
    kept = load_file(BUNDLED / name / "model.safetensors")
    large = [key for key, tensor in kept.items() if tensor.dtype == torch.int8]
    state = load(name, BUNDLED).model.state_dict()
    assert large and sum(kept[key].numel() for key in large) > 0.8 * sum(tensor.numel() for tensor in state.values())
    for key in large:
        assert torch.equal(state[key], kept[key].float() * kept[key + eight.SCALE])


@pytest.mark.parametrize(
    "scale", [torch.ones(3, 1), torch.ones(4), torch.ones(4, 1).half()], ids=["rows", "shape", "kind"]
)
def test_scales_that_do_not_fit_are_refused_by_name(scale):
    with pytest.raises(ValueError, match="w"):
        eight.unpacked({"w": torch.zeros(4, 5, dtype=torch.int8), "w.scale": scale})


def test_a_checkpoint_with_scales_that_do_not_fit_is_refused_in_a_sentence(made, tmp_path):
    folder = tmp_path / "tiny-digits"
    shutil.copytree(made / "tiny-digits", folder)
    kept = load_file(folder / "model.safetensors")
    key = next(name for name, tensor in kept.items() if tensor.dim() == 2)
    kept |= {key: torch.zeros_like(kept[key], dtype=torch.int8), f"{key}.scale": torch.ones(1, 1)}
    save_file(kept, folder / "model.safetensors")
    card = (folder / "card.json").read_text()
    old = hashlib.sha256((made / "tiny-digits" / "model.safetensors").read_bytes()).hexdigest()
    new = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert old in card
    (folder / "card.json").write_text(card.replace(old, new))
    with pytest.raises(ExplorerError, match=f"The scales of the weight {key} in model.safetensors .* don't fit it"):
        load("tiny-digits", tmp_path)
