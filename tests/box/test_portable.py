"""Models as files for the page: what the server hands out, and that the page's runtime gives what torch gives."""

from __future__ import annotations

import gzip
import json
import math
import os
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest
import torch
from torch import nn

from explorer.box.checkpoints import load
from explorer.box.portable import parts
from explorer.box.portable.graph import NotPortable, trace, work
from explorer.box.portable.runtime import Job, run
from explorer.box.portable.shipped import graph, shipped
from explorer.page.serving import manifest
from explorer.play.session import open_session
from tests.conftest import BUNDLED, ROOT, TINY, representatives

# -- what is served


def fetch(address: str) -> tuple[bytes, dict[str, str]]:
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        data, headers = answer.read(), {k.lower(): v for k, v in answer.headers.items()}
    return gzip.decompress(data) if headers.get("content-encoding") == "gzip" else data, headers


def test_every_file_of_the_manifest_is_there_whole_and_for_good(url, made):
    for name in TINY:
        base = f"{url}/explorer/{name}/"
        facts = json.loads(fetch(base + "engine.json")[0])
        assert facts["state"] == "ready" and set(facts["parts"]) >= {"decoder", "encoder", "judge"}
        for kind in ("parts", "weights"):
            for entry in facts[kind].values():
                data, headers = fetch(base + entry["file"])
                assert len(data) == entry["bytes"] and "immutable" in headers["cache-control"]
        sent = [name for bundle in facts["weights"].values() for name, _, _ in bundle["tensors"]]
        assert len(sent) == len(set(sent)) > 10, "no weight travels twice"
        for key, entry in facts["tensors"].items():
            data, headers = fetch(base + entry["file"])
            assert "immutable" in headers["cache-control"]
            if key != manifest.BRIDGES:
                assert len(data) == math.prod(entry["shape"]) * int(entry["type"][1]), key
        files = manifest.files(open_session(name))
        named = [
            entry["file"].partition("?")[0]
            for kind in ("parts", "weights", "tensors")
            for entry in facts[kind].values()
        ]
        assert set(files) == {"engine.json", *named}
        entry = facts["tensors"]["z"]
        z = np.frombuffer(files["items/z.bin"], f"<{entry['type']}").reshape(entry["shape"]).astype(np.float32)
        scale, offset = (np.array(entry[key], np.float32) for key in ("scale", "offset"))
        assert np.array_equal(z * scale + offset, load(name, made).items.z)
        index = np.frombuffer(files["items/neighbours.index.bin"], "<u2")
        assert np.array_equal(index, load(name, made).items.neighbours[0].ravel())


def test_the_runtime_is_compressed_and_streams(url):
    from explorer.page.serving.web import assets_base

    data, headers = fetch(f"{url}/{assets_base()}/js/ort/ort-wasm-simd-threaded.wasm")
    assert data[:4] == b"\0asm" and headers["content-type"] == "application/wasm"
    assert headers["content-encoding"] == "gzip" and int(headers["content-length"]) < 4_200_000
    assert headers["cross-origin-embedder-policy"] == "require-corp"


