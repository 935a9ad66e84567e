"""The app behind other servers, and in front of strangers."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from explorer.page.serving import around, prefix, safety, slow, web
from tests.support.browsing import Visit
from tests.support.live import serve
from tests.support.proxy import proxied

FOREIGN = "https://evil.example"


def ask(url: str, data: bytes | None = None, **headers: str):
    """Status, headers and body of an answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **names})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def describe(url: str, **headers: str):
    return ask(f"{url}/gradio_api/run/describe", b'{"data": [null, ""]}', **headers)


@pytest.fixture(scope="module")
def url(made):
    from explorer.page.ui import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        with serve(create_app(made), http=slow.Patient) as address:
            yield address


# -- below a prefix


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", ("", "/")),
        ("/lab/explorer/", ("/lab/explorer", "/")),
        ("/explorer/", ("/explorer", "/")),
        ("/explorer/gradio_api/info", ("/explorer", "/gradio_api/info")),
        ("/explorer/digits/points/flat.bin", ("", "/explorer/digits/points/flat.bin")),
        ("/explorer/explorer/digits/thumbs.webp", ("/explorer", "/explorer/digits/thumbs.webp")),
        ("/a/b/explorer/assets/0123456789ab/js/main.js", ("/a/b", "/explorer/assets/0123456789ab/js/main.js")),
        ("/nothing/of.ours", None),
    ],
)
def test_a_path_is_split_into_prefix_and_what_is_asked(path, found):
    assert prefix.split(path) == found


@pytest.mark.parametrize(
    ("below", "strips", "told"),
    [
        ("/lab/explorer", True, ()),
        ("/lab/explorer", False, ()),
        ("/user/someone/proxy/7860", True, ("X-Forwarded-Prefix: /user/someone/proxy/7860",)),
    ],
    ids=["stripped", "kept", "told"],
)
def test_the_page_and_the_api_work_behind_a_proxy(browser, url, below, strips, told):
    with proxied(url, below, strips, *told) as address:
        visit = Visit(browser, address)
        failed = []
        visit.page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
        visit.open()
        visit.after(lambda: visit.page.click("#tab-interpolate"))
        visit.page.click("#about")
        visit.page.wait_for_selector("#dialog[open]")
        visit.close()
        assert not failed
        assert Client(address, verbose=False).predict(api_name="/describe")["checkpoints"]


def test_a_root_path_of_the_server_itself_is_taken_too(made, browser):
    from explorer.page.ui import create_app

    with serve(create_app(made), root_path="/behind") as address, proxied(address, "/behind", True) as public:
        visit = Visit(browser, public)
        visit.open()
        visit.close()


def test_the_page_without_its_slash_leads_to_the_page(url):
    status, _, page = ask(f"{url}/some/where", Accept="text/html")
    assert status == 200 and b"gradio_config" in page
    assert ask(f"{url}/some/where.js", Accept="text/html")[0] == 404
    assert ask(f"{url}/some/where")[0] == 404


def test_every_route_of_the_explorer_is_known_below_a_prefix(made):
    import re

    from explorer.page.serving import catalogue, plays
    from explorer.page.site import routes

    for router in (web.files(), web.routes(), web.room(), routes(), catalogue.routes(), plays.routes()):
        for route in router.routes:
            path = re.sub(r"\{version\}", "0123456789ab", route.path)
            path = re.sub(r"\{[^}]*\}", "name", path.replace("{tile}", "1").replace("{kind}", "avif"))
            assert prefix.split(path) == ("", path)
            assert prefix.split(f"/lab/explorer{path}") == ("/lab/explorer", path)


# -- strangers


def test_only_listed_names_are_answered(url):
    port = url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", ""):
        status, _, body = describe(url, Host=host) if host else ask(url, Host="[")
        assert status == 421 and json.loads(body)["error"].endswith(".")
    for host in ("localhost", f"localhost:{port}", "127.0.0.1", "[::1]:99", "my.localhost", "192.168.1.20:7860"):
        assert describe(url, Host=host)[0] == 200, host


