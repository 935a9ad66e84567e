"""The contract of an exhibit: a paper, the scene to play with, and its central claim measured again in miniature."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from explorer.box.cards import card_of
from explorer.core import sources
from explorer.core.claims import Claim, Measured
from explorer.core.registry import facts, find, module, names
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError

RESULTS = Path(__file__).parent / "_results"
SEEDS = (0, 1, 2)
WEIGHTS = ("model.safetensors", "judge.safetensors")
PACKAGES = ("torch", "numpy", "scikit-learn")
DECIDING = ("explorer.learn", "explorer.museum.exhibits", "explorer.museum.lenses")
ASKED = "What a sceptic would ask:"
Say = Callable[[str], None]
GALLERIES = {
    "A": "Attributes and control",
    "B": "Variational inference",
    "C": "Adversarial models",
    "D": "Codes and priors",
    "E": "Diffusion decoders",
    "F": "Disentanglement",
    "J": "Sound",
    "K": "Series",
    "P": "Structured prediction",
}


class Exhibit:
    """Base of all exhibits; holds no state.

    Class attributes, all plain values, so that they can be read from the source (`listed`):
        number: of the paper, which is what `claim N` takes.
        title, authors, year, link: of the paper.
        gallery: a letter of `GALLERIES`.
        idea: the paper's in one sentence of our own.
        claim: what is measured again, in one sentence.
        scaled: what was made smaller than in the paper, in one sentence.
        look: what to look for once it plays, as the end of a sentence.
        checkpoints: that it plays with, the one of its scene first; none for one that opens a play.
        scene: what "play" opens, as the JSON of a `Scene`.
        play: name of the play that it opens in place of a scene, see `explorer/museum/plays`.
        values: `{"params": {...}, "inputs": {...}}` of the play as it opens, where they aren't the defaults.
        control: CSS selector of the control that only this exhibit has.
    """

    name: ClassVar[str]
    number: ClassVar[int]
    title: ClassVar[str]
    authors: ClassVar[str]
    year: ClassVar[int]
    link: ClassVar[str]
    gallery: ClassVar[str]
    idea: ClassVar[str]
    claim: ClassVar[str]
    scaled: ClassVar[str]
    look: ClassVar[str] = ""
    checkpoints: ClassVar[tuple[str, ...]] = ()
    scene: ClassVar[dict[str, Any]] = {}
    play: ClassVar[str] = ""
    values: ClassVar[dict[str, Any]] = {}
    control: ClassVar[str]

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """Measure the claim, once for each seed.

        Args:
            seeds: of the repetitions; each decides all that is random in its own.
            quick: on a subset and within a minute: to see that it works, not to be quoted.
            say: called with a sentence at each stage.

        Raises:
            ExplorerError: data or a checkpoint is not at hand.
        """
        raise NotImplementedError

    @property
    def start(self) -> Scene:
        """The scene that "play" opens."""
        return Scene.model_validate(self.scene)

    @property
    def command(self) -> str:
        """What measures the claim again."""
        return f"python -m explorer claim {self.number}"

    @property
    def sceptic(self) -> str:
        """What a sceptic would ask, and the answer: the last paragraph of the docstring of its file, which isn't run."""
        if self.name not in names("exhibits"):
            return ""
        said = sources.docstring(module("exhibits", self.name)).partition(ASKED)[2]
        return f"{(text := ' '.join(said.split()))[:1].upper()}{text[1:]}"

    def weights(self) -> dict[str, str]:
        """Name -> hash of the weights of each checkpoint that the claim is measured on: those of its model and its judge."""
        found = {}
        for name in self.checkpoints:
            hashes = card_of(name).sha256
            told = " ".join(hashes.get(file, "") for file in WEIGHTS)
            found[name] = hashlib.sha256(told.encode()).hexdigest()[:16]
        return found

    def code(self) -> str:
        """The hash of the code that a measurement follows from: the exhibit's, and that of its checkpoints' families and data.

        Models, data, training and measures count; how scenes, cards and pages are kept and shown moves no figure.
        """
        cards = [card_of(name) for name in self.checkpoints]
        rooms = {("models", card.family) for card in cards} | {("data", card.data) for card in cards}
        own = type(self).__module__ if type(self).measure is not Exhibit.measure else module("exhibits", self.name)
        return sources.of_modules(own, *(module(room, name) for room, name in rooms), within=DECIDING)

    def stale(self, claim: Claim) -> str:
        """Why a stored result is no longer one of what is here, in one sentence; empty of one that is."""
        try:
            now = self.weights()
        except ExplorerError as error:
            return f"It can't be compared with what is here: {error}"
        other = [name for name in claim.weights if now.get(name) != claim.weights[name]]
        if other:
            return f"It was measured with other weights than {' and '.join(other)} has today."
        if claim.code and claim.code != self.code():
            return "The code that it follows from has changed since it was measured."
        return ""

    def stored(self) -> Claim | None:
        """The result in the box, or None where none was stored yet.

        Raises:
            ExplorerError: the file isn't a result.
        """
        path = RESULTS / f"{self.name}.json"
        if not path.is_file():
            return None
        try:
            return Claim.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its verdict"
            raise ExplorerError(f"The stored result of {self.name} is malformed at {place}.") from None


def run(exhibit: Exhibit, *, quick: bool = False, seeds: Sequence[int] = SEEDS, say: Say = lambda text: None) -> Claim:
    """Measure an exhibit's claim; quick takes the first seed alone."""
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ExplorerError("Seeds are different whole numbers from 0, such as 7,8,9.")
    chosen = tuple(seeds[:1] if quick else seeds)
    started = time.monotonic()
    found = exhibit.measure(chosen, quick, say)
    versions = {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}
    return Claim(
        **found.model_dump(), exhibit=exhibit.name, command=exhibit.command, seeds=chosen, quick=quick,
        measured_on=date.today(), seconds=round(time.monotonic() - started, 1), versions=versions,
        commit=commit(), code=exhibit.code(), weights=exhibit.weights(),
    )  # fmt: skip


def commit() -> str:
    """The project's commit, `+` behind it where files have been changed since; empty where there is no git."""
    try:
        at = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=RESULTS.parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return at.stdout.strip()


def store(claim: Claim) -> Path:
    """Write a result to where the reading room finds it.

    Raises:
        ExplorerError: it was measured on a subset, or with other seeds than the room's results.
    """
    if claim.quick:
        raise ExplorerError("A quick measurement is for trying out; it isn't stored.")
    if claim.seeds != SEEDS:
        raise ExplorerError(
            f"The room's results are those of the seeds {', '.join(map(str, SEEDS))}; others aren't stored."
        )
    path = RESULTS / f"{claim.exhibit}.json"
    path.write_text(claim.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def listed() -> list[Exhibit]:
    """All exhibits as they describe themselves, by number; none is imported, so none can measure."""
    shelf = [type(name, (Exhibit,), facts("exhibits", name))() for name in names("exhibits")]
    return sorted(shelf, key=lambda exhibit: exhibit.number)


def numbered(number: int) -> Exhibit:
    """The exhibit of a paper, ready to measure.

    Raises:
        ExplorerError: no exhibit has that number.
    """
    shelf = listed()
    for exhibit in shelf:
        if exhibit.number == number:
            return find("exhibits", exhibit.name)()
    known = ", ".join(str(exhibit.number) for exhibit in shelf) or "none yet"
    raise ExplorerError(f"There is no exhibit of paper {number}; there are {known}.")
