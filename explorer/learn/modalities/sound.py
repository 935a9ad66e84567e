"""Sound: a short clip of anyone's making -> log-mel float32 [1, mels, frames] in [0, 1], and back to what is seen and heard.

A clip is mixed to one channel, resampled, freed of the silence around it, brought to one loudness and cut or filled to the
model's length. Its picture is the mel spectrogram in decibels. What is heard again is made from that picture alone: mel
bands back to frequencies by least squares, the lost phase by Griffin and Lim (1984, "Signal estimation from modified
short-time Fourier transform") in librosa's fast variant, always from the same start, so that the same x gives the same
sound. It carries the artefacts of both; a neural vocoder would sound better, and the figures don't depend on it.

A file comes from a stranger: its bytes are bounded, then the seconds and channels that its header names, before any of it is
decoded. librosa and its compiler take seconds to import, so that happens when the first sound is made or opened.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.core.nodes import Figure
from explorer.core.registry import register
from explorer.learn.modalities.base import Modality, bounded, fault
from explorer.learn.modalities.encoding import data_url

MAX_SECONDS, MAX_CHANNELS = 30.0, 8
RATES = (4_000, 192_000)
SILENCE = 30.0  # decibels below the loudest frame that count as silence around a clip
LEAD = 2  # frames of silence kept before it
PEAK = 0.9
ITERATIONS = 32
# Magma (Smith and van der Walt 2015): dark to light in even steps, also for colour-blind eyes and in grey.
MAGMA = ("000004", "180f3d", "440f76", "721f81", "9e2f7f", "cd4071", "f1605d", "fd9668", "feca8d", "fcfdbf")


@dataclass(frozen=True)
class Clip:
    """A person's clip: samples from -1 to 1 on one channel, float32 [n], and their rate in 1/s."""

    samples: np.ndarray
    rate: int


