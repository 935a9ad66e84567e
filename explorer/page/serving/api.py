"""The explorer's operations as named endpoints of the Gradio API, and thereby as MCP tools.

Each is a thin layer over `explorer.play.handle`. Arguments are validated here, since any client can send anything; what can't
be done comes back as a `gr.Error` with one sentence. The docstrings are what an MCP client reads, and Gradio takes one
line for each argument.
"""

import base64
import binascii
import functools
import inspect
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import gradio as gr
import numpy as np
from gradio.context import LocalContext
from gradio.utils import get_upload_folder
from pydantic import ConfigDict, TypeAdapter, ValidationError, validate_call

from explorer.box.cards import available
from explorer.core import link
from explorer.core.checked import checked
from explorer.core.scene import ItemStart, Point, Scene
from explorer.core.schema import ExplorerError, Value, plain
from explorer.learn.modalities.base import MAX_BYTES
from explorer.learn.modalities.encoding import data_url
from explorer.page.serving.turns import Busy, Turns, person, plain_request

if TYPE_CHECKING:
    from explorer.play.handle import Explorer, Result

log = logging.getLogger(__name__)
Asked = dict[str, str | float | dict[str, float] | None]
FAILED = "Something went wrong on the server."
LATER = "explorer.later"  # in a request's scope: a list for the seconds after which a refused client may try again
Where = int | dict[str, Any]
Upload = str | dict[str, Any]
CONDITION: TypeAdapter[dict[str, Value]] = TypeAdapter(dict[str, Value])


class Picture(TypedDict):
    """A picture, the recipe that makes it again, and a link that opens it on the page."""

    image: str
    point: dict[str, Any]
    link: str


class Pictures(TypedDict):
    """Pictures in order."""

    pictures: list[Picture]


class Neighbour(TypedDict):
    """A real item near a point."""

    item: int
    distance: float
    values: dict[str, Any]


class Neighbours(TypedDict):
    """Real items, nearest first."""

    neighbours: list[Neighbour]


def edit(item: Where = 0, condition: Asked | None = None, checkpoint: str = "") -> Picture:
    """Change attributes of an item and keep the rest of it.

    Args:
        item: The item's number, or the `point` of an earlier answer.
        condition: New values by attribute: a name, a number, a blend such as {"smile": 0.5, "sad": 0.5}, or null to unset.
        checkpoint: Name of the checkpoint as `describe` lists them; the first when left out.

    Returns:
        The picture as a data URL, its recipe (`point`) and its link.
    """
    explorer = _explorer(checkpoint)
    return _pictures(explorer, explorer.edit(_where(item), **_condition(explorer, condition)))[0]


def interpolate(  # noqa: PLR0917 (Gradio passes arguments by position)
    a: Where = 0,
    b: Where = 1,
    steps: int = 9,
    method: Literal["lerp", "slerp", "dense"] = "slerp",
    condition: Literal["interpolate", "a", "b"] = "interpolate",
    checkpoint: str = "",
) -> Pictures:
    """Travel from one item to another through latent space.

    Args:
        a: Where to start: an item's number, or the `point` of an earlier answer.
        b: Where to end, likewise.
        steps: How many pictures, both ends included: 2 to 64.
        method: Straight (lerp), on the sphere (slerp), or from item to item through dense regions (dense).
        condition: On the way, blend the attributes (interpolate), or hold those of a or of b.
        checkpoint: Name of the checkpoint as `describe` lists them; the first when left out.

    Returns:
        The pictures in order, each with its recipe and link.
    """
    explorer = _explorer(checkpoint)
    return {"pictures": _pictures(explorer, explorer.interpolate(_where(a), _where(b), steps, method, condition))}


def resample(  # noqa: PLR0917
    count: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
    condition: Asked | None = None,
    prior: str = "",
    around: Where | None = None,
    checkpoint: str = "",
) -> Pictures:
    """Draw new pictures: from the prior under a condition, or variations around an item.

    Args:
        count: How many: 1 to 64.
        seed: The same seed gives the same pictures.
        temperature: How far draws stray from the typical, 0 to 2; around an item, its posterior's spread is scaled by it.
        condition: Values by attribute that the draws should have; what is left out is unset. Not used around an item.
        prior: Name of a prior as `describe` lists them; the checkpoint's best when left out.
        around: Item number or `point` to vary; null to draw from the prior.
        checkpoint: Name of the checkpoint as `describe` lists them; the first when left out.

    Returns:
        The pictures, each with its recipe and link.
    """
    explorer = _explorer(checkpoint)
    if around is None:
        made = explorer.resample(count, seed, temperature, prior or None, **_condition(explorer, condition))
    else:
        made = explorer.vary(_where(around), count, seed, temperature)
    return {"pictures": _pictures(explorer, made)}


def encode(picture: Upload, condition: Asked | None = None, checkpoint: str = "") -> Picture:
    """Take in a picture of your own: fit it to the model, encode it, and reconstruct it.

    Args:
        picture: A data URL or base64 of an image file of up to 8 MB; from gradio_client also handle_file("picture.png").
        condition: Attributes that are known; the others are read by the judge, a classifier trained on real items.
        checkpoint: Name of the checkpoint as `describe` lists them; the first when left out.

    Returns:
        The reconstruction, its link, and the recipe (`point`) that the other tools take.
    """
    explorer = _explorer(checkpoint)
    return _pictures(explorer, explorer.encode(_uploaded(picture), **_condition(explorer, condition)))[0]


