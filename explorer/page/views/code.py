"""A scene as the few lines that make its picture again, in Python and at the command line."""

from __future__ import annotations

import shlex

from explorer.core import link
from explorer.core.scene import Scene


def python(scene: Scene) -> str:
    """Three lines of Python that save the picture on stage as `picture.png`."""
    return "\n".join(
        (
            "import explorer",
            f"m = explorer.load({scene.model!r})",
            f"m.render({link.write(scene)!r}).save('picture.png')",
        )
    )


def command(scene: Scene) -> str:
    """The command that does the same."""
    return f"python -m explorer render {shlex.quote(link.write(scene))} -o picture.png"