@register("modalities", "sound")
class Sound(Modality):
    """Short clips as mel spectrograms.

    Args:
        rate: samples a second.
        fft, hop: samples in one frame, and from one frame to the next.
        low, high: decibels that become 0 and 1.
    """

    noun = "sound clip"
    accept = "audio/*"
    device = "microphone"
    suffix = "wav"
    media = "audio/wav"
    sounds = True
    view = "audio"

    def __init__(
        self, rate: int = 8000, fft: int = 512, hop: int = 128, low: float = -50.0, high: float = 25.0
    ) -> None:
        self.rate, self.fft, self.hop, self.low, self.high = rate, fft, hop, low, high

    def open(self, raw: bytes | str | Path) -> Clip:
        """The bytes of a sound file (or its path) -> a clip; WAV, FLAC, OGG, MP3 and AIFF, all channels mixed.

        Raises:
            ExplorerError: no sound, damaged, silent, or longer than 30 seconds.
        """
        import soundfile

        raw = bounded(raw, self.noun)
        try:
            with soundfile.SoundFile(io.BytesIO(raw)) as file:
                _check(file.frames, file.samplerate, file.channels)
                samples = file.read(int(MAX_SECONDS * file.samplerate) + 1, dtype="float32", always_2d=True)
                rate = file.samplerate
        except (soundfile.SoundFileError, RuntimeError, TypeError, EOFError):
            raise fault("This file isn't a sound that can be read; WAV, FLAC, OGG and MP3 are.") from None
        _check(len(samples), rate, samples.shape[1])
        mono = samples.mean(1)
        if len(mono) < rate * 0.02:
            raise fault("This sound is too short, or cut off; a word takes a third of a second.")
        if not np.isfinite(mono).all():
            raise fault("This sound holds samples that aren't numbers.")
        if np.abs(mono).max() < 1e-4:
            raise fault("This sound is silent.")
        return Clip(mono, rate)

    def fit(self, item: Clip, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """A clip, shape (1, mels, frames) -> float32 [1, mels, frames] in [0, 1], and a sentence on what was changed or None."""
        _, mels, frames = shape
        samples, notes = self.audible(item), []
        if item.rate != self.rate:
            notes.append(f"resampled from {item.rate / 1000:g} to {self.rate / 1000:g} kHz")
        length = self.hop * (frames - 1)
        if len(samples) > length + self.hop:
            notes.append(f"cut to its first {length / self.rate:.2f} seconds")
        x = self.spectrogram(samples, mels, frames)
        return torch.from_numpy(x[None]), f"The clip was {' and '.join(notes)} to suit the model." if notes else None

    def audible(self, item: Clip) -> np.ndarray:
        """A clip's samples at the model's rate, float32 [n], without the silence around them."""
        samples = item.samples
        if item.rate != self.rate:
            import librosa

            samples = librosa.resample(samples, orig_sr=item.rate, target_sr=self.rate)
        return self._trimmed(samples)

    def _trimmed(self, samples: np.ndarray) -> np.ndarray:
        """Samples [n] without the silence around them, but for a short lead, at one loudness."""
        import librosa

        trimmed, _ = librosa.effects.trim(samples, top_db=SILENCE, frame_length=256, hop_length=64)
        lead = np.zeros(LEAD * self.hop, np.float32)
        return np.concatenate([lead, trimmed * (PEAK / max(float(np.abs(trimmed).max()), 1e-6))])

    def spectrogram(self, samples: np.ndarray, mels: int, frames: int) -> np.ndarray:
        """Samples [n] -> log-mel float32 [mels, frames] in [0, 1], cut or filled with silence."""
        import librosa

        length = self.hop * (frames - 1)
        fixed = np.zeros(length, np.float32)
        fixed[: min(length, len(samples))] = samples[:length]
        power = np.abs(librosa.stft(fixed, n_fft=self.fft, hop_length=self.hop)) ** 2
        decibels = 10 * np.log10(np.maximum(_bank(self.rate, self.fft, mels)[0] @ power, 1e-10))
        return np.clip((decibels - self.low) / (self.high - self.low), 0, 1).astype(np.float32)

    def samples(self, x: Tensor) -> np.ndarray:
        """x [1, mels, frames] -> float32 [n] from -1 to 1, by least squares and Griffin-Lim; the same for the same x."""
        import librosa

        shares = torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1)[0].numpy().astype(np.float64)
        mel = 10 ** ((self.low + shares * (self.high - self.low)) / 10)
        mel[shares <= 0] = 0.0
        power = np.maximum(_bank(self.rate, self.fft, len(mel))[1] @ mel, 0)
        sound = librosa.griffinlim(
            np.sqrt(power).astype(np.float32), n_iter=ITERATIONS, hop_length=self.hop, n_fft=self.fft, random_state=0
        )
        peak = float(np.abs(sound).max())
        return (sound * min(1.0, PEAK / peak) if peak > 0 else sound).astype(np.float32)

    def listen(self, x: Tensor) -> bytes:
        """x [1, mels, frames] -> WAV, 16 bits, one channel."""
        import soundfile

        out = io.BytesIO()
        soundfile.write(out, self.samples(x), self.rate, format="WAV", subtype="PCM_16")
        return out.getvalue()

    def write(self, x: Tensor) -> bytes:
        """The same as `listen`."""
        return self.listen(x)

    def show(self, x: Tensor) -> np.ndarray:
        """x [1, mels, frames] -> its spectrogram uint8 [mels, frames, 3], low tones below."""
        shares = torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1)[0].cpu().numpy()[::-1]
        return _palette()[np.rint(shares * 255).astype(np.uint8)]

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Absolute difference in grey, white where none, uint8 [mels, frames, 3], low tones below."""
        return np.ascontiguousarray(super().difference(a, b)[::-1])

    def data_url(self, shown: np.ndarray) -> str:
        """uint8 [mels, frames, 3] -> PNG."""
        return data_url(shown)

    def node(self, x: Sequence[Tensor]) -> Figure:
        """See `Modality.node`: decibels over seconds and, on the mel scale, kilohertz; of two, how far they are apart."""
        import plotly.graph_objects as go  # a second of the start, for sounds alone

        shares = [torch.nan_to_num(one.detach(), nan=0.0).clamp(0, 1)[0].numpy() for one in x]
        two = len(shares) > 1
        z = np.abs(shares[-1] - shares[0]) if two else shares[0]
        values = np.round(z * (self.high - self.low) + (0 if two else self.low), 1)
        seconds = np.round(np.arange(z.shape[1]) * self.hop / self.rate, 3)
        bands = np.linspace(0, _mel(self.rate / 2), z.shape[0] + 2)[1:-1]
        heat = go.Heatmap(
            z=values, x=seconds, y=bands, showscale=False, zmin=0 if two else self.low,
            zmax=self.high - self.low if two else self.high, hovertemplate="%{x} s, %{z} dB<extra></extra>",
            colorscale="Greys" if two else [[k / (len(MAGMA) - 1), f"#{colour}"] for k, colour in enumerate(MAGMA)],
        )  # fmt: skip
        hertz = [f for f in (250, 500, 1000, 2000, 4000, 8000, 16000) if f < self.rate / 2]
        figure = go.Figure(heat)
        figure.update_yaxes(
            title={"text": "kHz", "font": {"size": 10}}, tickvals=[_mel(f) for f in hertz],
            ticktext=[f"{f / 1000:g}" for f in hertz], showgrid=False, automargin=False,
        )  # fmt: skip
        figure.update_xaxes(title={"text": "seconds", "font": {"size": 10}}, showgrid=False)
        figure.update_layout(margin={"l": 34, "r": 8, "t": 6, "b": 30}, font={"size": 10})
        label = "Where two spectrograms differ" if two else "Spectrogram: decibels over seconds and kilohertz"
        return Figure.of(figure, label=label, height=240)


def _check(frames: int, rate: int, channels: int) -> None:
    """Refuse what is out of bounds, by what a header says, or by what was decoded."""
    if not RATES[0] <= rate <= RATES[1]:
        raise fault(f"This sound has {rate:,} samples a second; {RATES[0]:,} to {RATES[1]:,} can be taken.")
    if channels > MAX_CHANNELS:
        raise fault(f"This sound has {channels} channels; up to {MAX_CHANNELS} can be taken.")
    if frames > MAX_SECONDS * rate:
        raise fault(f"This sound lasts longer than {MAX_SECONDS:.0f} seconds; one word is what the model takes.")


def compile_once() -> None:
    """Do what librosa compiles when it is first used, twenty seconds of a processor, which stays beside it on disk."""
    sound = Sound()
    clip = Clip(np.sin(np.arange(sound.rate) / 20).astype(np.float32), 2 * sound.rate)
    sound.samples(sound.fit(clip, (1, 32, 32))[0])


@lru_cache(maxsize=4)
def _bank(rate: int, fft: int, mels: int) -> tuple[np.ndarray, np.ndarray]:
    """Mel filters float64 [mels, fft / 2 + 1] and their pseudo-inverse."""
    import librosa

    filters = librosa.filters.mel(sr=rate, n_fft=fft, n_mels=mels, htk=True, dtype=np.float64)
    return filters, np.linalg.pinv(filters)


@lru_cache(maxsize=1)
def _palette() -> np.ndarray:
    """Magma in 256 steps, uint8 [256, 3]."""
    stops = np.array([list(bytes.fromhex(colour)) for colour in MAGMA], dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    return np.rint([np.interp(at, np.arange(len(stops)), channel) for channel in stops.T]).T.astype(np.uint8)


def _mel(hertz: float) -> float:
    """O'Shaughnessy's formula, on which the filters lie evenly."""
    return 2595 * np.log10(1 + hertz / 700)
