"""Every tab on every checkpoint: well-formed, named, and each control leads to a scene that can be shown."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
import torch

from explorer.core.registry import discover, find
from explorer.core.scene import MAX_EDITS, Point, Scene, pack
from explorer.core.schema import ExplorerError
from explorer.page.facts import about
from explorer.page.tabs.general import General
from explorer.page.views.code import lines
from explorer.play import recipes
from explorer.play.operations.base import why_not
from explorer.play.operations.tab import Tab
from explorer.play.recipes import difference
from tests.support import declared
from tests.support.panels import check, read, results

TABS = [name for name, tab in discover("tabs").items() if not issubclass(tab, General)]


def bits(rows: list[int], n: int) -> str:
    return recipes.bits(np.isin(np.arange(n), rows))


def points(session) -> dict[str, Point]:
    """Points of every kind of start, and with every kind of step."""
    first, *_ = session.card.conditions.attributes
    value = first.values[-1] if first.values else first.high
    spec = session.card.maps[0]
    item = Point.model_validate({"start": {"item": 7}})
    latent = pack(session.resolve(item).z.flatten())
    upload = {"sha256": "0" * 64, "latent": latent, "condition": {first.name: value}}
    return {
        "item": item,
        "edited": item.asking(**{first.name: value}),
        "draw": Point.model_validate({"start": {"seed": 3, "draw": 1, "condition": {first.name: value}}}),
        "spot": Point.model_validate({"start": {"map": spec.name, "at": [0.1] * spec.dims}}),
        "upload": Point.model_validate({"start": upload}),
        "between": recipes.travel(item, Point(), 0.25, "dense", "interpolate"),
        "moved": item.then("dimension", index=1, amount=1.5).then("principal", index=0, amount=-1),
        "full": Point(edits=tuple(item.then("dimension", index=0, amount=0.1).edits) * MAX_EDITS),
    } | {
        op: item.then(op, **given)
        for op, given in (
            ("vary", {"seed": 1, "draw": 2, "strength": 0.5}),
            ("counterfactual", {"target": value, "confidence": 0.7, "share": 0.5}),
        )
        if why_not(find("operations", op), session.card.latent, session.card.capabilities) is None
    }


BROUGHT = ("own", "plugin")  # begin with a file or a selection, which the page alone knows


def options(session) -> dict[str, list[dict]]:
    """For each tab, options that open all there is to open in it."""
    names = [a.name for a in session.card.conditions.attributes]
    n = session.card.items
    group = {"name": "first ten", "members": bits(list(range(10)), n)}
    return {
        "attributes": [{"row": name, "blend": name, "matrix": True} for name in names],
        "interpolate": [{"grid": True, "steps": 4, "method": "dense", "condition": "b", "c": {}}],
        "resample": [
            {"source": "prior" if "exact" in session.card.capabilities else "posterior", "count": 4},
            {"own": True, "condition": {names[0]: None}, "count": 4},
        ],
        "directions": [
            {"show": "dimensions"},
            {"show": "groups"},
            {"show": "groups", "plus": group},
            {"show": "arithmetic"},
        ],
        "own": [],
        "counterfactual": [
            {"target": (session.card.conditions.attributes[0].values or ("none",))[-1]},
            {"confidence": 0.6},
        ],
        "polish": [{"seed": 1}],
        "styles": [{"layers": "01", "amount": 0.5}],
        "forecast": [{"seen": 5, "seed": 2}],
        "codes": [],
        "codebooks": [],
        "dictionary": [
            {"size": 16, "k": 2, "asked": "latent-16-2-topk-0"},
            {"asked": "elsewhere"},
            {"compared": "latent-topk-0"},
        ],
        "plugin": [{"groups": [group]}, {"groups": [{**group, "name": "again"}, group], "at": 1, "seed": 3}],
        "origin": [],
        "delete": [{"seed": 8}],
        "details": [{"seed": 8}],
        "parts": [{"seed": 8}],
    }


def offered(session, tab: str) -> bool:
    """Is the tab for this model? A special one may not be, and then has a reason."""
    made = discover("tabs")[tab]()
    reason = made.why_not(session.card)
    assert reason is None or (made.special and reason.endswith("."))
    return reason is None


def scenes(session, tab: str) -> list[Scene]:
    opening = session.opening()
    shown = [opening.at(point) for point in points(session).values()]
    for chosen in options(session)[tab]:
        shown.append(opening.model_copy(update={"view": opening.view.model_copy(update={"options": {tab: chosen}})}))
    return [opening, *shown]


def panel(session, tab: str, scene: Scene):
    return read(declared.panel(session, tab, scene))


def with_options(scene: Scene, tab: str, **chosen) -> Scene:
    return scene.model_copy(update={"view": scene.view.model_copy(update={"options": {tab: chosen}})})


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_well_formed_and_named(session, tab):
    if not offered(session, tab):
        return
    for scene in scenes(session, tab):
        check(panel(session, tab, scene))


@pytest.mark.parametrize("tab", TABS)
def test_every_control_leads_to_a_scene_that_can_be_shown(session, tab):
    if not offered(session, tab):
        return
    made = discover("tabs")[tab]()
    for scene in [session.opening(), session.opening().at(points(session)["between"]), *scenes(session, tab)[-2:]]:
        found = results(panel(session, tab, scene), scene)
        if tab not in BROUGHT or scene.view.options.get(tab):
            assert found
        for node, after in found:
            assert torch.isfinite(session.resolve(after.point).z).all(), node.attributes
            made.options(after)


@pytest.mark.parametrize("tab", TABS)
def test_the_same_scene_gives_the_same_panel(session, tab):
    if not offered(session, tab):
        return
    scene = session.opening()
    assert declared.panel(session, tab, scene) == declared.panel(session, tab, scene)


@pytest.mark.parametrize("tab", TABS)
def test_overlays_lie_on_the_map(session, tab):
    if not offered(session, tab):
        return
    for spec in session.card.maps:
        opening = session.opening()
        scene = opening.model_copy(update={"view": opening.view.model_copy(update={"map": spec.name})})
        overlay = declared.panel(session, tab, scene).overlay.places(partial(session.place, name=spec.name))
        spots = [s for key in ("path", "draws") for s in overlay.get(key, [])] + [
            overlay[k] for k in "ab" if k in overlay
        ]
        assert np.isfinite(np.array(spots)).all()
        assert all(len(spot) == spec.dims for spot in spots)


@pytest.mark.parametrize("tab", TABS)
def test_an_option_that_does_not_fit_is_one_sentence(session, tab):
    if not offered(session, tab):
        return
    scene = with_options(session.opening(), tab, nonsense=1)
    with pytest.raises(ExplorerError, match="nonsense"):
        declared.panel(session, tab, scene)


def test_unchosen_ends_are_real_items_apart(session):
    scene = session.opening()
    corners = recipes.corners(session, scene, recipes.PathOptions())
    items = [p.start.item for p in corners]
    assert len(set(items)) == 4
    assert all(0 <= i < session.card.items for i in items)


def test_draws_are_as_on_stage_or_as_chosen(session):
    scene = session.opening()
    first = session.card.conditions.attributes[0]
    other = first.values[1] if first.values else round((first.low + first.high) / 2, 3)
    for chosen, asked in (
        ({}, session.condition(scene.point)[first.name]),
        ({"own": True, "condition": {first.name: other}}, other),
    ):
        points_ = recipes.draws(session, scene, recipes.DrawOptions(**chosen))
        seen = {session.condition(p)[first.name] for p in points_}
        assert len(seen) == 1 and (seen == {asked} or seen.pop() == pytest.approx(asked, rel=1e-4))
        assert len({session.resolve(p).z.numpy().tobytes() for p in points_}) == len(points_)


def test_variations_do_not_pile_up(session):
    scene = session.opening()
    chosen = recipes.DrawOptions(source="posterior", count=4)
    once = recipes.draws(session, scene, chosen)
    assert recipes.draws(session, scene.at(once[2]), chosen) == once


def test_a_point_full_of_steps_is_one_sentence(session):
    scene = session.opening().at(points(session)["full"])
    with pytest.raises(ExplorerError, match="steps"):
        recipes.draws(session, scene, recipes.DrawOptions(source="posterior"))


def test_the_difference_of_groups_is_that_of_their_means(session):
    n, z = session.card.items, session.checkpoint.items.space("latent")
    one, two = bits([0, 1, 9], n), bits([4, n - 1], n)
    for minus, rest in ((two, z[[4, n - 1]]), (None, np.delete(z, [0, 1, 9], axis=0))):
        expected = z[[0, 1, 9]].mean(0) - rest.mean(0)
        assert np.allclose(difference(session, "", one, minus), expected, atol=1e-6)


@pytest.mark.parametrize("members", ["", "!!!!", "AAAA", "A" * 4000])
def test_a_group_that_cannot_be_read_is_one_sentence(session, members):
    with pytest.raises(ExplorerError, match="group"):
        difference(session, "x", members, None)


def test_the_card_is_readable(session):
    root = read(about(session))
    check(root)
    assert session.card.summary in root.words
    assert session.card.data_licence in root.words


def test_a_tab_says_why_it_is_not_for_a_model(session):
    for name, tab in discover("tabs").items():
        offered(session, name)
        reason = tab().why_not(session.card.model_copy(update={"capabilities": ()}))
        if tab.why_not is Tab.why_not:  # one that asks the family goes by no capability
            assert (reason is None) == (not tab.needs)
    codes = session.card.model_copy(update={"latent": session.card.latent.model_copy(update={"kind": "codes"})})
    assert "codes" in discover("tabs")["interpolate"]().why_not(codes)


def test_the_code_names_the_scene(session):
    scene = session.opening()
    code = lines(scene)
    compile(code["python"], "copied", "exec")
    assert scene.model in code["python"]
    assert code["command"].startswith("python -m explorer render ")
    assert json.dumps(code)
