"""A server on a free port, in a thread, for tests that talk to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from explorer.page.serving.port import free


@contextmanager
def explorer_of(root: Path) -> Iterator[str]:
    """Serve an app with the checkpoints of a folder, which everything asked meanwhile knows too -> its address."""
    from explorer.page.ui import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(root))
        with serve(create_app(root)) as address:
            yield address


@contextmanager
def serve(app: FastAPI, **options: Any) -> Iterator[str]:
    """Serve an app as long as the context lasts, with more of uvicorn's options -> its address, without a slash at the end."""
    port = free()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1, **options)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the server didn't start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
