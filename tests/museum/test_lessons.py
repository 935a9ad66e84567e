"""Lessons: those in the box are sound; a bad file is one sentence with its line; nothing of a file reaches the page as markup."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from explorer.core.refusals import ExplorerError
from explorer.core.scene import Scene
from explorer.museum.lessons.check import faults, met, unfit
from explorer.museum.lessons.lesson import Bounds, Find, Goal, Predict, Reach
from explorer.museum.lessons.prose import TAGS
from explorer.museum.lessons.read import FOLDER, files, lessons, parse, read
from explorer.page.cli import app
from explorer.page.serving import lessons as serving
from explorer.play.session import open_session
from tests.conftest import BUNDLED

HEAD = """+++
title = "Shapes"
goal = "See shapes."
minutes = 10
level = "beginner"
models = ["tiny-shapes"]
+++
"""
SCENE = '{"model": "tiny-shapes", "start": {"item": 3}}'
BLOCK = f"```scene\n{SCENE}\n```\n"
FLAT = BLOCK.replace("}}", '}, "view": {"map": "flat"}}')
PREDICT = '```predict\nask = "Which?"\nchoices = ["a", "b"]\nanswer = "a"\n```\n'
GREEN = '{"model": "tiny-shapes", "start": {"item": 3}, "condition": {"colour": "green"}}'
PICTURES = f"```predict\nask = 'Which?'\npictures = ['{SCENE}', '{GREEN}']\nanswer = \"B\"\n```\n"
THERE = '{"model": "tiny-shapes", "start": {"item": 9}, "view": {"map": "flat"}}'
PLACE = f"```predict\nask = 'Where?'\nplace = '{THERE}'\nwithin = 0.001\n```\n"
REACH = """```reach
ask = "Make it green."
example = '{"model": "tiny-shapes", "start": {"item": 3}, "condition": {"colour": "green"}}'
[goal]
condition = {colour = "green"}
starts = "item"
```
"""


@pytest.fixture(autouse=True)
def _bundled(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))


def of(text: str):
    return parse(FOLDER / "mine.md", text)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_lesson_in_the_box_is_sound(path):
    lesson = read(path)
    assert faults(lesson) == []
    assert 10 <= lesson.minutes <= 15 and 5 <= len(lesson.steps) <= 12
    ends = [step.end for step in lesson.steps]
    assert isinstance(ends[0], Predict) and ends[-1] is None, "it asks first, and ends in wandering"
    assert {type(end) for end in ends} & {Reach, Find}, "something is done in it"
    assert json.loads(json.dumps(lesson.json_able()))["steps"][0]["end"]["kind"] == "predict"


def test_they_are_listed_in_their_order():
    done = CliRunner().invoke(app, ["lesson", "list"])
    assert done.exit_code == 0
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [lesson.name for lesson in lessons()]
    assert lessons()[0].name == "what-a-latent-space-is"


def test_a_step_has_text_scene_end_and_what_is_shown_then():
    step = of(
        f"{HEAD}## One\n\nLook *here*.\n\n{BLOCK}{PREDICT}\nSo it is.\n\n{BLOCK}\n```touch\nmap, stage\n```\n"
    ).steps[0]
    assert (step.title, step.line) == ("One", 8)
    assert step.text == (["p", {}, "Look ", ["em", {}, "here"], "."],) and step.then == (["p", {}, "So it is."],)
    assert step.scene == step.reveal and step.scene.start.item == 3 and step.touch == ("map", "stage")
    assert step.end.answer == "a"


BAD = {
    "no front matter": ("## One\n", 1, "begins with a line +++"),
    "unfinished front matter": ("+++\ntitle = 1\n", 3, "doesn't end"),
    "broken front matter": (HEAD.replace('"Shapes"', "Shapes"), 2, "isn't TOML"),
    "a field too many": (HEAD.replace("minutes = 10", "minutes = 10\nlength = 3"), 5, "length"),
    "a field missing": (HEAD.replace("minutes = 10\n", ""), 1, "minutes is missing"),
    "no such level": (HEAD.replace("beginner", "hard"), 5, "level"),
    "no step": (HEAD, 1, "1 to 40 steps"),
    "text before the first step": (f"{HEAD}Hello\n\n## One\n", 8, "Text belongs to a step"),
    "an unknown block": (f"{HEAD}## One\n\n```quiz\n```\n", 10, "no block “quiz”"),
    "a broken scene": (f"{HEAD}## One\n\n```scene\n{{\n```\n", 10, "This scene can't be used"),
    "two scenes": (f"{HEAD}## One\n\n{BLOCK}{BLOCK}", 13, "“scene” here already"),
    "two ends": (f"{HEAD}## One\n\n{PREDICT}{REACH}", 15, "one end"),
    "another model": (f"{HEAD}## One\n\n{BLOCK.replace('shapes', 'digits')}", 8, "`models` doesn't name"),
    "an answer that isn't a choice": (HEAD + "## One\n\n" + PREDICT.replace('= "a"', '= "c"'), 10, "one of them"),
    "an answer that is no picture": (HEAD + "## One\n\n" + PICTURES.replace('"B"', '"C"'), 10, "letter of one"),
    "one picture": (f"{HEAD}## One\n\n```predict\nask = 'x'\npictures = ['{SCENE}']\nanswer = 'A'\n```\n", 10, "two pictures"),
    "a broken picture": (HEAD + "## One\n\n" + PICTURES.replace('"start"', '"begin"'), 10, "This scene can't be used"),
    "a picture that is no text": (f"{HEAD}## One\n\n```predict\nask = 'x'\npictures = [3]\n```\n", 10, "doesn't fit"),
    "a picture of another model": (HEAD + "## One\n\n" + PICTURES.replace("tiny", "huge"), 8, "`models` doesn't name"),
    "a place of no size": (HEAD + "## One\n\n" + PLACE.replace("within = 0.001\n", ""), 10, "`within`"),
    "a place with an answer": (HEAD + "## One\n\n" + PLACE.replace("within", "answer = 3\nwithin"), 10, "no `answer`"),
    "two ways to answer": (HEAD + "## One\n\n" + PLACE.replace("within", "choices = ['a', 'b']\nwithin"), 10, "one of them"),
    "a text without choices": (f"{HEAD}## One\n\n```predict\nask = 'x'\nanswer = 'y'\n```\n", 10, "is a number"),
    "broken TOML of an end": (f"{HEAD}## One\n\n```predict\nask = 'x'\nanswer = \n```\n", 12, "isn't TOML"),
    "a goal of nothing": (f"{HEAD}## One\n\n{REACH.partition('[goal]')[0]}[goal]\n```\n", 10, "asks for nothing"),
    "a goal that nobody knows": (f"{HEAD}## One\n\n{REACH.replace('starts', 'begins')}", 10, "doesn't fit"),
    "a bad example": (f"{HEAD}## One\n\n{REACH.replace('example', 'sample')}", 10, "doesn't fit"),
    "nothing to touch": (f"{HEAD}## One\n\n```touch\nknees\n```\n", 10, "may be touched"),
    "HTML": (f"{HEAD}## One\n\nAn <b>inline</b> one.\n", 10, "without HTML"),
    "a script": (f"{HEAD}## One\n\n<script>alert(1)</script>\n", 10, "without HTML"),
    "a picture": (f"{HEAD}## One\n\n![it](x.png)\n", 10, "no pictures"),
    "a link to a file": (f"{HEAD}## One\n\n[it](../x.md)\n", 10, "http or https"),
    "an unknown word": (f"{HEAD}## One\n\n[blorb](term:)\n", 10, "glossary has no word"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence_with_its_line(case):
    text, line, said = BAD[case]
    with pytest.raises(ExplorerError) as told:
        of(text)
    sentence = str(told.value)
    assert sentence.startswith(f"mine.md, line {line}: ") and said in sentence and "\n" not in sentence, sentence


def test_what_is_no_text_or_has_no_name_is_told_too(tmp_path):
    for name, data, said in (
        ("a.md", HEAD.encode() + b"\xff", "line 8: This isn't UTF-8"),
        ("big.md", b"x" * 200_001, "200,001 bytes"),
        ("My lesson.md", HEAD.encode(), "lower case"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ExplorerError, match=said):
            read(tmp_path / name)
    done = CliRunner().invoke(app, ["lesson", "check", str(tmp_path / "none.md")])
    assert isinstance(done.exception, ExplorerError) and "can't be read" in str(done.exception)


def test_nothing_of_a_file_is_markup():
    text = f"{HEAD}## <i>One</i>\n\nA \\<b> [x](javascript:alert(1)) `<i>` & [y](https://a.example/?q=<)\n"
    step = of(text).steps[0]
    assert step.title == "<i>One</i>", "shown as text"

    def tags(parts):
        for part in parts:
            if isinstance(part, list):
                assert set(part[1]) <= {"href", "term"} and str(part[1].get("href", "https://")).startswith("https://")
                yield part[0]
                yield from tags(part[2:])

    assert set(tags(step.text)) <= {*TAGS.values(), "code", "a"}
    assert "[x](javascript:alert(1))" in "".join(part for part in step.text[0][2:] if isinstance(part, str))


def test_the_check_opens_scenes_and_tries_goals(root):
    for end in (REACH, PICTURES):
        assert faults(of(f"{HEAD}## One\n\n{BLOCK}{end}")) == []
    assert faults(of(f"{HEAD}## One\n\n{FLAT}{PLACE}")) == []
    start, green = '"start": {"item": 3}', 'colour = "green"'
    wrong = {
        BLOCK.replace("3", "99999"): "items",
        BLOCK.replace(start, '"view": {"map": "moon"}'): "map",
        BLOCK.replace(start, '"view": {"tab": "moon"}'): "no tab moon",
        BLOCK.replace(start, '"view": {"colour": "moon"}'): "moon",
        BLOCK + REACH.replace(green, 'colour = "pink"'): "not what the goal asks for",
        BLOCK + REACH.replace('starts = "item"', 'starts = "prior"'): "example doesn't reach",
        BLOCK + REACH.replace(green, "height = {least = 0}"): "reached before",
        PREDICT: "opens no scene",
        BLOCK + PICTURES.replace(GREEN, SCENE): "A and B are the same",
        BLOCK + PLACE.replace("flat", "both"): "same map",
        BLOCK.replace("}}", '}, "view": {"map": "solid"}}') + PLACE.replace("flat", "solid"): "flat map",
        FLAT + PLACE.replace("0.001", "1e6"): "is marked",
        FLAT + "```touch\nstage\n```\n" + PLACE: "can't be touched",
    }
    for body, said in wrong.items():
        found = faults(of(f"{HEAD}## One\n\n{body}"))
        assert len(found) == 1 and found[0].startswith("Line 8, “One”: ") and said in found[0], (body, found)
    assert "no checkpoint" in faults(of(HEAD.replace("tiny-shapes", "nothing") + "## One\n"))[0]


def test_goals_are_judged(root):
    session = open_session("tiny-shapes")
    scene = Scene(model="tiny-shapes", view={"tab": "resample", "map": "flat"}).at(
        Scene(model="tiny-shapes", start={"seed": 1, "temperature": 1.5, "condition": {"colour": "green"}}).point
    )
    for goal in (
        Goal(starts="prior"),
        Goal(temperature=Bounds(least=1.2)),
        Goal(tab="resample", map="flat"),
        Goal(condition={"colour": ("red", "green")}),
        Goal(distance=Bounds(least=0)),
    ):
        assert met(session, goal, scene), goal
    for goal in (
        Goal(starts="spot"),
        Goal(step="between"),
        Goal(temperature=Bounds(most=1)),
        Goal(tab="attributes"),
        Goal(condition={"colour": "red"}),
        Goal(distance=Bounds(most=-1)),
    ):
        assert not met(session, goal, scene), goal
    assert met(
        session, Goal(starts="prior", step="dimension"), scene.at(scene.point.then("dimension", index=0, amount=1))
    )
    assert unfit(scene) is None


def test_the_page_is_given_the_lessons_of_its_models():
    every = set().union(*(lesson.models for lesson in lessons()))
    assert set(serving.shelf(every)) == {lesson.name for lesson in lessons()}
    assert set(serving.shelf(["digits-cvae-2d"])) == {"what-a-latent-space-is"}
    files_of = dict(serving.files(["digits-cvae-2d"]))
    assert set(files_of) == {"lessons.json", "lessons/what-a-latent-space-is.json"}
    (entry,) = json.loads(files_of["lessons.json"])
    assert entry["steps"] == len(json.loads(files_of["lessons/what-a-latent-space-is.json"])["steps"])
