"""The contract of a modality: a person's raw bytes -> the model's input, and the model's output -> what a person sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from PIL import Image

from explorer.core.refusals import ExplorerError, refuse

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.core.nodes import Node

MAX_BYTES = 8_000_000
View = Literal["img", "audio", "chart", "table", "text", "clip", "scene3d", "graph"]


class Modality:
    """Base of all modalities; holds nothing but how a data set is to be read.

    An *item* is the opened form of a person's own file (for pictures a Pillow image), *shown* the array that is drawn.
    A modality whose x needs ranges, units or a rate to be read takes them as plain arguments, all with defaults; a data
    set gives them in `modality_arguments`, and they travel on the card.

    Class attributes:
        noun: what a person calls one item.
        accept: which files the page offers to open, as the attribute of an `<input>`.
        device: what of the browser can make one, `camera` or `microphone`.
        suffix, media: of the file that `write` gives.
        sounds: `listen` gives something to hear.
        view: how the page shows one: `img`, `audio` (a picture and its sound), `chart`, `table`, `text`, `clip`, `scene3d` or
            `graph`; one component of the page for each, whatever the modality is.
        alike: how alike reconstructions and items are, both [N, *shape] -> [N], higher is more alike; None: by their peak
            signal-to-noise ratio, `explorer.learn.latents.psnr`.
    """

    name: ClassVar[str]
    noun: ClassVar[str] = "picture"
    accept: ClassVar[str] = "image/*"
    device: ClassVar[str | None] = None
    suffix: ClassVar[str] = "png"
    media: ClassVar[str] = "image/png"
    sounds: ClassVar[bool] = False
    view: ClassVar[View] = "img"
    alike: ClassVar[Callable[[Tensor, Tensor], Tensor] | None] = None

    def open(self, raw: bytes) -> Any:
        """The bytes of a file of anyone's making -> an item.

        Raises:
            ExplorerError: not a file of this modality, or one that is too large or damaged.
        """
        raise NotImplementedError

    def fit(self, item: Any, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """An item -> float32 [*shape] in the modality's range, and one sentence on what was changed (None: nothing).

        Raises:
            ExplorerError: it can't be made to suit the model.
        """
        raise NotImplementedError

    def show(self, x: Tensor) -> np.ndarray:
        """x [*shape] -> what a person sees."""
        raise NotImplementedError

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Where b [*shape] differs from a, as `data_url` draws it: mean absolute difference over channels, white where none."""
        gap = (a - b).abs().mean(0)
        grey = (255 * (1 - gap.clamp(0, 1))).round().byte().numpy()
        return np.repeat(grey[..., None], 3, axis=-1)

    def data_url(self, shown: np.ndarray) -> str:
        """What a person sees -> a `data:` URL for an `<img>`, small or large."""
        raise NotImplementedError

    def node(self, x: Sequence[Tensor]) -> Node | None:
        """Items [*shape], the last of which counts, as a chart or a table with units; None where an `<img>` shows all."""
        return None

    def picture(self, shown: np.ndarray) -> np.ndarray:
        """What a person sees -> pixels uint8 [H, W, 3], for strips, animations and notebooks."""
        return shown

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, *shape] -> what the map's hover shows of each, uint8 [N, size, size, 3]: what `show` gives, resized."""
        tiles = np.empty((len(x), size, size, 3), np.uint8)
        for tile, one in zip(tiles, x, strict=True):
            shown = self.show(one)
            if shown.shape[:2] != (size, size):
                shown = np.asarray(Image.fromarray(shown).resize((size, size), Image.Resampling.LANCZOS))
            tile[:] = shown
        return tiles

    def told(self) -> dict[str, Any]:
        """What the page has to know to open and fit an item by itself, as plain JSON."""
        return {}

    def write(self, x: Tensor) -> bytes:
        """x [*shape] -> a file of this modality's own kind (`suffix`), which `open` reads again."""
        raise NotImplementedError

    def listen(self, x: Tensor) -> bytes:
        """x [*shape] -> a WAV file, where the modality `sounds`."""
        raise NotImplementedError


def fault(message: str) -> ExplorerError:
    """What is wrong with a person's own item, in one sentence."""
    return ExplorerError(message, "own-item")


def bounded(raw: bytes | str | Path, noun: str, most: int = MAX_BYTES) -> bytes:
    """A file's bytes (or those at its path), if there are at most so many.

    Raises:
        ExplorerError: there are more, or none can be read.
    """
    if isinstance(raw, str | Path):
        path = Path(raw)
        try:
            with path.open("rb") as file:
                raw = file.read(most + 1)
        except OSError:
            raise fault(f"The file {path.name} can't be read.") from None
    if len(raw) > most:
        raise refuse("file-large", megabytes=round(len(raw) / 1e6), noun=noun, most=most // 1_000_000)
    return raw
