"""Shapes of one x for each modality: what contracts are tested on."""

SHAPES = {
    "image": [(1, 28, 28), (3, 16, 16), (3, 32, 64)],
    "series": [(1, 24), (6, 32)],
    "sound": [(1, 64, 48)],
    "table": [(5,), (14,)],
    "shape": [(1, 48, 48)],
    "text": [(8,), (11,)],
}
