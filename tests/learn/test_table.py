"""Rows of a table: from files and forms, good and bad, to shares of their ranges and back."""

from __future__ import annotations

import base64
import json
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from explorer.core.registry import discover
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.base import View
from explorer.learn.modalities.table import Column, Table
from tests.learn.test_modalities import one_sentence

PEOPLE = Table(
    columns=[
        {"label": "Age", "unit": "years", "kind": "count", "low": 20, "high": 100},
        {"label": "Creatinine", "unit": "mg/dl", "low": 0.0, "high": 20.0, "scale": "log", "usual": 1.0},
        {"label": "Diabetes", "kind": "flag"},
        {"label": "Group", "kind": "choice", "values": ["a", "b", "c"], "usual": 1},
    ]
)
SHAPE = (4,)
ROW = {"Age": 60, "Creatinine": 19, "Diabetes": 1, "Group": "c"}


def opened(text: str | bytes):
    return PEOPLE.fit(PEOPLE.open(text.encode() if isinstance(text, str) else text), SHAPE)


@pytest.mark.parametrize(
    "text",
    [
        "Age,Creatinine,Diabetes,Group\n60,19,1,c\n",
        "Group;Diabetes;Age, years;Creatinine, mg/dl\n C ;Yes;60;19,0\n",
        "number\tage\tcreatinine\tdiabetes\tgroup\n7\t60\t1.9e1\tyes\t2\n8\t61\t1\tno\ta\n",
        json.dumps(ROW),
        "\n" + json.dumps({**ROW, "Diabetes": True, "Group": "C"}),
    ],
    ids=["comma", "titles", "more", "form", "form-names"],
)
def test_a_row_is_read_however_it_comes(text):
    x, note = opened(text)
    assert note is None and x.dtype == torch.float32
    assert torch.allclose(x, torch.tensor([0.5, np.log(20) / np.log(21), 1.0, 1.0], dtype=torch.float32), atol=1e-6)


def test_what_is_left_out_takes_the_usual_value_and_what_is_outside_the_end():
    x, note = opened("Age,Diabetes\n120,no\n")
    assert torch.allclose(x, torch.tensor([1.0, np.log(2) / np.log(21), 0.0, 0.5], dtype=torch.float32), atol=1e-6)
    assert "Creatinine, Group took the usual value" in note and "Age went to the end" in note


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"Age,Creatinine\n",
        b"Age,Diabetes\n60\n",
        b"Creatinine,Diabetes\n1,1\n",
        b"Age,Diabetes\n1_0,1\n",
        b"Age,Diabetes\nold,1\n",
        b"Age,Diabetes\n60.5,1\n",
        b"Age,Diabetes\n60,maybe\n",
        b"Age,Diabetes\n60,2\n",
        b"{",
        b'{"Age": [60], "Diabetes": 1}',
        b'{"Age": NaN, "Diabetes": 1}',
        b'{"Age": 1e999, "Diabetes": 1}',
        b'{"Age": "' + b"9" * 90 + b'", "Diabetes": 1}',
        json.dumps({str(k): k for k in range(100)}).encode(),
        b'{"a":' * 5000,
    ],
    ids=[
        "empty", "picture", "head-only", "short", "no-age", "underscore", "word", "half", "no-choice", "no-flag", "cut",
        "list", "nan", "infinite", "long", "wide", "deep",
    ],
)  # fmt: skip
def test_bad_rows_end_in_one_sentence(raw):
    with pytest.raises(ExplorerError) as caught:
        opened(raw)
    one_sentence(caught.value)


def test_a_form_says_what_to_fill_in_and_its_answer_is_an_item():
    x = torch.tensor([0.25, 0.0, 1.0, 0.5])
    form = PEOPLE.form(4, x)
    assert [(field["label"], field["value"]) for field in form] == [
        ("Age", 40), ("Creatinine", 0), ("Diabetes", 1), ("Group", 1)
    ]  # fmt: skip
    assert form[3]["values"] == ("a", "b", "c") and form[0]["unit"] == "years" and form[0]["high"] == 100
    again, note = opened(json.dumps({field["label"]: field["value"] for field in form}))
    assert note is None and torch.allclose(again, x, atol=1e-6)
    assert [field["value"] for field in PEOPLE.form(4)] == [60, 1, 0, 1], "the usual, or the middle"


def test_values_have_units_and_words():
    x = torch.tensor([0.5, 1.0, 1.0, 1.0])
    assert PEOPLE.rows(x) == [("Age", "60 years"), ("Creatinine", "20 mg/dl"), ("Diabetes", "yes"), ("Group", "c")]
    assert PEOPLE.write(x).decode().splitlines() == ['"Age, years","Creatinine, mg/dl",Diabetes,Group', "60,20,yes,c"]
    assert np.allclose(PEOPLE.values(torch.stack([x, 0 * x])), [[60, 20, 1, 2], [20, 0, 0, 0]], atol=1e-5)


def test_a_table_names_every_column_with_its_value_in_units():
    x = torch.tensor([0.5, 1.0, 1.0, 1.0])
    assert PEOPLE.node([x]).rows == (
        ("Age", "60 years"), ("Creatinine", "20 mg/dl"), ("Diabetes", "yes"), ("Group", "c"),
    )  # fmt: skip
    both = PEOPLE.node([0 * x, x])
    assert both.columns == ("", "before", "after") and both.rows[2] == ("Diabetes", "no", "yes")
    bars = base64.b64decode(PEOPLE.data_url(PEOPLE.show(x)).partition(",")[2]).decode()
    assert len(list(ElementTree.fromstring(bars).iter("{http://www.w3.org/2000/svg}path"))) == 4


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_share_and_its_value_are_inverse(share, scale):
    column = Column(label="x", low=-3, high=5000, scale=scale)
    assert column.share(column.value(share)) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"low": 1, "high": 1}, {"kind": "choice"}, {"kind": "choice", "values": ["a"]}, {"kind": "x"}]
)
def test_a_column_without_sense_is_an_error(wrong):
    with pytest.raises(ValidationError):
        Column(label="x", **wrong)


@pytest.mark.parametrize("name", discover("modalities"))
def test_every_modality_names_a_view_of_the_page(name):
    assert discover("modalities")[name].view in get_args(View)
