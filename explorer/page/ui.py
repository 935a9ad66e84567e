"""The page, as a table of contents: one workspace inside one Gradio component, and the app around it."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
import uvicorn
from fastapi import APIRouter, FastAPI, Response

from explorer.core import link
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError
from explorer.page.classes import asked, routes
from explorer.page.classes.desk import Desk
from explorer.page.serving import around, bring, catalogue, lessons, plays, prefix, safety, tools, web
from explorer.page.serving.api import register_api
from explorer.page.serving.behind import Behind
from explorer.page.serving.port import untaken
from explorer.page.serving.slow import Patient
from explorer.page.serving.turns import GONE, Busy, Left, Turns, leaves, person, plain_request, told
from explorer.page.serving.urls import PREFIX
from explorer.page.views import page

TITLE = "Latent Explorer"
MAX_UPLOAD = "16mb"
UPLOADS_LOOKED_AT, UPLOADS_KEPT = (
    60,
    300,
)  # seconds: how often, and after how long an uploaded file that nobody took is deleted
OTHERS = re.compile(
    "plotly|room|js/ort/|js/engine/worker|js/shell/(bring|site|save|offline|keeper|lesson-|class-|history-)"
)  # scripts needed later or never


def answer(asked: Any, over: Callable[[], bool]) -> dict[str, Any]:
    """One request of the page; see `explorer.page.act`, which takes seconds to import at the first."""
    from explorer.page.act import act

    return act(asked, over)


def models() -> list[APIRouter]:
    """The routes that read a model, likewise."""
    from explorer.page import onefile, site

    return [web.routes(), site.routes(), onefile.routes()]


def points_of(asked: Any) -> int:
    """How many things a request asks for at once."""
    questions = asked.get("questions") if isinstance(asked, dict) else None
    listed = [q.get("points") for q in questions if isinstance(q, dict)] if isinstance(questions, list) else []
    return sum(len(points) if isinstance(points, list) else 1 for points in listed)


def door(turns: Turns) -> Callable[..., Any]:
    """The function that the page calls (`explorer.page.act.act`), behind the queue."""

    async def act(asked: Any, client: gr.Request) -> Any:
        request = plain_request(client)
        try:
            async with turns.turn(person(request.scope), leaves(request), points_of(asked)) as turn:
                return await turns.run(answer, asked, turn.over)
        except Busy as error:
            return told(error)
        except Left:
            return Response(status_code=GONE)

    return act


def build(turns: Turns) -> gr.Blocks:
    """The Gradio app: the workspace, whose scripts talk to the server, and the named endpoints of the API."""
    main = f"new URL('{web.assets_base()}/js/main.js', document.baseURI)"
    late = "element.querySelector('#unstarted')?.setAttribute('data-now', '')"
    start = f"import({main}).then((page) => page.start({{ element }})).catch((error) => {{ {late}; throw error; }})"
    with gr.Blocks(
        title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(UPLOADS_LOOKED_AT, UPLOADS_KEPT)
    ) as blocks:
        gr.HTML(
            "",
            html_template=page.workspace(bring=bring.allowed(), classes=asked.allowed()),
            js_on_load=start,
            server_functions=[door(turns)],
            apply_default_css=False,
            elem_id="explorer",
        )
        register_api(turns)
    return blocks


def create_app(checkpoints_root: str | Path | None = None, hosts: Sequence[str] | None = None) -> FastAPI:
    """The whole app: page, API, MCP tools and the files that the page fetches.

    Args:
        checkpoints_root: folder of the checkpoints; `$CHECKPOINTS` or the bundled ones when left out.
        hosts: names under which it answers, beside this machine's own; `$EXPLORER_HOSTS` when left out.
    """
    if checkpoints_root is not None:
        os.environ["CHECKPOINTS"] = str(checkpoints_root)
    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None)
    scripts = [name.removeprefix("js/") for name in web.assets() if name.startswith("js/") and not OTHERS.search(name)]
    app.add_middleware(around.BoundedBody)
    frames = safety.names("EXPLORER_FRAMES", (safety.ANY,))
    head = page.head(web.assets_base(), scripts)
    early = f'\n<script type="module" src="{web.assets_base()}/js/early.js"></script>'
    app.add_middleware(around.Headed, head=head + early, frames=frames)
    app.add_middleware(tools.Refusals)
    app.add_middleware(around.Isolated, version=web.assets_base().rpartition("/")[2])
    known = safety.names("EXPLORER_HOSTS") if hosts is None else hosts
    app.add_middleware(safety.Guarded, hosts=known, origins=safety.names("EXPLORER_ORIGINS"), frames=frames)
    app.add_middleware(prefix.AnyPrefix)
    app.add_exception_handler(ExplorerError, web.sentence)
    app.state.turns = Turns()
    app.include_router(catalogue.routes())
    app.include_router(web.files())
    app.include_router(web.room())
    app.include_router(plays.routes())
    app.include_router(lessons.routes())
    app.include_router(bring.routes())
    app.state.desk = Desk()
    if asked.allowed():
        app.state.desk.resume()
    app.include_router(routes.routes())
    behind = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    behind.state.turns = app.state.turns
    behind.add_exception_handler(ExplorerError, web.sentence)
    app.router.routes.append(Behind(f"/{PREFIX}/", behind, models))
    blocks = build(app.state.turns)
    mounted = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        favicon_path=str(web.ROOT / "assets" / "favicon.svg"),
        footer_links=[],
        show_error=False,
        max_file_size=MAX_UPLOAD,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=True,
    )
    blocks.mcp_server_obj.postprocess_output_data = tools.content
    return mounted


def beside(folder: Path, port: int) -> str:
    """Serve the folder in which a checkpoint lies from a thread of this process, which knows its model -> the address.

    Raises:
        ExplorerError: the port is taken.
    """
    untaken(port)
    server = uvicorn.Server(uvicorn.Config(create_app(folder.parent), port=port, http=Patient, log_level="warning"))
    threading.Thread(target=server.run, name="page", daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return f"http://127.0.0.1:{port}/#{link.write(Scene(model=folder.name))}"
