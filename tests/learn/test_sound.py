"""Sound: files of every kind, good and bad; spectrograms and what is heard of them; the recordings and the conversion."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

import numpy as np
import pytest
import soundfile
import torch

from explorer.box.build.build import make
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.learn.data import speech
from explorer.learn.modalities.base import MAX_BYTES
from explorer.learn.modalities.sound import Sound
from explorer.museum.exhibits import autovc as exhibit
from explorer.page.act import act
from explorer.play.session import Session
from tests.learn.test_modalities import one_sentence
from tests.support.asking import encode
from tests.support.figures import numbers

SHAPE = (1, 64, 48)


def vowel(pitch: float, formant: float, seconds: float = 0.5, rate: int = 8000) -> np.ndarray:
    """Harmonics of a pitch under one formant, swelling and fading; float32 [n]."""
    t = np.arange(round(seconds * rate)) / rate
    tones = [np.exp(-(((k * pitch - formant) / 300) ** 2)) * np.sin(2 * np.pi * k * pitch * t) for k in range(1, 25)]
    return (0.5 * np.sin(np.pi * t / seconds) * sum(tones) / 3).astype(np.float32)


def wav(samples: np.ndarray, rate: int = 8000, kind: str = "WAV", **more) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, **more)
    return out.getvalue()


def header(frames: int, rate: int = 8000, channels: int = 1) -> bytes:
    """A WAV that claims a length and holds next to nothing."""
    size = min(frames * 2 * channels, 2**32 - 100)
    return (
        b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, channels, rate, min(2 * rate * channels, 2**32 - 1), 2 * channels, 16)
        + b"data" + struct.pack("<I", size) + b"\0" * 64
    )  # fmt: skip


GOOD = wav(vowel(120, 700))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a sound",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        b"0,1,2\n3,4,5\n",
        GOOD[:30],
        GOOD[:44],
        GOOD[:60],
        wav(np.zeros(4000, np.float32)),
        wav(np.full(4000, np.nan, np.float32), subtype="FLOAT"),
        wav(np.zeros(31 * 8000, np.float32) + 0.1),
        header(2**30),
        header(8000, channels=200),
        wav(vowel(120, 700), 1000),
        b"\0" * (MAX_BYTES + 1),
    ],
    ids=[
        "empty", "text", "picture", "table", "cut-head", "no-samples", "eight-samples", "silence", "nan", "31-seconds", "bomb",
        "200-channels", "1-khz", "9-mb",
    ],
)  # fmt: skip
def test_bad_files_end_in_one_sentence(raw):
    with pytest.raises(ExplorerError) as caught:
        Sound().open(raw)
    one_sentence(caught.value)


@pytest.mark.parametrize(
    ("kind", "rate"), [("WAV", 8000), ("WAV", 48000), ("FLAC", 44100), ("OGG", 16000), ("AIFF", 22050)]
)
def test_files_of_any_kind_and_rate_give_the_same_spectrogram(kind, rate):
    want, note = Sound().fit(Sound().open(GOOD), SHAPE)
    assert note is None and want.shape == SHAPE and want.dtype == torch.float32
    assert want.min() >= 0 and want.max() <= 1 and want.max() > 0.6
    stereo = np.stack([vowel(120, 700, rate=rate)] * 2, 1)
    x, note = Sound().fit(Sound().open(wav(stereo, rate, kind)), SHAPE)
    assert (x - want).abs().mean() < 0.03
    assert (note is None) if rate == 8000 else "resampled" in note


def test_silence_around_and_loudness_do_not_matter():
    loud = vowel(120, 700)
    quiet = np.concatenate([np.zeros(3000, np.float32), 0.05 * loud, np.zeros(9000, np.float32)])
    x, y = (Sound().fit(Sound().open(wav(s, subtype="FLOAT")), SHAPE)[0] for s in (loud, quiet))
    assert (x - y).abs().mean() < 0.03
    long, note = Sound().fit(Sound().open(wav(vowel(120, 700, 3.0))), SHAPE)
    assert long.shape == SHAPE and "cut to its first" in note


def test_what_is_heard_is_the_spectrogram_and_always_the_same():
    x, _ = Sound().fit(Sound().open(GOOD), SHAPE)
    first, second = Sound().listen(x), Sound().listen(x)
    assert first == second and first.startswith(b"RIFF")
    samples, rate = soundfile.read(io.BytesIO(first))
    assert rate == 8000 and len(samples) == 47 * 128 and 0.1 < np.abs(samples).max() <= 1
    again = torch.from_numpy(Sound().spectrogram(samples.astype(np.float32), 64, 48))
    heard, louder = again[x[0] > 0.4], x[0][x[0] > 0.4]
    assert np.corrcoef(heard, louder)[0, 1] > 0.8, "what is loud in the spectrogram is loud in the sound"
    other, _ = Sound().fit(Sound().open(wav(vowel(120, 2000))), SHAPE)
    assert (again - x[0]).abs().mean() < 0.5 * (again - other[0]).abs().mean()
    assert not np.abs(Sound().samples(torch.zeros(SHAPE))).any()


def test_low_tones_lie_below_and_the_stage_has_axes():
    low, _ = Sound().fit(Sound().open(wav(vowel(100, 300))), SHAPE)
    shown = Sound().show(low)
    assert shown.shape == (64, 48, 3) and shown[40:].sum() > 2 * shown[:24].sum()
    chart = Sound().node([low]).figure
    assert chart["layout"]["yaxis"]["title"]["text"] == "kHz" and chart["layout"]["xaxis"]["title"]["text"] == "seconds"
    z = numbers(chart["data"][0]["z"])
    assert z.shape == (64, 48) and z[:24].sum() > z[40:].sum() and z.min() >= -50 and z.max() <= 25, "decibels"
    assert not numbers(Sound().node([low, low]).figure["data"][0]["z"]).any(), "the same sound twice"
    assert Sound().data_url(shown).startswith("data:image/png")


# -- data, model, page


def recordings(takes: int) -> dict[str, bytes]:
    """A zip's worth of vowels: each speaker has a pitch, each digit a formant."""
    return {
        f"{digit}_{speaker}_{take}.wav": wav(vowel(90 + 25 * k, 400 + 250 * digit, 0.35 + 0.02 * take))
        for k, speaker in enumerate(speech.SPEAKERS)
        for digit in range(10)
        for take in range(takes)
    }


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A folder of data with the vowels, and a checkpoint of them, made in seconds."""
    root = tmp_path_factory.mktemp("sound")
    (root / "data" / "fsdd").mkdir(parents=True)
    all_takes = recordings(5)
    with zipfile.ZipFile(root / "data" / "fsdd" / "fsdd_recordings.zip", "w") as archive:
        for name, raw in all_takes.items():
            archive.writestr(f"recordings/{name}", raw)
    folder = root / "tiny-speech"
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_DATA", str(root / "data"))
        patch.setenv("EXPLORER_CACHE", str(root / "cache"))
        with pytest.raises(ExplorerError, match="published recordings"):
            speech.Speech().load("test")
        patch.setattr(speech, "SHA256", digest(all_takes))
        patch.setattr(speech, "HELD_OUT", 1)
        yield make(folder / "recipe.toml"), speech.Speech()


def digest(files: dict[str, bytes]) -> str:
    import hashlib

    out = hashlib.sha256()
    for name, raw in sorted(files.items()):
        out.update(name.encode() + raw)
    return out.hexdigest()


RECIPE = """
name = "tiny-speech"
data = "speech"
family = "autovc"

