"""A trained model as files that run without this package, with the card that says how."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import paddle
from paddle import nn
from paddle.static import InputSpec

from paddleseg.card import CARD_NAME, DEPLOY_NAME, Card, Files, Measured, deploy_text, save_card
from paddleseg.errors import ExportError, last_line
from paddleseg.export.to_onnx import to_onnx
from paddleseg.export.verify import verify
from paddleseg.files import atomic_dir, file_sha256
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.layers.reparam import folded

Format = Literal["pir", "legacy"]
_GRAPH_ENDING = {"pir": ".json", "legacy": ".pdmodel"}


@dataclass(frozen=True)
class Exported:
    """What export has written and how far each runtime is from the model in memory (largest difference)."""

    folder: Path
    card: Card
    differences: dict[str, float]


def export_model(
    model: nn.Layer,
    card: Card,
    save_dir: str | Path,
    *,
    format: Format = "pir",
    onnx: bool = False,
    for_fastdeploy: bool = False,
    compare: bool = True,
) -> Exported:
    """Write `model` for deployment and prove that the written files give its numbers.

    Args:
        card: From `card_from_config`; its input shape and output kind decide what the graph is.
        save_dir: Gets graph, parameters, `inference.yml` and `deploy.yaml`. Other files in it stay.
        format: "pir" writes `model.json`; "legacy" writes `model.pdmodel`, which Paddle Lite reads.
        onnx: Also write `model.onnx`.
        for_fastdeploy: FastDeploy's names: `inference.*`, and `Deploy` inside `inference.yml`.
        compare: Run the files and compare. To time an untrained model leave it out: such weights can make logits so
            large that their rounding alone is a difference.

    Raises:
        ExportError: The model cannot be written in this form, or the files give other numbers.
        OutputError: `save_dir` cannot be written.
    """
    stem = "inference" if for_fastdeploy else "model"
    files = Files(graph=stem + _GRAPH_ENDING[format], params=f"{stem}.pdiparams", onnx=f"{stem}.onnx" if onnx else None)
    with _staged(Path(save_dir)) as folder:
        _write_graph(model, card, folder / stem, format)
        if onnx:
            to_onnx(folder, files)
        card = card.model_copy(
            update={
                "files": files,
                "measured": Measured(parameters=_count_parameters(model)),
                "sha256": file_sha256(folder / f"{stem}.pdiparams"),
                "versions": card.versions | {"paddle": paddle.__version__},
            }
        )
        _write_cards(card, folder, for_fastdeploy)
        differences = verify(folder, model) if compare else {}
    return Exported(Path(save_dir), card, differences)


def _write_graph(model: nn.Layer, card: Card, prefix: Path, format: Format) -> None:
    graph = InferenceGraph(folded(model), card.output)
    spec = InputSpec([*card.input.shape], "float32", name="x")  # which writes into the list it gets
    # The older form of graph is written under a guard; the flag for it cannot be changed once Paddle is imported.
    guard = paddle.pir_utils.OldIrGuard() if format == "legacy" else contextlib.nullcontext()
    try:
        with guard, evaluating(graph):
            paddle.jit.save(paddle.jit.to_static(graph, input_spec=[spec], full_graph=True), str(prefix))
    except OSError:
        raise
    except Exception as error:  # tracing runs the model's own code, which may fail in any way
        hint = "use --format pir" if format == "legacy" else "try a fixed --input_shape"
        raise ExportError(type(model).__name__, f"cannot be written as a graph: {last_line(error)}", hint) from error
    prefix.with_name(f"{prefix.name}.pdiparams.info").unlink(missing_ok=True)


def _write_cards(card: Card, folder: Path, for_fastdeploy: bool) -> None:
    save_card(card, folder / CARD_NAME)
    (folder / DEPLOY_NAME).write_text(deploy_text(card), encoding="utf-8")
    if for_fastdeploy:
        with (folder / CARD_NAME).open("a", encoding="utf-8") as stream:
            stream.write(deploy_text(card))


def _count_parameters(model: nn.Layer) -> int:
    return sum(int(parameter.size) for parameter in model.parameters() if not parameter.stop_gradient)


@contextlib.contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A folder to write in that becomes `folder`, or whose files move into it, once everything is there."""
    if not folder.exists():
        with atomic_dir(folder) as new:
            yield new
        return
    stage = folder / ".export"
    try:
        with atomic_dir(stage) as new:
            yield new
        # Without its card an export is refused; so nobody runs a mixture of two while files are exchanged.
        for old in _earlier_export(folder):
            old.unlink(missing_ok=True)
        for file in sorted(stage.iterdir(), key=lambda path: path.name == CARD_NAME):
            file.replace(folder / file.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _earlier_export(folder: Path) -> Sequence[Path]:
    """The files of an earlier export, its cards first."""
    graphs = [
        f"{stem}{ending}" for stem in ("model", "inference") for ending in (".json", ".pdmodel", ".onnx", ".pdiparams")
    ]
    return [folder / name for name in (CARD_NAME, DEPLOY_NAME, *graphs)]
