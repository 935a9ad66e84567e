"""The explorer from Python: `import explorer; m = explorer.load("digits-cvae-2d"); m.edit(item=7, digit="3")`.

Every method returns what it made as Pillow pictures together with the recipe (`scene.Point`) of each, so that a result
can be the start of the next step. The page, the command line and the API make their pictures through the same session.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from PIL import Image

from explorer.box import hub
from explorer.box.checkpoints import Checkpoint
from explorer.core import link
from explorer.core.refusals import quoted
from explorer.core.scene import ItemStart, Point, PriorStart, Scene
from explorer.core.schema import Card, ExplorerError, Value
from explorer.play.dictionary import WithDictionary
from explorer.play.plugin import WithPlugin
from explorer.play.scaling import WithScaling
from explorer.play.session import Session, open_session

if TYPE_CHECKING:
    import pandas as pd

    from explorer.box.own.tried import Tried

Where = int | Point
SHOWN = 8  # items in a notebook's picture of a model


@dataclass(frozen=True)
class Result:
    """Pictures and the recipes that made them, in the same order; of a model of texts, the texts too."""

    points: tuple[Point, ...]
    images: tuple[Image.Image, ...]
    texts: tuple[str, ...] = ()

    @property
    def point(self) -> Point:
        """The first recipe."""
        return self.points[0]

    @property
    def image(self) -> Image.Image:
        """The first picture."""
        return self.images[0]

    def __repr__(self) -> str:
        if self.texts:
            return "\n".join(self.texts)
        width, height = self.image.size
        return f"<Result of {len(self.images)} pictures, {width} x {height}>"

    def _repr_png_(self) -> bytes:
        """All pictures in a row, for notebooks."""
        width, height = self.image.size
        row = Image.new("RGB", (width * len(self.images), height), "white")
        for k, image in enumerate(self.images):
            row.paste(image, (k * width, 0))
        buffer = io.BytesIO()
        row.save(buffer, "PNG")
        return buffer.getvalue()


class Explorer(WithScaling, WithPlugin, WithDictionary):
    """One checkpoint, to be used from Python; see `explorer.load`."""

    shown_by: ClassVar[Callable[[Explorer], Any] | None] = (
        None  # the page lies in a room above, see `explorer/__init__.py`
    )

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def card(self) -> Card:
        """What the checkpoint says of itself."""
        return self.session.card

    @property
    def folder(self) -> Path:
        """Where the checkpoint lies."""
        return self.session.checkpoint.folder

    def __repr__(self) -> str:
        return f"<Explorer {self.card.name}: {self.card.title}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """For notebooks: the page, and its first items as the model makes them where there is no page."""
        told = {"text/plain": repr(self), "image/png": self._made(self._first())._repr_png_()}
        page = type(self).shown_by and type(self).shown_by(self)
        return told | (page._repr_mimebundle_()[0] if page else {})

    def _first(self) -> list[Point]:
        return [_point(k) for k in range(min(SHOWN, self.card.items))]

    def _made(self, points: Sequence[Point]) -> Result:
        pictures = map(self.session.modality.picture, self.session.render(points))
        text = self.session.modality.view == "text"
        texts = (self.session.modality.said(self.session.output(point)) for point in points) if text else ()
        return Result(tuple(points), tuple(Image.fromarray(picture) for picture in pictures), tuple(texts))

    def push(self, where: str, public: bool = False) -> str:
        """Copy the checkpoint to the Hugging Face Hub, as `owner/name` -> its address; private unless said otherwise.

        Raises:
            ExplorerError: no such name, not signed in, not allowed, or not reachable.
        """
        return self.session.checkpoint.push_to_hub(where, public)

    def render(self, scene: Scene | Point | str) -> Image.Image:
        """The picture on stage of a scene: a `Scene`, a `Point`, a link, or a scene's JSON.

        Raises:
            ExplorerError: not a scene, or one of another model.
        """
        if isinstance(scene, str):
            scene = link.read(scene)
        if isinstance(scene, Scene):
            if scene.model != self.card.name:
                raise ExplorerError(f"This scene belongs to {scene.model}, not to {self.card.name}.", "link")
            if caution := self.card.other_build(scene.build):
                warnings.warn(caution, stacklevel=2)
            scene = scene.point
        return self._made([scene]).image

    def edit(self, item: Where = 0, **condition: Value) -> Result:
        """An item (its number, or any point) with other values of its attributes; a dict of weights blends values.

        Raises:
            ExplorerError: unknown item, attribute or value.
        """
        return self._made([_point(item).asking(**_plain(condition))])

    def interpolate(
        self,
        a: Where,
        b: Where,
        steps: int = 9,
        method: Literal["lerp", "slerp", "dense"] = "slerp",
        condition: Literal["interpolate", "a", "b"] = "interpolate",
    ) -> Result:
        """From a to b in `steps` pictures (2 to 64), both ends included.

        Raises:
            ExplorerError: unknown item or method, or a number of steps out of range.
        """
        if not 2 <= steps <= 64:
            raise ExplorerError(f"An interpolation takes 2 to 64 steps, not {steps}.", "tab-interpolate")
        start, end = _point(a), _point(b).model_dump(exclude_defaults=True)
        shares = [k / (steps - 1) for k in range(steps)]
        return self._made([start.then("between", to=end, t=t, method=method, condition=condition) for t in shares])

    def resample(
        self, count: int = 8, seed: int = 0, temperature: float = 1.0, prior: str | None = None, **condition: Value
    ) -> Result:
        """Draws from a prior (1 to 64) under a condition; attributes left out are unset.

        Raises:
            ExplorerError: unknown prior, attribute or value, or a count or temperature out of range.
        """
        if not 1 <= count <= 64:
            raise ExplorerError(f"One call makes 1 to 64 draws, not {count}.", "tab-resample")
        try:
            starts = [
                PriorStart(seed=seed, draw=k, temperature=temperature, prior=prior, condition=_plain(condition))
                for k in range(count)
            ]
        except ValueError as error:
            if isinstance(error, ExplorerError):
                raise
            raise ExplorerError(
                "A draw takes a seed of 0 or more and a temperature from 0 to 2.", "tab-resample"
            ) from None
        return self._made([Point(start=start) for start in starts])

    def vary(self, item: Where, count: int = 8, seed: int = 0, strength: float = 1.0) -> Result:
        """Draws from the posterior around an item or point (1 to 64), its spread times `strength`.

        Raises:
            ExplorerError: the model has no encoder, or a number is out of range.
        """
        if not 1 <= count <= 64:
            raise ExplorerError(f"One call makes 1 to 64 draws, not {count}.", "tab-resample")
        start = _point(item)
        return self._made([start.then("vary", seed=seed, draw=k, strength=strength) for k in range(count)])

    def encode(self, picture: str | Path | bytes | Image.Image, **condition: Value) -> Result:
        """Your own item: fitted to the model's input and encoded; what `condition` leaves out the judge reads.

        Of a model of texts a `str` is the text itself, and a `Path` a file of it.

        Raises:
            ExplorerError: not a readable picture, or a model without an encoder.
        """
        if isinstance(picture, str) and self.session.modality.view == "text":
            picture = picture.encode()
        if isinstance(picture, Image.Image):
            buffer = io.BytesIO()
            picture.save(buffer, "PNG")
            picture = buffer.getvalue()
        try:
            raw = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        except OSError:
            raise ExplorerError(f"The file {Path(picture).name} can't be read.", "own-item") from None
        x, _ = self.session.modality.fit(self.session.modality.open(raw), self.card.shape)
        return self._made([self.session.encode(x, _plain(condition), hashlib.sha256(raw).hexdigest())])

    def neighbours(self, item: Where = 0, k: int = 8, space: str = "latent") -> list[tuple[int, float]]:
        """The k items (1 to 256) nearest to an item or point in a space, as (number, distance), nearest first.

        Raises:
            ExplorerError: unknown item or space, or k out of range.
        """
        if not 1 <= k <= 256:
            raise ExplorerError(f"Neighbours come 1 to 256 at a time, not {k}.", "map")
        spaces = sorted({"latent", *(spec.space for spec in self.card.maps)})
        if space not in spaces:
            raise ExplorerError(f"Neighbours are looked for in {', '.join(spaces)}, not in {space[:32]!r}.", "map")
        return self.session.neighbours(_point(item), k, space)

    def table(self, items: Sequence[int] | None = None) -> pd.DataFrame:
        """Attributes of items, a row for each, under the owner's own names of the items where those are known.

        Args:
            items: their numbers; all where none are given.

        Returns:
            a frame indexed by item, with a column for each attribute (a missing value: None or NaN), `held_out`, of a model
            with an encoder the reconstruction's `error` in dB, and of own data `name`.

        Raises:
            ExplorerError: an unknown item.
        """
        import pandas as pd

        table, numbers = self.session.checkpoint.items, self._numbers(items)
        codes = table.codes[numbers]
        columns: dict[str, Any] = {
            attribute.name: [attribute.read(float(code)) for code in codes[:, k]]
            for k, attribute in enumerate(self.card.conditions.attributes)
        }
        columns["held_out"] = table.held_out[numbers]
        if table.has("error"):
            columns["error"] = table.error[numbers]
        if (names := self.folder / "items.csv").is_file():
            columns["name"] = pd.read_csv(names, dtype=str, keep_default_na=False)["name"].to_numpy()[numbers]
        return pd.DataFrame(columns, index=pd.Index(numbers, name="item"))

    def breakdown(self, items: Sequence[int]) -> pd.DataFrame:
        """How often items have each value of each attribute, beside all items; what isn't known isn't counted.

        Args:
            items: their numbers, such as those of a group.

        Returns:
            a frame with a row for each value, or each bin of a number's range: `attribute`, `value`,
            `count`, `share` of the items, its 95 % interval from `low` to `high` (Wilson 1927), and `whole`, the share of all.

        Raises:
            ExplorerError: an unknown item.
        """
        import pandas as pd
        from scipy.stats import binomtest

        rows, table, chosen = [], self.session.checkpoint.items.codes, np.unique(self._numbers(items))
        for k, attribute in enumerate(self.card.conditions.attributes):
            names, place = attribute.placed(table[:, k])
            here, all_ = (np.bincount(p[p >= 0], minlength=len(names)) for p in (place[chosen], place))
            for name, count, of in zip(names, here.tolist(), all_.tolist(), strict=True):
                known = int(here.sum())
                low, high = binomtest(count, known).proportion_ci(method="wilson") if known else (0.0, 1.0)
                rows.append((attribute.name, name, count, count / max(known, 1), low, high, of / max(all_.sum(), 1)))
        return pd.DataFrame(rows, columns=["attribute", "value", "count", "share", "low", "high", "whole"])

    def latents(self, items: Sequence[int] | None = None) -> np.ndarray:
        """Latents of items, `float32 [n, *latent.shape]`, all where none are given.

        Raises:
            ExplorerError: an unknown item.
        """
        return self.session.checkpoint.items.z[self._numbers(items)]

    def _numbers(self, items: Sequence[int] | None) -> np.ndarray:
        count = self.card.items
        numbers = np.arange(count) if items is None else np.asarray(items, np.int64).reshape(-1)
        if len(wrong := numbers[(numbers < 0) | (numbers >= count)]):
            raise ExplorerError(f"There is no item {wrong[0]}; {self.card.name} has {count:,}, counted from 0.", "map")
        return numbers

    def describe(self, item: Where = 0) -> dict[str, Any]:
        """What is known of an item or point: what is asked, what the judge reads in the picture, how near real data it is.

        `distance` and `percentile` are of the latent; `real` is of the picture, at most 1 for 99 of 100 real items.
        """
        point = _point(item)
        trust = self.session.trust(point)
        return {
            "asked": self.session.condition(point),
            "read": self.session.read(self.session.output(point)),
            "nearest_item": trust.nearest,
            "distance": trust.distance,
            "percentile": trust.percentile,
            "real": self.session.reals([point])[0],
        }


def _plain(condition: dict[str, Any]) -> dict[str, Any]:
    """Values as Python has them: what comes out of an array is a number of numpy's or torch's."""

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: one(weight) for name, weight in value.items()}
        return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value

    return {name: one(value) for name, value in condition.items()}


def _point(where: Where) -> Point:
    if isinstance(where, Point):
        return where
    if isinstance(where, bool) or not isinstance(where, Integral):
        raise ExplorerError(f"An item is given by its number, or as a point, not as {quoted(where)}.", "map")
    if not 0 <= where < 2**31:
        raise ExplorerError(f"Items are counted from 0; there is no number {where}.", "map")
    return Point(start=ItemStart(item=int(where)))


def load(name: str | Path) -> Explorer:
    """Open a checkpoint by name, by its folder (a `Path`, or a text with a slash in it), or from the Hub (`owner/name`).

    Raises:
        ExplorerError: unknown or broken checkpoint, or the Hub can't be reached.
    """
    if isinstance(name, str) and hub.ID.fullmatch(name) and not Path(name).is_dir():
        return Explorer(Session(Checkpoint.from_pretrained(name)))
    if isinstance(name, Path) or "/" in name or os.sep in name:
        return Explorer(Session(Checkpoint.load(Path(name))))
    return Explorer(open_session(name))


def open_own(thing: str | Path, out: str | Path | None = None, settings: str | Path | None = None) -> Explorer:
    """Make own data explorable by their principal components, see `explorer.open`.

    Raises:
        ExplorerError: what is given can't be read, or the folder not written.
    """
    from explorer.box.own import make  # reading own data takes more than opening a checkpoint does
    from explorer.box.own.inspect import is_checkpoint, look
    from explorer.box.own.settings import Settings

    if is_checkpoint(thing):
        return load(Path(thing))
    folder = make.place((Path(out) if out else make.usual(Path(thing))).absolute())
    found = look(thing, Settings.read(settings) if settings else Settings())
    return Explorer(Session(make.first(found, folder)))


def open_model(
    model: Any, items: Any, attributes: Any = None, out: str | Path | None = None, settings: str | Path | None = None
) -> Explorer:
    """Make a person's own model and its items explorable, see `explorer.open`.

    Raises:
        ExplorerError: the items can't be used, the model doesn't take them, or the folder can't be written.
    """
    from explorer.box.own import make
    from explorer.box.own import model as own  # trying a model takes more than opening a checkpoint does
    from explorer.box.own.settings import Settings

    folder = make.place((Path(out) if out else make.usual(Path(type(model).__name__))).absolute())
    read = Settings.read(settings) if settings else Settings()
    made, _ = own.opened(model, items, attributes, folder, read)
    return Explorer(Session(made))


def check_model(model: Any, items: Any, attributes: Any = None) -> Tried:
    """Try a model on items, see `explorer.check`.

    Raises:
        ExplorerError: the model doesn't take the items, or gives nothing that can be walked.
    """
    from explorer.box.own import model as own

    return own.check(model, items, attributes)
