"""A trained model as files that run without this package, with the card that says how."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import paddle
from paddle import nn

from paddleseg.card import CARD_NAME, DEPLOY_NAME, Card, Files, Measured, deploy_text, read_card, save_card
from paddleseg.errors import ConfigError, OutputError, Problem
from paddleseg.export.compare import MIOU_TOLERANCE
from paddleseg.export.compare import compare as compare_photos
from paddleseg.export.embed.check import check_embedded
from paddleseg.export.embed.steps import Ending
from paddleseg.export.embed.steps import require as require_embeddable
from paddleseg.export.targets import in_order, require
from paddleseg.export.targets.base import Format, Precision, Target, Work
from paddleseg.export.targets.onnx import OPSET
from paddleseg.export.verify import verify
from paddleseg.files import atomic_dir, file_sha256
from paddleseg.models.pruned import shapes_of

if TYPE_CHECKING:
    from paddleseg.export.quantize.recipe import Recipe


@dataclass(frozen=True)
class Exported:
    """What export has written and how far each runtime is from the model in memory (largest difference).

    With photos the card's `measured.verified_exports` say more.
    """

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
    to: Sequence[str] = (),
    photos: Sequence[Path] = (),
    command: str = "",
    precision: Precision = "fp32",
    calibration: Sequence[Path] = (),
    recipe: Recipe | None = None,
    most_lost: float = MIOU_TOLERANCE,
    opset: int = OPSET,
    embed: Ending | None = None,
    check: Callable[[Path], None] = lambda folder: None,
) -> Exported:
    """Write `model` for deployment and prove that the written files give its numbers.

    Args:
        card: From `card_from_config`; its input shape and output kind decide what the graph is.
        save_dir: Gets graph, parameters, `inference.yml` and `deploy.yaml`. Other files in it stay.
        format: "pir" writes `model.json`; "legacy" writes `model.pdmodel`, which Paddle Lite reads.
        onnx: Also write `model.onnx`; as "onnx" in `to`.
        for_fastdeploy: FastDeploy's names: `inference.*`, and `Deploy` inside `inference.yml`.
        compare: Run the files and compare. To time an untrained model leave it out: such weights can make logits so
            large that their rounding alone is a difference.
        to: Registered targets, such as "onnx" and "openvino". What they are made of is written too; Paddle's graph
            always is.
        photos: Image files on which every target is run, compared and timed; the card gets the figures.
        command: What the card says that made these figures.
        precision: Of the targets that have a choice; Paddle's graph stays in 32 bits.
        calibration: What int8 learns ranges of values from; `photos` where it is left out.
        recipe: How int8 is made; None for the usual way.
        most_lost: As of `compare`.
        opset: Of ONNX, 11 to 21.
        embed: Also write an ONNX graph from a picture to its "mask" or "prob", as `export.embed.write` tells.
        check: Called with the finished files before they take their place; what it raises leaves nothing behind.

    Raises:
        ConfigError: There is no such target.
        ExportError: The model cannot be written in this form, or the files give other numbers.
        DataError: A photo cannot be read.
        OutputError: `save_dir` cannot be written.
    """
    targets = in_order(["paddle", *(["onnx"] if onnx or embed else []), *to])
    require(targets, compare)
    _require_precision(targets, precision, photos, calibration)
    if embed:
        require_embeddable(card)
    stem = "inference" if for_fastdeploy else "model"
    files = Files(**{key: name for target in targets for key, name in target.files(stem, format).items()})
    with _staged(Path(save_dir)) as folder:
        work = Work(model, card, format, folder, files, precision, opset, calibration or photos, recipe)
        for target in targets:
            target.write(work)
        work.exact.unlink(missing_ok=True)
        if embed:
            from paddleseg.export.embed.write import write_embedded  # needs the package onnx

            files = files.model_copy(update={"embedded": f"{stem}.embedded.onnx"})
            write_embedded(folder / str(files.onnx), card, folder / str(files.embedded), embed)
        card = card.model_copy(
            update={
                "files": files,
                "pruned": shapes_of(model),
                "measured": Measured(parameters=_count_parameters(model)),
                "sha256": file_sha256(folder / f"{stem}.pdiparams"),
                "versions": card.versions | {"paddle": paddle.__version__},
            }
        )
        _write_cards(card, folder, for_fastdeploy)
        differences = verify(folder, model, precision=precision) if compare else {}
        rows = compare_photos(folder, model, photos, command, precision, most_lost) if photos else []
        if embed and compare:
            row = check_embedded(folder, model, embed, photos, command, precision)
            differences["embedded"] = row.largest_difference
            rows += [row] if photos else []
        if rows:
            measured = card.measured.model_copy(update={"verified_exports": rows})
            card = card.model_copy(update={"measured": measured})
            _write_cards(card, folder, for_fastdeploy)
        check(folder)
    return Exported(Path(save_dir), card, differences)


def _require_precision(
    targets: Sequence[type[Target]], precision: Precision, photos: Sequence[Path], calibration: Sequence[Path]
) -> None:
    """Refuse a precision that nothing has, or that cannot be proven.

    Raises:
        ConfigError: It cannot be had.
    """
    if precision == "fp32":
        return
    if not any(precision in target.precisions for target in targets):
        names = ", ".join(target.name for target in targets)
        hint = "add --to onnx or openvino; Paddle Inference chooses its precision when it loads a graph"
        raise ConfigError(f"--precision {precision}", f"is not what {names} can be written in", hint)
    if precision == "int8" and not photos:
        what = "has to be proven on photos, and learns its ranges from photos"
        raise ConfigError(
            "--precision int8", what, "add --verify PHOTOS" + ("" if calibration else " --calibrate PHOTOS")
        )


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
        earlier = _earlier_export(folder)
        foreign = [folder / file.name for file in stage.iterdir() if folder / file.name not in earlier]
        if taken := [path for path in foreign if os.path.lexists(path)]:
            what = "is there already, and of no earlier export"
            raise OutputError([Problem(str(path), what, "choose another --save_dir") for path in taken])
        # Without its card an export is refused; so nobody runs a mixture of two while files are exchanged.
        for old in earlier:
            old.unlink(missing_ok=True)
        for file in sorted(stage.iterdir(), key=lambda path: path.name == CARD_NAME):
            file.replace(folder / file.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _earlier_export(folder: Path) -> Sequence[Path]:
    """The files of an earlier export, its cards first."""
    graphs = [
        f"{stem}{ending}"
        for stem in ("model", "inference")
        for ending in (".json", ".pdmodel", ".onnx", ".embedded.onnx", ".pdiparams")
    ]
    with contextlib.suppress(ConfigError):
        # Other programs use these names too, so the files go only where the card says that they are of an export.
        named = set(read_card(folder / CARD_NAME).files.model_dump().values())
        endings = (".xml", ".x86.nb", ".arm.nb", ".tflite", ".engine")
        ours = [f"{stem}{ending}" for stem in ("model", "inference") for ending in endings]
        graphs += [name for name in ours if name in named]
        graphs += [name.replace(".xml", ".bin") for name in graphs if name.endswith(".xml")]
    return [folder / name for name in (CARD_NAME, DEPLOY_NAME, *graphs)]
