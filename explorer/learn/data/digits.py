"""MNIST: 60,000 + 10,000 handwritten digits (LeCun, Bottou, Bengio and Haffner 1998).

Source: the `mnist.npz` that Keras publishes. Licence: CC BY-SA 3.0 (Yann LeCun and Corinna Cortes), as the Keras
documentation states; share-alike, so the items themselves are not bundled with a checkpoint.
"""

from __future__ import annotations

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._fetch import canonical, fetch
from explorer.learn.data.base import DataSet, Items, Split, cache_folder, data_folder

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@register("data", "digits")
class Digits(DataSet):
    """Handwritten digits, 28x28, one grey channel; attribute `digit`. Read from `$EXPLORER_DATA/mnist` if there."""

    shape = (1, 28, 28)
    conditions = Schema(attributes=(Attribute(name="digit", label="Digit", values=tuple("0123456789")),))
    licence = "CC BY-SA 3.0"
    source = "MNIST, Yann LeCun and Corinna Cortes; storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"

    modality_arguments = {"framing": {"box": 20, "centre": "mass"}}  # LeCun et al. 1998

    def load(self, split: Split) -> Items:
        """All items of a split: uint8 [60000 or 10000, 1, 28, 28], in an order that doesn't depend on the copy."""
        folder = data_folder("mnist")
        path = folder / "mnist.npz" if folder else fetch(URL, cache_folder("mnist") / "mnist.npz", SHA256)
        with np.load(path, allow_pickle=False) as file:
            x, y = canonical(file[f"x_{split}"], file[f"y_{split}"])
        return Items(x[:, None], y[:, None].astype(np.float32), {})
