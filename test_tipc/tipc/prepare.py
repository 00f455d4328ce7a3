"""Lay out what a chain needs: photos with lists of its mode's length, weights, exported models (prepare.sh).

    bash test_tipc/prepare.sh test_tipc/configs/pphumanseg_lite/train_infer_python.txt lite_train_lite_infer

Nothing is fetched: the photos are the bundled ones, and weights are packed or left by a training chain.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.errors import ExportError, WeightsError
from paddleseg.files import atomic_dir, atomic_path, atomic_write_text
from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import OUTPUT, environment, python
from test_tipc.tipc.params import read_cpp_params, read_params
from test_tipc.tipc.train_infer import MODES, TRAINING

PHOTOS, DATA = Path("data/portrait_mini"), Path("test_tipc/data/portrait_mini")
_LITE_TRAIN, _LITE_INFER = 16, 4  # photos of the short modes
# What else models are exported for: the section that says where to, its line, and flags of export.
EXPORTS = {
    "paddle2onnx_infer": ("paddle2onnx_params", "model_dir", []),
    "serving_infer": ("serving_params", "dirname", ["--format", "legacy"]),
    "cpp_infer": ("", "", ["--to", "onnx"]),
}


def lay_out_photos(mode: str) -> None:
    """The bundled photos, with train.txt, val.txt and test.txt of as many as the mode has."""
    train, val = ((PHOTOS / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in ("train", "val"))
    lists = {
        "train": train[:_LITE_TRAIN] if mode.startswith("lite_train") else train,
        "val": val[:_LITE_INFER] if mode.startswith("lite_train") else val,
        "test": val if mode.endswith("whole_infer") else val[:_LITE_INFER],
    }
    if not (DATA / "images").is_dir():
        with atomic_dir(DATA) as new:
            for folder in ("images", "masks"):
                shutil.copytree(PHOTOS / folder, new / folder)
    for name, lines in lists.items():
        atomic_write_text(DATA / f"{name}.txt", "\n".join(lines) + "\n")
    print(f"{DATA}: " + ", ".join(f"{name}.txt of {len(lines)}" for name, lines in lists.items()))


def lay_out_weights(model: str, weights: str) -> None:
    """The file that whole_infer starts from, of the longest training chain that has run.

    Raises:
        WeightsError: No chain has left any.
    """
    target = Path(weights)
    if "://" in weights or target.is_file():
        return
    found = [
        file
        for mode in reversed(TRAINING)
        for file in sorted((OUTPUT / model / mode).glob("*_train_gpus_*/best_model/model.pdparams"))
    ]
    if not found:
        hint = f"run the chain {TRAINING[0]} of {model} first, or put trained weights there"
        raise WeightsError(weights, "is not there, and no weights of this network are packed", hint)
    with atomic_path(target) as new:
        shutil.copyfile(found[0], new)
    print(f"{target}: of {found[0]}")


def export(config: Path, mode: str) -> None:
    """The exported folder that a file names, by the export and with the weights of train_infer_python.txt beside it.

    Raises:
        ExportError: The export failed.
    """
    title, line, flags = EXPORTS[mode]
    folder = Path(read_params(config, title)[title][line].value if title else read_cpp_params(config)["model_path"])
    folder = folder if title else folder.parent
    sections = read_params(config.parent / "train_infer_python.txt", "train_params", "export_params", "infer_params")
    train, exports, infers = (sections[name] for name in ("train_params", "export_params", "infer_params"))
    weights, script = infers["infer_model"].choices()[0], infers["infer_export"].choices()[0]
    lay_out_weights(train["model_name"].value, weights)
    given = [*exports["model_path"].flag(weights), *exports["save_dir"].flag(folder), *flags]
    command = [python(train["python"].value), *shlex.split(script), *given]
    print(shlex.join(command), flush=True)
    if code := subprocess.run(command, env=environment(), check=False).returncode:
        raise ExportError(str(folder), f"was not made: exit code {code}", "what the command said is above")


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="prepare.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", type=Path, metavar="FILE", help="a .txt file of test_tipc/configs")
    modes = (*MODES, "benchmark_train", *EXPORTS)
    parser.add_argument("mode", choices=modes, metavar="MODE", help=", ".join(modes))
    args = parser.parse_args(given)
    if args.mode in EXPORTS:
        export(args.config, args.mode)
    else:
        lay_out_photos(args.mode)
    if args.mode == "whole_infer" and "ptq_params" not in (sections := read_params(args.config)):
        for weights in sections["infer_params"]["infer_model"].choices():
            lay_out_weights(sections["train_params"]["model_name"].value, weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
