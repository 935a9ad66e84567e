"""The documents as a site, `make docs`: Sphinx builds it offline, and it asks no other host for anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

project = "Latent Explorer"
author = "The authors of the Latent Explorer"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
default_role = "literal"
html_title = project
html_theme_options = {
    mode: {"color-brand-primary": colour, "color-brand-content": colour}
    for mode, colour in (("light_css_variables", "#0f6b4c"), ("dark_css_variables", "#6fd0a6"))
}
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
pygments_style, pygments_dark_style = "friendly", "github-dark"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring, napoleon_numpy_docstring = True, False

# What the command line says of itself, as Typer writes it.
MADE = HERE / "reference" / "_commands.md"
TYPER = [
    "-m",
    "typer",
    "explorer.page.cli.main",
    "utils",
    "docs",
    "--name",
    "python -m explorer",
    "--output",
    str(MADE),
]
subprocess.run([sys.executable, *TYPER], check=True, capture_output=True, cwd=HERE.parent)
