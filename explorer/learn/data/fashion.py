"""Fashion-MNIST: 60,000 + 10,000 pictures of clothes from a shop (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747).

Source: github.com/zalandoresearch/fashion-mnist. Licence: MIT, Copyright (c) 2017 Zalando SE, https://tech.zalando.com.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._fetch import canonical, fetch
from explorer.learn.data.base import DataSet, Items, Split, cache_folder, data_folder

HOME = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
MD5 = {  # as the authors publish them
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
GARMENTS = (
    *("T-shirt", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


@register("data", "fashion")
class Fashion(DataSet):
    """Clothes, 28x28, one grey channel; attribute `garment`. Read from `$EXPLORER_DATA/fashion_mnist` if there."""

    shape = (1, 28, 28)
    conditions = Schema(attributes=(Attribute(name="garment", label="Garment", values=GARMENTS),))
    licence = "MIT"
    source = "Fashion-MNIST, Copyright (c) 2017 Zalando SE; github.com/zalandoresearch/fashion-mnist"
    share_items = True
    modality_arguments = {"framing": {"box": 28, "centre": "box"}}  # Xiao et al. 2017, figure 1

    def load(self, split: Split) -> Items:
        """All items of a split: uint8 [60000 or 10000, 1, 28, 28], in an order that doesn't depend on the copy."""
        folder = data_folder("fashion_mnist")
        if folder:
            with np.load(folder / "fashion_mnist.npz", allow_pickle=False) as file:
                x, y = file[f"x_{split}"], file[f"y_{split}"]
        else:
            prefix = "train" if split == "train" else "t10k"
            x = _idx(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
            y = _idx(f"{prefix}-labels-idx1-ubyte.gz", 8)
        x, y = canonical(x, y)
        return Items(x[:, None], y[:, None].astype(np.float32), {})


def _idx(name: str, header: int) -> np.ndarray:
    """The bytes of one of the published IDX files after its header, uint8."""
    path: Path = fetch(HOME + name, cache_folder("fashion_mnist") / name, MD5[name], "md5")
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)
