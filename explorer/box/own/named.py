"""A model by name: `module:Class` with weights in safetensors, a folder of diffusers, or an ONNX encoder and decoder.

Importing a module runs its code: so a name comes from the command line of the person whose code it is, never from a file that
was sent, and never from a checkpoint.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.box.own import arrays
from explorer.box.own.formats import lacking
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.core.schema import ExplorerError


def model(name: str, weights: Path | None = None, decoder: Path | None = None, arguments: str = "{}") -> Any:
    """The model of a name.

    Args:
        name: `module:Class` (or an object of a module), found from the folder that one is in; an encoder's `.onnx` file; or a
            folder that `save_pretrained` of a model of diffusers has written.
        weights: safetensors of the class's `state_dict`.
        decoder: an `.onnx` file.
        arguments: of the class, as JSON.

    Raises:
        ExplorerError: no such module, class or file, or weights that don't fit.
    """
    if name.endswith(".onnx"):
        return OnnxPair(Path(name), decoder)
    if Path(name).is_dir():
        return _pretrained(Path(name))
    place, _, attribute = name.partition(":")
    if not attribute:
        raise ExplorerError(
            f"A model is given as module:Class, as an .onnx file or as a folder of diffusers, not as {name!r}."
        )
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(place), attribute)
        made = found(**json.loads(arguments)) if isinstance(found, type) else found
    except json.JSONDecodeError:
        raise ExplorerError(f'The arguments {arguments[:60]!r} are no JSON, such as {{"latent": 8}}.') from None
    except Exception as error:  # their code may raise anything
        raise ExplorerError(f"{name} can't be made: {type(error).__name__}: {str(error)[:200]}.") from None
    if weights is not None:
        _filled(made, weights)
    return made


def _pretrained(folder: Path) -> nn.Module:
    """A model of diffusers from its folder: the class that `config.json` names, if it is the library's own, and safetensors.

    Raises:
        ExplorerError: no such folder, or a class that isn't the library's.
    """
    import diffusers

    try:
        named = json.loads((folder / "config.json").read_text(encoding="utf-8"))["_class_name"]
        kind = getattr(diffusers, named)
        if not issubclass(kind, diffusers.ModelMixin):
            raise TypeError(named)
        return kind.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    except Exception as error:  # a folder of anything else makes it raise whatever it likes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise ExplorerError(f"{folder.name} holds no model of diffusers that can be opened: {reason}.") from None


def _filled(module: nn.Module, path: Path) -> None:
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError):
        raise ExplorerError(f"{path.name} can't be read as safetensors.") from None
    try:
        module.load_state_dict(tensors)
    except (RuntimeError, AttributeError) as error:
        lines = str(error).strip().splitlines()
        raise ExplorerError(f"{path.name} doesn't fit {type(module).__name__}: {lines[-1].strip()[:200]}") from None


class OnnxPair:
    """An encoder and, where there is one, a decoder in ONNX; their inputs in order are the items and the condition.

    Raises:
        ExplorerError: onnxruntime isn't installed, or a file is no graph that it runs.
    """

    def __init__(self, encoder: Path, decoder: Path | None = None) -> None:
        self.encode = _Graph(encoder)
        if decoder is not None:
            self.decode = _Graph(decoder)


class _Graph:
    """A graph as a function of tensors."""

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise ExplorerError(lacking(path, "onnxruntime")) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no class of their own
            lines = str(error).strip().splitlines()
            raise ExplorerError(f"{path.name} is no graph that can be run: {lines[0][:200]}") from None
        self.inputs = self.session.get_inputs()

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Inputs [N, ...] in order -> all outputs; one by one where the graph was made for a batch of one."""
        if len(given) != len(self.inputs):
            raise TypeError(f"it takes {len(self.inputs)} inputs, not {len(given)}")
        if self.inputs[0].shape[:1] == [1] and len(given[0]) != 1:
            rows = [self(*(one[k : k + 1] for one in given)) for k in range(len(given[0]))]
            return tuple(torch.cat(parts) for parts in zip(*rows, strict=True))
        values = [
            one.numpy().astype(KINDS.get(told.type, np.float32)) for told, one in zip(self.inputs, given, strict=True)
        ]
        names = [told.name for told in self.inputs]
        return tuple(map(torch.from_numpy, self.session.run(None, dict(zip(names, values, strict=True)))))


KINDS = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
}


def items(thing: Path, settings: Settings) -> tuple[np.ndarray, dict[str, list[str]]]:
    """What a model is given: an array as it is in its file, anything else as shares from 0 to 1, and the attributes.

    Raises:
        ExplorerError: see `look`.
    """
    if thing.suffix.lower() in (".npz", ".npy") and thing.is_file():
        _, x, columns, _ = arrays.picked(thing)
        return x, {one.title: list(one.cells) for one in columns}
    found = look(thing, settings)
    x = found.x.astype(np.float32) / 255 if found.x.dtype == np.uint8 else found.x
    return x, {one.title: list(one.cells) for one in found.columns if len(one.cells) == len(x) and one.kind != "item"}
