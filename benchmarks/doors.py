"""The same photos and weights through every door of the toolkit: how many pixels of the masks differ.

python benchmarks/doors.py --list data/portrait_mini/val.txt --count 24

Doors are `paddleseg val`, `paddleseg predict` with and without a configuration, `Predictor.from_zoo` in each runtime,
and `paddleseg export` followed by each runtime and by `deploy/python/infer.py`. The others are held against the first.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import yaml

from paddleseg import assemble, zoo
from paddleseg.cli.main import main as command
from paddleseg.config.build import Builder
from paddleseg.config.load import load_config
from paddleseg.engine.evaluate import evaluate
from paddleseg.errors import ExportError, UserError
from paddleseg.export.targets.onnx import Onnx
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.predictor import Predictor
from paddleseg.metrics.base import Metric

ROOT = Path(__file__).parents[1]
Masks = list[np.ndarray]


def trainable() -> list[str]:
    """The zoo's names with weights, by which most doors go."""
    return [uri for uri in zoo.names() if zoo.card(uri).files.weights and zoo.card(uri).task == "semantic"]


class Recorder(Metric):
    """Keeps the masks that an evaluation measures."""

    def __init__(self, masks: Masks):
        self.totals, self.masks = {}, masks

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        self.masks.append(mask)

    def compute(self) -> dict[str, float]:
        return {}


class Doors:
    """All ways to the masks of some photos with one of the zoo's weights.

    Args:
        uri: A `zoo://` name.
        photos: The files.
        list_file: A list of them with their labels.
        folder: For all that is written.
    """

    def __init__(self, uri: str, photos: list[Path], list_file: Path, folder: Path):
        self.uri, self.photos, self.list_file, self.folder = uri, photos, list_file, folder
        model = zoo.card(uri).model
        assert model is not None
        dataset = {"type": "Dataset", "dataset_root": "/", "val_path": str(list_file), "num_classes": 2}
        self.config = folder / "config.yml"
        self.config.write_text(yaml.safe_dump({"model": model.model_dump(), "val_dataset": dataset}), encoding="utf-8")
        self.exported = folder / "exported"

    def all(self) -> Iterator[tuple[str, Callable[[], Masks]]]:
        yield "val", self.val
        yield "predict --config", lambda: self.predict("--config", str(self.config), "--device", "cpu")
        yield "predict", self.predict
        for runtime in ("dygraph", "onnx"):
            yield f"from_zoo {runtime}", lambda runtime=runtime: self.of(Predictor.from_zoo(self.uri, runtime))
        yield "export + paddle", lambda: self.of(Predictor.from_export(self.export(), "paddle"))
        yield "export + onnx", lambda: self.of(Predictor.from_export(self.export(onnx=True), "onnx"))
        yield "export + infer.py", self.infer

    def val(self) -> Masks:
        masks: Masks = []
        cfg = load_config(self.config)
        predictor = assemble.predictor_from_config(cfg, self.uri)
        evaluate(predictor, Builder(cfg).dataset("val"), metrics=[Recorder(masks)], log=lambda line: None)
        return masks

    def predict(self, *flags: str) -> Masks:
        target = self.folder / f"predict{len(flags)}"
        photos = ["--image_path", str(self.list_file), "--save_dir", str(target), "--outputs", "mask"]
        assert command(["predict", *flags, "--model_path", self.uri, *photos]) == 0
        return self.read(target / "mask")

    def export(self, onnx: bool = False) -> Path:
        folder = self.exported.with_name(f"exported{'_onnx' * onnx}")
        if not folder.is_dir():
            if onnx and (missing := Onnx.missing()):
                raise ExportError("--onnx", missing, Onnx.cure)
            flags = ["--config", str(self.config), "--model_path", self.uri, "--save_dir", str(folder)]
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                ended = command(["export", *flags, *(["--onnx"] if onnx else [])])
            if ended:
                raise ExportError("export", said.getvalue().strip() or "ended without a word")
        return folder

    def infer(self) -> Masks:
        target = self.folder / "infer"
        script = [sys.executable, str(ROOT / "deploy/python/infer.py"), "--config", str(self.export())]
        paths = ["--image_path", str(self.list_file), "--save_dir", str(target), "--device", "cpu"]
        subprocess.run([*script, *paths], check=True, capture_output=True)
        return self.read(target)

    def of(self, predictor: Predictor) -> Masks:
        return [predictor(read_image(photo)).mask for photo in self.photos]

    def read(self, folder: Path) -> Masks:
        return [read_label(folder / f"{photo.stem}.png") for photo in self.photos]


def differing(uri: str, pairs: list[tuple[Path, Path]]) -> dict[str, int | str]:
    """By door, the pixels that differ from those of `paddleseg val`, over all photos; or why it could not be tried."""
    found: dict[str, int | str] = {}
    with tempfile.TemporaryDirectory() as name:
        list_file = Path(name) / "list.txt"
        list_file.write_text("".join(f"{image} {label}\n" for image, label in pairs), encoding="utf-8")
        doors = Doors(uri, [image for image, _ in pairs], list_file, Path(name))
        reference: Masks = []
        for door, masks_of in doors.all():
            try:
                masks = masks_of()
            except UserError as error:
                found[door] = error.problems[0].what
                continue
            reference = reference or masks
            found[door] = sum(int((a != b).sum()) for a, b in zip(reference, masks, strict=True))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=Path, default=ROOT / "data/portrait_mini/val.txt", help="photos with labels")
    parser.add_argument("--count", type=int, default=24, help="photos, from the list's start (default: %(default)s)")
    parser.add_argument("--models", nargs="+", default=trainable(), metavar="URI", help="default: all with weights")
    args = parser.parse_args()
    lines = args.list.read_text(encoding="utf-8").splitlines()[: args.count]
    pairs = [tuple((args.list.parent / name).resolve() for name in line.split()) for line in lines]
    print(f"Differing pixels on {len(pairs)} photos:")
    for uri in args.models:
        for door, pixels in differing(uri, pairs).items():
            print(f"{uri:32} {door:20} {pixels}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
