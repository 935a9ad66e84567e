"""A folder for a Hugging Face Space: the explorer with some checkpoints, and how to run it as a container.

The fields in the head of its README are those of https://huggingface.co/docs/hub/spaces-config-reference.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from explorer.box.cards import default_root
from explorer.core.schema import ExplorerError
from explorer.core.writing import writing
from explorer.page.serving.web import ROOT
from explorer.play.session import open_session

PORT = 7860
FILES = ("app.py", "requirements.txt", "package.json", "package-lock.json", "LICENSE")
FOLDERS = ("explorer", "assets")
DOCKERFILE = "docs/deploy/Dockerfile"
# A Space is reached through its host's proxy alone, which names the visitor whose turn it is.
PROXY = "ENV FORWARDED_ALLOW_IPS=*\n"
UNCOPIED = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc", ".*")
README = """---
title: Latent Explorer
emoji: 🧭
colorFrom: green
colorTo: gray
sdk: docker
app_port: {port}
pinned: false
license: apache-2.0
short_description: Walk through the latent space of generative models
---

# Latent Explorer

Walk through the latent space of conditional generative models in the browser: {titles}.

Nothing is trained or kept here: no data are taken and no classes held (`EXPLORER_READ_ONLY=1`).
"""


def write(names: Sequence[str], folder: Path) -> list[str]:
    """Write the folder, which is new or empty.

    Returns:
        the names of what lies in it.

    Raises:
        ExplorerError: the folder holds files, can't be written, or a checkpoint is unknown or broken.
    """
    sessions = [open_session(name) for name in dict.fromkeys(names)]
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise ExplorerError(f"{folder} holds something already; name a folder that is empty or new.", "checkpoint")
    titles = ", ".join(session.card.title for session in sessions)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(ROOT / name, folder / name)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=UNCOPIED)
        for name in ("_shared", *(session.card.name for session in sessions)):
            if (default_root() / name).is_dir():
                shutil.copytree(default_root() / name, folder / "checkpoints" / name)
        docker = (ROOT / DOCKERFILE).read_text(encoding="utf-8").replace("USER user\n", f"{PROXY}USER user\n")
        (folder / "Dockerfile").write_text(docker, encoding="utf-8")
        (folder / "README.md").write_text(README.format(port=PORT, titles=titles), encoding="utf-8")
    return sorted(path.name for path in folder.iterdir())