def neighbours(item: Where = 0, k: int = 8, space: str = "latent", checkpoint: str = "") -> Neighbours:
    """Find the real items nearest to an item or to any made picture.

    Args:
        item: The item's number, or the `point` of an earlier answer.
        k: How many: 1 to 256.
        space: In which space distance is taken: latent, conditioned or features, where the checkpoint has a map of it.
        checkpoint: Name of the checkpoint as `describe` lists them; the first when left out.

    Returns:
        Numbers, distances and attribute values of the items, nearest first.
    """
    explorer = _explorer(checkpoint)
    found = explorer.neighbours(_where(item), k, space)
    values = [explorer.session.condition(Point(start=ItemStart(item=index))) for index, _ in found]
    return {
        "neighbours": [
            {"item": index, "distance": distance, "values": asked}
            for (index, distance), asked in zip(found, values, strict=True)
        ]
    }


def describe(item: Where | None = None, checkpoint: str = "") -> dict[str, Any]:
    """Say what a checkpoint can do, or what is known of one of its items or of any made picture.

    Args:
        item: An item's number or the `point` of an earlier answer; null for the checkpoint itself.
        checkpoint: Name of the checkpoint; with neither argument, all checkpoints are listed.

    Returns:
        Facts: attributes with their values, priors, maps, measured figures; or what is asked, read, and how near real data.
    """
    if item is not None:
        return _explorer(checkpoint).describe(_where(item))
    if not checkpoint:
        return {"checkpoints": [{"name": c.name, "title": c.title, "summary": c.summary} for c in available().values()]}
    card = _explorer(checkpoint).card
    return card.model_dump(
        mode="json",
        include={
            "name", "title", "summary", "limits", "items", "shape", "latent", "conditions", "capabilities", "priors",
            "maps", "data", "data_licence", "metrics",
        },
    )  # fmt: skip


ENDPOINTS: tuple[Callable[..., Any], ...] = (edit, interpolate, resample, encode, neighbours, describe)


def register_api(turns: Turns) -> None:
    """Add the endpoints to the Gradio app that is being built (inside its `with gr.Blocks()`), behind a queue."""
    for endpoint in ENDPOINTS:
        gr.api(_guarded(endpoint, turns), api_name=endpoint.__name__, queue=False)


def _guarded(endpoint: Callable[..., Any], turns: Turns) -> Callable[..., Any]:
    """The same endpoint in a turn of its own, its arguments validated and its errors told in one sentence."""
    checked = validate_call(endpoint, config=ConfigDict(allow_inf_nan=False))
    signature = inspect.signature(endpoint)

    @functools.wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        request = LocalContext.request.get(None)
        scope = plain_request(request).scope if request else {}
        try:
            given = plain(signature.bind(*args, **kwargs).arguments)
            # Whether its client leaves can't be seen here: of Gradio's queue and of MCP this is no request that waits.
            async with turns.turn(person(scope)):
                return await turns.run(functools.partial(checked, **given))
        except Busy as error:
            scope.get(LATER, []).append(error.seconds)
            sentence = str(error)
        except ExplorerError as error:
            sentence = str(error)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in problem["loc"][:1]) or "argument"
            said = problem["msg"].lower()
            sentence = str(ExplorerError(f"The {place} of {endpoint.__name__} can't be read: {said}."))
        except Exception:
            log.exception("%s failed", endpoint.__name__)
            sentence = FAILED
        raise gr.Error(sentence, print_exception=False)

    return guarded


def _explorer(checkpoint: str) -> "Explorer":
    from explorer.play.handle import load  # takes seconds to import, which the first page doesn't wait for

    return load(checkpoint or next(iter(available()), ""))


def _where(item: Where) -> int | Point:
    return item if isinstance(item, int) and not isinstance(item, bool) else checked(Point, item, "point")


def _condition(explorer: "Explorer", asked: Asked | None) -> dict[str, Value]:
    for name in asked or {}:
        explorer.card.conditions[name]  # an unknown name is told as such, and never meets an argument of the same name
    return CONDITION.validate_python(asked or {})


def _pictures(explorer: "Explorer", made: "Result") -> list[Picture]:
    scene = Scene(model=explorer.card.name, build=explorer.card.build)
    return [
        {
            "image": data_url(np.asarray(image)),
            "point": point.model_dump(mode="json", exclude_defaults=True),
            "link": link.write(scene.at(point)),
        }
        for point, image in zip(made.points, made.images, strict=True)
    ]


def _uploaded(picture: Upload) -> bytes:
    """The bytes of a data URL, of base64, or of a file that gradio_client has uploaded, which is deleted."""
    if isinstance(picture, dict):
        path = Path(str(picture.get("path", ""))).resolve()
        if not path.is_relative_to(Path(get_upload_folder()).resolve()) or not path.is_file():
            raise ExplorerError("This file was not uploaded here; send a data URL instead.", "own-item")
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        finally:
            os.unlink(path)
    try:
        return base64.b64decode(picture.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise ExplorerError("This is no data URL and no base64 of a picture.", "own-item") from None