@pytest.mark.parametrize(
    "path",
    [
        "model/oracle.onnx",
        "weights/judge.oracle.bin",
        "items/secret.bin",
        "prior/mixture.bin",
        "items/..%2f..%2fcard.bin",
        "card.webp",
        "thumbs-1.webp",
        "..%2fthumbs.webp",
    ],
)
def test_what_is_not_in_the_manifest_is_not_served(url, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/explorer/tiny-shapes/{path}")
    assert refused.value.code == 404


# -- the parts


@pytest.mark.parametrize("name", [*TINY, *representatives()])
def test_a_shipped_graph_gives_what_torch_gives(name, made):
    """Every part that came with a checkpoint, in the page's runtime, beside the code and the weights of today."""
    checkpoint = load(name, made if name in TINY else BUNDLED)
    items, known = checkpoint.items, shipped(checkpoint)
    z, c = items.tensor("z")[:6], checkpoint.card.conditions.encode_codes(items.codes[:6])
    z, c = torch.cat([z, 1.5 * z.flip(0)]), torch.cat([c, 0.5 * (c + c.roll(1, 0))])
    z[-1], c[-1] = 0, 0
    weights, jobs, expected = parts.stored(checkpoint), {}, {}
    assert set(known.parts) | set(known.reasons) >= {"decoder", "judge"}
    for part, module, inputs in parts._modules(checkpoint, [z, c]):
        if part in known.parts:
            assert known.parts[part].size < 60_000, "a graph holds no weights"
            named = {key: weights[key] for key in known.parts[part].weights}
            jobs[part] = Job(graph(checkpoint, part), {key: v.numpy() for key, v in inputs.items()}, named)
            expected[part] = parts._one_by_one(module, list(inputs.values()))
    given = run(jobs)
    for part, values in expected.items():
        error = np.abs(given[part] - values).max()
        limit = parts.TOLERANCE if part == "decoder" else parts.RELATIVE * max(1.0, np.abs(values).max())
        assert error <= min(limit, 3 * known.parts[part].error + 1e-5), (part, error)


def test_serving_makes_nothing_and_starts_no_child(made, tmp_path):
    """With an empty cache and every way to start a process barred, a site of a model and its manifest are whole."""
    script = """
import os, subprocess, sys
def barred(*_, **__): raise SystemExit("a child process was started")
subprocess.Popen.__init__ = barred
for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "popen", "execv", "spawnv"):
    setattr(os, name, barred)
from fastapi.testclient import TestClient
from explorer.page.ui import create_app
client = TestClient(create_app(sys.argv[1]), base_url="http://127.0.0.1")
for name in ("tiny-digits", "tiny-shapes"):
    facts = client.get(f"/explorer/{name}/engine.json").json()
    assert facts["state"] == "ready", facts["reasons"]
    for kind in ("parts", "weights", "tensors"):
        for entry in facts[kind].values():
            assert client.get(f"/explorer/{name}/{entry['file']}").status_code == 200
assert client.get("/explorer/site.zip?name=tiny-digits").status_code == 200
made = {name.split(".")[0] for name in sys.modules}
assert not made & {"onnx", "onnxscript", "umap", "lightning_fabric"}, made
print("whole")
"""
    settings = os.environ | {"EXPLORER_CACHE": str(tmp_path), "CHECKPOINTS": str(made)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(made)], env=settings, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("whole"), done.stderr[-2000:]
    assert not (tmp_path / "onnx").exists()


class Convolutions(nn.Module):
    """Convolutions with a 3x3 kernel: the first and the last gain by fewer products, those between don't."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(48, 64, 3, padding=1), nn.Conv2d(64, 8, 3, padding=1)
        self.bare, self.grouped = nn.Conv2d(8, 64, 3, padding=1, bias=False), nn.Conv2d(64, 64, 3, padding=1, groups=2)
        self.last = nn.Conv2d(64, 48, 3, padding=1)

    def forward(self, z):
        return self.last(self.grouped(self.bare(self.narrow(self.wide(z)))))


@pytest.mark.parametrize(("height", "width", "rewritten"), [(16, 20, 2), (18, 16, 0), (8, 8, 0)])
def test_large_convolutions_take_fewer_products_and_give_the_same(height, width, rewritten):
    torch.manual_seed(0)
    module, z = Convolutions(), torch.randn(4, 48, height, width)
    data, _ = trace(module, [z[:1]], ["z"])
    assert data.count(b"ConvTranspose") == rewritten
    with torch.inference_mode():
        expected = module(z).numpy()
    got = run({"it": Job(data, {"z": z[:, None].numpy().reshape(4, 48, height, width)})})["it"]
    assert np.abs(got - expected).max() < 2e-5 * np.abs(expected).max()


def test_stored_weights_stay_out_of_the_graph():
    """Those that the exporter has turned, and those of 32 bits, too; what isn't stored stays."""
    torch.manual_seed(0)
    module, x = nn.Sequential(nn.Linear(32, 48), nn.Linear(48, 8, bias=False)), torch.randn(3, 32)
    stored = {
        "model/0.weight": module[0].weight.detach().half().numpy(),
        "model/1.weight": module[1].weight.detach().numpy(),
    }
    with torch.no_grad():
        module[0].weight.copy_(torch.from_numpy(stored["model/0.weight"]).float())
    data, names = trace(module, [x[:1]], ["x"], stored)
    assert names == ("model/0.weight", "model/1.weight") and len(data) < 3000
    got = run({"it": Job(data, {"x": x.numpy()}, {name: stored[name] for name in names})})["it"]
    assert np.abs(got - module(x).detach().numpy()).max() < 1e-5
    whole, names = trace(module, [x[:1]], ["x"])
    assert names == () and len(whole) > 4 * 48 * 8


class Noisy(nn.Module):
    def forward(self, z):
        return z + torch.randn_like(z)


class Branching(nn.Module):
    def forward(self, z):
        return z if z.sum() > 0 else -z


@pytest.mark.parametrize("module", [Noisy(), Branching()])
def test_what_is_no_fixed_graph_stays_on_the_server(module):
    with pytest.raises(NotPortable):
        trace(module, [torch.ones(1, 4)], ["z"])


def test_what_is_too_heavy_or_disagrees_stays_on_the_server():
    heavy, x = nn.Conv2d(64, 64, 3, padding=1), torch.randn(1, 64, 96, 96)
    assert work(heavy, [x]) == 2 * 64 * 64 * 9 * 96 * 96 > parts.HEAVIEST
    with pytest.raises(NotPortable, match="too many"):
        parts._trace(heavy, {"x": x}, {})
    right = np.full((3, 4), 0.5, np.float32)
    assert parts._error("decoder", right + 1e-5, right) == pytest.approx(1e-5, rel=0.01)
    for wrong, word in (
        (right + 0.003, "differs"),
        (right[:2], "isn't what"),
        (right * np.nan, "isn't what"),
        ("no kernel", "no kernel"),
    ):
        with pytest.raises(NotPortable, match=word):
            parts._error("decoder", wrong, right)
