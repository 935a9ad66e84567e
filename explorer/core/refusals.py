"""What a person is told when something can't be done: one named sentence each, and the place on the page at which it is shown.

The server and the engine in the page refuse the same things, so the sentences stand here alone and travel to the page as data
(`TEMPLATES`, in what it is told of a model); `assets/js/compute/refusals.js` fills them in as `refuse` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

WENT_WRONG = (
    "Something went wrong on the server; the page goes on from where it was."  # a fault of ours, which the log has
)
SENTENCE = 300  # characters of a sentence
LONGEST = 48  # characters of what somebody sent that are told back
LISTED = 6  # names that are listed before the rest is counted

# name -> (sentence, id of the element to show it at)
TEMPLATES: dict[str, tuple[str, str]] = {
    # what a scene or a question is
    "unreadable": ("This {what} can't be read: {misfit}.", "{where}"),
    "too-deep": ("This {what} is nested too deep to be read.", "{where}"),
    "too-large": ("This {what} holds more than {most} values, more than anything the page makes.", "{where}"),
    "too-much-work": (
        "This recipe asks for about {seconds} seconds of computing; a picture may take {most}: undo a few steps.", "stage",
    ),
    "full": ("This picture has {most} steps behind it, and can't take another; reset some.", "panel"),
    "general": ("{title} is drawn by the page itself.", "panel"),
    "deep": ("This picture is a result of results too many times over; put another on stage.", "panel"),
    "option": ("An option of this tab doesn't fit: {misfit}.", "panel"),
    # links
    "link-long": ("This link is far too long for a scene.", "link"),
    "link-large": ("This scene is too large for a link; undo a few steps.", "link"),
    "link-part": ("This link isn't readable; part of it may be missing.", "link"),
    "link-cut": ("This link is cut off or far too long for a scene.", "link"),
    "other-build": ("{title} was built anew since this was made: items and pictures may be others than they were.", "link"),
    "link-none": ("This link holds no scene that this explorer can read.", "link"),
    # where a point starts
    "item": ("{title} has {items} items; there is no number {index}.", "map"),
    "map": ("{title} has no map named {name}.", "map"),
    "map-dimensions": ("The map {title} has {dims} dimensions; the spot has {given}.", "map"),
    "off-map": ("This spot lies too far off the map {title}.", "map"),
    "no-spot": ("This point doesn't start at a spot of a map.", "map"),
    "prior": ("{title} has no prior named {name}; it carries {known}.", "tab-resample"),
    "space": ("Neighbours are looked for in {known}, not in {name}.", "map"),
    "numbers": ("{title} has no numbers named {name}.", "stage"),
    "latent-unreadable": ("A latent in this scene isn't readable.", "{where}"),
    "latent-size": ("A latent in this scene has {given} numbers; this model takes {size}.", "{where}"),
    "latent-finite": ("A latent in this scene holds a number that isn't finite.", "{where}"),
    "latent-far": ("A latent in this scene holds numbers beyond {most}, far from anything that a model knows.", "{where}"),
    "latent-codes": ("A latent in this scene holds a code that this model's codebook of {size} entries lacks.", "{where}"),
    # what is asked of it
    "attribute": ("There is no attribute {name}; this model has {known}.", "tab-attributes"),
    "unasked": ("{title} isn't told the {label}, so it can't be asked for.", "attribute-{name}"),
    "takes-number": ("{label} takes a number from {low} to {high}, not {value}.", "attribute-{name}"),
    "outside": ("{label} goes from {low} to {high}; {value} lies outside.", "attribute-{name}"),
    "takes-one-of": ("{label} takes one of {known}, not {value}.", "attribute-{name}"),
    "value": ("{label} has no value {value}; it takes {known}.", "attribute-{name}"),
    "weightless": ("A blend of {label} needs a weight above zero.", "attribute-{name}"),
    # steps
    "unknown": ("There is no {name} among the {room}: {known}.", "stage"),
    "reason": ("{reason}", "panel"),
    "parameter": ("{title}: {misfit}.", "panel"),
    "dimension": ("This latent has {size} dimensions; there is no number {index}.", "panel"),
    "principal": ("There are {size} principal directions; none is number {index}.", "panel"),
    # groups of items
    "group-unreadable": ("This group of items isn't readable.", "panel"),
    "group-elsewhere": ("This group of items belongs to another model.", "panel"),
    "group-empty": ("This group holds no item.", "panel"),
    "group-all": ("{name} holds every item, so nothing is left to tell it from.", "panel"),
    # own items and sounds
    "no-encoder": ("{title} has no encoder, so it can't take an item of your own.", "own-item"),
    "lacking": ("This model draws no {letters}.", "letters"),
    "no-letters": ("{title} draws no letters.", "panel"),
    "no-sound": ("{title} makes nothing that can be heard.", "stage"),
    "no-file": ("This isn't a {noun}.", "own-item"),
    "file-cut": ("This {noun} didn't arrive whole; try again.", "own-item"),
    "file-large": ("This file has {megabytes} MB; a {noun} of up to {most} MB can be taken.", "own-item"),
    "no-picture": ("This file isn't a picture that can be read; PNG, JPEG, WebP and GIF are.", "own-item"),
    "many-pixels": ("This picture has {pixels} pixels; up to {most} million pixels can be taken.", "own-item"),
    "fitted": ("The picture was {changes} to suit the model.", ""),
    "fit-turned": ("turned light on dark", ""),
    "fit-framed": ("centred and scaled as the model's items are", ""),
    "fit-extended": ("extended", ""),
    "fit-cropped": ("cropped to its middle", ""),
    # painting
    "strokes-unreadable": ("What was painted isn't a PNG that can be read.", "stage"),
    "strokes-size": ("What was painted must have the size of the model's pictures: {width} by {height} pixels.", "stage"),
    "strokes-none": ("Nothing was painted yet: draw on the picture first.", "stage"),
    # files to save
    "items-as": ("Items can be saved as {known}.", "map"),
    # a server that has too much to do
    "busy": (
        "This server is asked for more than it can answer at the moment; the next try is due in {seconds} seconds.", "stage",
    ),
    "body-large": ("This is more than the server, or one in front of it, takes at once.", "stage"),
    # a page without a server
    "no-server": ("This is computed by a server, and this page has none behind it.", "panel"),
    "lesson-file": (
        "The app reads a lesson's file; this page has no server behind it, and shows the lessons that it was made with.",
        "lessons",
    ),
    "offline": (
        "The files of this site can't be reached; check the connection. The next change tries again.", "stage",
    ),
    "not-here": ("This can't be computed in this browser ({why}).", "stage"),
    # how a value doesn't fit, after the name of its place
    "misfit-missing": ("{place} is missing", ""),
    "misfit-extra": ("{place} isn't known here", ""),
    "misfit-number": ("{place} takes a number", ""),
    "misfit-whole": ("{place} takes a whole number", ""),
    "misfit-text": ("{place} takes text", ""),
    "misfit-bool": ("{place} is true or false", ""),
    "misfit-choice": ("{place} takes {known}", ""),
    "misfit-least": ("{place} is {bound} or more", ""),
    "misfit-most": ("{place} is {bound} or less", ""),
    "misfit-above": ("{place} is more than {bound}", ""),
    "misfit-below": ("{place} is less than {bound}", ""),
    "misfit-pattern": ("{place} has a form that isn't known here", ""),
    "misfit-long": ("{place} takes {bound} characters at most", ""),
    "misfit-many": ("{place} takes {bound} entries at most", ""),
    "misfit-few": ("{place} takes {bound} entries or more", ""),
    "misfit-table": ("{place} takes names with values", ""),
    "misfit-row": ("{place} takes a list", ""),
    "misfit-value": ("{place} takes a name, a number, a blend of names with shares from 0 to 1, or null", ""),
    "misfit-nested": ("{place} has more than {bound} results of results", ""),
    "misfit-other": ("{place} doesn't fit", ""),
}  # fmt: skip


class ExplorerError(ValueError):
    """Something a person asked for can't be done; the message is one clear sentence for them.

    `where` names the place on the page at which it happened (an element id), so that the sentence is shown there. Whatever a
    client sent, the sentence is one line of up to 300 characters that can be written as UTF-8.
    """

    def __init__(self, message: str, where: str = "stage") -> None:
        super().__init__(_sentence(message))
        self.where = where


def _sentence(text: str) -> str:
    """One line of bounded length: what was quoted from a request may hold anything."""
    line = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= SENTENCE else f"{line[: SENTENCE - 5].rstrip()} ...."


class Unfit(ValueError):
    """A value that doesn't fit its field, for the validators of frozen types: `kind` is one of the `misfit-...` above."""

    def __init__(self, kind: str, bound: float | None = None) -> None:
        super().__init__(kind)
        self.kind, self.bound = kind, bound


