"""The contract of what goes in and out of a model, written down for the rows of papers that are odd in some way."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from explorer.core.schema import LatentSpec
from explorer.core.signature import Field, Signature

IMAGE = Field(name="picture", modality="image", shape=(1, 28, 28))
TEXT = Field(name="text", modality="text", shape=(None,))
FLAT = LatentSpec(shape=(32,))

# The rows that a contract should carry: paper -> its signature. Plays have no latent to walk.
ROWS = {
    "1 VITS: text given, durations, ragged sound": Signature(
        item=Field(name="sound", modality="sound", shape=(1, 64, None)),
        given=(TEXT,),
        latent={
            "z": LatentSpec(kind="sequence", shape=(None, 192), longest=400),
            "durations": LatentSpec(kind="sequence", shape=(None,), longest=200, drawn=True),
        },
    ),
    "10 DAGSurv: a curve for each person, a graph to cut": Signature(
        item=Field(name="survival", modality="series", shape=(1, 100)),
        given=(
            Field(name="covariates", modality="table", shape=(9,)),
            Field(name="edges", modality="graph", shape=(9, 9), optional=True),
        ),
        latent={"z": LatentSpec(shape=(16,))},
    ),
    "13 ICM-LoRA: the item is a set of weights": Signature(
        item=Field(name="adapter", modality="weights", shape=(2, 8, 256)), latent={"z": FLAT}
    ),
    "23 3D-RecGAN++: a depth view in, voxels out": Signature(
        item=Field(name="solid", modality="volume", shape=(1, 32, 32, 32)),
        given=(Field(name="depth", modality="image", shape=(1, 64, 64)),),
        latent={"z": FLAT},
    ),
    "29 T2M-GPT: ragged codes, text, animation": Signature(
        item=Field(name="motion", modality="motion", shape=(None, 66)),
        given=(TEXT,),
        latent={"codes": LatentSpec(kind="sequence", shape=(None,), longest=50, entries=512)},
    ),
    "48 Pointer networks: points dropped by the person, a tour out": Signature(
        item=Field(name="tour", modality="order", shape=(None,)),
        given=(Field(name="points", modality="points", shape=(None, 2)),),
    ),
    "57 Flow for MRI: a measurement operator given, a set of answers": Signature(
        item=Field(name="picture", modality="image", shape=(1, 64, 64)),
        given=(
            Field(name="measured", modality="spectrum", shape=(2, 64, 64)),
            Field(name="mask", modality="image", shape=(1, 64, 64)),
        ),
        latent={"noise": LatentSpec(kind="grid", shape=(1, 64, 64))},
    ),
    "90 Multimodal diffusion: any subset given": Signature(
        item=(IMAGE, TEXT),
        given=tuple(field.model_copy(update={"optional": True}) for field in (IMAGE, TEXT)),
        latent={"z": FLAT},
    ),
    "118 DELLA: a latent for each layer": Signature(
        item=TEXT, latent={f"layer-{k}": LatentSpec(shape=(8,)) for k in range(12)}
    ),
    "a decoder that draws: its noise is a leaf": Signature(
        item=IMAGE, latent={"z": FLAT, "noise": LatentSpec(kind="grid", shape=(1, 28, 28), drawn=True)}
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_an_odd_row_can_be_written_and_read_again(row):
    signature = ROWS[row]
    assert Signature.model_validate_json(signature.model_dump_json()) == signature
    assert signature.walked | signature.drawn == signature.latent
    assert any(field.ragged for field in ROWS["1 VITS: text given, durations, ragged sound"].item)


def test_what_is_walked_and_what_is_drawn():
    both = ROWS["a decoder that draws: its noise is a leaf"]
    assert list(both.walked) == ["z"] and list(both.drawn) == ["noise"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"item": (IMAGE, IMAGE)}, "item is named twice"),
        ({"item": IMAGE, "given": (TEXT, TEXT)}, "given is named twice"),
        ({"item": IMAGE, "given": (IMAGE.model_copy(update={"modality": "sound"}),)}, "another thing than the item"),
        ({"item": IMAGE, "latent": {"picture": FLAT}}, "a leaf and a field"),
        ({"item": IMAGE, "latent": {"noise": LatentSpec(shape=(3,), drawn=True)}}, "no item has a latent"),
        ({"item": (), "latent": {"z": FLAT}}, "at least 1 item"),
        ({"item": IMAGE, "latent": {"Not a name": FLAT}}, "pattern"),
    ],
)
def test_a_signature_without_sense_is_an_error(wrong, reason):
    with pytest.raises(ValidationError, match=reason):
        Signature(**wrong)


@pytest.mark.parametrize("wrong", [{"shape": (0,)}, {"name": "A b"}, {"shape": (-1, 2)}])
def test_a_field_without_sense_is_an_error(wrong):
    with pytest.raises(ValidationError):
        Field(**{"name": "x", "modality": "image", "shape": (3,), **wrong})
