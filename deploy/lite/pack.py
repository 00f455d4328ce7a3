"""Make a folder for phones: a network's graph, and a description that needs no YAML to be read.

python deploy/lite/pack.py --model_path zoo://portrait --save_dir output/lite
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from paddleseg import zoo
from paddleseg.card.files import load_card
from paddleseg.card.schema import Card
from paddleseg.errors import ExportError
from paddleseg.files import atomic_dir, is_file
from paddleseg.inference.runtimes.lite import lite_processor
from paddleseg.program import reports_mistakes

_ZOO = "zoo://"


def describe(card: Card, onnx: str | None, lite: str | None, processor: str = "") -> str:
    """The lines of `model.txt`, which deploy/lite/segmenter/model_file.cpp reads."""
    output = card.output
    shape = card.input.shape or [None, card.input.channels, None, None]
    kind = [output.kind, *(["sigmoid"] if output.activation == "sigmoid" else []), *["multilabel"] * output.multilabel]
    lines = ["portrait-lite 1", f"name {_word(card.name or 'model')}"]
    lines += [f"onnx {onnx}"] if onnx else []
    lines += [f"lite {lite} {processor}"] if lite else []
    lines += ["shape " + " ".join("-1" if side is None else str(side) for side in shape), "output " + " ".join(kind)]
    lines += ["classes " + " ".join(map(_word, card.classes))] if card.classes else []
    for place, steps in (("preprocess", card.preprocess), ("postprocess", card.postprocess)):
        lines += [" ".join([place, step.type, *_arguments(step.args)]) for step in steps]
    return "\n".join(lines) + "\n"


def _arguments(args: dict[str, Any]) -> list[str]:
    return [f"{name}={_value(value)}" for name, value in args.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else _word(str(value))


def _word(text: str) -> str:
    return "_".join(text.split())


def pack(model_path: str, save_dir: str, lite: str | None = None) -> Path:
    """The folder, with the ONNX graph of packed weights or of an exported model, and Paddle Lite's where one is given.

    Raises:
        ExportError: A file is missing or no model, or the folder is there already.
    """
    if model_path.startswith(_ZOO):
        name = model_path[len(_ZOO) :]
        card, onnx = zoo.card(name), zoo.onnx_path(name)
    else:
        card, folder = load_card(model_path)
        if card.files.onnx is None and lite is None:
            raise ExportError(model_path, "has no ONNX graph", "export with --to onnx")
        onnx = folder / card.files.onnx if card.files.onnx else None
    graphs = {".onnx": onnx, ".nb": Path(lite) if lite else None}
    for path in graphs.values():
        if path is not None and not is_file(path):
            raise ExportError(str(path), "is not there", "export the model again")
    processor = lite_processor(Path(lite)) if lite else ""
    target = Path(save_dir)
    if target.exists():
        raise ExportError(save_dir, "is there already", "remove it, or name another folder")
    with atomic_dir(target) as work:
        for ending, path in graphs.items():
            if path is not None:
                shutil.copyfile(path, work / f"model{ending}")
        described = describe(card, "model.onnx" if onnx else None, "model.nb" if lite else None, processor)
        (work / "model.txt").write_text(described, encoding="utf-8")
    return target


@reports_mistakes
def main(argv: list[str] | None = None) -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model_path", required=True, help="zoo://NAME, or a folder that export wrote with --to onnx")
    parser.add_argument("--lite", help="a .nb file of Paddle Lite, made for the phone's processor")
    parser.add_argument("--save_dir", required=True, help="a folder that is not there yet")
    args = parser.parse_args(argv)
    print(f"{pack(args.model_path, args.save_dir, args.lite)} can be given to portrait_open")
    return 0


if __name__ == "__main__":
    sys.exit(main())