def refuse(refusal: str, /, where: str = "stage", **words: Any) -> ExplorerError:
    """The error of a named refusal.

    Args:
        refusal: name in `TEMPLATES`.
        where: element id, for sentences that are shown at several places.
        words: what the sentence is about; numbers are written as people write them, lists of names as a list.
    """
    sentence, place = TEMPLATES[refusal]
    said = {"where": where} | {name: written(value) for name, value in words.items()}
    return ExplorerError(sentence.format_map(said), place.format_map(said))


def phrase(refusal: str, /, **words: Any) -> str:
    """A named part of a sentence, such as how a value doesn't fit."""
    return TEMPLATES[refusal][0].format_map({name: written(value) for name, value in words.items()})


def written(value: Any) -> str:
    """A text as it is, a number in six digits at most, names as a list; see `written` of refusals.js."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, Real):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{float(value):g}"
    return listed(value)


def listed(names: Iterable[str], most: int = LISTED) -> str:
    """Names for a sentence: the first few, and how many more there are; `none` where there are none."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more


def quoted(value: Any) -> str:
    """What somebody sent, as it is told back: a text in quotes and cut, a number as such, anything else by its kind."""
    if isinstance(value, str):
        plain = "".join(letter for letter in value if letter.isprintable() and not 0xD800 <= ord(letter) <= 0xDFFF)
        return f"'{plain[:LONGEST]}{'…' if len(plain) > LONGEST else ''}'"
    if isinstance(value, Mapping):
        return "a blend"
    if isinstance(value, Iterable):
        return "a list"
    return written(value)
