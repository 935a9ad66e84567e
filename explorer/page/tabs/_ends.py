"""The ends of a path: what A and B are, how to choose others, and how to swap them."""

from __future__ import annotations

from markupsafe import Markup

from explorer.core.scene import Point, Scene
from explorer.page.tabs.base import cell
from explorer.page.views import words
from explorer.page.views.controls import button
from explorer.page.views.html import el
from explorer.page.views.strips import cell as face
from explorer.play import recipes
from explorer.play.session import Session


def both(session: Session, scene: Scene, a: Point, b: Point) -> Markup:
    """A and B side by side, and a button that swaps them."""
    ends = [
        end(session, scene, (name, point), f"view.{name.lower()}", chosen is not None)
        for name, point, chosen in (("A", a, scene.view.a), ("B", b, scene.view.b))
    ]
    swap = button("Swap", id="swap-ends", data_patch={"view.a": recipes.plain(b), "view.b": recipes.plain(a)})
    return el("div", ends, swap, class_="ends")


def end(session: Session, scene: Scene, this: tuple[str, Point], path: str, chosen: bool) -> Markup:
    """One end: its picture, what it is, and how to choose another.

    Args:
        session, scene: on which it is shown.
        this: its name, and its point.
        path: place in the scene that holds it.
        chosen: by a person, who can clear it.
    """
    name, point = this
    what = words.recipe(point, session.card.conditions)
    picture = face(cell(session, scene, point, alt=f"{name}: {what}"), actions=False)
    here = button(
        "Set from stage", small=True, id=f"end-{name.lower()}-stage", aria_label=f"Set {name} from the stage",
        data_set=path, data_type="json", data_value=recipes.plain(scene.point),
    )  # fmt: skip
    clear = button("Clear", small=True, aria_label=f"Clear {name}", data_unset=path) if chosen else None
    words_ = el(
        "div", el("span", name, class_="end-name"), el("span", what, class_="end-what"), el("span", here, clear)
    )
    return el("div", picture, words_, class_="end", id=f"end-{name.lower()}")
