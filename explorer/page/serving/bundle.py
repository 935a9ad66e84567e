"""The page's modules as one script, and its styles as one sheet: for a folder on a host one request in place of a hundred.

The modules stay as they are written, each in a function of its own that hands out its exports, those that others import first.
What the page's style forbids isn't looked for: no module exports a variable that changes, or everything of another.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from explorer.core.schema import ExplorerError

IMPORT = re.compile(r'^import (?:(\* as \w+|\{[^}]*\}) from )?"(\.[^"]+)";\n', re.MULTILINE)
AGAIN = re.compile(r'^export \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
LOCAL = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)
DECLARED = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)
LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')  # needed at times, but never without what is here
COMMENTS = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*\n|^[ \t]*//[^\n]*\n", re.MULTILINE | re.DOTALL)
STYLE_COMMENTS = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


def bundle(
    root: Path, entry: str, without: Collection[str] = (), at: str | None = None, apart: Collection[str] = ()
) -> str:
    """A module and all that it imports as one module that may lie in the place of the first.

    Args:
        root: folder of the modules.
        entry: the module's path within it.
        without: modules, imported at times, that nobody asks for there.
        at: address of the folder as its modules are to know it; else where they are loaded from.
        apart: modules, imported at times, that lie beside it, each with what it alone imports as one file, see `part`.

    Raises:
        ExplorerError: a module is missing, or two import each other.
    """
    done: dict[str, str] = {}
    _add(root, entry, done, (), without, apart=apart)
    up = "../" * entry.count("/") or "./"
    base = f'new URL("{up}", import.meta.url)' if at is None else f'new URL("{at}")'
    text = f"const $root = {base};\n" + "".join(done.values())
    return f"{text}globalThis.$page = {{ $root, {', '.join(map(_variable, done))} }};\n" if apart else text


def part(root: Path, name: str, entry: str, without: Collection[str], apart: Collection[str]) -> str:
    """A module that lies apart from the bundle of `entry`, whose modules it takes as they are there; see `bundle`."""
    done: dict[str, str] = {}
    _add(root, entry, done, (), without, apart=apart)
    shared = list(done)
    _add(root, name, done, (), without, apart=apart)
    own = "".join(text for module, text in done.items() if module not in shared)
    taken = ", ".join(map(_variable, shared))
    return f"const {{ $root, {taken} }} = globalThis.$page;\n{own}export const all = {_variable(name)};\n"


def styles(root: Path, names: Sequence[str]) -> str:
    """Style sheets one after the other, without their comments."""
    return "".join(STYLE_COMMENTS.sub("", (root / name).read_text(encoding="utf-8")) for name in names)


def _add(
    root: Path,
    name: str,
    done: dict[str, str],
    above: tuple[str, ...],
    without: Collection[str],
    *,
    apart: Collection[str],
) -> None:
    if name in done:
        return
    if name in above:
        raise ExplorerError(f"The page's modules {name} and {above[-1]} import each other.", "page")
    try:
        text = (root / name).read_text(encoding="utf-8")
    except OSError:
        raise ExplorerError(f"The page's module {name} is missing.", "page") from None
    text = COMMENTS.sub("", text)
    beside = lambda path: posixpath.normpath(posixpath.join(posixpath.dirname(name), path))  # noqa: E731
    for found in (IMPORT, AGAIN, LATER):
        for match in found.finditer(text):
            other = beside(match[match.lastindex or 0])
            if other not in without and (found is not LATER or other not in apart):
                _add(root, other, done, (*above, name), without, apart=apart)
    given = [declared for _, declared in DECLARED.findall(text)]

    def again(match: re.Match[str]) -> str:
        given.extend(f"{out or own}: {_variable(beside(match[2]))}.{own}" for own, out in _names(match[1]))
        return ""

    def local(match: re.Match[str]) -> str:
        given.extend(f"{out}: {own}" if out else own for own, out in _names(match[1]))
        return ""

    def brought(match: re.Match[str]) -> str:
        what, module = match[1], _variable(beside(match[2]))
        if not what:
            return ""
        if what.startswith("*"):
            return f"const {what.removeprefix('* as ')} = {module};\n"
        inside = ", ".join(f"{own}: {here}" if here else own for own, here in _names(what.strip("{}")))
        return f"const {{ {inside} }} = {module};\n"

    text = LOCAL.sub(local, AGAIN.sub(again, text))
    text = IMPORT.sub(brought, text)
    text = DECLARED.sub(r"\1 \2", text)

    def later(match: re.Match[str]) -> str:
        other = beside(match[1])
        if other in apart:
            return f'import(new URL("{other}", $root).href).then(({{ all }}) => all)'
        return "Promise.reject()" if other in without else f"Promise.resolve({_variable(other)})"

    text = LATER.sub(later, text)
    text = text.replace("import.meta.url", f'new URL("{name}", $root).href')
    done[name] = f"const {_variable(name)} = (() => {{\n{text}return {{ {', '.join(given)} }};\n}})();\n"


def _names(text: str) -> list[tuple[str, str]]:
    """`a, b as c` -> (a, ""), (b, c)."""
    parts = [part.split(" as ") for part in text.split(",") if part.strip()]
    return [(own.strip(), more[0].strip() if more else "") for own, *more in parts]


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
