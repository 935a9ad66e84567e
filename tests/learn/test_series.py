"""Series: tables of every kind, good and bad; plots; the forecast's fan and the alarm; the data sets behind them."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from explorer.box.build.build import make
from explorer.core import link
from explorer.core.registry import find
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError
from explorer.learn.data import cmapss, lasers
from explorer.learn.modalities.base import MAX_BYTES
from explorer.learn.modalities.cells import MAX_ROWS
from explorer.learn.modalities.series import Series
from explorer.museum.exhibits import lasers as exhibit
from explorer.page.serving.export import export
from explorer.play.operations import forecast
from tests.support import declared
from tests.support.figures import numbers
from tests.support.panels import check, read, results

TWO = Series(
    channels=[{"label": "Heat", "unit": "K", "low": 200, "high": 400, "limit": 350}, {"label": "Load", "low": 0, "high": 10}],
    time="hours", start=0.0, step=2.0,
)  # fmt: skip
GOOD = "hours,Heat,Load\n0,200,0\n2,300,5\n4,400,10\n"


def opened(text: str) -> tuple[torch.Tensor, str | None]:
    return TWO.fit(TWO.open(text.encode()), (2, 3))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        "0,200,0\n2,300,5\n4,400,10\n",
        "200,0\n300,5\n400,10\n",
        'load,"Heat, K"\n0,200\n5,300\n10,400\n',
        "at,Load,extra,Heat\n0,0,9,200\n2,5,9,300\n4,10,9,400",
    ],
    ids=["comma", "semicolon", "tab", "windows", "no-head", "no-clock", "other-order", "more-columns"],
)
def test_a_table_is_read_however_it_is_written(text):
    x, note = opened(text)
    assert note is None and torch.allclose(x, torch.tensor([[0.0, 0.5, 1.0]] * 2))


def test_readings_are_put_on_the_models_clock():
    x, note = opened("hours,Heat,Load\n0,200,0\n1,250,2\n2,300,4\n")
    assert torch.allclose(x[0], torch.tensor([0.0, 0.5, 0.5])) and "was held to the end" not in (note or "")
    x, note = opened("hours,Heat,Load\n0,200,0\n1,250,2\n")
    assert torch.allclose(x[0], torch.tensor([0.0, 0.25, 0.25])) and "held to the end" in note
    x, note = opened("\n".join(f"{200 + k},{k / 20}" for k in range(201)))
    assert torch.allclose(x[0], torch.tensor([0.0, 0.5, 1.0])) and "resampled to 3" in note
    x, note = opened("0,100,0\n2,300,5\n4,500,10\n")
    assert torch.allclose(x[0], torch.tensor([0.0, 0.5, 1.0])) and "cut to it" in note


GERMAN = "Stunden;Heat;Load\n0,0;200,0;0\n2;300,0;5,0\n4,0;400;1,0e1\n"


@pytest.mark.parametrize(
    "raw",
    [
        GERMAN.encode(),
        GERMAN.replace(";", "\t").encode(),
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-16-be"),
        GOOD.replace("hours", "à l'heure").encode("latin-1"),
        GOOD.replace("2,300", ".2e1,+300.").encode(),
        ("\n\n" + GOOD.replace("\n", "\n\n", 1) + "\n,,\n\n").encode(),
        GOOD.replace("\n2", "\n\n2").encode(),
    ],
    ids=[
        "decimal-comma",
        "decimal-comma-tab",
        "utf-16",
        "le",
        "be",
        "latin-1",
        "signs",
        "empty-around",
        "empty-inside",
    ],
)
def test_a_table_is_read_whatever_program_wrote_it(raw):
    x, note = TWO.fit(TWO.open(raw), (2, 3))
    assert note is None and torch.allclose(x, torch.tensor([[0.0, 0.5, 1.0]] * 2))


@pytest.mark.parametrize("empty", ["", ",", "  ,  "])
def test_a_missing_reading_keeps_its_time(empty):
    x, note = opened(f"200,0\n{empty}\n400,10\n400,10\n{empty}\n\n")
    whole, _ = opened("200,0\n300,5\n400,10\n400,10\n")
    assert torch.allclose(x, whole) and "1 missing" in note
    x, note = opened(f"0,200,0\n{empty}{',' if empty.strip() else ''}\n4,400,10\n")
    assert torch.allclose(x, torch.tensor([[0.0, 0.5, 1.0]] * 2)) and note is None, "the clock says all"


@pytest.mark.parametrize("cell", ["1_0", "\u0663", "0x10", "1e", "1,5", "1.234,5", "1e400", "infinity", "5 %"])
def test_what_python_alone_takes_for_a_number_is_none(cell):
    with pytest.raises(ExplorerError, match="Line 3 of this table"):
        TWO.open(f"hours;Heat;Load\n0;200;0\n2;{cell if cell != '1,5' else '1,5,0'};5\n4;400;10\n".encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"hours,Heat,Load\n",
        b"0,200,0\n2,nan,5\n4,400,10\n",
        b"0,200,0\n2,,5\n4,400,10\n",
        b"0,200,0\n2,inf,5\n4,400,10\n",
        b"0,200,0\n2,300\n4,400,10\n",
        b"1" * 400 + b",2,3\n1,2,3\n",
        b"0,200,0\n",
        b"0,200,0\n2,300,5\n1,400,10\n",
        b"900,200,0\n902,300,5\n904,400,10\n",
        b"1,2,3,4,5\n2,3,4,5,6\n",
        b"1,2\n" * (MAX_ROWS + 1),
        b",".join([b"1"] * 100) + b"\n",
        b"1" * (MAX_BYTES + 1),
    ],
    ids=[
        "empty", "not-text", "picture", "head-only", "nan", "hole", "infinite", "ragged", "long-number", "one-row", "backwards",
        "elsewhere", "columns", "rows", "wide", "9-mb",
    ],
)  # fmt: skip
def test_bad_tables_end_in_one_sentence(raw):
    with pytest.raises(ExplorerError) as caught:
        TWO.fit(TWO.open(raw), (2, 3))
    text = str(caught.value)
    assert caught.value.where == "own-item" and text[0].isupper() and text.endswith(".") and len(text) < 180


def test_what_is_written_has_units_and_the_clock():
    text = TWO.write(torch.tensor([[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]])).decode()
    assert text.splitlines() == ['hours,"Heat, K",Load', "0,200,10", "2,300,5", "4,400,0"]


def test_a_chart_has_axes_units_and_every_reading():
    x = torch.rand(2, 9)
    node = TWO.node([0 * x, x])
    data, layout = node.figure["data"], node.figure["layout"]
    titles = {axis["title"]["text"] for name, axis in layout.items() if "axis" in name and axis.get("title")}
    titles |= {title["text"] for title in layout["annotations"]}
    assert titles >= {"Heat, K", "Load", "hours"} and "Heat, K" in node.label
    assert len(data) == 4 and sum(shape["line"]["dash"] == "dash" for shape in layout["shapes"]) == 1
    assert data[0]["line"]["dash"] == "dot" and np.allclose(numbers(data[1]["y"]), TWO.readings(x.numpy())[0])


def test_a_sparkline_has_both_colour_schemes():
    spark = base64.b64decode(TWO.data_url(TWO.show(torch.rand(2, 9))).partition(",")[2]).decode()
    assert ElementTree.fromstring(spark) is not None and "prefers-color-scheme:dark" in spark and "<text" not in spark


# -- data


def test_lasers_follow_their_model():
    items = lasers.simulate(4000, seed=3)
    rise = items.x[:, 0] * (lasers.HIGH - lasers.LOW) + lasers.LOW
    temperature, current, failing = items.codes.T
    normal = failing == 0
    hot, cool = normal & (temperature > 70), normal & (temperature < 40)
    assert np.median(rise[hot, -1]) > 3 * np.median(rise[cool, -1])
    assert np.median(rise[normal & (current > 105), -1]) > 1.5 * np.median(rise[normal & (current < 75), -1])
    late = rise[:, -1] - rise[:, -16]
    assert np.median(late[failing == 1]) > 3 * np.median(late[normal])
    assert failing.mean() == pytest.approx(lasers.FAILING, abs=0.03)
    again = lasers.simulate(4000, seed=3)
    assert np.array_equal(items.x, again.x) and not np.array_equal(items.x, lasers.simulate(4000, seed=4).x)


def flights(count: int, engine: int) -> np.ndarray:
    rows = np.zeros((count, cmapss.COLUMNS))
    rows[:, 0], rows[:, 1] = engine, np.arange(1, count + 1)
    for k, (number, _, _, low, high) in enumerate(cmapss.SENSORS):
        rows[:, 4 + number] = low + (high - low) * (0.1 * k + 0.4 * np.arange(count) / count)
    return rows


def test_engines_are_windows_with_what_is_left(tmp_path, monkeypatch):
    folder = tmp_path / "cmapss_fd001"
    folder.mkdir()
    np.savetxt(folder / "train_FD001.txt", np.vstack([flights(200, 1), flights(40, 2)]))
    np.savetxt(folder / "test_FD001.txt", flights(35, 1))
    np.savetxt(folder / "RUL_FD001.txt", [[17.0]])
    monkeypatch.setenv("EXPLORER_DATA", str(tmp_path))
    cmapss._table.cache_clear()
    try:
        data = cmapss.Engines()
        train, test = data.load("train"), data.windows("test", last=True)
        assert train.x.shape[1:] == data.shape and train.x.dtype == np.float32
        assert train.x.min() >= 0 and train.x.max() <= 1
        assert train.codes.max() == cmapss.CAP and train.codes.min() == 0
        assert test.codes.tolist() == [[17.0]] and len(data.windows("train", slice(1, 2))) == 4
        step = np.diff(test.x[0], axis=1)
        assert np.allclose(step, 0.4 / 35, atol=1e-3), "a straight line stays one under a trailing mean"
    finally:
        cmapss._table.cache_clear()


# -- forecast


@pytest.fixture(scope="module")
def trained():
    """A model of a second's training: lines whose slope shows in their first readings."""
    torch.manual_seed(0)
    model = find("models", "series-cvae")(shape=(1, 16), condition=2, latent=2, width=32, depth=1)
    x, c = lines(512, 0)
    optimiser = torch.optim.Adam(model.train().parameters(), 3e-3)
    for _ in range(250):
        rows = torch.randint(len(x), (64,))
        loss = model.loss(x[rows], c[rows])["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval().requires_grad_(False)


def lines(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    slope = torch.rand(count, 1, generator=generator) - 0.5
    noise = 0.01 * torch.randn(count, 16, generator=generator)
    return (0.5 + slope * torch.linspace(0, 0.9, 16) + noise)[:, None].clamp(0, 1), torch.zeros(count, 2)


def test_a_fan_closes_as_more_is_seen_and_covers_what_comes(trained):
    x, c = lines(40, 1)
    noise = torch.randn(200, 2, generator=torch.Generator().manual_seed(2))
    widths = []
    for seen in (0, 12):
        ends = torch.stack(
            [
                trained.decode(trained.forecast(a, b, seen, noise), b.expand(200, -1))[:, 0, -1]
                for a, b in zip(x, c, strict=True)
            ]
        )
        low, high = ends.quantile(torch.tensor([0.02, 0.98]), dim=1)
        widths.append((high - low).mean().item())
        inside = ((x[:, 0, -1] > low - 0.03) & (x[:, 0, -1] < high + 0.03)).double().mean()
        assert inside > 0.8
    assert widths[1] < 0.6 * widths[0]


def test_a_forecast_looks_at_the_beginning_alone(trained):
    (x, _), noise = lines(1, 3), torch.zeros(1, 2)
    other = x.clone()
    other[..., 6:] = 0.9
    first, second = (trained.forecast(v[0], None, 6, noise) for v in (x, other))
    assert torch.equal(first, second)
    assert not torch.equal(first, trained.forecast(other[0], None, 12, noise))


def test_what_was_never_seen_is_strange(trained):
    x, c = lines(100, 4)
    bent = x.clone()
    bent[:, :, 8:] += 0.25 * torch.linspace(0, 1, 8)
    usual, strange = trained.anomaly(x, c), trained.anomaly(bent.clamp(0, 1), c)
    assert (strange > usual.quantile(0.95)).double().mean() > 0.9


RECIPE = """
name = "tiny-lasers"
data = "lasers"
family = "series-cvae"

[model]
latent = 3
width = 48
depth = 1
normal = { failing = "no" }

[training]
epochs = 16
batch = 32
rate = 4e-3
average = 0.9

[checkpoint]
title = "Tiny lasers"
summary = "A small checkpoint for tests."
items = 300
held_out = 100
priors = ["gaussian"]
thumb_size = 16
judge = { epochs = 2 }

[[checkpoint.maps]]
name = "flat"
title = "Flat"
space = "latent"
method = "pca"
"""


@pytest.fixture(scope="module")
def ageing(tmp_path_factory):
    """A checkpoint of a few lasers, made in seconds."""
    folder = tmp_path_factory.mktemp("series") / "tiny-lasers"
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lasers, "COUNTS", {"train": 800, "test": 200})
        patch.setenv("EXPLORER_CACHE", str(folder.parent / "cache"))
        return make(folder / "recipe.toml")


def test_the_tab_shows_a_fan_that_follows_what_is_known(ageing, monkeypatch):
    from explorer.play.session import Session

    monkeypatch.setenv("CHECKPOINTS", str(ageing.folder.parent))
    session = Session(ageing)
    scene = Scene(model=ageing.card.name)
    assert forecast.ForecastTab().why_not(session.card) is None
    wide, narrow = (forecast.fan_of(session, Point(), seen, 0) for seen in (1, 48))
    assert wide.shape == (5, 1, 64) and (np.diff(wide, axis=0) >= 0).all(), "quantiles are in order"
    assert (narrow[4] - narrow[0])[0, 50:].mean() < (wide[4] - wide[0])[0, 50:].mean()
    assert np.array_equal(wide, forecast._fan(session, Point(), 1, 0)), "the same seed gives the same fan"
    shown = declared.panel(session, "forecast", scene)
    tree = read(shown)
    check(tree)
    assert tree.all(id="fan") and tree.all(id="forecast-seen") and tree.all(id="anomaly") and "nats" in tree.words
    assert all(declared.panel(session, "forecast", made) for _, made in results(tree, scene))
    drawn = Point().then("forecast", seen=20, seed=0, draw=1)
    (figure,) = [
        node.figure for node in declared.panel(session, "forecast", scene.at(drawn)).nodes if node.kind == "figure"
    ]
    assert sum(trace.get("fill") == "tonexty" for trace in figure["data"]) == 2
    assert len(shown.overlay.draws) == 6


def test_the_alarm_is_where_it_says(ageing):
    from explorer.play.session import Session

    session = Session(ageing)
    alarm = forecast.alarm_of(session)
    items = session.checkpoint.items
    normal = [k for k in range(120) if items.codes[k, 2] == 0]
    over = [
        forecast.anomaly_of(session, Point.model_validate({"start": {"item": k}})) > alarm.threshold for k in normal
    ]
    assert np.mean(over) < 0.15


def test_a_series_is_saved_as_a_table(ageing, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(ageing.folder.parent))
    text = link.write(Scene(model=ageing.card.name))
    made = export({"scene": text, "as": "item"})
    assert made.media.startswith("text/csv") and made.name.endswith(".csv")
    assert made.data.decode().splitlines()[0] == 'hours,"Rise of drive current, %"' and made.data.count(b"\n") == 65
    with pytest.raises(ExplorerError, match="on stage"):
        export({"scene": text, "as": "item", "what": "path"})
    assert export({"scene": text, "as": "png"}).data.startswith(b"\x89PNG")


def test_f1_uses_the_threshold_of_the_units_aside():
    nothing = torch.zeros(4, 0)
    x = torch.tensor([0.0, 1.0, 2.0, 3.0]).view(4, 1, 1)
    truth = np.array([False, False, True, True])
    task = exhibit.Task((x, nothing), (x, nothing), truth, (x + 1.0, nothing), truth, 2)
    assert exhibit.f1(lambda a, b: a.flatten().numpy(), task) == pytest.approx(0.8), (
        "shifted by one, one is wrongly told"
    )
