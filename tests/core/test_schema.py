"""Attributes, conditions and packed latents: what goes in comes out, and what can't go in is one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from explorer.core.registry import discover, find, register
from explorer.core.scene import Point, ResultStart, pack, unpack
from explorer.core.schema import Attribute, ExplorerError, LatentSpec, Schema

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


@st.composite
def attributes(draw, name):
    if draw(st.booleans()):
        values = draw(st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=6, unique=True))
        return Attribute(name=name, label=name.title(), values=tuple(values))
    low = draw(st.floats(-100, 100))
    span = draw(st.floats(0.1, 100))
    return Attribute(name=name, label=name.title(), kind="continuous", low=low, high=low + span)


@st.composite
def schemas(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return Schema(attributes=tuple(draw(attributes(name)) for name in names))


@st.composite
def rows(draw, schema):
    row = {}
    for a in schema.attributes:
        if a.kind == "continuous":
            row[a.name] = draw(st.none() | st.floats(a.low, a.high))
        else:
            blend = st.dictionaries(st.sampled_from(a.values), st.floats(0.05, 1), min_size=1)
            row[a.name] = draw(st.none() | st.sampled_from(a.values) | blend)
    return row


@given(st.data())
def test_conditions_come_back_as_they_were_asked(data):
    schema = data.draw(schemas())
    row = data.draw(rows(schema))
    c = schema.encode([row])
    assert c.shape == (1, schema.width) and c.dtype == torch.float32
    again = schema.decode(c[0])
    for a in schema.attributes:
        asked, found = row[a.name], again[a.name]
        if asked is None or isinstance(asked, str):
            assert found == asked
        elif a.kind == "continuous":
            assert found == pytest.approx(asked, abs=1e-4 * (a.high - a.low))
        else:
            total = sum(asked.values())
            found = {found: 1.0} if isinstance(found, str) else found
            assert found == pytest.approx({v: w / total for v, w in asked.items() if w / total > 0.0005}, abs=0.002)


@given(st.data())
def test_codes_and_values_encode_alike(data):
    schema = data.draw(schemas())
    codes = np.array(
        [
            [
                data.draw(st.floats(a.low, a.high) if a.kind == "continuous" else st.integers(-1, len(a.values) - 1))
                for a in schema.attributes
            ]
            for _ in range(3)
        ],
        dtype=np.float64,
    )
    values = [{a.name: a.read(code) for a, code in zip(schema.attributes, row, strict=True)} for row in codes]
    assert torch.allclose(schema.encode_codes(codes), schema.encode(values), atol=1e-5)


@given(st.data())
def test_every_slice_belongs_to_one_attribute(data):
    schema = data.draw(schemas())
    covered = [k for a in schema.attributes for k in range(*schema.slices[a.name].indices(schema.width))]
    assert covered == list(range(schema.width))
    assert Schema.model_validate_json(schema.model_dump_json()) == schema


def test_what_is_left_out_is_unset():
    schema = find("data", "tiny-shapes").conditions
    assert not schema.encode([{}]).any()
    assert schema.decode(torch.zeros(schema.width)) == {"colour": None, "height": None}
    only = schema.encode([{"height": 9}])[0]
    assert only.tolist() == [0, 0, 0, 0, 1]


BAD = [
    ({"colour": "mauve"}, "mauve"),
    ({"colour": 3.0}, "takes one of"),
    ({"colour": {"red": 0.0}}, "weight above zero"),
    ({"colour": {"mauve": 1.0}}, "mauve"),
    ({"height": 99}, "outside"),
    ({"height": float("nan")}, "takes a number"),
    ({"height": "tall"}, "takes a number"),
    ({"smell": "rose"}, "no attribute"),
]


@pytest.mark.parametrize(("row", "word"), BAD)
def test_what_cannot_be_asked_is_one_sentence(row, word):
    with pytest.raises(ExplorerError, match=word) as caught:
        find("data", "tiny-shapes").conditions.encode([row])
    assert str(caught.value).endswith(".") and caught.value.where


@pytest.mark.parametrize(
    "fields",
    [
        {"values": ("one",)},
        {"values": ("one", "one")},
        {"values": ("one", "two"), "colours": ("#ffffff",)},
        {"kind": "continuous", "low": 1, "high": 1},
        {"kind": "continuous", "low": float("nan")},
        {"values": ("one", "two"), "name": "Not A Key"},
        {"values": ("one", "two"), "unheard": 1},
    ],
)
def test_an_attribute_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationError):
        Attribute(**{"name": "a", "label": "A", **fields})


@given(st.lists(st.floats(-10_000, 10_000, width=32), min_size=1, max_size=64))
def test_packed_latents_come_back_bit_by_bit(values):
    z = torch.tensor(values, dtype=torch.float32)
    text = pack(z)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert torch.equal(unpack(text, len(values)), z)


@pytest.mark.parametrize(
    "text", ["", "!", "AAAA", pack(np.array([np.nan, 1.0])), pack(np.array([1.0, np.inf])), "é" * 8, "AAAAAAAAAAAAAAA="]
)
def test_latents_that_cannot_be_read_are_one_sentence(text):
    with pytest.raises(ExplorerError) as caught:
        unpack(text, 2, "own-item")
    assert caught.value.where == "own-item"


def test_results_of_results_are_bounded():
    point = Point()
    for _ in range(8):
        point = Point(start=ResultStart(of=point))
    with pytest.raises(ValidationError, match="nested"):
        Point(start=ResultStart(of=point))


def test_a_latent_counts_its_numbers():
    assert LatentSpec(shape=(4, 3, 2)).size == 24
    with pytest.raises(ValidationError):
        LatentSpec(shape=())


def test_asking_after_a_step_starts_from_its_result():
    moved = Point().asking(colour="red").then("dimension", index=0)
    asked = moved.asking(colour="blue")
    assert asked.start == ResultStart(of=moved) and asked.condition == {"colour": "blue"} and not asked.edits
    assert Point().asking(a="x").asking(b="y").condition == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    "room", ["kinds", "modalities", "data", "models", "priors", "maps", "operations", "lenses", "tabs"]
)
def test_every_room_has_entries_that_know_their_name(room):
    shelf = discover(room)
    assert shelf
    for name, entry in shelf.items():
        assert entry.name == name and (entry.__doc__ or "").strip()
    with pytest.raises(ExplorerError, match=next(iter(shelf))):
        find(room, "nothing-of-that-name")


def test_a_name_given_twice_is_an_error():
    class Other:
        pass

    discover("models")
    with pytest.raises(ValueError, match="two entries named 'cvae'"):
        register("models", "cvae")(Other)