def test_hosts_come_from_the_variable_and_an_open_address_answers_any(monkeypatch):
    assert safety.hosts_of("127.0.0.1") == () and safety.hosts_of("localhost") == ()
    assert safety.hosts_of("0.0.0.0") == (safety.ANY,)
    monkeypatch.setenv("EXPLORER_HOSTS", "lab.example.org, *.other.example")
    hosts = safety.hosts_of("0.0.0.0")
    assert safety.allowed("lab.example.org", hosts) and safety.allowed("a.other.example", hosts)
    assert not safety.allowed("other.example.evil", hosts) and not safety.allowed("example.org", hosts)


def test_a_page_of_another_site_can_change_and_read_nothing(url):
    for headers in ({"Origin": FOREIGN}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        status, answered, body = describe(url, **headers)
        assert status == 403 and json.loads(body)["error"].endswith(".")
        assert not any(name.lower().startswith("access-control") for name in answered)
    for path in ("/config", "/explorer/tiny-shapes/thumbs.avif"):
        _, answered, _ = ask(url + path, Origin=FOREIGN)
        assert not any(name.lower().startswith("access-control") for name in answered)
    assert describe(url, Origin=url)[0] == 200
    assert describe(url, Origin="https://proxy.example", X_Forwarded_Host="proxy.example")[0] == 200


def test_a_listed_site_may_use_the_api(made, monkeypatch):
    from explorer.page.ui import create_app

    monkeypatch.setenv("EXPLORER_ORIGINS", FOREIGN)
    with serve(create_app(made)) as address:
        assert describe(address, Origin=FOREIGN)[0] == 200
        assert describe(address, Origin="https://other.example")[0] == 403


def test_the_page_says_what_it_may_load_and_every_answer_can_be_framed(url):
    _, headers, page = ask(url)
    policy = headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    scripts = policy.partition("script-src ")[2].partition(";")[0]
    assert nonce and "'unsafe-inline'" not in scripts and "http" not in policy
    assert page.count(b"<script") == page.count(f'<script nonce="{nonce}"'.encode())
    assert ask(url)[1]["content-security-policy"] != policy
    for path in ("", "/reading-room", "/explorer/tiny-shapes/thumbs.avif", "/config"):
        _, headers, _ = ask(url + path)
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["x-content-type-options"] == "nosniff"
    _, headers, _ = ask(f"{url}/reading-room")
    assert "script-src 'self';" in headers["content-security-policy"]


def test_files_of_another_version_are_missing_and_never_mixed(url):
    own = f"{url}/{web.assets_base()}/js/main.js"
    assert ask(own)[0] == 200
    status, _, body = ask(own.replace(web.assets_base().rpartition("/")[2], "0123456789ab"))
    assert status == 404 and b"reload" in body


def test_uploads_that_nobody_took_are_deleted(made, monkeypatch, tmp_path):
    from explorer.page import ui

    monkeypatch.setattr(ui, "UPLOADS_LOOKED_AT", 1)
    monkeypatch.setattr(ui, "UPLOADS_KEPT", 1)
    Image.new("RGB", (16, 16)).save(tmp_path / "left-behind.png")
    with serve(ui.create_app(made)) as address:
        client = Client(address, verbose=False)
        data = (tmp_path / "left-behind.png").read_bytes()
        form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="left-behind.png"\r\n\r\n' + data
        _, _, body = ask(
            f"{address}/gradio_api/upload", form + b"\r\n--x--\r\n", Content_Type="multipart/form-data; boundary=x"
        )
        left = Path(json.loads(body)[0])
        assert left.is_file()
        made_of_it = client.predict(
            picture=handle_file(tmp_path / "left-behind.png"), checkpoint="tiny-shapes", api_name="/encode"
        )
        assert made_of_it["image"]
        deadline = time.monotonic() + 60
        while left.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not left.exists()


def test_requests_that_stop_halfway_are_given_up(url, monkeypatch):
    monkeypatch.setattr(slow.Patient, "patience", 0.5)
    monkeypatch.setattr(around, "PATIENCE", 0.5)
    host, port = url.removeprefix("http://").split(":")
    halves = [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /con",
        b"POST /gradio_api/run/describe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{",
    ]
    for half in halves:
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(half)
            started = time.monotonic()
            while connection.recv(65536):
                pass
            assert time.monotonic() - started < 20
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /theme.css HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
