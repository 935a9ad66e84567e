"""AutoVC: voice conversion by an autoencoder whose bottleneck is just wide enough for the words.

The idea: an encoder hears a clip and who speaks, and passes a code through a bottleneck; a decoder hears the code and who is
to speak. Trained on nothing but reconstructing clips in their own voice, the code has no room for what the decoder knows
anyway, the voice, if the bottleneck is narrow; and it must carry all else, if it is wide enough. Then another speaker
at the decoder is a conversion. After Qian, Zhang, Chang, Yang and Hasegawa-Johnson, "AutoVC: zero-shot voice style transfer
with only autoencoder loss" (ICML 2019). The bottleneck is narrow in width (`neck` numbers in each direction) and in time
(one code for `stride` frames: the forward LSTM's last state in a stretch, the backward LSTM's first). The loss is

    L = E |X' - X|^2 + mu E |X~ - X|^2 + lambda E |Ec(X') - C|_1                               (equations 8 and 13, and 6),

reconstruction after the postnet (X') and before it (X~), and the code of the reconstruction beside the code of the clip,
with mu = lambda = 1 as in the paper, and the norms summed over a clip, as the equations have them (the whole is then divided
by the numbers of a clip). Were each norm averaged instead, a code of few numbers would weigh hundreds of times more than
that, and the cheapest code of a narrow bottleneck would be a constant, which says nothing and always comes back.

Smaller than the paper: six known speakers by a learned embedding (its many-to-many case) where it takes the embedding of a
speaker encoder, a tenth of the widths, clips of three quarters of a second, and Griffin-Lim where it has a WaveNet.

Good for: changing who speaks, on pairs that never said the same thing. Not for: speakers that it never heard, pitch and
rhythm as controls of their own (both go through the code), or drawing new words (the code has no law but what a prior
learns of it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec, Schema
from explorer.learn.models.base import Model, PointMass

KERNEL = 5


def _convolution(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(into, out, KERNEL, padding=KERNEL // 2), nn.GroupNorm(1, out))


class ContentEncoder(nn.Module):
    """Ec: log-mel and speaker -> the code of what is said."""

    def __init__(self, mels: int, speaker: int, width: int, neck: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.convolutions = nn.ModuleList(_convolution(k, width) for k in (mels + speaker, width))
        self.lstm = nn.LSTM(width, neck, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """x [N, mels, T], speaker embedding s [N, E] -> codes [N, T / stride, 2 * neck]."""
        h = torch.cat([x, s[:, :, None].expand(-1, -1, x.shape[2])], 1)
        for convolution in self.convolutions:
            h = F.relu(convolution(h))
        forward, backward = self.lstm(h.transpose(1, 2))[0].chunk(2, dim=2)
        return torch.cat([forward[:, self.stride - 1 :: self.stride], backward[:, :: self.stride]], 2)


class Decoder(nn.Module):
    """Codes and speaker -> log-mel, first a draft and then what the postnet adds to it."""

    def __init__(self, mels: int, speaker: int, width: int, neck: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.into = _convolution(2 * neck + speaker, width)
        self.convolution = _convolution(width, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.out = nn.Linear(width, mels)
        self.postnet = nn.Sequential(
            _convolution(mels, width), nn.Tanh(), _convolution(width, width), nn.Tanh(),
            nn.Conv1d(width, mels, KERNEL, padding=KERNEL // 2),
        )  # fmt: skip

    def hidden(self, codes: Tensor, s: Tensor) -> Tensor:
        """codes [N, T / stride, 2 * neck], s [N, E] -> the LSTM's states [N, T, width]."""
        long = codes.repeat_interleave(self.stride, dim=1).transpose(1, 2)
        h = F.relu(self.into(torch.cat([long, s[:, :, None].expand(-1, -1, long.shape[2])], 1)))
        return self.lstm(F.relu(self.convolution(h)).transpose(1, 2))[0]

    def forward(self, codes: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """The draft X~ and the end X', each [N, mels, T]."""
        draft = self.out(self.hidden(codes, s)).transpose(1, 2)
        return draft, draft + self.postnet(draft)


@register("models", "autovc")
class AutoVC(Model):
    """Autoencoder with a narrow bottleneck and a speaker at either end.

    Args:
        shape: (1, mels, frames) of one log-mel.
        condition: C, the width of a condition vector.
        latent: `neck`, numbers of a code in each direction.
        stride: frames that share a code.
        width: of all layers but the bottleneck.
        embedding: of a speaker.
        conditions: what c is made of. Its attribute `speaker` says who speaks; the rest (what is said) is not looked at, so
            that it must come through the code. None, or no such attribute: all of c is the speaker.
        speakers: how many there are, checked against that.
        content, draft: lambda and mu.

    Raises:
        ValueError: the frames are no multiple of the stride, or the speakers aren't as many as the condition has.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"sound"})
    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "features", "exact"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 4,
        stride: int = 8,
        width: int = 96,
        embedding: int = 16,
        conditions: Schema | None = None,
        speakers: int | None = None,
        content: float = 1.0,
        draft: float = 1.0,
    ) -> None:
        super().__init__()
        _, mels, frames = shape
        if frames % stride:
            raise ValueError(f"{frames} frames don't divide into stretches of {stride}")
        self.content, self.draft = content, draft
        self.who = (conditions.slices if conditions else {}).get("speaker", slice(0, speakers or condition))
        self.speakers = self.who.stop - self.who.start
        if speakers not in (None, self.speakers):
            raise ValueError(f"the condition names {self.speakers} speakers, not {speakers}")
        self.codes = (frames // stride, 2 * latent)
        self.latent = LatentSpec(kind="vector", shape=(self.codes[0] * self.codes[1],))
        self.voice = nn.Linear(self.speakers, embedding, bias=False)
        self.encoder = ContentEncoder(mels, embedding, width, latent, stride)
        self.decoder = Decoder(mels, embedding, width, latent, stride)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, 1, mels, frames] in [0, 1], c [N, C] -> all mass on the code z [N, codes * 2 * neck]."""
        return PointMass(self.encoder(x[:, 0], self._voice(c, x)).flatten(1).float())

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, codes * 2 * neck], c [N, C] -> x [N, 1, mels, frames] in [0, 1]."""
        return self.decoder(z.unflatten(1, self.codes), self._voice(c, z))[1][:, None].float().clamp(0, 1)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z, c -> float32 [N, width], the decoder's states, averaged over time."""
        return self.decoder.hidden(z.unflatten(1, self.codes), self._voice(c, z)).mean(1).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, 1, mels, frames] in [0, 1], c [N, C] -> `loss` and its terms, per number of a clip."""
        mel, voice = x[:, 0], self._voice(c, x)
        codes = self.encoder(mel, voice)
        draft, end = self.decoder(codes, voice)
        terms = {
            "reconstruction": (end - mel).square().mean(),
            "draft": (draft - mel).square().mean(),
            "content": (self.encoder(end, voice) - codes).abs().sum() / mel.numel(),
        }
        total = terms["reconstruction"] + self.draft * terms["draft"] + self.content * terms["content"]
        return {"loss": total, **terms}

    def _voice(self, c: Tensor | None, like: Tensor) -> Tensor:
        """The embedding of who speaks [N, E]; zeros where nobody is named."""
        return self.voice(like.new_zeros(len(like), self.speakers) if c is None else c[:, self.who])
