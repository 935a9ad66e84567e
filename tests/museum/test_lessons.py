"""Lessons: those in the box are sound; a bad file is one sentence with its line; nothing of a file reaches the page as markup."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from typer.testing import CliRunner

from explorer.core.refusals import ExplorerError
from explorer.core.scene import Scene
from explorer.museum.lessons.advice import advice
from explorer.museum.lessons.begin import begun
from explorer.museum.lessons.check import faults, met, unfit
from explorer.museum.lessons.lesson import Bounds, Find, Goal, Predict, Reach
from explorer.museum.lessons.prose import TAGS
from explorer.museum.lessons.read import FOLDER, files, lessons, parse, read
from explorer.museum.lessons.shelf import OWN, brought, survey
from explorer.page.act import act
from explorer.page.cli import app
from explorer.page.serving import lessons as serving
from explorer.play.session import open_session
from tests.conftest import BUNDLED, ROOT

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
ASKED = f"{BLOCK}{PREDICT}\nSo.\n\n"
PICTURES = f"```predict\nask = 'Which?'\npictures = ['{SCENE}', '{GREEN}']\nanswer = \"B\"\n```\n"
THERE = '{"model": "tiny-shapes", "start": {"item": 9}, "view": {"map": "flat"}}'
PLACE = f"```predict\nask = 'Where?'\nplace = '{THERE}'\nwithin = 0.001\n```\n"
CURVE = f"""```predict
ask = "How?"
within = 0.1
[curve]
scene = '{SCENE}'
along = "height"
least = 4
most = 14
reads = "distance"
low = 0
high = 1000
```
"""
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
    "a curve that goes nowhere": (HEAD + "## One\n\n" + CURVE.replace("most = 14", "most = 4"), 10, "`least` is less"),
    "a curve with an answer": (HEAD + "## One\n\n" + CURVE.replace("within", "answer = 3\nwithin"), 10, "no `answer`"),
    "a curve of no scene": (HEAD + "## One\n\n" + CURVE.replace("scene =", "scenes ="), 10, "doesn't fit"),
    "a text without choices": (f"{HEAD}## One\n\n```predict\nask = 'x'\nanswer = 'y'\n```\n", 10, "is a number"),
    "broken TOML of an end": (f"{HEAD}## One\n\n```predict\nask = 'x'\nanswer = \n```\n", 12, "isn't TOML"),
    "a goal of nothing": (f"{HEAD}## One\n\n{REACH.partition('[goal]')[0]}[goal]\n```\n", 10, "asks for nothing"),
    "a goal that nobody knows": (f"{HEAD}## One\n\n{REACH.replace('starts', 'begins')}", 10, "doesn't fit"),
    "a bad example": (f"{HEAD}## One\n\n{REACH.replace('example', 'sample')}", 10, "doesn't fit"),
    "nothing to touch": (f"{HEAD}## One\n\n```touch\nknees\n```\n", 10, "may be touched"),
    "two steps of one title": (f"{HEAD}## One\n\n{BLOCK}## One\n", 13, "has this title"),
    "lists in lists": (f"{HEAD}## One\n\n```predict\nask = {'[' * 5000}\n```\n", 11, "more than a lesson needs"),
    "a number of many digits": (f"{HEAD}## One\n\n```predict\nanswer = {'9' * 5000}\n```\n", 11, "more than a lesson needs"),
    "a number without end": (f"{HEAD}## One\n\n```predict\nask = 'x'\nanswer = inf\n```\n", 10, "doesn't fit"),
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
        ("big.md", b"x" * 65_537, "65,537 bytes"),
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


def test_a_lesson_that_is_brought_leads_nowhere_else():
    text = f"{HEAD}## One\n\nSee [it](https://a.example/x) and [latent](term:).\n\n- [so](https://b.example)\n"
    with pytest.raises(ExplorerError, match="opens tiny-shapes, which isn't here"):
        brought("x.md", text)
    there = text.replace("tiny-shapes", "fashion-cvae")
    lesson = brought("../My Lesson (1).MD", there.replace("\n", "\r\n"))
    assert lesson.name == "my-lesson-1"
    said = json.dumps(lesson.json_able()["steps"])
    assert (
        "href" not in said
        and 'it", " (https://a.example/x)' in said.replace("], ", ", ")
        and '"term": "latent"' in said
    )
    assert act({"do": "lesson", "name": "x.md", "text": there})["lesson"]["title"] == "Shapes"


HOSTILE = {
    "large": "x" * 65_537,
    "brackets": HEAD + "## One\n\n" + "[" * 7_900 + "\n\n" + "[" * 7_900,
    "links in links": HEAD + "## One\n\n" + "[a](" * 1_900,
    "quotes": HEAD + "## One\n\n" + "> " * 30_000 + "x",
    "emphasis": HEAD + "## One\n\n" + "*a_ " * 1_900,
    "lists": HEAD + "## One\n\n" + "".join(" " * k + "- a\n" for k in range(300)),
    "backticks": HEAD + "## One\n\n" + "".join("`" * k + " " for k in range(120)),
    "references": HEAD + "## One\n\n" + "[a]: https://x.example\n" * 2_000 + "[a]" * 2_500,
    "steps": HEAD + "".join(f"## {k}\n" for k in range(7_000)),
    "tables in tables": HEAD.replace('"Shapes"', "{a=" * 20_000),
    "dotted keys": HEAD.replace("title", "a." * 30_000 + "b"),
    "a long paragraph": HEAD + "## One\n\n" + "[" * 8_001,
    "nothing": "",
    "control": HEAD.replace("Shapes", "\\u0000\\u202e"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strangers_lesson_is_told_in_one_sentence_or_read(name, caplog):
    answer = act({"do": "lesson", "name": f"{name}\x1b[31m.md", "text": HOSTILE[name].replace("tiny-shapes", "icons")})
    assert not caplog.records, "nothing goes wrong in the server"
    if not answer["ok"]:
        assert answer["where"] == "lessons" and "\n" not in answer["error"] and "\x1b" not in answer["error"]
    for wrong in ({}, {"name": "x.md"}, {"name": 3, "text": "x"}, {"name": "x.md", "text": ["x"]}):
        assert not act({"do": "lesson", **wrong})["ok"]


def test_advice_names_what_could_be_better():
    wander = f"## Wander\n\nLook.\n\n{BLOCK}"
    sound = f"{HEAD.replace('10', '3')}## One\n\nLook.\n\n{BLOCK}{PREDICT}\nSo it is.\n\n{wander}"
    assert advice(of(sound)) == []
    wrong = {
        sound.replace("Wander\n\nLook.\n\n" + BLOCK, "Wander\n\nLook.\n"): "Line 23, “Wander”: It opens no scene",
        sound.replace("So it is.\n\n", ""): "Line 8, “One”: Nothing follows the prediction",
        sound.replace("Wander\n\nLook.\n\n", "Wander\n\n"): "Line 23, “Wander”: It has neither text nor an end",
        sound.replace("## One\n\nLook.", "## One\n\n" + "Look. " * 121): "121 words stand before its end",
        sound.replace("## One", f"## Two\n\n{BLOCK}{REACH}```touch\nmap\n```\n## One"): "inspector can't be used",
        sound.replace(PREDICT, ""): "no prediction",
        sound.replace(wander, f"## Two\n\n{BLOCK}{REACH}"): "leaves room to wander",
        sound.replace("## Wander", "".join(f"## {k}\n\n{ASKED}" for k in "abc") + "## Wander"): "number 1 of the choices",
        sound.replace('["tiny-shapes"]', '["tiny-shapes", "tiny-digits"]'): "No step opens tiny-digits",
        sound.replace("minutes = 3", "minutes = 60"): "`minutes` says 60",
    }  # fmt: skip
    for text, said in wrong.items():
        assert any(said in one for one in advice(of(text))), (said, advice(of(text)))


def test_a_new_lesson_is_sound_as_it_is_written(tmp_path):
    file = tmp_path / "new" / "mine.md"
    run = CliRunner().invoke
    assert run(app, ["lesson", "new", str(file)]).exit_code == 0
    done = run(app, ["lesson", "check", str(file)])
    assert done.exit_code == 0 and "sound, 3 steps" in done.stdout and "Advice" not in done.stdout
    assert faults(parse(file, begun("definitions"))) == []
    for asked, said in (
        ([str(file)], "is there already"),
        ([str(tmp_path / "mine.txt")], "ends in .md"),
        ([str(tmp_path / "x.md"), "--model", "icons"], "no attribute with values"),
        ([str(file / "x" / "y.md")], "can't be written"),
    ):
        assert said in str(run(app, ["lesson", "new", *asked]).exception)
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace('models = ["fashion-cvae"]', 'models = ["fashon-cvae", "fashion-cvae"]'), encoding="utf-8"
    )
    done = run(app, ["lesson", "check", str(file)])
    assert done.exit_code == 1 and "Is fashion-cvae meant?" in done.stdout
    file.write_text(
        text.replace("## Wander\n\nA question to take along, and time to look for its answer.", "## Wander")
    )
    done = run(app, ["lesson", "check", str(file)])
    assert done.exit_code == 0 and "Advice. Line " in done.stdout and "advice: 1" in done.stdout


def test_the_way_to_a_lesson_in_an_hour_is_as_it_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told_ = (ROOT / "docs" / "write-a-lesson.md").read_text(encoding="utf-8")
    lines = re.findall(r"^python -m explorer (lesson .+)$", told_, re.MULTILINE)
    assert [line.split()[1] for line in lines] == ["new", "check", "check"]
    for line in lines[:2]:
        assert CliRunner().invoke(app, shlex.split(line)).exit_code == 0
    one = ROOT / "tests" / "support" / "from-shirt-to-bag.md"  # written from that page alone
    (tmp_path / shlex.split(lines[2])[-1]).write_text(one.read_text(encoding="utf-8"), encoding="utf-8")
    done = CliRunner().invoke(app, shlex.split(lines[2]))
    assert done.exit_code == 0 and "sound, 3 steps" in done.stdout and "advice: none" in done.stdout


def test_a_teachers_folder_comes_first_and_in_place_of_the_box(tmp_path, monkeypatch):
    monkeypatch.setenv(OWN, str(tmp_path))
    one = (FOLDER / "why-maps-mislead.md").read_text(encoding="utf-8")
    (tmp_path / "why-maps-mislead.md").write_text(
        one.replace('title = "Why maps', 'title = "How maps'), encoding="utf-8"
    )
    (tmp_path / "bad.md").write_text("## One\n")
    found, faults_ = survey()
    assert found[0].title.startswith("How maps") and len(found) == len(files())
    assert len(faults_) == 1 and faults_[0].startswith("bad.md, line 1: ")
    done = CliRunner().invoke(app, ["lesson", "list", "--lessons", str(tmp_path)])
    assert (
        done.exit_code == 0 and done.stdout.startswith("why-maps-mislead: How maps") and "bad.md, line 1" in done.stderr
    )
    (entry, *_) = json.loads(dict(serving.files(found[0].models))["lessons.json"])
    assert entry["title"].startswith("How maps"), "a static site takes it along"
    monkeypatch.setenv(OWN, str(tmp_path / "none"))
    with pytest.raises(ExplorerError, match="no folder"):
        survey()


def test_the_check_opens_scenes_and_tries_goals(root):
    for end in (REACH, PICTURES, CURVE):
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
        BLOCK + CURVE.replace("high = 1000", "high = 0.0001"): "nobody could draw it",
        BLOCK + CURVE.replace('"height"', '"colour"'): "Colour takes",
        BLOCK + CURVE.replace('"distance"', '"colour"'): "Nothing reads colour as a number",
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
