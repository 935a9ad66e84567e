"""What a class keeps: who joined, and what they answered. SQLite by default, PostgreSQL where `EXPLORER_CLASS_DB` names one.

Each change takes a next number of its class in the same transaction, so that who was away asks for what came after the last
number that it saw; nothing else of the past is kept. A transaction is on the disk before it is answered; where many write at
once, one takes the changes of all of them (`write`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from explorer.core.schema import ExplorerError
from explorer.page.classes.codes import Refused, fresh
from explorer.page.classes.place import VARIABLE, address

HOURS = 24  # after which everything of a class is deleted
CLASSES, STUDENTS = 100, 300  # at once, and in each
ENDED = "The class has ended."

META = sa.MetaData()
CLASS = sa.Table(
    "class", META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(8), unique=True, nullable=False),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("lesson", sa.String(80), nullable=False),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("scene", sa.String),  # the teacher's, as a link
    sa.Column("frozen", sa.Boolean, nullable=False, default=False),
    sa.Column("spotlight", sa.JSON),  # what the teacher shows to all
    sa.Column("ends", sa.Float, nullable=False),  # seconds since 1970
    sa.Column("seq", sa.Integer, nullable=False, default=0),  # of the last change of anything in the class
    sa.Column("told", sa.Integer, nullable=False, default=0),  # of the last change that students see
)  # fmt: skip
STUDENT = sa.Table(
    "student", META,
    sa.Column("class", sa.ForeignKey("class.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("name", sa.String(40), nullable=False, default=""),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.UniqueConstraint("class", "secret"),
)  # fmt: skip
ANSWER = sa.Table(
    "answer", META,
    sa.Column("class", sa.ForeignKey("class.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
)  # fmt: skip
TEXT = sa.Table(
    "lesson", META,
    sa.Column("class", sa.ForeignKey("class.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("text", sa.String, nullable=False),
)  # fmt: skip
SHOWN = ("lesson", "step", "scene", "frozen", "spotlight", "ends")


class News(NamedTuple):
    """A change: its number in the class, `state`, `student` or `answer`, and what it is now."""

    seq: int
    kind: str
    data: dict[str, Any]


def _engine(where: str) -> sa.Engine:
    if where.startswith("postgresql"):
        import psycopg  # noqa: F401 - SQLAlchemy's driver, named here so that its absence is told

        where = where.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = sa.create_engine(where, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _(connection: Any, __: Any) -> None:
            # FULL: a transaction that was answered outlives a power failure too. secure_delete: what is deleted is overwritten.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

    return engine


class Store:
    """All classes of a server.

    Args:
        where: address of the database; `address()` when left out.

    Raises:
        ExplorerError: it can't be opened.
    """

    def __init__(self, where: str | None = None) -> None:
        try:
            self.engine = _engine(where or address())
            META.create_all(self.engine)
        except (SQLAlchemyError, ImportError) as error:
            reason = str(getattr(error, "orig", error)).partition("\n")[0][:120]
            raise ExplorerError(
                f"What classes keep can't be opened ({reason}); name another place in {VARIABLE}.", "lessons"
            ) from None

    # -- classes

    def open(self, secret: str, lesson: str, text: str | None = None) -> dict[str, Any]:
        """A new class -> its row. `secret`: the hash of its teacher's; `text`: of a lesson that the server has no file of.

        Raises:
            Refused: as many are open as may be.
        """
        with self.engine.begin() as run:
            if run.scalar(sa.select(sa.func.count()).select_from(CLASS)) >= CLASSES:
                raise Refused(
                    f"{CLASSES} classes are open on this server, as many as it takes; try again when one has ended.",
                    503,
                )
            row = {"code": fresh(), "secret": secret, "lesson": lesson, "ends": time.time() + 3600 * HOURS}
            key = run.execute(CLASS.insert().values(row)).inserted_primary_key[0]
            if text is not None:
                run.execute(TEXT.insert().values({"class": key, "text": text}))
        return self.find(row["code"]) or {}

    def find(self, code: str) -> dict[str, Any] | None:
        """The row of a class that hasn't ended."""
        with self.engine.connect() as run:
            row = run.execute(sa.select(CLASS).where(CLASS.c.code == code, CLASS.c.ends > time.time())).first()
        return dict(row._mapping) if row else None

    def text(self, key: int) -> str:
        """Of the lesson that a class was opened with.

        Raises:
            Refused: the class has ended.
        """
        with self.engine.connect() as run:
            found = run.scalar(sa.select(TEXT.c.text).where(TEXT.c["class"] == key))
        if found is None:
            raise Refused(ENDED, 404)
        return found

    def write(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Changes in one transaction.

        Args:
            calls: `change`, `join` or `answer`, each with what it takes after the transaction.

        Returns:
            what each gave; for one that is refused, the refusal.
        """
        try:
            with self.engine.begin() as run:
                return [self._tried(run, *call) for call in calls]
        except SQLAlchemyError:
            if len(calls) == 1:
                raise
        return [result for call in calls for result in self.write([call])]  # none fails by its neighbour

    def _tried(self, run: sa.Connection, name: str, *given: Any) -> Any:
        try:
            return getattr(self, name)(run, *given)
        except Refused as refusal:
            return refusal

    def change(self, run: sa.Connection, key: int, values: Mapping[str, Any]) -> None:
        """Change what students see of a class, such as `step` and `scene`."""
        run.execute(CLASS.update().where(CLASS.c.id == key).values(values))
        seq = self._next(run, key)
        run.execute(CLASS.update().where(CLASS.c.id == key).values(told=seq))

    def remove(self, key: int) -> None:
        """Delete a class and all that it kept."""
        with self.engine.begin() as run:
            run.execute(CLASS.delete().where(CLASS.c.id == key))
        self._forget()

    def sweep(self, now: float | None = None) -> int:
        """Delete the classes whose time is over -> how many."""
        with self.engine.begin() as run:
            gone = run.execute(CLASS.delete().where(CLASS.c.ends <= (now or time.time()))).rowcount
        if gone:
            self._forget()
        return gone

    def _forget(self) -> None:
        """Take what was deleted out of SQLite's log as well."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as run:
                run.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @staticmethod
    def _next(run: sa.Connection, key: int) -> int:
        """The next number of a class, whose row is locked from now to the end of the transaction."""
        seq = run.scalar(CLASS.update().where(CLASS.c.id == key).values(seq=CLASS.c.seq + 1).returning(CLASS.c.seq))
        if seq is None:
            raise Refused(ENDED, 404)
        return seq

    # -- students

    def student(self, key: int, secret: str) -> int | None:
        """The number of a student, by the hash of their secret; None: not in this class."""
        with self.engine.connect() as run:
            return run.scalar(sa.select(STUDENT.c.number).where(STUDENT.c["class"] == key, STUDENT.c.secret == secret))

    def join(self, run: sa.Connection, key: int, secret: str, name: str) -> int:
        """Take a student in, or change the name of one who is -> their number, from 1.

        Raises:
            Refused: the class is full, or has ended.
        """
        seq = self._next(run, key)
        mine = (STUDENT.c["class"] == key) & (STUDENT.c.secret == secret)
        number = run.scalar(STUDENT.update().where(mine).values(name=name, seq=seq).returning(STUDENT.c.number))
        if number is None:
            number = 1 + run.scalar(sa.select(sa.func.count()).where(STUDENT.c["class"] == key))
            if number > STUDENTS:
                raise Refused(f"This class has {STUDENTS} students, as many as it takes.", 503)
            row = {"class": key, "number": number, "secret": secret, "name": name, "seq": seq}
            run.execute(STUDENT.insert().values(row))
        return number

    def answer(self, run: sa.Connection, key: int, number: int, step: int, value: Any) -> int:
        """Keep a student's answer of a step, in place of an earlier one -> the number of the change.

        Raises:
            Refused: the teacher has stopped the answers, or the class has ended.
        """
        seq = self._next(run, key)
        if run.scalar(sa.select(CLASS.c.frozen).where(CLASS.c.id == key)):
            raise Refused("The teacher has stopped the answers; this one isn't counted.", 409)
        row = {"value": value, "at": time.time(), "seq": seq}
        at = {"class": key, "number": number, "step": step}
        here = [ANSWER.c[name] == one for name, one in at.items()]
        if not run.execute(ANSWER.update().where(*here).values(row)).rowcount:
            run.execute(ANSWER.insert().values(at | row))
        return seq

    # -- what came in

    def since(self, key: int, last: int, all_of_it: bool) -> list[News] | None:
        """Changes after number `last`, in their order; the state alone, or what students did too. None: the class has ended."""
        with self.engine.connect() as run:
            row = run.execute(sa.select(CLASS).where(CLASS.c.id == key, CLASS.c.ends > time.time())).first()
            if row is None:
                return None
            state = row._mapping
            news = [News(state["told"], "state", {k: state[k] for k in SHOWN})] if state["told"] > last else []
            if all_of_it:
                for kind, table, names in (
                    ("student", STUDENT, ("number", "name")),
                    ("answer", ANSWER, ("number", "step", "value")),
                ):
                    rows = run.execute(
                        sa.select(table).where(table.c["class"] == key, table.c.seq > last, table.c.seq <= state["seq"])
                    )
                    news += [News(one["seq"], kind, {k: one[k] for k in names}) for one in rows.mappings()]
        return sorted(news, key=lambda one: one.seq)

    def answers(self, key: int, step: int | None = None) -> list[dict[str, Any]]:
        """Answers with their students' names, in the order of students and steps; of one step, or all."""
        joined = ANSWER.join(STUDENT, (STUDENT.c["class"] == ANSWER.c["class"]) & (STUDENT.c.number == ANSWER.c.number))
        asked = sa.select(ANSWER, STUDENT.c.name).select_from(joined).where(ANSWER.c["class"] == key)
        if step is not None:
            asked = asked.where(ANSWER.c.step == step)
        with self.engine.connect() as run:
            return [dict(row) for row in run.execute(asked.order_by(ANSWER.c.number, ANSWER.c.step)).mappings()]
