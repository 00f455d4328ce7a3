"""Paddle's own graphs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paddle
from paddle import nn
from paddle.base import framework
from paddle.static import InputSpec

from paddleseg.card import Card
from paddleseg.errors import ExportError, last_line
from paddleseg.export.targets.base import Format, Target, Work
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.layers.reparam import folded
from paddleseg.registry import TARGETS

_ENDING = {"pir": ".json", "legacy": ".pdmodel"}


@TARGETS.register("paddle")
class Paddle(Target):
    """`model.json`, or `model.pdmodel` for Paddle Lite, and the weights in `model.pdiparams`."""

    name, title = "paddle", "Paddle Inference"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"graph": stem + _ENDING[format], "params": f"{stem}.pdiparams"}

    @classmethod
    def write(cls, work: Work) -> None:
        save_graph(work.model, work.card, work.format, (work.folder / str(work.files.params)).with_suffix(""))


def save_graph(model: nn.Layer, card: Card, format: Format, prefix: Path) -> None:
    """Write `prefix`.json or .pdmodel, and `prefix`.pdiparams.

    Raises:
        ExportError: The model cannot be written in this form.
    """
    graph = InferenceGraph(folded(model), card.output)
    # Which write into the lists that they get.
    specs = [InputSpec([*item.shape], "float32", name=item.name) for item in card.inputs]
    # The older form of graph is written under a guard; the flag for it cannot be changed once Paddle is imported.
    guard = paddle.pir_utils.OldIrGuard() if format == "legacy" else contextlib.nullcontext()
    try:
        with guard, evaluating(graph), _named(graph):
            paddle.jit.save(paddle.jit.to_static(graph, input_spec=specs, full_graph=True), str(prefix))
    except OSError:
        raise
    except Exception as error:  # tracing runs the model's own code, which may fail in any way
        hint = "use --format pir" if format == "legacy" else "try a fixed --input_shape"
        what = f"cannot be written as a graph: {last_line(error)}"
        raise ExportError(type(model).__name__, what, hint) from error
    prefix.with_name(f"{prefix.name}.pdiparams.info").unlink(missing_ok=True)


@contextlib.contextmanager
def _named(graph: nn.Layer) -> Iterator[None]:
    """Parameters under the names of their layers, and counters that begin anew.

    Paddle names parameters and operations by how many there were in the process before, so that the same model would
    be other files each time.
    """
    tensors: list[tuple[str, Any]] = [*graph.named_parameters(), *graph.named_buffers()]
    before = [tensor.name for _, tensor in tensors]
    places = getattr(framework, "_name_struct", None)  # where in the model an operation stands
    counted = getattr(places, "_children", {})
    try:
        for name, tensor in tensors:
            tensor.name = name
        if places is not None:
            places._children = {}
        with paddle.utils.unique_name.guard("graph_"):
            yield
    finally:
        for name, (_, tensor) in zip(before, tensors, strict=True):
            tensor.name = name
        if places is not None:
            places._children = counted
