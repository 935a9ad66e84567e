"""Read the head out of MakeHuman's files, from the data folder or from their public home, and find lips, brows and eyes in it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from explorer.core.schema import ExplorerError
from explorer.learn.data._faces.heads import BASE, ENDS, SEXES, SHAPES, SMILE, STAGES, Mesh
from explorer.learn.data._faces.raster import corner_weights
from explorer.learn.data._fetch import download
from explorer.learn.data.base import cache_folder, data_folder

COMMIT = "a8bc2d54ff0ac92e78ff71431b1023eda42bf482"
HOME = f"https://raw.githubusercontent.com/makehumancommunity/makehuman/{COMMIT}/makehuman/data/"
SHA256 = (
    "3df2ea3b411c55d0b41f1e9a9e8f2bb92af56f3fb9f3ddc29fb055548c766f6c"  # of names and bytes of all files used, by name
)
PARTS = ("body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth")
NECK = 5.5  # below this height, in the mesh's own decimetres, nothing is seen


def targets() -> list[str]:
    """Names of all targets that a head can need."""
    macro = [f"macrodetails/{shape}-{sex}-{stage}" for shape in SHAPES for sex in SEXES for stage in STAGES]
    macro += [
        f"macrodetails/universal-{sex}-{stage}-averagemuscle-{end}weight"
        for sex in SEXES for stage in STAGES for end in ("min", "max")
    ]  # fmt: skip
    units = [f"expression/units/{shape}/{unit}" for shape in SHAPES for unit in SMILE]
    details = [name for ends in ENDS for names in ends for name in names]
    return [*macro, "head/head-fat-decr", "head/head-fat-incr", *units, *details]


def files() -> dict[str, bytes]:
    """Base mesh and targets by name, checked.

    Raises:
        ExplorerError: they can't be fetched, or aren't the published ones.
    """
    wanted = [BASE, *(f"targets/{name}.target" for name in targets())]
    folder = data_folder("makehuman_cc0")
    if folder:
        with zipfile.ZipFile(folder / "makehuman_targets.zip") as archive:
            found = {name: archive.read(name) for name in wanted}
    else:
        kept = cache_folder("makehuman")
        with ThreadPoolExecutor(8) as pool:
            paths = pool.map(lambda name: download(HOME + name, kept / name.replace("/", "-")), wanted)
            found = {name: path.read_bytes() for name, path in zip(wanted, paths, strict=True)}
    if digest(found) != SHA256:
        raise ExplorerError("The head isn't the published one (its sha256 differs).", "checkpoint")
    return found


def digest(found: Mapping[str, bytes]) -> str:
    """Of names and bytes of all files, in the order of their names."""
    whole = hashlib.sha256()
    for name in sorted(found):
        whole.update(name.encode() + found[name])
    return whole.hexdigest()


def read(found: Mapping[str, bytes]) -> Mesh:
    """The head of a base mesh, with its morphs; `found` as from `files`."""
    vertices, faces = _obj(found[BASE].decode())
    polygons = np.array([f for part in PARTS for f in faces.get(part, ())])
    polygons = polygons[(vertices[polygons][..., 1] > NECK).all(1)]
    triangles = np.concatenate([polygons[:, [0, 1, 2]], polygons[:, [0, 2, 3]]])
    used, triangles = np.unique(triangles, return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    place = np.full(len(vertices), -1)
    place[used] = np.arange(len(used))
    names = targets()
    morphs = np.zeros((len(names), len(used), 3), np.float32)
    for k, name in enumerate(names):
        rows = _target(found[f"targets/{name}.target"].decode())
        where = place[rows[:, 0].astype(int)]
        morphs[k, where[where >= 0]] = rows[where >= 0, 1:]
    base = vertices[used].astype(np.float32)
    column = {name: k for k, name in enumerate(names)}
    skin = np.isin(used, np.unique(faces["body"]))
    eyes = [place[np.unique(faces[f"helper-{side}-eye"])] for side in "lr"]
    return Mesh(
        base=base,
        triangles=triangles,
        morphs=morphs.reshape(len(names), -1),
        column=column,
        **_paint(base, morphs, column, skin, eyes),
        **_frame(base, skin),
        meet=corner_weights(triangles, len(used)),
    )


def _obj(text: str) -> tuple[np.ndarray, dict[str, list[list[int]]]]:
    """Vertices [n, 3] and, for each group, its polygons as indices of vertices."""
    vertices, faces, group = [], {}, ""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(word) for word in rest.split()])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            faces.setdefault(group, []).append([int(word.split("/")[0]) - 1 for word in rest.split()])
    return np.array(vertices), faces


def _target(text: str) -> np.ndarray:
    """A target's rows, vertex and displacement, [n, 4]."""
    rows = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    return np.array(rows.split(), np.float64).reshape(-1, 4)


def _paint(
    base: np.ndarray, morphs: np.ndarray, column: Mapping[str, int], skin: np.ndarray, eyes: Sequence[np.ndarray]
) -> dict[str, np.ndarray]:
    """How much of each colour a vertex has, [V] each.

    Lips are what the targets of their volume move, brows an arch above each eye, the iris the middle of its front.

    Args:
        base: vertices [V, 3].
        morphs: displacements [M, V, 3].
        column: of each target's name.
        skin: which vertices are the body's, bool [V].
        eyes: vertices of each eye.
    """
    size = np.linalg.norm(morphs, axis=2)
    lips = np.maximum(
        size[column["mouth/mouth-upperlip-volume-incr"]], size[column["mouth/mouth-lowerlip-volume-incr"]]
    )
    lips = np.clip(2.2 * lips / lips.max(), 0, 1) * skin
    white = (~skin).astype(float)
    iris = np.zeros(len(base))
    brows = np.zeros(len(base))
    front = skin & (base[:, 2] > 1)
    for eye in eyes:
        middle = base[eye].mean(0)
        r = np.linalg.norm(base[eye][:, :2] - middle[:2], axis=1)
        iris[eye] = (r < 0.075) & (base[eye][:, 2] > middle[2])
        outward = (base[:, 0] - middle[0]) * np.sign(middle[0])
        arch = middle[1] + 0.27 - 0.9 * np.clip(outward - 0.02, 0, None) ** 2
        near = np.clip(1.5 - np.abs(base[:, 1] - arch) / 0.045, 0, 1)
        brows = np.maximum(brows, near * (outward > -0.17) * (outward < 0.26) * front)
    return {"lips": lips, "brows": brows, "white": white, "iris": iris}


def _frame(base: np.ndarray, skin: np.ndarray) -> dict[str, int]:
    """Crown and chin: the highest vertex on the middle line, and the lowest one of its front."""
    middle = skin & (np.abs(base[:, 0]) < 1e-3)
    top = int(np.flatnonzero(middle)[base[middle, 1].argmax()])
    low = middle & (base[:, 2] > 1.0)
    chin = int(np.flatnonzero(low)[base[low, 1].argmin()])
    return {"top": top, "chin": chin}
