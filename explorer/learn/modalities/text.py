"""Text: one sentence of a limited vocabulary, float32 [places]: the number of each word over the size of the vocabulary.

Words are split and lower-cased by the `tokenizers` library; the vocabulary is part of the card. Two numbers are no words: 0 ends
a sentence and fills the places after it, 1 stands for a word that isn't in the vocabulary. Not for: text whose case, marks or
line breaks matter, and languages that don't part words by spaces.
"""

from __future__ import annotations

import base64
import html
import textwrap
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from explorer.core import nodes
from explorer.core.registry import register
from explorer.learn.modalities.base import Modality, bounded, fault

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, UNKNOWN = 0, 1
SPECIAL = ("", "[unknown]")
MAX_TEXT = 2_000  # characters of a person's own text
WIDTH, HEIGHT = 256, 192  # of a picture, where pixels are asked for
LINE = 22  # characters of a picture's line, about
INK, PAPER = "#1d211f", "#ffffff"


@register("modalities", "text")
class Text(Modality):
    """Sentences of known words.

    Args:
        words: the vocabulary without the special ones, in the order of their numbers; where none is given, a word is called by
            its number among `size`.
        size: of a vocabulary that isn't given.
    """

    noun = "sentence"
    accept = ".txt,text/plain"
    device = "keyboard"
    suffix = "txt"
    media = "text/plain; charset=utf-8"
    view = "text"

    def __init__(self, words: Sequence[str] = (), size: int = 64) -> None:
        self.words = (*SPECIAL, *(words or (f"w{k}" for k in range(size - len(SPECIAL)))))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Text -> numbers of words; what isn't a letter, a digit, an apostrophe or a hyphen parts words and is left out."""
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

        made = Tokenizer(models.WordLevel({w: k for k, w in enumerate(self.words)}, unk_token=SPECIAL[UNKNOWN]))
        made.normalizer = normalizers.Sequence(
            [
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
                normalizers.Replace("\u2019", "'"),
            ]
        )
        apart = Regex(r"[^\p{L}\p{N}'\-]+")
        made.pre_tokenizer = pre_tokenizers.Split(apart, behavior="removed")
        return made

    def open(self, raw: bytes | str | Path) -> str:
        """A file of plain text (or its path), in UTF-8 or UTF-16 -> its text.

        Raises:
            ExplorerError: not text, empty, or longer than `MAX_TEXT` characters.
        """
        raw = bounded(raw, self.noun)
        try:
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError:
            raise fault("This file holds no plain text.") from None
        if "\0" in text or any(ord(sign) < 32 and not sign.isspace() for sign in text):
            raise fault("This file holds no plain text.")
        if not text.strip():
            raise fault("There is no text in this file.")
        if len(text) > MAX_TEXT:
            raise fault(f"This text has {len(text):,} characters; a sentence has {MAX_TEXT:,} at most.")
        return text

    def fit(self, item: str, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """A text, shape (places,) -> float32 [places] in [0, 1), and a sentence on what was changed or isn't known.

        Raises:
            ExplorerError: none of its words is known.
        """
        read = self.tokenizer.encode(item)
        most = shape[0]
        ids, strange = (
            read.ids[:most],
            [item[slice(*at)] for number, at in zip(read.ids, read.offsets, strict=True) if number == UNKNOWN],
        )
        if not ids or all(number == UNKNOWN for number in ids):
            raise fault("The model knows none of these words; try others.")
        known = self._joined(ids)
        notes = [f"Read as: {known}."] if known != item.strip() else []
        if strange:
            listed = ", ".join(dict.fromkeys(word[:24] for word in strange[:6]))
            notes.append(f"Words that the model doesn't know: {listed}.")
        if len(read.ids) > most:
            notes.append(f"Cut after {most} words, which is all that it takes.")
        x = torch.zeros(tuple(shape))
        x[: len(ids)] = torch.tensor(ids, dtype=torch.float32) / len(self.words)
        return x, " ".join(notes) or None

    def numbers(self, x: Tensor) -> list[int]:
        """x [places] -> the numbers of its words, up to its end."""
        ids = torch.nan_to_num(x.detach(), nan=0.0).float().mul(len(self.words)).round().long()
        ids = ids.clamp(0, len(self.words) - 1).flatten().tolist()
        return ids[: ids.index(END)] if END in ids else ids

    def said(self, x: Tensor) -> str:
        """x [places] -> its text."""
        return " ".join(self.words[k] for k in self.numbers(x))

    def show(self, x: Tensor) -> np.ndarray:
        """x [places] -> its words' numbers, int64 [1, places]."""
        ids = self.numbers(x)
        return np.pad(np.array(ids, np.int64), (0, x.numel() - len(ids)))[None]

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Both, one over the other, int64 [2, places]."""
        return np.concatenate([self.show(a), self.show(b)])

    def data_url(self, shown: np.ndarray) -> str:
        """int64 [K, places] -> the texts as an SVG, the last in full ink."""
        lines = [(line, k == len(shown) - 1) for k, one in enumerate(shown) for line in self._lines(one)]
        step = min(26, 240 / max(1, len(lines)))
        top = (256 - step * len(lines)) / 2 + 0.75 * step
        rows = "".join(
            f'<text x="14" y="{top + k * step:.1f}" opacity="{1 if last else 0.55}">{html.escape(line)}</text>'
            for k, (line, last) in enumerate(lines)
        )
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" width="256" height="256">'
            "<style>text{font:19px Georgia,serif;fill:#1d211f}@media(prefers-color-scheme:dark){text{fill:#e4e8e5}}</style>"
            f"{rows}</svg>"
        )
        return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()

    def node(self, x: Sequence[Tensor]) -> nodes.Sentence:
        """See `Modality.node`: the last as text; of two, which words are new in it and which are gone."""
        after = self.numbers(x[-1])
        before = self.numbers(x[0]) if len(x) > 1 else after
        parts: list[tuple[str, str]] = []
        for _, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if before[a:b] != after[c:d]:
                parts += [(self._joined(before[a:b]), "gone"), (self._joined(after[c:d]), "new")]
            else:
                parts += [(text, "unknown" if number == UNKNOWN else "") for number, text in self._runs(after[c:d])]
        return nodes.Sentence(label=self.noun, parts=tuple(part for part in parts if part[0]))

    def picture(self, shown: np.ndarray) -> np.ndarray:
        """int64 [K, places] -> the last as pixels, uint8 [192, 256, 3], black on white."""
        return self._raster(shown[-1], WIDTH, HEIGHT)

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, places] -> uint8 [N, size, size, 3]."""
        return np.stack([self._raster(self.show(one)[0], size, size) for one in x])

    def told(self) -> dict[str, int]:
        """How many characters a person may type."""
        return {"longest": MAX_TEXT}

    def write(self, x: Tensor) -> bytes:
        """x [places] -> one line of text in UTF-8."""
        return f"{self.said(x)}\n".encode()

    @staticmethod
    def alike(y: Tensor, x: Tensor) -> Tensor:
        """See `Modality`: the share of words that stand where they stood, in percent [N]."""
        counted = ((y > 0) | (x > 0)).flatten(1)
        same = ((y - x).abs() < 1e-5).flatten(1) & counted
        return 100 * same.sum(1) / counted.sum(1).clamp(min=1)

    def _joined(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[k] for k in ids)

    def _runs(self, ids: Sequence[int]) -> list[tuple[int, str]]:
        """Known words together, and each unknown one for itself."""
        runs: list[tuple[int, list[int]]] = []
        for number in ids:
            kind = UNKNOWN if number == UNKNOWN else END
            if runs and kind == END == runs[-1][0]:
                runs[-1][1].append(number)
            else:
                runs.append((kind, [number]))
        return [(kind, self._joined(run)) for kind, run in runs]

    def _lines(self, ids: Sequence[int] | np.ndarray, width: int = LINE) -> list[str]:
        words = [self.words[k] for k in ids if k != END]
        return textwrap.wrap(" ".join(words), width, break_long_words=True) or ["\u2013"]

    def _raster(self, ids: np.ndarray, width: int, height: int) -> np.ndarray:
        image = Image.new("RGB", (width, height), PAPER)
        lines = self._lines(ids, LINE if width > 100 else 12)
        size = min(height / (1.3 * len(lines) + 0.6), width / (0.56 * max(map(len, lines)) + 1), 24)
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(max(5.0, size))
        top = (height - 1.3 * size * len(lines)) / 2
        for k, line in enumerate(lines):
            draw.text((size / 2, top + 1.3 * size * k), line, INK, font)
        return np.asarray(image)
