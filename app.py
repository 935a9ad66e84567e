"""Serve the Latent Explorer: `python app.py`, or `make app`, which installs what it needs first."""

from typing import Annotated

import typer
import uvicorn

from explorer.ui import create_app


def main(
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")] = 7860,
    checkpoints: Annotated[str, typer.Option(envvar="CHECKPOINTS", help="Their folder.", show_default="bundled")] = "",
) -> None:
    """Walk through the latent space of the checkpoints in a browser."""
    uvicorn.run(create_app(checkpoints or None), host=host, port=port, timeout_graceful_shutdown=2, access_log=False)


typer.run(main)