[model]
latent = 2
width = 24
embedding = 4
speakers = 6

[training]
epochs = 8
batch = 20
rate = 1e-2
average = 0.9
unset = 0.0

[checkpoint]
title = "Tiny speech"
summary = "A small checkpoint for tests."
items = 200
held_out = 50
priors = ["gaussian"]
thumb_size = 16
unasked = ["digit"]
judge = { epochs = 12, batch = 20 }

[[checkpoint.maps]]
name = "flat"
title = "Flat"
space = "features"
method = "pca"
"""


def test_recordings_are_split_by_take_and_named_by_speaker_and_digit(spoken):
    _, data = spoken
    train, test = data.load("train"), data.load("test")
    assert len(train) == 240 and len(test) == 60
    assert train.x.dtype == np.uint8 and train.x.shape[1:] == data.shape
    for items in (train, test):
        assert np.bincount(items.codes[:, 0].astype(int)).tolist() == [len(items) // 6] * 6
        assert np.bincount(items.codes[:, 1].astype(int)).tolist() == [len(items) // 10] * 10


def test_the_speaker_can_be_asked_and_the_word_only_read(spoken):
    session = Session(spoken[0])
    assert [a.name for a in session.card.asked] == ["speaker"]
    one, other = (Point(condition={"speaker": name}) for name in ("george", "theo"))
    assert not torch.equal(session.output(one), session.output(other))
    with pytest.raises(ExplorerError, match="isn't told the digit") as caught:
        session.resolve(Point(condition={"digit": "3"}))
    assert caught.value.where == "attribute-digit"


def test_the_code_has_no_ear_for_the_word_but_through_the_clip(spoken):
    model, data = spoken[0].model, spoken[1]
    c = data.conditions.encode([{"speaker": "theo", "digit": "1"}, {"speaker": "theo", "digit": "7"}])
    x = torch.rand(1, *data.shape).expand(2, -1, -1, -1)
    z = model.encode(x, c).mean
    assert torch.equal(z[0], z[1]) and torch.allclose(*model.decode(z, c), atol=1e-6)


def test_the_page_listens_and_takes_an_own_clip(spoken, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(spoken[0].folder.parent))
    scene = {"model": "tiny-speech", "condition": {"speaker": "theo"}}
    points = [{"condition": {"speaker": name}} for name in ("theo", "theo", "lucas")]
    heard = act({"do": "ask", "model": "tiny-speech", "questions": [{"ask": "listen", "points": points}]})["answers"][
        0
    ]["value"]
    assert heard[0].startswith("data:audio/wav;base64,")
    assert heard[0] == heard[1] != heard[2]
    opened = act({"do": "open", "checkpoint": "tiny-speech", "link": None})
    assert opened["model"]["modality"]["sounds"] and opened["model"]["modality"]["device"] == "microphone"
    clip = "data:audio/wav;base64," + base64.b64encode(wav(vowel(115, 650), 48000)).decode()
    answer = encode(scene, clip)
    assert answer["ok"] and answer["sound"].startswith("data:audio/wav") and "resampled" in answer["note"]
    assert set(answer["point"]["start"]["condition"]) == {"speaker", "digit"}


def test_conversions_are_heard_as_what_they_are(spoken):
    checkpoint, data = spoken

    class Echo(torch.nn.Module):
        """An autoencoder that hears no speaker: it gives the clip back."""

        def encode(self, x, c):
            return type("", (), {"mean": x})

        def decode(self, z, c):
            return z

    heard = exhibit.convert(Echo(), checkpoint.judge, data, seed=0)
    assert heard.source > 0.8 and heard.speaker < 0.15 and heard.word > 0.6
    logits = torch.eye(16)[[0, 3]] * 9 + torch.eye(16)[[8, 9]] * 9
    c = data.conditions.encode([{"digit": "2"}, {"digit": "5"}])
    shares = exhibit._heard(logits, torch.tensor([0, 0]), torch.tensor([1, 3]), c, data)
    assert shares == {"speaker": 0.5, "word": 0.5, "both": 0.0, "source": 0.5}
