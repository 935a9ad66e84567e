"""Serve the Latent Explorer: `python app.py`, or `make app`, which installs what it needs first."""

import gc
import os
import threading
from pathlib import Path
from typing import Annotated

import typer


def warm() -> None:
    """Behind the first page: import what computes, and run the first visitor's requests once."""
    from explorer.page.act import rehearse

    rehearse()
    gc.freeze()
    gc.enable()


def main(
    host: Annotated[
        str, typer.Option(envvar=["EXPLORER_HOST", "GRADIO_SERVER_NAME"], help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar=["EXPLORER_PORT", "GRADIO_SERVER_PORT"], min=0, max=65535, help="Port to listen on.")
    ] = 7860,
    checkpoints: Annotated[str, typer.Option(envvar="CHECKPOINTS", help="Their folder.", show_default="bundled")] = "",
    lessons: Annotated[str, typer.Option(envvar="EXPLORER_LESSONS", help="A folder of lessons of your own.")] = "",
) -> None:
    """Walk through the latent space of the checkpoints in a browser."""
    # Importing makes a million objects that all stay. To look for garbage among them takes a quarter of the start, and would
    # stop the server for a moment later: so they are set aside.
    gc.disable()
    # One picture is too little work for two threads, which would wait for each other; requests run beside each other instead.
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    # What somebody brings can be opened by everybody who reaches the page: taken unasked where that is this machine alone.
    os.environ.setdefault("EXPLORER_OWN_DATA", str(int(host in ("127.0.0.1", "localhost", "::1"))))
    import uvicorn

    if lessons:
        from explorer.core.refusals import ExplorerError
        from explorer.page.cli.lesson import own_folder

        try:
            own_folder(Path(lessons))
        except ExplorerError as error:
            raise SystemExit(str(error)) from None
    from explorer.page.serving.safety import hosts_of
    from explorer.page.serving.slow import Patient
    from explorer.page.ui import create_app

    app = create_app(checkpoints or None, hosts_of(host))
    threading.Thread(target=warm, name="warm", daemon=True).start()
    uvicorn.run(app, host=host, port=port, http=Patient, timeout_graceful_shutdown=2, access_log=False)


typer.run(main)
