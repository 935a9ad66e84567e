"""A scene as the few lines that make its picture again, in Python and at the command line."""

from __future__ import annotations

from explorer.core import link
from explorer.core.scene import Scene

# Where there is no server the page fills them. Names of models and links need no quoting: they are letters, digits, - and _.
LINES = {
    "python": "import explorer\nm = explorer.load('{model}')\nm.render('{link}').save('picture.png')",
    "command": "python -m explorer render {link} -o picture.png",
}


def lines(scene: Scene) -> dict[str, str]:
    """`python`, three lines that save the picture on stage as `picture.png`, and the `command` that does the same."""
    text = link.write(scene)
    return {name: line.format(model=scene.model, link=text) for name, line in LINES.items()}
