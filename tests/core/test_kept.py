"""Caches: bounded in bytes, one lock a key, and files that may not be writable."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from explorer.core import disk
from explorer.core.kept import Answers, Kept, digest, size
from explorer.core.schema import ExplorerError
from tests.conftest import ROOT


def test_what_nobody_uses_is_let_go_by_itself():
    made: list[str] = []

    class Dear:
        def __init__(self, key: str) -> None:
            made.append(key)

    kept = Kept(Dear, most=2, idle=0.3)
    first = weakref.ref(kept("a"))
    assert kept("a") is first() and made == ["a"]
    kept("b"), kept("a"), kept("c")  # the third makes room by the one that was used least lately
    assert kept("a") is first() and made == ["a", "b", "c"]
    deadline = time.monotonic() + 20
    while first() is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert first() is None, "though nobody asked for anything"
    kept("a")
    assert made == ["a", "b", "c", "a"]


def test_one_thing_is_made_once_however_many_ask():
    made: list[int] = []

    def slowly(key: int) -> int:
        time.sleep(0.05)
        made.append(key)
        return key

    kept = Kept(slowly, most=4, idle=60)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(kept, [1, 2] * 8)) == [1, 2] * 8
    assert sorted(made) == [1, 2]


def test_making_one_key_keeps_nobody_else_waiting():
    gate = threading.Event()
    kept = Kept(lambda key: gate.wait(20) if key == "cold" else key, most=4, idle=60)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(kept, "cold")
        quick = pool.submit(kept, "warm")
        assert quick.result(timeout=5) == "warm" and not slow.done()
        gate.set()
        assert slow.result(timeout=5)


def test_what_cannot_be_made_is_tried_again():
    answers = iter([OSError("a passing fault"), "made"])

    def make(_: str) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = Kept(make, most=2, idle=60)
    with pytest.raises(OSError, match="passing"):
        kept("a")
    assert kept("a") == "made"


def test_kept_is_bounded_in_bytes_but_keeps_the_last_one():
    made: list[int] = []

    def make(n: int) -> bytes:
        made.append(n)
        return bytes(n)

    kept = Kept(make, None, 60, limit=1000, weigh=len)
    for n in (400, 401, 402):
        kept(n)
    kept(402), kept(401)
    assert made == [400, 401, 402]
    kept(400)
    assert made == [400, 401, 402, 400]
    assert len(kept(5000)) == 5000 == len(kept(5000))
    assert made.count(5000) == 1


def test_answers_stay_within_their_bytes_however_long_the_keys():
    answers = Answers(limit=2_000_000)
    tracemalloc.start()
    for k in range(400):
        answers(("state", "x" * 100_000, k), lambda: np.zeros(10_000, np.float32))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answers.bytes <= 2_000_000 and held < 3_000_000
    assert len(answers) >= 40
    again = []
    answers(("state", "x" * 100_000, 399), lambda: again.append(1))
    assert not again


def test_keys_differ_where_their_parts_do():
    keys = [("a", "b"), ("ab",), ("a", b"b"), (("a", "b"),), ("a", None), ("a", "None"), ("1",), (1,), (True,), (1.0,)]
    assert len({digest(key) for key in keys}) == len(keys)


def test_sizes_follow_the_buffers():
    import torch

    assert size(np.zeros(1000, np.float64)) == pytest.approx(8000, abs=200)
    assert size([torch.zeros(1000)]) == pytest.approx(4000, abs=200)
    assert size({"a": b"x" * 500}) > 500


# -- files


def test_an_empty_name_of_the_cache_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert disk.cache_root() == tmp_path / ".cache" / "latent-explorer"


@pytest.fixture
def broken(monkeypatch, tmp_path, request):
    """A cache folder that can't be written: below a file (root may write into any folder)."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "file" / "cache"))
    disk._say_once.cache_clear()
    return tmp_path


def test_without_a_cache_folder_files_are_served_from_memory_and_that_is_said_once(broken, caplog):
    made = []

    def make() -> bytes:
        made.append(1)
        return b"content"

    with caplog.at_level(logging.WARNING):
        assert [disk.made_once("packed", "broken.gz", make) for _ in range(3)] == [b"content"] * 3
        disk.made_once("packed", "other.gz", make)
    assert len(made) == 2
    assert [record.getMessage() for record in caplog.records if "cache" in record.getMessage()].__len__() == 1
    with pytest.raises(ExplorerError, match="EXPLORER_CACHE"):
        disk.cache_folder("mnist")


def test_a_full_disk_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "replace", full)
    assert disk.made_once("packed", "full.gz", lambda: b"content") == b"content"


def test_a_file_is_written_whole_by_whoever_writes_it(tmp_path):
    contents = [bytes([k]) * 2_000_000 for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: disk.replace(tmp_path / "one", data), contents))
    assert (tmp_path / "one").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_only_the_newest_files_stay(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    for k in range(5):
        disk.made_once("few", f"{k}.gz", lambda: b"x", most=2)
    assert len(list((tmp_path / "few").iterdir())) == 2


def test_no_home_and_no_cache_is_no_traceback():
    code = "from explorer.core.disk import made_once; print(made_once('packed', 'a.gz', lambda: b'x'))"
    env = {"HOME": "/proc/nowhere", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "b'x'" and "Traceback" not in done.stderr
