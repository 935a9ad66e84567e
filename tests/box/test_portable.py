"""Models as files for the page: what the server hands out, and that the page's runtime gives what torch gives."""

from __future__ import annotations

import gzip
import json
import math
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
from explorer.page.serving import manifest
from explorer.play.session import open_session
from tests.conftest import BUNDLED, TINY, representatives
from tests.support.live import serve


@pytest.fixture(scope="module")
def url(made):
    from explorer.page.ui import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        for name in TINY:
            parts.make(load(name, made))
        with serve(create_app(made)) as address:
            yield address


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
        for entry in facts["parts"].values():
            data, headers = fetch(base + entry["file"])
            assert len(data) == entry["bytes"] and "immutable" in headers["cache-control"]
        for key, entry in facts["tensors"].items():
            data, headers = fetch(base + entry["file"])
            assert "immutable" in headers["cache-control"]
            if key != manifest.BRIDGES:
                assert len(data) == math.prod(entry["shape"]) * int(entry["type"][1]), key
        files = manifest.files(open_session(name))
        named = [entry["file"].partition("?")[0] for kind in ("parts", "tensors") for entry in facts[kind].values()]
        assert set(files) == {"engine.json", *named}
        z = np.frombuffer(files["items/z.bin"], "<f2").reshape(facts["tensors"]["z"]["shape"])
        assert np.array_equal(z.astype(np.float32), load(name, made).items.z)
        index = np.frombuffer(files["items/neighbours.index.bin"], "<u2")
        assert np.array_equal(index, load(name, made).items.neighbours[0].ravel())


def test_the_runtime_is_compressed_and_streams(url):
    from explorer.page.serving.web import assets_base

    data, headers = fetch(f"{url}{assets_base()}/js/ort/ort-wasm-simd-threaded.wasm")
    assert data[:4] == b"\0asm" and headers["content-type"] == "application/wasm"
    assert headers["content-encoding"] == "gzip" and int(headers["content-length"]) < 4_200_000
    assert headers["cross-origin-embedder-policy"] == "require-corp"


@pytest.mark.parametrize(
    "path", ["model/oracle.onnx", "items/secret.bin", "prior/mixture.bin", "items/..%2f..%2fcard.bin"]
)
def test_what_is_not_in_the_manifest_is_not_served(url, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/explorer/tiny-shapes/{path}")
    assert refused.value.code == 404


# -- the parts


@pytest.mark.parametrize("name", [*TINY, *representatives()])
def test_a_decoder_in_the_pages_runtime_gives_what_torch_gives(name, made):
    checkpoint = load(name, made if name in TINY else BUNDLED)
    items, model = checkpoint.items, checkpoint.model
    z, c = items.tensor("z")[:6], checkpoint.card.conditions.encode_codes(items.codes[:6])
    z, c = torch.cat([z, 1.5 * z.flip(0)]), torch.cat([c, 0.5 * (c + c.roll(1, 0))])
    z[-1], c[-1] = 0, 0
    decoder = next(module for part, module, _ in parts._modules(checkpoint, [z, c]) if part == "decoder")
    data = trace(decoder, [z[:1], c[:1]], ["z", "c"])
    weights = sum(p.numel() for p in model.decoder.parameters())
    assert len(data) < 2.2 * weights + 60_000, "two bytes a weight"
    with torch.inference_mode():
        expected = torch.cat([model.decode(a[None], b[None]) for a, b in zip(z, c, strict=True)]).numpy()
    error = np.abs(run({"decoder": Job(data, {"z": z.numpy(), "c": c.numpy()})})["decoder"] - expected).max()
    stated = checkpoint.card.metrics.get("browser", {}).get("decoder", {}).get("error_millionths")
    assert error <= (2e-6 * stated if stated else 5e-5), "twelve latents stay near what the card says of 256"


def test_a_part_is_made_once_and_anew_when_anything_changes(made, monkeypatch):
    checkpoint = load("tiny-digits", made)
    first = parts.make(checkpoint)
    assert first.parts["decoder"].compared >= 256 and first.parts["decoder"].error < parts.TOLERANCE
    monkeypatch.setattr(parts, "trace", lambda *_: pytest.fail("made again"))
    assert parts.make(checkpoint) == first
    monkeypatch.setattr(parts, "EXPORTER", parts.EXPORTER + 1)
    assert parts.found(checkpoint) is None


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
    data = trace(module, [z[:1]], ["z"])
    assert data.count(b"ConvTranspose") == rewritten
    with torch.inference_mode():
        expected = module(z).numpy()
    got = run({"it": Job(data, {"z": z[:, None].numpy().reshape(4, 48, height, width)})})["it"]
    assert np.abs(got - expected).max() < 2e-5 * np.abs(expected).max()


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
        parts._trace(heavy, {"x": x})
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
