"""Checkpoints on the Hugging Face Hub: fetched file by file, and pushed with a page that says what they are.

A repository is nobody's whom one has to trust: files are taken by name alone (those that a checkpoint may hold, none of which
runs code), their sizes are summed before the first is fetched, and the card's hashes are compared when it is opened. They lie in
a folder of their own, since the Hub's shared cache holds links, which no checkpoint may.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.box.files import NAMES, fault
from explorer.core.disk import cache_folder
from explorer.core.schema import NAME, Card, ExplorerError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
MOST = 1 << 30  # bytes of all files of one checkpoint
CARD = "card.json"
LARGEST_CARD = 1 << 20


def fetch(where: str, revision: str | None = None) -> Path:
    """A checkpoint's folder in the cache, brought up to date.

    Args:
        where: `owner/name`.
        revision: a branch, a tag or a commit; the newest of the main branch where none is given.

    Raises:
        ExplorerError: not reachable, no checkpoint, or too large.
    """
    with _told(f"The checkpoint {where} can't be fetched from the Hub") as api:
        commit = api.model_info(where, revision=revision).sha
        sizes = {one.path: one.size for one in api.list_repo_tree(where, revision=commit) if hasattr(one, "size")}
        wanted = [name for name in sizes if name == CARD or NAMES.fullmatch(name)]
        if CARD not in wanted:
            raise fault(f"{where} on the Hub holds no checkpoint of the explorer: it has no {CARD}.")
        if sizes[CARD] > LARGEST_CARD or sum(sizes[name] for name in wanted) > MOST:
            raise fault(f"The checkpoint {where} on the Hub is larger than {MOST >> 30} gigabyte.")
        own = cache_folder("hub") / where.replace("/", "--")
        get = lambda name, folder: api.hf_hub_download(where, name, revision=commit, local_dir=folder)  # noqa: E731
        with tempfile.TemporaryDirectory(dir=own.parent) as scratch:
            folder = own / _name(Path(get(CARD, scratch)), where)
        for name in sorted(
            wanted, key=lambda name: name == CARD
        ):  # the card last: a folder without one is no checkpoint
            get(name, folder)
    return folder


def push(folder: Path, card: Card, where: str, public: bool) -> str:
    """Copy a checkpoint to the Hub, as one commit -> its address.

    Args:
        folder: that holds all its files and nothing else, to which the repository's page is added.
        card: what it says of itself.
        where: `owner/name`; the repository is made where there is none.
        public: whether everybody sees a repository that is made; one that is there stays as it is.

    Raises:
        ExplorerError: no such name, not signed in, not allowed, or not reachable.
    """
    if not ID.fullmatch(where):
        raise ExplorerError(f"A place on the Hub is owner/name, not {where[:80]!r}.", "checkpoint")
    (folder / "README.md").write_text(page(card, where), encoding="utf-8")
    with _told(f"The checkpoint can't be pushed to {where}") as api:
        api.create_repo(where, private=not public, exist_ok=True)
        api.upload_folder(
            repo_id=where, folder_path=folder, commit_message=f"Push {card.name}",
            delete_patterns=["*.safetensors", "thumbs*", "*.onnx"],
        )  # fmt: skip
        return f"{api.endpoint}/{where}"


def page(card: Card, where: str) -> str:
    """What the Hub shows of a checkpoint, in Markdown."""
    reconstruction = card.metrics.get("reconstruction")
    figures = ""
    if isinstance(reconstruction, dict) and "psnr" in reconstruction:
        figures = (
            f"\nOn {reconstruction['n']:,} held-out items its reconstructions have {reconstruction['psnr']:.1f} dB, "
            f"the nearest known item {reconstruction['baseline_psnr']:.1f}.\n"
        )
    source = f"Data: {card.data_source}. Licence of the data: {card.data_licence}."
    shown = " Its thumbnails are the items themselves." if card.thumbs == "items" else ""
    return (
        f"---\nlibrary_name: latent-explorer\ntags:\n- latent-explorer\n- {card.family}\n---\n\n# {card.title}\n\n"
        f"{card.summary}\n\n{card.limits}\n{figures}\n{source}{shown}\n\n"
        f'```python\nimport explorer\n\nm = explorer.load("{where}")\n```\n'
    )


def _name(card: Path, where: str) -> str:
    """The name that a card gives itself, which is its folder's."""
    try:
        name = json.loads(card.read_text(encoding="utf-8"))["name"]
    except (ValueError, KeyError, TypeError):
        name = None
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        raise fault(f"{where} on the Hub holds no checkpoint of the explorer: its {CARD} gives no name.")
    return name


@contextmanager
def _told(what: str) -> Iterator[HfApi]:
    """The Hub; what goes wrong with it is one sentence that begins with `what`."""
    from huggingface_hub import HfApi  # half a second that a bundled checkpoint needn't pay
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    except HfHubHTTPError as error:
        raise fault(f"{what}: {_reason(error)}.") from None
    except ExplorerError:
        raise
    except Exception:  # of whichever HTTP library it uses, without a network and in offline mode
        raise fault(f"{what}: it can't be reached.") from None


def _reason(error: Any) -> str:
    status = getattr(error.response, "status_code", 0)
    known = {
        401: "there is no such repository, or you aren't signed in (`hf auth login`, or HF_TOKEN)",
        403: "your token doesn't allow it",
        404: "there is no such repository",
        429: "the Hub asks for a pause",
    }
    return known.get(status, f"it answers {status}")
