"""A stand-in for the Hub's HTTP API, as far as a checkpoint's way there and back takes it; repositories live in memory."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

TOKEN = "hf_of_the_tests"
LARGE = (".safetensors", ".webp", ".avif")  # kept apart, as the Hub does with what isn't text


@dataclass
class Hub:
    """Repositories by name, each with its files, and what was asked for."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def commit(self, name: str) -> str:
        """Forty hex digits of a repository's content."""
        files = self.repositories[name]
        return hashlib.sha1(repr(sorted((k, hashlib.sha1(v).digest()) for k, v in files.items())).encode()).hexdigest()


def app(hub: Hub) -> FastAPI:
    """The HTTP API of these repositories."""
    api = FastAPI()

    def files(owner: str, name: str) -> dict[str, bytes]:
        if f"{owner}/{name}" not in hub.repositories:
            raise HTTPException(404, headers={"X-Error-Code": "RepoNotFound"})
        return hub.repositories[f"{owner}/{name}"]

    def signed(request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise HTTPException(401)

    @api.post("/api/repos/create")
    async def create(request: Request) -> JSONResponse:
        signed(request)
        told = await request.json()
        name = f"{told['organization']}/{told['name']}"
        answer = {"url": f"{request.base_url}{name}"}
        if name in hub.repositories:
            return JSONResponse(answer | {"error": "You already created this model repo"}, status_code=409)
        hub.repositories[name], hub.private[name] = {}, told.get("private", told.get("visibility") == "private")
        return JSONResponse(answer)

    @api.post("/api/validate-yaml")
    async def validate() -> dict:
        return {"errors": [], "warnings": []}

    @api.post("/api/models/{owner}/{name}/preupload/{revision}")
    async def preupload(owner: str, name: str, request: Request) -> dict:
        signed(request)
        files(owner, name)
        modes = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for one in (await request.json())["files"]
        ]
        return {"files": modes}

    @api.post("/{owner}/{name}.git/info/lfs/objects/batch")
    async def batch(owner: str, name: str, request: Request) -> Response:
        signed(request)
        wanted = (await request.json())["objects"]
        objects = [one | {"actions": {"upload": {"href": f"{request.base_url}lfs/{one['oid']}"}}} for one in wanted]
        return Response(
            json.dumps({"transfer": "basic", "objects": objects}), media_type="application/vnd.git-lfs+json"
        )

    @api.put("/lfs/{digest}")
    async def put(digest: str, request: Request) -> Response:
        content = await request.body()
        assert hashlib.sha256(content).hexdigest() == digest
        hub.objects[digest] = content
        return Response()

    @api.post("/api/models/{owner}/{name}/commit/{revision}")
    async def commit(owner: str, name: str, request: Request) -> dict:
        signed(request)
        held = files(owner, name)
        for line in (await request.body()).splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                held[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                held[value["path"]] = hub.objects[value["oid"]]
            elif entry["key"] == "deletedFile":
                held.pop(value["path"])
        oid = hub.commit(f"{owner}/{name}")
        return {"commitUrl": f"{request.base_url}{owner}/{name}/commit/{oid}", "commitOid": oid}

    @api.get("/api/models/{owner}/{name}")
    @api.get("/api/models/{owner}/{name}/revision/{revision}")
    async def info(owner: str, name: str) -> dict:
        held = files(owner, name)
        return {
            "id": f"{owner}/{name}",
            "sha": hub.commit(f"{owner}/{name}"),
            "siblings": [{"rfilename": k} for k in held],
        }

    @api.get("/api/models/{owner}/{name}/tree/{revision}")
    async def tree(owner: str, name: str) -> list[dict]:
        return [
            {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
            for path, content in files(owner, name).items()
        ]

    @api.api_route("/{owner}/{name}/resolve/{revision}/{path}", methods=["GET", "HEAD"])
    async def resolve(owner: str, name: str, path: str, request: Request) -> Response:
        held = files(owner, name)
        if path not in held:
            raise HTTPException(404, headers={"X-Error-Code": "EntryNotFound"})
        if request.method == "GET":
            hub.fetched.append(path)
        headers = {
            "ETag": f'"{hashlib.sha1(held[path]).hexdigest()}"',
            "X-Repo-Commit": hub.commit(f"{owner}/{name}"),
            "Content-Length": str(len(held[path])),
        }
        return Response(
            held[path] if request.method == "GET" else b"", headers=headers, media_type="application/octet-stream"
        )

    return api
