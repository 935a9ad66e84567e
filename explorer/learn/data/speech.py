"""Free Spoken Digit Dataset: 3,000 recordings of the ten digits by six speakers, 8 kHz (Jackson, Souza, Flaks and others 2016).

Source: github.com/Jakobovski/free-spoken-digit-dataset at a pinned commit; what its archive holds is compared with the hash
of all its recordings. Licence: CC BY-SA 4.0, share-alike: the recordings themselves are not bundled with a checkpoint.
All six speakers are male.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from explorer.core.registry import register
from explorer.core.schema import Attribute, ExplorerError, Schema
from explorer.learn.data._fetch import download
from explorer.learn.data.base import DataSet, Items, Split, cache_folder, data_folder
from explorer.learn.modalities.sound import Sound

URL = "https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/zip/26eb9aaf76e81b692f806f9140c2d2777410d7a1"
SHA256 = (
    "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e"  # of names and bytes of all recordings, by name
)
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
HELD_OUT = 5  # the first five takes of each digit by each speaker, as the set's authors split it
MELS, FRAMES = 64, 48


@register("data", "speech")
class Speech(DataSet):
    """Spoken digits as log-mels 64x48 (three quarters of a second); attributes `speaker` and `digit`.

    Read from `$EXPLORER_DATA/fsdd/fsdd_recordings.zip` if there.
    """

    modality = "sound"
    shape = (1, MELS, FRAMES)
    modality_arguments = {"rate": 8000, "fft": 512, "hop": 128, "low": -50.0, "high": 25.0}
    conditions = Schema(
        attributes=(
            Attribute(name="speaker", label="Speaker", values=SPEAKERS),
            Attribute(name="digit", label="Digit", values=tuple("0123456789")),
        )
    )
    licence = "CC BY-SA 4.0"
    source = "Free Spoken Digit Dataset, Zohar Jackson and others; github.com/Jakobovski/free-spoken-digit-dataset"

    def load(self, split: Split) -> Items:
        """2,700 or 300 log-mels uint8 [N, 1, 64, 48] in random, fixed order; 255 stands for 1."""
        items = _kept()
        held_out = items["take"] < HELD_OUT
        rows = np.flatnonzero(held_out if split == "test" else ~held_out)
        rows = np.random.default_rng(0).permutation(rows)
        codes = np.stack([items["speaker"], items["digit"]], 1).astype(np.float32)
        return Items(items["x"][rows], codes[rows], {})


def _kept() -> dict[str, np.ndarray]:
    """All recordings as log-mels with speaker, digit and take; made once, since it takes half a minute."""
    digest = hashlib.sha256(repr((SHA256, Speech.modality_arguments, MELS, FRAMES)).encode()).hexdigest()[:12]
    path = cache_folder("fsdd") / f"log-mels-{digest}.safetensors"
    if not path.is_file():
        partial = path.with_suffix(".partial")
        save_file(spectrograms(_recordings()), partial)
        partial.replace(path)
    return load_file(path)


def spectrograms(recordings: dict[str, bytes]) -> dict[str, np.ndarray]:
    """Recordings by name, `7_theo_12.wav` -> `x` uint8 [N, 1, 64, 48], `speaker`, `digit` and `take`, each int64 [N]."""
    sound = Sound(**Speech.modality_arguments)
    x, parts = [], []
    for name, raw in sorted(recordings.items()):
        digit, speaker, take = name.removesuffix(".wav").split("_")
        shares, _ = sound.fit(sound.open(raw), Speech.shape)
        x.append((shares * 255).round().byte().numpy())
        parts.append((SPEAKERS.index(speaker), int(digit), int(take)))
    speaker, digit, take = np.array(parts, dtype=np.int64).T.copy()
    return {"x": np.stack(x), "speaker": speaker, "digit": digit, "take": take}


def _recordings() -> dict[str, bytes]:
    """The recordings by name, checked.

    Raises:
        ExplorerError: they can't be fetched, or aren't the published ones.
    """
    folder = data_folder("fsdd")
    path = folder / "fsdd_recordings.zip" if folder else download(URL, cache_folder("fsdd") / "archive.zip")
    # An archive made anew may differ in its bytes, so what it holds is checked instead.
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        found = {Path(entry).name: archive.read(entry) for entry in archive.namelist() if Path(entry).suffix == ".wav"}
    digest = hashlib.sha256()
    for name, raw in sorted(found.items()):
        digest.update(name.encode() + raw)
    if digest.hexdigest() != SHA256:
        raise ExplorerError(f"{path.name} doesn't hold the published recordings (their sha256 differs).", "checkpoint")
    return found
