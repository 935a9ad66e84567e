"""3x3 convolutions with a quarter of the multiplications: Winograd's minimal filtering, F(4x4, 3x3), written into a graph.

A decoder's time in the page goes into its 3x3 convolutions, and the page's runtime multiplies as fast as WebAssembly can. What is
left is to multiply less. On a tile d of 6x6 numbers a filter g of 3x3 gives the 4x4 outputs

    Y = A' [ (G g G') * (B' d B) ] A        (' transposed, * number by number)

with 36 products in place of 144: equation 8 and section 4.3 of Lavin and Gray, "Fast algorithms for convolutional neural
networks" (CVPR 2016). Over channels the products become 36 matrix products. Both transforms of pictures are convolutions
of one channel with a constant kernel; that of the filters is of constants alone, so the runtime makes it once, when it
opens the file, which keeps its 9 numbers a filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

TILE, STEP = 6, 4  # sides of what a tile reads and writes
FEWEST = 16  # tiles; below that the matrices are too narrow for the products to be fast
# The transforms run at about half the speed of large products.
SLOWER = 2.0
# From the points 0, 1, -1, 2, -2 and infinity.
B = np.array(
    [
        [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
    ],
    dtype=np.float64,
)  # fmt: skip
G = np.array(
    [[1 / 4, 0, 0], [-1 / 6] * 3, [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
)
A = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=np.float64)


def rewrite(model: ModelProto) -> int:
    """Rewrite in place the convolutions of one picture that gain by it -> how many.

    Those with a 3x3 kernel and a bias, one group, steps of 1, a border of 1, and sides that are multiples of 4.
    """
    import onnx

    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.input, *graph.output)
    }
    nodes: list[NodeProto] = []
    writer = _Writer(model.graph)
    for node in model.graph.node:
        sizes = _sizes(node, shapes)
        if sizes is None:
            nodes.append(node)
        else:
            nodes += writer.write(node, *sizes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return writer.count


def _sizes(node: NodeProto, shapes: dict[str, list[int]]) -> tuple[int, int, int, int] | None:
    """Channels in and out, height and width of a convolution that gains; None of any other node."""
    from onnx.helper import get_attribute_value

    if node.op_type != "Conv" or len(node.input) != 3 or node.input[0] not in shapes or node.output[0] not in shapes:
        return None
    given = {a.name: get_attribute_value(a) for a in node.attribute}
    plain = (
        list(given.get("pads", ())) == [1] * 4
        and list(given.get("strides", (1, 1))) == list(given.get("dilations", (1, 1))) == [1, 1]
        and given.get("group", 1) == 1
        and given.get("auto_pad", b"NOTSET") == b"NOTSET"
    )
    (n, c, h, w), (_, k, *same) = shapes[node.input[0]], shapes[node.output[0]]
    if not plain or same != [h, w] or n != 1 or h % STEP or w % STEP or h * w < FEWEST * STEP**2:
        return None
    saved = (9 * STEP**2 - TILE**2) * c * k
    spent = TILE**4 * c + TILE**2 * STEP**2 * k
    return (c, k, h, w) if saved > SLOWER * spent else None


class _Writer:
    """Nodes in place of convolutions; the constants that they share go to the graph once."""

    def __init__(self, graph: GraphProto) -> None:
        self.graph, self.known, self.count = graph, {t.name for t in graph.initializer}, 0

    def write(self, conv: NodeProto, c: int, k: int, h: int, w: int) -> list[NodeProto]:
        """The nodes that do what `conv` does."""
        from onnx.helper import make_node

        x, weight, bias = conv.input
        nodes: list[NodeProto] = []

        def add(op: str, *inputs: str, to: str | None = None, **given: object) -> str:
            out = to or f"winograd.{self.count}.{len(nodes)}"
            nodes.append(make_node(op, list(inputs), [out], **given))
            return out

        def shaped(value: str, *shape: int, to: str | None = None) -> str:
            size = self.constant("shape." + ".".join(map(str, shape)), np.array(shape, dtype=np.int64))
            return add("Reshape", value, size, to=to)

        squares, tiles = TILE**2, h * w // STEP**2
        read = self.constant("B", np.einsum("ai,bj->abij", B, B).reshape(squares, 1, TILE, TILE))
        widen = self.constant("G", np.einsum("ai,bj->abij", G, G).reshape(squares, 9))
        join = self.constant("A", np.einsum("ia,jb->abij", A, A).reshape(squares, 1, STEP, STEP))
        # Filters [K, C, 3, 3] -> [36, K, C]; tiles [36, C, T]; their products [36, K, T].
        filters = shaped(add("MatMul", widen, add("Transpose", shaped(weight, k * c, 9), perm=[1, 0])), squares, k, c)
        every = {"kernel_shape": [TILE, TILE], "strides": [STEP, STEP], "pads": [1] * 4}
        parts = shaped(add("Conv", shaped(x, c, 1, h, w), read, **every), c, squares, tiles)
        products = add("MatMul", filters, add("Transpose", parts, perm=[1, 0, 2]))
        parts = shaped(add("Transpose", products, perm=[1, 0, 2]), k, squares, h // STEP, w // STEP)
        every = {"kernel_shape": [STEP, STEP], "strides": [STEP, STEP]}
        picture = shaped(add("ConvTranspose", parts, join, **every), 1, k, h, w)
        add("Add", picture, shaped(bias, 1, k, 1, 1), to=conv.output[0])
        self.count += 1
        return nodes

    def constant(self, name: str, values: np.ndarray) -> str:
        """The name of a constant of the graph, put there when it isn't yet."""
        from onnx.numpy_helper import from_array

        name = f"winograd.{name}"
        if name not in self.known:
            kind = values.dtype if values.dtype == np.int64 else np.float32
            self.graph.initializer.append(from_array(np.ascontiguousarray(values, dtype=kind), name))
            self.known.add(name)
        return name
