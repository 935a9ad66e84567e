"""What the page asks of tabs that operations declare: with which values they begin, and what is said of their pictures."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, create_model

from explorer.core.checked import Misfit, fitting
from explorer.core.refusals import refuse
from explorer.core.registry import find
from explorer.play.operations.tab import Options, Question
from explorer.play.operations.turned import Begun, Shown, Turned
from explorer.play.session import Session


def _tab(session: Session, name: str) -> Turned:
    """A declared tab that a model has.

    Raises:
        ExplorerError: it is none, or the model lacks what it needs.
    """
    tab = find("tabs", name)()
    if not isinstance(tab, Turned):
        raise refuse("general", title=tab.title)
    if reason := tab.why_not(session.card):
        raise refuse("reason", reason=reason)
    return tab


@cache
def _partial(kind: type[Turned]) -> type[BaseModel]:
    """The parameters of a tab's operation, none of which must be there."""
    fields = kind.operation.Params.model_fields.items()
    loose = {name: (Annotated[field.annotation, None, *field.metadata] | None, None) for name, field in fields}
    return create_model("Taken", __base__=Options, **loose)


def _reading(session: Session, asked: Shown) -> dict[str, Any]:
    tab = _tab(session, asked.tab)
    try:
        fitting(_partial(type(tab)), asked.taken)
        fitting(tab.Options, asked.options)
    except Misfit as error:
        raise refuse("parameter", title=tab.title, misfit=str(error)) from None
    return tab.read(session, asked).json_able()


def _begun(session: Session, asked: Begun) -> dict[str, Any]:
    return _tab(session, asked.tab).start(session, asked.base)


QUESTIONS = {"begun": Question(Begun, _begun), "reading": Question(Shown, _reading)}
