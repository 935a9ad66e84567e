"""Exhibits and claims: every stored result can be trusted to come from its exhibit, and every scene plays."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from explorer.box.checkpoints import available
from explorer.core import link
from explorer.core.claims import Figure, Measured, verdict
from explorer.core.registry import discover
from explorer.core.schema import ExplorerError
from explorer.museum.exhibits import base
from explorer.museum.exhibits.base import GALLERIES, Exhibit, numbered, run, store
from explorer.museum.plays.base import perform
from explorer.page.views import room
from explorer.play.session import open_session
from tests.conftest import BUNDLED

SHELF = discover("exhibits")


def figure(*values: float, better: str = "higher") -> Figure:
    return Figure(label="accuracy", values=values, better=better)


class Coin(Exhibit):
    """A claim that takes no time."""

    name, number, title, authors, year = "coin", 0, "On tossing <coins>", "A. Tosser", 2020
    link, gallery, idea, claim = "https://example.org/", "A", "Heads come up.", "Heads come up more often than tails."
    scaled, checkpoints, control = "One coin.", ("tiny-digits",), "#panel"
    scene = {"model": "tiny-digits", "start": {"item": 3}}

    def measure(self, seeds, quick, say):
        say("tossing")
        heads, tails = figure(*(0.6 + 0.01 * s for s in seeds)), figure(*(0.4 for _ in seeds))
        return Measured(
            measured=heads, baselines=(tails,), verdict=verdict(heads, tails), outcome="It did.", data="coins"
        )


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "RESULTS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("measured", "baseline", "expected"),
    [
        (figure(0.9, 0.91, 0.92), figure(0.8, 0.81, 0.82), "holds"),
        (figure(0.9, 0.91, 0.7), figure(0.8, 0.81, 0.82), "mixed"),
        (figure(0.81, 0.8, 0.84), figure(0.7, 0.81, 0.9), "mixed"),
        (figure(0.7, 0.71), figure(0.8, 0.81), "does not hold"),
        (figure(0.8), figure(0.8), "does not hold"),
        (figure(1.0, 1.1, better="lower"), figure(2.0, 2.1, better="lower"), "holds"),
        (figure(2.0, 2.1, better="lower"), figure(1.0, 1.1, better="lower"), "does not hold"),
    ],
)
def test_the_verdict_follows_from_the_numbers(measured, baseline, expected):
    assert verdict(measured, baseline) == expected


def test_a_figure_says_mean_and_spread():
    assert figure(1.0, 2.0, 3.0).text == "2.000 ± 1.000"
    assert Figure(label="x", values=(2.0,), unit="dB", digits=1).text == "2.0 ± 0.0 dB"
    with pytest.raises(ValidationError):
        Figure(label="x", values=())


def test_a_result_is_stored_with_what_it_takes_to_measure_it_again(results):
    claim = run(Coin())
    assert claim.seeds == (0, 1, 2) and claim.verdict == "holds" and claim.versions["torch"]
    store(claim)
    assert Coin().stored() == claim
    assert claim.command.endswith("claim 0")


def test_a_quick_result_is_not_stored(results):
    claim = run(Coin(), quick=True)
    assert claim.seeds == (0,)
    with pytest.raises(ExplorerError, match="quick"):
        store(claim)
    assert Coin().stored() is None


def test_a_broken_result_is_one_sentence(results):
    (results / "coin.json").write_text("{}")
    with pytest.raises(ExplorerError, match="malformed"):
        Coin().stored()


def test_an_unknown_paper_is_one_sentence():
    with pytest.raises(ExplorerError, match="no exhibit of paper 9999"):
        numbered(9999)


@pytest.mark.parametrize("quick", [True, False])
def test_the_command_ends_as_the_claim_does(results, monkeypatch, quick):
    from explorer.page.cli import app

    monkeypatch.setattr(base, "numbered", lambda number: Coin())
    done = CliRunner().invoke(app, ["claim", "0", "--json", *(["--quick"] if quick else ["--save"])])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["verdict"] == "holds"
    assert (results / "coin.json").exists() is not quick


def test_the_room_shows_claim_and_baseline(results, root):
    store(run(Coin()))
    (entry,) = json.loads(
        json.dumps(room.entries([Coin()], {"tiny-digits": {"cover": "a.webp", "modality": "picture"}}))
    )
    measured = entry["measured"]
    assert entry["title"] == "On tossing <coins>" and measured["verdict"] == "holds"
    assert "0.610 ± 0.010" in [figure["text"] for figure in measured["figures"]]
    assert sum(len(figure["values"]) for figure in measured["figures"]) == 6
    assert link.read(entry["play"].removeprefix("#")) == Coin().start
    (bare,) = room.entries([type("Bare", (Coin,), {"name": "bare"})()], {})
    assert bare["measured"] is None and bare["command"] == "python -m explorer claim 0"


# -- every exhibit there is


@pytest.mark.parametrize("name", SHELF)
def test_an_exhibit_is_complete(name):
    exhibit = SHELF[name]()
    for field in ("title", "authors", "idea", "claim", "scaled"):
        assert getattr(exhibit, field).strip(), field
    assert exhibit.link.startswith("https://") and exhibit.gallery in GALLERIES and 1990 < exhibit.year < 2030
    assert exhibit.look.endswith((".", "?")) or not exhibit.look
    assert exhibit.idea.endswith(".") and exhibit.claim.endswith(".") and exhibit.scaled.endswith(".")
    if exhibit.play:
        assert not exhibit.scene
        assert not any("error" in line for line in perform(exhibit.play, exhibit.values))
    else:
        assert exhibit.start.model == exhibit.checkpoints[0]
    assert [e.number for e in SHELF.values()].count(exhibit.number) == 1


@pytest.mark.parametrize("name", SHELF)
def test_its_scene_can_be_played(name, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    exhibit = SHELF[name]()
    assert set(exhibit.checkpoints) <= set(available(BUNDLED))
    if exhibit.play:
        *_, last = perform(exhibit.play, exhibit.values)
        assert last["nodes"]
        return
    session = open_session(exhibit.start.model)
    assert session.output(exhibit.start.point).isfinite().all()
    tab = discover("tabs")[exhibit.start.view.tab]()
    assert tab.why_not(session.card) is None
    assert tab.panel(session, exhibit.start)


@pytest.mark.parametrize("name", SHELF)
def test_its_stored_result_has_three_seeds_and_a_verdict_that_follows(name):
    claim = SHELF[name]().stored()
    assert claim is not None, f"measure it: {SHELF[name]().command} --save"
    assert claim.exhibit == name and not claim.quick
    assert len(claim.seeds) == 3
    for one in (claim.measured, *claim.baselines):
        assert len(one.values) == 3
