"""A folder of sounds -> items: mel spectrograms of one rate and length.

| what | rule |
| --- | --- |
| rate | 8 kHz where most files have no more than 12 kHz, else 16 kHz |
| step | one frame each 16 ms |
| length | 32, 48, 64, 96 or 128 frames: the first that holds nine of ten clips without the silence around them |
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.box.own.found import Found, unreadable
from explorer.box.own.listing import listing, taken
from explorer.box.own.settings import Settings
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.sound import Clip, Sound

SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
FRAMES = (32, 48, 64, 96, 128)
MELS = 64
LOW_RATE = 12_000
FRAME = 0.016  # seconds
WINDOWS = 4  # of frames in one Fourier transform
TRIED = 100  # clips that the length is guessed from
LOW, HIGH = -50.0, 25.0  # decibels
Progress = Callable[[float, str], None]


def folder(path: Path, settings: Settings, say: Progress = lambda share, sentence: None) -> Found:
    """Read a folder of sounds.

    Raises:
        ExplorerError: too few, none that can be read, or a sheet that doesn't fit them.
    """
    listed = listing(path, SOUNDS, "sounds", settings)
    odd = list(listed.odd)
    tried = np.unique(np.linspace(0, len(listed.files) - 1, TRIED).astype(int))
    clips = [clip for k in tried if (clip := _clip(path / listed.files[k])) is not None]
    if not clips:
        raise ExplorerError(
            f"None of the sounds in {path.name} that were tried can be read, such as {listed.files[0]}."
        )
    rate = 8_000 if np.median([clip.rate for clip in clips]) <= LOW_RATE else 16_000
    hop = round(FRAME * rate)
    arguments = {"rate": rate, "fft": WINDOWS * hop, "hop": hop, "low": LOW, "high": HIGH}
    modality = Sound(**arguments)
    lengths = [len(modality.audible(clip)) / hop for clip in clips]
    wanted = float(np.quantile(lengths, 0.9))
    frames = next((count for count in FRAMES if count >= wanted), FRAMES[-1])
    x, kept, bad, cut = _read(path, listed.files, modality, (1, MELS, frames), say)
    odd += unreadable(bad)
    if cut:
        odd.append(f"{cut:,} sounds are longer than {frames * FRAME:.2g} seconds, and only their beginning is used.")
    return Found.of(taken(listed, kept, "sounds", odd, settings), "sounds", x, modality="sound", **arguments)


def _clip(path: Path) -> Clip | None:
    try:
        return Sound().open(path)
    except (ExplorerError, OSError, ValueError):
        return None


def _read(
    path: Path, files: tuple[str, ...], modality: Sound, shape: tuple[int, int, int], say: Progress
) -> tuple[np.ndarray, list[int], list[str], int]:
    """All clips that can be read, uint8 [n, *shape] (255 stands for 1), their rows, the others' names, and how many were cut."""
    x, kept, bad, cut = np.empty((len(files), *shape), np.uint8), [], [], 0
    for k, name in enumerate(files):
        if k % 50 == 0:
            say(k / len(files), "reading the sounds")
        if (clip := _clip(path / name)) is None:
            bad.append(name)
            continue
        fitted, note = modality.fit(clip, shape)
        x[len(kept)] = np.rint(255 * fitted.numpy())
        kept.append(k)
        cut += note is not None and "cut" in note
    return x[: len(kept)].copy(), kept, bad, cut
